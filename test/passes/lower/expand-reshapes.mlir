// RUN: heddle-opt %s --pass-pipeline='builtin.module(func.func(heddle-expand-reshapes))' | FileCheck %s
// RUN: heddle-opt %s --pass-pipeline='builtin.module(func.func(heddle-expand-reshapes),expand-strided-metadata)' | FileCheck %s --check-prefix=UPSTREAM

// CHECK-LABEL: func.func @two_dynamic_sizes
// CHECK:         %[[STRIDE:.+]] = arith.muli %c96, %arg2
// CHECK:         memref.reinterpret_cast %arg0 to offset: [0], sizes: [%arg1, %arg2, 96], strides: [%[[STRIDE]], 96, 1]
// UPSTREAM-LABEL: func.func @two_dynamic_sizes
func.func @two_dynamic_sizes(%rows: memref<?x96xf32>, %b: index, %t: index) -> memref<?x?x96xf32> {
  %x = memref.expand_shape %rows [[0, 1], [2]] output_shape [%b, %t, 96] : memref<?x96xf32> into memref<?x?x96xf32>
  return %x : memref<?x?x96xf32>
}

// CHECK-LABEL: func.func @no_change_one_dynamic_size
// CHECK:         memref.expand_shape
func.func @no_change_one_dynamic_size(%rows: memref<?x96xf32>, %n: index) -> memref<?x8x12xf32> {
  %x = memref.expand_shape %rows [[0], [1, 2]] output_shape [%n, 8, 12] : memref<?x96xf32> into memref<?x8x12xf32>
  return %x : memref<?x8x12xf32>
}
