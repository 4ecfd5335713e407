// RUN: heddle-opt %s --pass-pipeline='builtin.module(func.func(heddle-lower-contractions,cse,canonicalize))' | FileCheck %s

// Tiles of 8, 4 and 1 rows; the right operand is copied to the stack panel by panel.
// CHECK-LABEL: func.func @matmul_dynamic_rows
// CHECK:         scf.parallel (%{{.+}}, %{{.+}}) =
// CHECK:           %[[PANEL:.+]] = memref.alloca() {alignment = 64 : i64} : memref<256x48xf32>
// CHECK:           vector.store %{{.+}}, %[[PANEL]]
// CHECK:           scf.for %{{.+}} step %c8
// CHECK:             scf.for {{.*}} iter_args
// CHECK-COUNT-24:      vector.fma
// CHECK-NOT:           vector.fma
// CHECK:             scf.yield
// CHECK:           scf.for %{{.+}} step %c4
// CHECK-COUNT-12:      vector.fma
// CHECK:           scf.for %{{.+}} step %c1
// CHECK-COUNT-3:       vector.fma
// CHECK-NOT:           vector.maskedstore
// CHECK:         heddle.kernel = "matmul", heddle.work = 3145728 : i64
func.func @matmul_dynamic_rows(%lhs: memref<?x64xf32>, %rhs: memref<64x384xf32>, %out: memref<?x384xf32>) {
  linalg.matmul ins(%lhs, %rhs : memref<?x64xf32>, memref<64x384xf32>) outs(%out : memref<?x384xf32>)
  return
}

// The last panel has 16 columns: one vector a row, and no masks.
// CHECK-LABEL: func.func @last_panel
// CHECK-NOT:     vector.create_mask
// CHECK:         scf.if
// CHECK-COUNT-8:   vector.fma
// CHECK-NOT:       vector.fma
// CHECK:         } else {
// CHECK-COUNT-24:  vector.fma
// CHECK-NOT:       vector.fma
// CHECK:         return
func.func @last_panel(%lhs: memref<8x64xf32>, %rhs: memref<64x64xf32>, %out: memref<8x64xf32>) {
  linalg.matmul ins(%lhs, %rhs : memref<8x64xf32>, memref<64x64xf32>) outs(%out : memref<8x64xf32>)
  return
}

// Only the tiles that a static number of rows needs.
// CHECK-LABEL: func.func @matmul_16_rows
// CHECK-COUNT-16: vector.fma
// CHECK-NOT:      vector.fma
// CHECK:          return
func.func @matmul_16_rows(%lhs: memref<16x64xf32>, %rhs: memref<64x32xf32>, %out: memref<16x32xf32>) {
  linalg.matmul ins(%lhs, %rhs : memref<16x64xf32>, memref<64x32xf32>) outs(%out : memref<16x32xf32>)
  return
}

// Columns that do not exist are masked: the last eight of the third vector.
// CHECK-LABEL: func.func @matmul_column_tail
// CHECK:         %[[TAIL:.+]] = vector.constant_mask [8] : vector<16xi1>
// CHECK:         vector.load %arg2
// CHECK:         vector.load %arg2
// CHECK:         vector.maskedload %arg2{{.*}}, %[[TAIL]]
// CHECK:         vector.maskedstore %arg2{{.*}}, %[[TAIL]]
func.func @matmul_column_tail(%lhs: memref<?x64xf32>, %rhs: memref<64x40xf32>, %out: memref<?x40xf32>) {
  linalg.matmul ins(%lhs, %rhs : memref<?x64xf32>, memref<64x40xf32>) outs(%out : memref<?x40xf32>)
  return
}

// CHECK-LABEL: func.func @matmul_dynamic_columns
// CHECK-COUNT-3: vector.create_mask
// CHECK:         vector.maskedstore %arg2
// CHECK-NOT:     vector.store {{.*}}, %arg2
func.func @matmul_dynamic_columns(%lhs: memref<?x64xf32>, %rhs: memref<64x?xf32>, %out: memref<?x?xf32>) {
  linalg.matmul ins(%lhs, %rhs : memref<?x64xf32>, memref<64x?xf32>) outs(%out : memref<?x?xf32>)
  return
}

