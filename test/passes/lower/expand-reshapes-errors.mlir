// RUN: not heddle-opt %s --pass-pipeline='builtin.module(func.func(heddle-expand-reshapes))' 2>&1 | FileCheck %s

// CHECK: error: 'memref.expand_shape' op expected a contiguous result but got 'memref<?x?xf32, strided<[?, ?]>>'
func.func @strided_result(%line: memref<?xf32, strided<[?]>>, %b: index, %t: index) -> memref<?x?xf32, strided<[?, ?]>> {
  %x = memref.expand_shape %line [[0, 1]] output_shape [%b, %t] : memref<?xf32, strided<[?]>> into memref<?x?xf32, strided<[?, ?]>>
  return %x : memref<?x?xf32, strided<[?, ?]>>
}
