// RUN: heddle-opt %s --heddle-lower-copies | FileCheck %s

// CHECK-LABEL: func.func @strided(
// CHECK-SAME:    %[[A:.*]]: memref<8x?xf32, strided<[16, 1]>>, %[[B:.*]]: memref<8x?xf32>)
// CHECK:         scf.for %[[I:.*]] =
// CHECK:           scf.for %[[J:.*]] =
// CHECK:             %[[V:.*]] = memref.load %[[A]][%[[I]], %[[J]]]
// CHECK:             memref.store %[[V]], %[[B]][%[[I]], %[[J]]]
func.func @strided(%a: memref<8x?xf32, strided<[16, 1]>>, %b: memref<8x?xf32>) {
  memref.copy %a, %b : memref<8x?xf32, strided<[16, 1]>> to memref<8x?xf32>
  return
}

// CHECK-LABEL: func.func @no_loop_dense(
// CHECK-NEXT:    memref.copy
func.func @no_loop_dense(%a: memref<8x?xf32>, %b: memref<8x?xf32>) {
  memref.copy %a, %b : memref<8x?xf32> to memref<8x?xf32>
  return
}
