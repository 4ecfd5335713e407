// RUN: heddle-opt %s --heddle-slice-gathers --canonicalize | FileCheck %s

// The position stands in a tensor that was joined from two; the loop visits every feature of one token.
// CHECK-LABEL: func.func @scatter_token
// CHECK-SAME:    %[[Y:.*]]: tensor<2x8x4xf32>, %[[ROW:.*]]: tensor<1x4xf32>
// CHECK:         %[[TOKEN:.*]] = tensor.extract_slice %[[ROW]][0, 0] [1, 4] [1, 1] : tensor<1x4xf32> to tensor<4xf32>
// CHECK:         %[[R:.*]] = tensor.insert_slice %[[TOKEN]] into %[[Y]][1, 5, 0] [1, 1, 4] [1, 1, 1] : tensor<4xf32> into tensor<2x8x4xf32>
// CHECK:         return %[[R]]
func.func @scatter_token(%y: tensor<2x8x4xf32>, %row: tensor<1x4xf32>) -> tensor<2x8x4xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %batch = arith.constant dense<1> : tensor<1x1xi64>
  %token = arith.constant dense<5> : tensor<1x1xi64>
  %empty = tensor.empty() : tensor<1x2xi64>
  %first = tensor.insert_slice %batch into %empty[0, 0] [1, 1] [1, 1] : tensor<1x1xi64> into tensor<1x2xi64>
  %place = tensor.insert_slice %token into %first[0, 1] [1, 1] [1, 1] : tensor<1x1xi64> into tensor<1x2xi64>
  %r = scf.for %c = %c0 to %c4 step %c1 iter_args(%out = %y) -> (tensor<2x8x4xf32>) {
    %b64 = tensor.extract %place[%c0, %c0] : tensor<1x2xi64>
    %t64 = tensor.extract %place[%c0, %c1] : tensor<1x2xi64>
    %b = arith.index_cast %b64 : i64 to index
    %t = arith.index_cast %t64 : i64 to index
    %element = tensor.extract %row[%c0, %c] : tensor<1x4xf32>
    %next = tensor.insert %element into %out[%b, %t, %c] : tensor<2x8x4xf32>
    scf.yield %next : tensor<2x8x4xf32>
  }
  return %r : tensor<2x8x4xf32>
}

// Part of the features only.
// CHECK-LABEL: func.func @no_scatter_of_a_part
// CHECK:         scf.for
func.func @no_scatter_of_a_part(%y: tensor<8x4xf32>, %row: tensor<4xf32>) -> tensor<8x4xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %r = scf.for %c = %c0 to %c3 step %c1 iter_args(%out = %y) -> (tensor<8x4xf32>) {
    %element = tensor.extract %row[%c] : tensor<4xf32>
    %next = tensor.insert %element into %out[%c1, %c] : tensor<8x4xf32>
    scf.yield %next : tensor<8x4xf32>
  }
  return %r : tensor<8x4xf32>
}
