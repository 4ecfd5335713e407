// RUN: heddle-opt %s --pass-pipeline='builtin.module(func.func(heddle-lower-generics,cse))' | FileCheck %s

#rows = affine_map<(b, t, c) -> (b, t, c)>
#columns = affine_map<(b, t, c) -> (c)>

// The batch and time loops walk contiguous memory together: one task per row, the channel innermost.
// CHECK-LABEL: func.func @pointwise_merges_outer_loops
// CHECK-DAG:     %[[INPUT:.+]] = memref.collapse_shape %arg0 {{\[}}[0, 1], [2]]
// CHECK:         scf.parallel (%[[ROW:.+]]) =
// CHECK:           scf.for %[[C:.+]] = %{{.+}} to %c64
// CHECK:             memref.load %[[INPUT]][%[[ROW]], %[[C]]]
// CHECK:             memref.load %arg1[%[[C]]]
// CHECK:             arith.addf
// CHECK:             memref.store
// CHECK:         heddle.kernel = "elementwise", heddle.work = 64 : i64
// CHECK-NOT:     linalg.generic
func.func @pointwise_merges_outer_loops(%input: memref<?x?x64xf32>, %bias: memref<64xf32>, %out: memref<?x?x64xf32>) {
  linalg.generic {indexing_maps = [#rows, #columns, #rows], iterator_types = ["parallel", "parallel", "parallel"]}
    ins(%input, %bias : memref<?x?x64xf32>, memref<64xf32>) outs(%out : memref<?x?x64xf32>) {
  ^bb0(%x: f32, %b: f32, %old: f32):
    %sum = arith.addf %x, %b : f32
    linalg.yield %sum : f32
  }
  return
}

// One long static loop is split into blocks; its end is bounded by the size.
// CHECK-LABEL: func.func @fill_in_blocks
// CHECK:         scf.parallel (%[[BLOCK:.+]]) =
// CHECK:           %[[BEGIN:.+]] = arith.muli %[[BLOCK]], %c1024
// CHECK:           %[[END:.+]] = arith.minsi %{{.+}}, %c100000
// CHECK:           scf.for %{{.+}} = %[[BEGIN]] to %[[END]]
// CHECK:             memref.store %arg1
// CHECK:         heddle.kernel = "fill"
func.func @fill_in_blocks(%out: memref<100x1000xf32>, %value: f32) {
  linalg.fill ins(%value : f32) outs(%out : memref<100x1000xf32>)
  return
}

// One value per row is one task per row, ready to join other kernels over rows.
// CHECK-LABEL: func.func @fill_per_row
// CHECK:         scf.parallel (%[[ROW:.+]]) =
// CHECK-NEXT:      memref.store %arg1, %{{.+}}[%[[ROW]]]
func.func @fill_per_row(%out: memref<?x?xf32>, %value: f32) {
  linalg.fill ins(%value : f32) outs(%out : memref<?x?xf32>)
  return
}

// Heads and features merge, rows of tokens stay.
// CHECK-LABEL: func.func @rows_stay_apart
// CHECK:         memref.collapse_shape %arg0 {{\[}}[0], [1], [2, 3]] : memref<?x?x4x16xf32> into memref<?x?x64xf32>
// CHECK:         memref.collapse_shape %{{.+}} {{\[}}[0, 1], [2]] : memref<?x?x64xf32> into memref<?x64xf32>
func.func @rows_stay_apart(%input: memref<?x?x4x16xf32>, %out: memref<?x?x4x16xf32>) {
  linalg.exp ins(%input : memref<?x?x4x16xf32>) outs(%out : memref<?x?x4x16xf32>)
  return
}

// The accumulator is carried, starts from the output and is stored once.
// CHECK-LABEL: func.func @reduce_last_in_scalar
// CHECK:         scf.parallel (%[[ROW:.+]]) =
// CHECK:           %[[INIT:.+]] = memref.load %arg1[%[[ROW]]]
// CHECK:           %[[SUM:.+]] = scf.for {{.*}} iter_args(%[[ACC:.+]] = %[[INIT]])
// CHECK:             arith.addf %[[ACC]]
// CHECK:           memref.store %[[SUM]], %arg1[%[[ROW]]]
// CHECK:         heddle.kernel = "reduce"
func.func @reduce_last_in_scalar(%input: memref<?x64xf32>, %out: memref<?xf32>) {
  linalg.reduce {arith.addf} ins(%input : memref<?x64xf32>) outs(%out : memref<?xf32>) dimensions = [1]
  return
}

// The kept dimension is the contiguous one: a block of accumulators on the stack, lanes innermost.
// CHECK-LABEL: func.func @reduce_first_in_lanes
// CHECK:         scf.parallel (%[[BLOCK:.+]]) =
// CHECK:           %[[ACC:.+]] = memref.alloca() : memref<256xf32>
// CHECK:           scf.for
// CHECK:             memref.load %arg1
// CHECK:             memref.store %{{.+}}, %[[ACC]]
// CHECK:           scf.for %[[R:.+]] =
// CHECK:             scf.for %[[C:.+]] =
// CHECK:               memref.load %arg0[%[[R]], %[[C]]]
// CHECK:               memref.store %{{.+}}, %[[ACC]]
// CHECK:           scf.for
// CHECK:             memref.store %{{.+}}, %arg1
func.func @reduce_first_in_lanes(%input: memref<?x2048xf32>, %out: memref<2048xf32>) {
  linalg.reduce {arith.addf} ins(%input : memref<?x2048xf32>) outs(%out : memref<2048xf32>) dimensions = [0]
  return
}

// The body asks for its position, so the loops stay apart.
// CHECK-LABEL: func.func @no_merge_with_index
// CHECK-NOT:     memref.collapse_shape
// CHECK:         scf.parallel (%[[ROW:.+]]) =
// CHECK:           arith.index_cast %[[ROW]]
func.func @no_merge_with_index(%out: memref<?x1024xi64>) {
  linalg.generic {indexing_maps = [affine_map<(r, c) -> (r, c)>], iterator_types = ["parallel", "parallel"]}
    outs(%out : memref<?x1024xi64>) {
  ^bb0(%old: i64):
    %row = linalg.index 0 : index
    %value = arith.index_cast %row : index to i64
    linalg.yield %value : i64
  }
  return
}

// CHECK-LABEL: func.func @copy_strided_rows
// CHECK:         scf.parallel
// CHECK:           scf.for
// CHECK:         heddle.kernel = "copy"
func.func @copy_strided_rows(%source: memref<?x768xf32>, %target: memref<?x768xf32, strided<[1024, 1], offset: ?>>) {
  memref.copy %source, %target : memref<?x768xf32> to memref<?x768xf32, strided<[1024, 1], offset: ?>>
  return
}

// CHECK-LABEL: func.func @no_kernel_for_small_copy
// CHECK-NEXT:    memref.copy
func.func @no_kernel_for_small_copy(%source: memref<4x4xf32>, %target: memref<4x4xf32>) {
  memref.copy %source, %target : memref<4x4xf32> to memref<4x4xf32>
  return
}

// Inside of a kernel everything is sequential.
// CHECK-LABEL: func.func @nested_is_sequential
// CHECK-COUNT-1: scf.parallel
// CHECK-NOT:     scf.parallel
// CHECK:         scf.for
// CHECK:           memref.store
func.func @nested_is_sequential(%out: memref<8x?xf32>, %value: f32, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  scf.parallel (%i) = (%c0) to (%c8) step (%c1) {
    %row = memref.subview %out[%i, 0] [1, %n] [1, 1] : memref<8x?xf32> to memref<?xf32, strided<[1], offset: ?>>
    linalg.fill ins(%value : f32) outs(%row : memref<?xf32, strided<[1], offset: ?>>)
    scf.reduce
  }
  return
}

// A transposition walks in squares of 16: one cache line of each side at a time.
// CHECK-LABEL: func.func @transpose_in_squares
// CHECK:         scf.parallel (%[[BLOCK:.+]]) =
// CHECK:           arith.muli %[[BLOCK]], %c16
// CHECK:           scf.for
// CHECK:             scf.for %[[C:.+]] =
// CHECK:               scf.for %[[R:.+]] =
// CHECK:                 memref.load %arg0[%[[R]], %[[C]]]
// CHECK:                 memref.store %{{.+}}, %arg1[%[[C]], %[[R]]]
// CHECK:         heddle.kernel = "transpose"
func.func @transpose_in_squares(%input: memref<?x64xf32>, %out: memref<64x?xf32>) {
  linalg.transpose ins(%input : memref<?x64xf32>) outs(%out : memref<64x?xf32>) permutation = [1, 0]
  return
}

// A window operation: the map d0 + k is computed where it is used.
// CHECK-LABEL: func.func @short_convolution
// CHECK:         memref.alloca() : memref<96xf32>
// CHECK:         affine.apply
func.func @short_convolution(%input: memref<?x?x96xf32>, %weight: memref<4x96xf32>, %out: memref<?x?x96xf32>) {
  linalg.generic {indexing_maps = [affine_map<(b, t, c, k) -> (b, t + k, c)>, affine_map<(b, t, c, k) -> (k, c)>,
                                   affine_map<(b, t, c, k) -> (b, t, c)>],
                  iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
    ins(%input, %weight : memref<?x?x96xf32>, memref<4x96xf32>) outs(%out : memref<?x?x96xf32>) {
  ^bb0(%x: f32, %w: f32, %acc: f32):
    %product = arith.mulf %x, %w : f32
    %sum = arith.addf %acc, %product : f32
    linalg.yield %sum : f32
  }
  return
}

// The second result of a fused producer has an element for each trip of the reduction: no accumulators, all points store.
// CHECK-LABEL: func.func @output_inside_reduction
// CHECK:         scf.parallel
// CHECK:           scf.for
// CHECK-NOT:         iter_args
// CHECK:             memref.store %{{.+}}, %{{.+}}[%{{.+}}, %{{.+}}] : memref<?x8xf32>
// CHECK:             memref.store %{{.+}}, %{{.+}}[%{{.+}}] : memref<?xf32>
func.func @output_inside_reduction(%input: memref<?x8xf32>, %square: memref<?x8xf32>, %sum: memref<?xf32>) {
  linalg.generic {indexing_maps = [affine_map<(i, k) -> (i, k)>, affine_map<(i, k) -> (i, k)>, affine_map<(i, k) -> (i)>],
                  iterator_types = ["parallel", "reduction"]}
    ins(%input : memref<?x8xf32>) outs(%square, %sum : memref<?x8xf32>, memref<?xf32>) {
  ^bb0(%x: f32, %old: f32, %acc: f32):
    %product = arith.mulf %x, %x : f32
    %next = arith.addf %acc, %product : f32
    linalg.yield %product, %next : f32, f32
  }
  return
}
