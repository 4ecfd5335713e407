// RUN: heddle-opt %s --pass-pipeline='builtin.module(func.func(heddle-fuse-kernels))' | FileCheck %s

#vector = affine_map<()[s0] -> (s0)>
#matrix = affine_map<()[s0] -> (s0, 64)>

// The second kernel reads only what its own task wrote; one size is the dimension of the other argument.
// CHECK-LABEL: func.func @same_rows
// CHECK-COUNT-1: scf.parallel (%[[ROW:.+]]) =
// CHECK:           memref.store %{{.+}}, %arg1[%[[ROW]]]
// CHECK-NOT:     scf.parallel
// CHECK:           scf.for
// CHECK:             memref.load %arg1[%[[ROW]]]
// CHECK:         heddle.kernel = "rows", heddle.work = 192 : i64
func.func @same_rows(%input: memref<?x64xf32> {heddle.shape = #matrix}, %sums: memref<?xf32> {heddle.shape = #vector})
    attributes {heddle.symbols = ["T"]} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c64 = arith.constant 64 : index
  %rows = memref.dim %input, %c0 : memref<?x64xf32>
  scf.parallel (%r) = (%c0) to (%rows) step (%c1) {
    %init = memref.load %sums[%r] : memref<?xf32>
    %sum = scf.for %c = %c0 to %c64 step %c1 iter_args(%acc = %init) -> f32 {
      %x = memref.load %input[%r, %c] : memref<?x64xf32>
      %next = arith.addf %acc, %x : f32
      scf.yield %next : f32
    }
    memref.store %sum, %sums[%r] : memref<?xf32>
    scf.reduce
  } {heddle.kernel = "reduce", heddle.work = 64 : i64}
  %same = memref.dim %sums, %c0 : memref<?xf32>
  scf.parallel (%r) = (%c0) to (%same) step (%c1) {
    scf.for %c = %c0 to %c64 step %c1 {
      %sum = memref.load %sums[%r] : memref<?xf32>
      %x = memref.load %input[%r, %c] : memref<?x64xf32>
      %y = arith.divf %x, %sum : f32
      memref.store %y, %input[%r, %c] : memref<?x64xf32>
    }
    scf.reduce
  } {heddle.kernel = "elementwise", heddle.work = 128 : i64}
  return
}

// A buffer written per token and read per token through another shape: rows are stretches of the allocation.
// CHECK-LABEL: func.func @rows_through_views
// CHECK-COUNT-1: scf.parallel
// CHECK-NOT:     scf.parallel
func.func @rows_through_views(%n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %one = arith.constant 1.0 : f32
  %buffer = memref.alloc(%n) : memref<?x4x16xf32>
  %flat = memref.collapse_shape %buffer [[0], [1, 2]] : memref<?x4x16xf32> into memref<?x64xf32>
  scf.parallel (%r) = (%c0) to (%n) step (%c1) {
    memref.store %one, %flat[%r, %c1] : memref<?x64xf32>
    scf.reduce
  } {heddle.kernel = "elementwise", heddle.work = 1 : i64}
  scf.parallel (%r) = (%c0) to (%n) step (%c1) {
    memref.store %one, %buffer[%r, %c0, %c1] : memref<?x4x16xf32>
    scf.reduce
  } {heddle.kernel = "elementwise", heddle.work = 1 : i64}
  return
}

// The second kernel reads the row before its own.
// CHECK-LABEL: func.func @no_fuse_neighbour_row
// CHECK-COUNT-2: scf.parallel
func.func @no_fuse_neighbour_row(%x: memref<?xf32>, %y: memref<?xf32>, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %one = arith.constant 1.0 : f32
  scf.parallel (%r) = (%c0) to (%n) step (%c1) {
    memref.store %one, %x[%r] : memref<?xf32>
    scf.reduce
  } {heddle.kernel = "fill", heddle.work = 1 : i64}
  scf.parallel (%r) = (%c0) to (%n) step (%c1) {
    %before = arith.subi %r, %c1 : index
    %value = memref.load %x[%before] : memref<?xf32>
    memref.store %value, %y[%r] : memref<?xf32>
    scf.reduce
  } {heddle.kernel = "elementwise", heddle.work = 1 : i64}
  return
}

// Rows of different lengths of one buffer overlap.
// CHECK-LABEL: func.func @no_fuse_other_row_length
// CHECK-COUNT-2: scf.parallel
func.func @no_fuse_other_row_length(%n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %one = arith.constant 1.0 : f32
  %buffer = memref.alloc(%n) : memref<?x4x16xf32>
  %heads = memref.collapse_shape %buffer [[0, 1], [2]] : memref<?x4x16xf32> into memref<?x16xf32>
  scf.parallel (%r) = (%c0) to (%n) step (%c1) {
    memref.store %one, %heads[%r, %c1] : memref<?x16xf32>
    scf.reduce
  } {heddle.kernel = "fill", heddle.work = 1 : i64}
  scf.parallel (%r) = (%c0) to (%n) step (%c1) {
    %old = memref.load %buffer[%r, %c0, %c1] : memref<?x4x16xf32>
    memref.store %old, %buffer[%r, %c0, %c0] : memref<?x4x16xf32>
    scf.reduce
  } {heddle.kernel = "elementwise", heddle.work = 1 : i64}
  return
}

// CHECK-LABEL: func.func @no_fuse_other_size
// CHECK-COUNT-2: scf.parallel
func.func @no_fuse_other_size(%x: memref<?xf32>, %y: memref<?xf32>, %n: index, %m: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %one = arith.constant 1.0 : f32
  scf.parallel (%r) = (%c0) to (%n) step (%c1) {
    memref.store %one, %x[%r] : memref<?xf32>
    scf.reduce
  } {heddle.kernel = "fill", heddle.work = 1 : i64}
  scf.parallel (%r) = (%c0) to (%m) step (%c1) {
    memref.store %one, %y[%r] : memref<?xf32>
    scf.reduce
  } {heddle.kernel = "fill", heddle.work = 1 : i64}
  return
}

// CHECK-LABEL: func.func @no_fuse_across_copy
// CHECK-COUNT-2: scf.parallel
func.func @no_fuse_across_copy(%x: memref<?xf32>, %y: memref<?xf32>, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %one = arith.constant 1.0 : f32
  scf.parallel (%r) = (%c0) to (%n) step (%c1) {
    memref.store %one, %x[%r] : memref<?xf32>
    scf.reduce
  } {heddle.kernel = "fill", heddle.work = 1 : i64}
  memref.copy %x, %y : memref<?xf32> to memref<?xf32>
  scf.parallel (%r) = (%c0) to (%n) step (%c1) {
    memref.store %one, %x[%r] : memref<?xf32>
    scf.reduce
  } {heddle.kernel = "fill", heddle.work = 1 : i64}
  return
}
