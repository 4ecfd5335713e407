// RUN: heddle-opt %s --pass-pipeline='builtin.module(func.func(heddle-localize-buffers),canonicalize)' | FileCheck %s
// RUN: heddle-opt %s --pass-pipeline='builtin.module(func.func(heddle-localize-buffers{max-stack-bytes=16}),canonicalize)' | FileCheck %s --check-prefix=SMALL

// CHECK-LABEL: func.func @row_on_stack
// CHECK-NOT:     memref.alloc(
// CHECK:         scf.parallel (%[[ROW:.+]]) =
// CHECK:           %[[STACK:.+]] = memref.alloca() : memref<64xf32>
// CHECK:           scf.for %[[C:.+]] =
// CHECK:             memref.store %{{.+}}, %[[STACK]][%[[C]]]
// CHECK:           memref.load %[[STACK]][%c19]
// SMALL-LABEL: func.func @row_on_stack
// SMALL:         memref.alloc(
func.func @row_on_stack(%x: memref<?x64xf32>, %y: memref<?xf32>, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %c64 = arith.constant 64 : index
  %row = memref.alloc(%n) : memref<?x4x16xf32>
  %flat = memref.collapse_shape %row [[0], [1, 2]] : memref<?x4x16xf32> into memref<?x64xf32>
  scf.parallel (%r) = (%c0) to (%n) step (%c1) {
    scf.for %c = %c0 to %c64 step %c1 {
      %value = memref.load %x[%r, %c] : memref<?x64xf32>
      memref.store %value, %flat[%r, %c] : memref<?x64xf32>
    }
    %one = memref.load %row[%r, %c1, %c3] : memref<?x4x16xf32>
    memref.store %one, %y[%r] : memref<?xf32>
    scf.reduce
  } {heddle.kernel = "rows", heddle.work = 64 : i64}
  return
}

// CHECK-LABEL: func.func @no_move_two_kernels
// CHECK:         memref.alloc(
func.func @no_move_two_kernels(%y: memref<?xf32>, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %one = arith.constant 1.0 : f32
  %t = memref.alloc(%n) : memref<?xf32>
  scf.parallel (%r) = (%c0) to (%n) step (%c1) {
    memref.store %one, %t[%r] : memref<?xf32>
    scf.reduce
  } {heddle.kernel = "fill", heddle.work = 1 : i64}
  scf.parallel (%r) = (%c0) to (%n) step (%c1) {
    %value = memref.load %t[%r] : memref<?xf32>
    memref.store %value, %y[%r] : memref<?xf32>
    scf.reduce
  } {heddle.kernel = "copy", heddle.work = 1 : i64}
  return
}

// CHECK-LABEL: func.func @no_move_returned
// CHECK:         memref.alloc(
func.func @no_move_returned(%n: index) -> memref<?xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %one = arith.constant 1.0 : f32
  %t = memref.alloc(%n) : memref<?xf32>
  scf.parallel (%r) = (%c0) to (%n) step (%c1) {
    memref.store %one, %t[%r] : memref<?xf32>
    scf.reduce
  } {heddle.kernel = "fill", heddle.work = 1 : i64}
  return %t : memref<?xf32>
}

// The buffer carries values from one step to the next.
// CHECK-LABEL: func.func @no_move_into_loop
// CHECK:         memref.alloc(
func.func @no_move_into_loop(%n: index, %steps: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %t = memref.alloc(%n) : memref<?xf32>
  scf.for %step = %c0 to %steps step %c1 {
    scf.parallel (%r) = (%c0) to (%n) step (%c1) {
      %old = memref.load %t[%r] : memref<?xf32>
      %new = arith.addf %old, %old : f32
      memref.store %new, %t[%r] : memref<?xf32>
      scf.reduce
    } {heddle.kernel = "elementwise", heddle.work = 1 : i64}
  }
  return
}
