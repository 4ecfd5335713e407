// RUN: heddle-opt %s --pass-pipeline='builtin.module(func.func(heddle-lower-contractions,cse,canonicalize))' | FileCheck %s
// What is computed from each element of a product joins its kernel.

#matrix = affine_map<(m, n) -> (m, n)>
#columns = affine_map<(m, n) -> (n)>
#rows = affine_map<(m, n) -> (m)>

// The sums are built up in the output; the buffer for them is not used any more.
// CHECK-LABEL: func.func @bias_and_activation
// CHECK-NOT:     memref.alloc
// CHECK-NOT:     linalg
// CHECK:         scf.parallel
// CHECK:           scf.for {{.*}} iter_args
// CHECK:             vector.fma
// CHECK:           vector.store %{{.+}}, %arg3
// CHECK:           scf.for
// CHECK:             %[[SUM:.+]] = vector.load %arg3
// CHECK:             %[[BIAS:.+]] = vector.load %arg2[%{{.+}}] : memref<48xf32>, vector<16xf32>
// CHECK:             %[[BIASED:.+]] = arith.addf %[[SUM]], %[[BIAS]] : vector<16xf32>
// CHECK:             %[[ACTIVE:.+]] = math.tanh %[[BIASED]] : vector<16xf32>
// CHECK:             %[[SCALED:.+]] = arith.mulf %[[ACTIVE]], %{{.+}} : vector<16xf32>
// CHECK:             vector.store %[[SCALED]], %arg3
// CHECK-NOT:     scf.parallel
// CHECK:         return
func.func @bias_and_activation(%lhs: memref<?x64xf32>, %rhs: memref<64x48xf32>, %bias: memref<48xf32>, %out: memref<?x48xf32>) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %rows = memref.dim %lhs, %c0 : memref<?x64xf32>
  %sums = memref.alloc(%rows) : memref<?x48xf32>
  linalg.fill ins(%zero : f32) outs(%sums : memref<?x48xf32>)
  linalg.matmul ins(%lhs, %rhs : memref<?x64xf32>, memref<64x48xf32>) outs(%sums : memref<?x48xf32>)
  linalg.generic {indexing_maps = [#matrix, #columns, #matrix], iterator_types = ["parallel", "parallel"]}
    ins(%sums, %bias : memref<?x48xf32>, memref<48xf32>) outs(%out : memref<?x48xf32>) {
  ^bb0(%sum: f32, %b: f32, %old: f32):
    %two = arith.constant 2.0 : f32
    %biased = arith.addf %sum, %b : f32
    %active = math.tanh %biased : f32
    %scaled = arith.mulf %active, %two : f32
    linalg.yield %scaled : f32
  }
  return
}

// A stream that is added to in place keeps the sums apart. Tokens of a batch are rows, through views; k in two
// stretches: the epilogue follows the last.
// CHECK-LABEL: func.func @residual_in_place
// CHECK:         %[[SUMS:.+]] = memref.alloc
// CHECK:         scf.parallel
// CHECK:           vector.store %{{.+}}, %[[SUMS]]
// CHECK:           %[[LAST:.+]] = arith.cmpi eq, %{{.+}}, %c512
// CHECK:           scf.if %[[LAST]]
// CHECK:             vector.load %[[SUMS]]
// CHECK:             arith.addf %{{.+}} : vector<16xf32>
// CHECK:             vector.store
// CHECK-NOT:     scf.parallel
func.func @residual_in_place(%lhs: memref<?x512xf32>, %rhs: memref<512x48xf32>, %stream: memref<?x4x48xf32>, %batch: index) {
  %c4 = arith.constant 4 : index
  %zero = arith.constant 0.0 : f32
  %rows = arith.muli %batch, %c4 : index
  %sums = memref.alloc(%rows) : memref<?x48xf32>
  linalg.fill ins(%zero : f32) outs(%sums : memref<?x48xf32>)
  linalg.matmul ins(%lhs, %rhs : memref<?x512xf32>, memref<512x48xf32>) outs(%sums : memref<?x48xf32>)
  %tokens = memref.expand_shape %sums [[0, 1], [2]] output_shape [%batch, 4, 48] : memref<?x48xf32> into memref<?x4x48xf32>
  linalg.generic {indexing_maps = [affine_map<(b, t, n) -> (b, t, n)>, affine_map<(b, t, n) -> (b, t, n)>, affine_map<(b, t, n) -> (b, t, n)>],
                  iterator_types = ["parallel", "parallel", "parallel"]}
    ins(%tokens, %stream : memref<?x4x48xf32>, memref<?x4x48xf32>) outs(%stream : memref<?x4x48xf32>) {
  ^bb0(%sum: f32, %x: f32, %old: f32):
    %y = arith.addf %x, %sum : f32
    linalg.yield %y : f32
  }
  return
}

// Sums that are wanted elsewhere too stay in memory; a number for each row fills a vector, columns that do not exist are masked.
// CHECK-LABEL: func.func @sums_with_two_users
// CHECK:         %[[SUMS:.+]] = memref.alloc
// CHECK:         scf.parallel
// CHECK:           vector.maskedstore %[[SUMS]]
// CHECK:           %[[SUM:.+]] = vector.maskedload %[[SUMS]]
// CHECK:           %[[SCALE:.+]] = memref.load %arg2
// CHECK:           %[[ALL:.+]] = vector.broadcast %[[SCALE]] : f32 to vector<16xf32>
// CHECK:           %[[SCALED:.+]] = arith.mulf %[[SUM]], %[[ALL]] : vector<16xf32>
// CHECK:           vector.maskedstore %arg4[%{{.+}}], %{{.+}}, %[[SCALED]]
// CHECK:         linalg.generic
// CHECK-NOT:     scf.parallel
func.func @sums_with_two_users(%lhs: memref<?x64xf32>, %rhs: memref<64x8xf32>, %scale: memref<?xf32>, %copy: memref<?x8xf32>, %out: memref<?x8xf32>) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %rows = memref.dim %lhs, %c0 : memref<?x64xf32>
  %sums = memref.alloc(%rows) : memref<?x8xf32>
  linalg.fill ins(%zero : f32) outs(%sums : memref<?x8xf32>)
  linalg.matmul ins(%lhs, %rhs : memref<?x64xf32>, memref<64x8xf32>) outs(%sums : memref<?x8xf32>)
  linalg.generic {indexing_maps = [#matrix, #rows, #matrix], iterator_types = ["parallel", "parallel"]}
    ins(%sums, %scale : memref<?x8xf32>, memref<?xf32>) outs(%out : memref<?x8xf32>) {
  ^bb0(%sum: f32, %s: f32, %old: f32):
    %y = arith.mulf %sum, %s : f32
    linalg.yield %y : f32
  }
  linalg.generic {indexing_maps = [#matrix, #matrix], iterator_types = ["parallel", "parallel"]}
    ins(%sums : memref<?x8xf32>) outs(%copy : memref<?x8xf32>) {
  ^bb0(%sum: f32, %old: f32):
    linalg.yield %sum : f32
  }
  return
}

// Other tasks still read what this operation overwrites.
// CHECK-LABEL: func.func @no_epilogue_writes_operand
// CHECK:         vector.fma
// CHECK:         linalg.generic
func.func @no_epilogue_writes_operand(%lhs: memref<8x48xf32>, %rhs: memref<48x48xf32>) {
  %zero = arith.constant 0.0 : f32
  %sums = memref.alloc() : memref<8x48xf32>
  linalg.fill ins(%zero : f32) outs(%sums : memref<8x48xf32>)
  linalg.matmul ins(%lhs, %rhs : memref<8x48xf32>, memref<48x48xf32>) outs(%sums : memref<8x48xf32>)
  linalg.generic {indexing_maps = [#matrix, #matrix], iterator_types = ["parallel", "parallel"]}
    ins(%sums : memref<8x48xf32>) outs(%lhs : memref<8x48xf32>) {
  ^bb0(%sum: f32, %old: f32):
    linalg.yield %sum : f32
  }
  return
}

// Between the two the left operand gets other values.
// CHECK-LABEL: func.func @no_epilogue_operand_changes
// CHECK:         vector.fma
// CHECK:         linalg.fill
// CHECK:         linalg.generic
func.func @no_epilogue_operand_changes(%lhs: memref<8x48xf32>, %rhs: memref<48x48xf32>, %out: memref<8x48xf32>) {
  %zero = arith.constant 0.0 : f32
  %sums = memref.alloc() : memref<8x48xf32>
  linalg.fill ins(%zero : f32) outs(%sums : memref<8x48xf32>)
  linalg.matmul ins(%lhs, %rhs : memref<8x48xf32>, memref<48x48xf32>) outs(%sums : memref<8x48xf32>)
  linalg.fill ins(%zero : f32) outs(%lhs : memref<8x48xf32>)
  linalg.generic {indexing_maps = [#matrix, #matrix], iterator_types = ["parallel", "parallel"]}
    ins(%sums : memref<8x48xf32>) outs(%out : memref<8x48xf32>) {
  ^bb0(%sum: f32, %old: f32):
    linalg.yield %sum : f32
  }
  return
}

// A transposed reader takes one element a row.
// CHECK-LABEL: func.func @no_epilogue_transposed
// CHECK:         vector.fma
// CHECK:         linalg.generic
func.func @no_epilogue_transposed(%lhs: memref<8x48xf32>, %rhs: memref<48x48xf32>, %out: memref<48x8xf32>) {
  %zero = arith.constant 0.0 : f32
  %sums = memref.alloc() : memref<8x48xf32>
  linalg.fill ins(%zero : f32) outs(%sums : memref<8x48xf32>)
  linalg.matmul ins(%lhs, %rhs : memref<8x48xf32>, memref<48x48xf32>) outs(%sums : memref<8x48xf32>)
  linalg.generic {indexing_maps = [#matrix, affine_map<(m, n) -> (n, m)>], iterator_types = ["parallel", "parallel"]}
    ins(%sums : memref<8x48xf32>) outs(%out : memref<48x8xf32>) {
  ^bb0(%sum: f32, %old: f32):
    linalg.yield %sum : f32
  }
  return
}

// An operation that asks where it stands does not read the same on vectors.
// CHECK-LABEL: func.func @no_epilogue_index
// CHECK:         vector.fma
// CHECK:         linalg.generic
func.func @no_epilogue_index(%lhs: memref<8x48xf32>, %rhs: memref<48x48xf32>, %out: memref<8x48xf32>) {
  %zero = arith.constant 0.0 : f32
  %sums = memref.alloc() : memref<8x48xf32>
  linalg.fill ins(%zero : f32) outs(%sums : memref<8x48xf32>)
  linalg.matmul ins(%lhs, %rhs : memref<8x48xf32>, memref<48x48xf32>) outs(%sums : memref<8x48xf32>)
  linalg.generic {indexing_maps = [#matrix, #matrix], iterator_types = ["parallel", "parallel"]}
    ins(%sums : memref<8x48xf32>) outs(%out : memref<8x48xf32>) {
  ^bb0(%sum: f32, %old: f32):
    %row = linalg.index 0 : index
    %number = arith.index_cast %row : index to i32
    %real = arith.sitofp %number : i32 to f32
    %y = arith.addf %sum, %real : f32
    linalg.yield %y : f32
  }
  return
}
