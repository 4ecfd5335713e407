// RUN: heddle-opt %s --heddle-bufferize --split-input-file | FileCheck %s

#s = affine_map<()[s0] -> (s0, 64)>

// The result is computed in one new buffer; no copy.
// CHECK-LABEL: func.func @dense_boundary(
// CHECK-SAME:    %[[X:.*]]: memref<?x64xf32> {heddle.shape = #{{.*}}}) -> (memref<?x64xf32> {heddle.shape
// CHECK:         %[[Y:.*]] = memref.alloc
// CHECK-NOT:     memref.copy
// CHECK:         linalg.exp ins(%[[X]] : memref<?x64xf32>) outs(%[[Y]] : memref<?x64xf32>)
// CHECK-NEXT:    return %[[Y]]
func.func @dense_boundary(%x: tensor<?x64xf32> {heddle.shape = #s}) -> (tensor<?x64xf32> {heddle.shape = #s}) {
  %c0 = arith.constant 0 : index
  %t = tensor.dim %x, %c0 : tensor<?x64xf32>
  %e = tensor.empty(%t) : tensor<?x64xf32>
  %y = linalg.exp ins(%x : tensor<?x64xf32>) outs(%e : tensor<?x64xf32>) -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// -----

// CHECK-LABEL: func.func @no_write_into_input(
// CHECK-SAME:    %[[X:.*]]: memref<8xf32>)
// CHECK:         %[[Y:.*]] = memref.alloc() {{.*}} : memref<8xf32>
// CHECK:         linalg.exp ins(%[[X]] : memref<8xf32>) outs(%[[Y]] : memref<8xf32>)
// CHECK-NOT:     bufferization.writable
func.func @no_write_into_input(%x: tensor<8xf32>) -> tensor<8xf32> {
  %y = linalg.exp ins(%x : tensor<8xf32>) outs(%x : tensor<8xf32>) -> tensor<8xf32>
  return %y : tensor<8xf32>
}

// -----

// What is appended to is written where it lies.
// CHECK-LABEL: func.func @append(
// CHECK-SAME:    %[[CACHE:[^:]*]]: memref<2x8x4xf32> {heddle.append}
// CHECK-NOT:     memref.copy
// CHECK:         mixer.append %{{.*}} outs(%[[CACHE]] : memref<2x8x4xf32>)
// CHECK:         return %[[CACHE]]
func.func @append(%x: tensor<2x1x4xf32>, %seen: tensor<2xi64>, %cache: tensor<2x8x4xf32> {heddle.append})
    -> (tensor<2x8x4xf32> {heddle.append}) {
  %kept = mixer.append %x at(%seen : tensor<2xi64>) outs(%cache : tensor<2x8x4xf32>) : tensor<2x1x4xf32> -> tensor<2x8x4xf32>
  return %kept : tensor<2x8x4xf32>
}

// -----

// The halves of a concatenation are computed where they end up.
// CHECK-LABEL: func.func @concatenation_in_place(
// CHECK:         %[[Y:.*]] = memref.alloc() {{.*}} : memref<16xf32>
// CHECK-NOT:     memref.alloc
// CHECK:         %[[A:.*]] = memref.subview %[[Y]][0] [8] [1]
// CHECK:         linalg.exp {{.*}} outs(%[[A]]
// CHECK:         %[[B:.*]] = memref.subview %[[Y]][8] [8] [1]
// CHECK:         linalg.log {{.*}} outs(%[[B]]
// CHECK:         return %[[Y]]
func.func @concatenation_in_place(%x: tensor<8xf32>) -> tensor<16xf32> {
  %e = tensor.empty() : tensor<8xf32>
  %a = linalg.exp ins(%x : tensor<8xf32>) outs(%e : tensor<8xf32>) -> tensor<8xf32>
  %b = linalg.log ins(%x : tensor<8xf32>) outs(%e : tensor<8xf32>) -> tensor<8xf32>
  %y = tensor.empty() : tensor<16xf32>
  %0 = tensor.insert_slice %a into %y[0] [8] [1] : tensor<8xf32> into tensor<16xf32>
  %1 = tensor.insert_slice %b into %0[8] [8] [1] : tensor<8xf32> into tensor<16xf32>
  return %1 : tensor<16xf32>
}

// -----

// CHECK-LABEL: func.func @mixer(
// CHECK:         %[[O:.*]] = memref.alloc
// CHECK:         mixer.mix query(%{{.*}} : memref<1x8x2x4xf32>) {{.*}} outs(%[[O]] : memref<1x8x2x4xf32>)
// CHECK:         return %[[O]]
func.func @mixer(%q: tensor<1x8x2x4xf32>, %k: tensor<1x8x2x4xf32>, %v: tensor<1x8x2x4xf32>) -> tensor<1x8x2x4xf32> {
  %e = tensor.empty() : tensor<1x8x2x4xf32>
  %o = mixer.mix query(%q : tensor<1x8x2x4xf32>) key(%k : tensor<1x8x2x4xf32>) value(%v : tensor<1x8x2x4xf32>)
    outs(%e : tensor<1x8x2x4xf32>)
    {support = #mixer.causal, transport = #mixer.identity, score = #mixer.softmax<scale = 5.000000e-01>,
     norm = #mixer.norm<row_sum>} -> tensor<1x8x2x4xf32>
  return %o : tensor<1x8x2x4xf32>
}

// -----

// Two matmuls that start from the same zeros: each fills its own buffer, nothing is copied.
// CHECK-LABEL: func.func @no_copy_shared_zeros(
// CHECK-NOT:     memref.copy
// CHECK:         linalg.fill {{.*}} outs(%[[A:.*]] : memref<4x4xf32>)
// CHECK:         linalg.matmul {{.*}} outs(%[[A]] : memref<4x4xf32>)
// CHECK:         linalg.fill {{.*}} outs(%[[B:.*]] : memref<4x4xf32>)
// CHECK:         linalg.matmul {{.*}} outs(%[[B]] : memref<4x4xf32>)
func.func @no_copy_shared_zeros(%x: tensor<4x4xf32>) -> (tensor<4x4xf32>, tensor<4x4xf32>) {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x4xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<4x4xf32>) -> tensor<4x4xf32>
  %a = linalg.matmul ins(%x, %x : tensor<4x4xf32>, tensor<4x4xf32>) outs(%z : tensor<4x4xf32>) -> tensor<4x4xf32>
  %b = linalg.matmul ins(%a, %x : tensor<4x4xf32>, tensor<4x4xf32>) outs(%z : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %a, %b : tensor<4x4xf32>, tensor<4x4xf32>
}

// -----

// A row of each head: which dimension of size 1 goes and which stays is said by the collapse, not by the view's strides.
// CHECK-LABEL: func.func @drops_one_of_two_unit_dims(
// CHECK:         %[[ROW:.*]] = memref.subview %{{.*}}[0, 0, %{{.*}}, 0] [1, 4, 1, %{{.*}}] [1, 1, 1, 1] : memref<1x4x?x?xf32{{.*}}> to memref<1x4x1x?xf32
// CHECK:         memref.collapse_shape %[[ROW]] {{\[\[0\], \[1, 2\], \[3\]\]}} : {{.*}} into memref<1x4x?xf32
func.func @drops_one_of_two_unit_dims(%x: tensor<1x4x?x?xf32>, %row: index, %n: index) -> tensor<1x4x?xf32> {
  %e = tensor.empty(%n) : tensor<1x4x?xf32>
  %r = tensor.extract_slice %x[0, 0, %row, 0] [1, 4, 1, %n] [1, 1, 1, 1] : tensor<1x4x?x?xf32> to tensor<1x4x?xf32>
  %y = linalg.exp ins(%r : tensor<1x4x?xf32>) outs(%e : tensor<1x4x?xf32>) -> tensor<1x4x?xf32>
  return %y : tensor<1x4x?xf32>
}
