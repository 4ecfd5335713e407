// RUN: heddle-opt %s --heddle-reroll-recurrences --canonicalize --cse | FileCheck %s

// Six states, and five products that read them: where the trace of the states has become a loop, the other is looked at again, because the steps that it
// was found in are gone.
// CHECK-LABEL: func.func @two_lengths
// CHECK: %[[LOOP:.*]]:4 = scf.for
// CHECK-COUNT-10: tensor.extract_slice %[[LOOP]]#
// CHECK-COUNT-5: linalg.mul
// CHECK: return %[[LOOP]]#1,
func.func @two_lengths(%x: tensor<6x4xf32>, %c: tensor<4xf32>) -> (tensor<6x4xf32>, tensor<5x4xf32>) {
  %e = tensor.empty() : tensor<4xf32>
  %out = tensor.empty() : tensor<6x4xf32>
  %other = tensor.empty() : tensor<5x4xf32>
  %zero = arith.constant dense<0.0> : tensor<4xf32>
  %x0 = tensor.extract_slice %x[0, 0] [1, 4] [1, 1] : tensor<6x4xf32> to tensor<4xf32>
  %k0 = linalg.mul ins(%zero, %c : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %h0 = linalg.add ins(%k0, %x0 : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %x1 = tensor.extract_slice %x[1, 0] [1, 4] [1, 1] : tensor<6x4xf32> to tensor<4xf32>
  %k1 = linalg.mul ins(%h0, %c : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %h1 = linalg.add ins(%k1, %x1 : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %x2 = tensor.extract_slice %x[2, 0] [1, 4] [1, 1] : tensor<6x4xf32> to tensor<4xf32>
  %k2 = linalg.mul ins(%h1, %c : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %h2 = linalg.add ins(%k2, %x2 : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %x3 = tensor.extract_slice %x[3, 0] [1, 4] [1, 1] : tensor<6x4xf32> to tensor<4xf32>
  %k3 = linalg.mul ins(%h2, %c : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %h3 = linalg.add ins(%k3, %x3 : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %x4 = tensor.extract_slice %x[4, 0] [1, 4] [1, 1] : tensor<6x4xf32> to tensor<4xf32>
  %k4 = linalg.mul ins(%h3, %c : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %h4 = linalg.add ins(%k4, %x4 : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %x5 = tensor.extract_slice %x[5, 0] [1, 4] [1, 1] : tensor<6x4xf32> to tensor<4xf32>
  %k5 = linalg.mul ins(%h4, %c : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %h5 = linalg.add ins(%k5, %x5 : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %s0 = linalg.mul ins(%h0, %k1 : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %s1 = linalg.mul ins(%h1, %k2 : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %s2 = linalg.mul ins(%h2, %k3 : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %s3 = linalg.mul ins(%h3, %k4 : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %s4 = linalg.mul ins(%h4, %k5 : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %y0 = tensor.insert_slice %h0 into %out[0, 0] [1, 4] [1, 1] : tensor<4xf32> into tensor<6x4xf32>
  %y1 = tensor.insert_slice %h1 into %y0[1, 0] [1, 4] [1, 1] : tensor<4xf32> into tensor<6x4xf32>
  %y2 = tensor.insert_slice %h2 into %y1[2, 0] [1, 4] [1, 1] : tensor<4xf32> into tensor<6x4xf32>
  %y3 = tensor.insert_slice %h3 into %y2[3, 0] [1, 4] [1, 1] : tensor<4xf32> into tensor<6x4xf32>
  %y4 = tensor.insert_slice %h4 into %y3[4, 0] [1, 4] [1, 1] : tensor<4xf32> into tensor<6x4xf32>
  %y5 = tensor.insert_slice %h5 into %y4[5, 0] [1, 4] [1, 1] : tensor<4xf32> into tensor<6x4xf32>
  %z0 = tensor.insert_slice %s0 into %other[0, 0] [1, 4] [1, 1] : tensor<4xf32> into tensor<5x4xf32>
  %z1 = tensor.insert_slice %s1 into %z0[1, 0] [1, 4] [1, 1] : tensor<4xf32> into tensor<5x4xf32>
  %z2 = tensor.insert_slice %s2 into %z1[2, 0] [1, 4] [1, 1] : tensor<4xf32> into tensor<5x4xf32>
  %z3 = tensor.insert_slice %s3 into %z2[3, 0] [1, 4] [1, 1] : tensor<4xf32> into tensor<5x4xf32>
  %z4 = tensor.insert_slice %s4 into %z3[4, 0] [1, 4] [1, 1] : tensor<4xf32> into tensor<5x4xf32>
  return %y5, %z4 : tensor<6x4xf32>, tensor<5x4xf32>
}