// Packed weights are read in place, here from bf16.
// CHECK-LABEL: func.func @packed_weight
// CHECK-NOT:     memref.alloca
// CHECK:         vector.load %arg1[%[[P:.+]], %[[K:.+]], %c0] : memref<6x64x48xbf16>, vector<16xbf16>
// CHECK:         arith.extf
func.func @packed_weight(%lhs: memref<?x64xf32>, %rhs: memref<6x64x48xbf16>, %out: memref<?x256xf32>) {
  linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>,
                                   affine_map<(m, n, k) -> (n floordiv 48, k, n mod 48)>,
                                   affine_map<(m, n, k) -> (m, n)>],
                  iterator_types = ["parallel", "parallel", "reduction"]}
    ins(%lhs, %rhs : memref<?x64xf32>, memref<6x64x48xbf16>) outs(%out : memref<?x256xf32>) {
  ^bb0(%a: f32, %b: bf16, %acc: f32):
    %wide = arith.extf %b : bf16 to f32
    %product = arith.mulf %a, %wide : f32
    %sum = arith.addf %acc, %product : f32
    linalg.yield %sum : f32
  }
  return
}

// Zeros that are only there to be accumulated onto never reach memory.
// CHECK-LABEL: func.func @fill_joins
// CHECK-NOT:     linalg.fill
// CHECK-NOT:     vector.load %alloc
// CHECK:         iter_args(%{{.+}} = %cst
func.func @fill_joins(%lhs: memref<8x64xf32>, %rhs: memref<64x32xf32>) -> memref<8x32xf32> {
  %zero = arith.constant 0.0 : f32
  %out = memref.alloc() : memref<8x32xf32>
  linalg.fill ins(%zero : f32) outs(%out : memref<8x32xf32>)
  linalg.matmul ins(%lhs, %rhs : memref<8x64xf32>, memref<64x32xf32>) outs(%out : memref<8x32xf32>)
  return %out : memref<8x32xf32>
}

// CHECK-LABEL: func.func @no_join_other_writer
// CHECK:         linalg.fill
func.func @no_join_other_writer(%lhs: memref<8x64xf32>, %rhs: memref<64x32xf32>, %row: memref<8x32xf32>) -> memref<8x32xf32> {
  %zero = arith.constant 0.0 : f32
  %out = memref.alloc() : memref<8x32xf32>
  linalg.fill ins(%zero : f32) outs(%out : memref<8x32xf32>)
  memref.copy %row, %out : memref<8x32xf32> to memref<8x32xf32>
  linalg.matmul ins(%lhs, %rhs : memref<8x64xf32>, memref<64x32xf32>) outs(%out : memref<8x32xf32>)
  return %out : memref<8x32xf32>
}

// Batch and head loops are tasks; a right operand stored as [n, k] is transposed into its panel.
// CHECK-LABEL: func.func @scores_per_head
// CHECK:         scf.parallel (%[[B:.+]], %[[H:.+]], %{{.+}}, %{{.+}}) =
// CHECK:           memref.load %arg1[%[[B]], %{{.+}}, %[[H]], %{{.+}}]
// CHECK:           memref.load %arg0[%[[B]], %{{.+}}, %[[H]], %{{.+}}]
func.func @scores_per_head(%query: memref<?x?x4x16xf32>, %key: memref<?x?x4x16xf32>, %out: memref<?x4x?x?xf32>) {
  linalg.generic {indexing_maps = [affine_map<(b, h, i, j, d) -> (b, i, h, d)>, affine_map<(b, h, i, j, d) -> (b, j, h, d)>,
                                   affine_map<(b, h, i, j, d) -> (b, h, i, j)>],
                  iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
    ins(%query, %key : memref<?x?x4x16xf32>, memref<?x?x4x16xf32>) outs(%out : memref<?x4x?x?xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %product = arith.mulf %a, %b : f32
    %sum = arith.addf %acc, %product : f32
    linalg.yield %sum : f32
  }
  return
}

// CHECK-LABEL: func.func @no_kernel_for_integers
// CHECK:         linalg.matmul
func.func @no_kernel_for_integers(%lhs: memref<8x8xi32>, %rhs: memref<8x8xi32>, %out: memref<8x8xi32>) {
  linalg.matmul ins(%lhs, %rhs : memref<8x8xi32>, memref<8x8xi32>) outs(%out : memref<8x8xi32>)
  return
}

// CHECK-LABEL: func.func @no_kernel_for_maximum
// CHECK:         linalg.generic
func.func @no_kernel_for_maximum(%lhs: memref<8x8xf32>, %rhs: memref<8x8xf32>, %out: memref<8x8xf32>) {
  linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>,
                                   affine_map<(m, n, k) -> (m, n)>],
                  iterator_types = ["parallel", "parallel", "reduction"]}
    ins(%lhs, %rhs : memref<8x8xf32>, memref<8x8xf32>) outs(%out : memref<8x8xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %product = arith.mulf %a, %b : f32
    %best = arith.maximumf %acc, %product : f32
    linalg.yield %best : f32
  }
  return
}
