// RUN: heddle-opt %s --pass-pipeline='builtin.module(heddle-pack-weights{min-bytes=16},canonicalize)' | FileCheck %s
// RUN: heddle-opt %s --pass-pipeline='builtin.module(heddle-pack-weights)' | FileCheck %s --check-prefix=SMALL

// CHECK-DAG: #[[PANELS:.+]] = affine_map<(d0, d1, d2) -> (d1 floordiv 48, d2, d1 mod 48)>

// CHECK-LABEL: func.func @weight_by_rows
// CHECK:         %[[W:.+]] = arith.constant dense_resource<w_panels> : tensor<2x2x48xf32>
// CHECK:         linalg.generic {indexing_maps = [#{{.+}}, #[[PANELS]], #{{.+}}]
// CHECK-SAME:      ins(%arg0, %[[W]] :
// SMALL-LABEL: func.func @weight_by_rows
// SMALL:         linalg.matmul
func.func @weight_by_rows(%lhs: tensor<?x2xf32>, %out: tensor<?x49xf32>) -> tensor<?x49xf32> {
  %w = arith.constant dense_resource<w> : tensor<2x49xf32>
  %product = linalg.matmul ins(%lhs, %w : tensor<?x2xf32>, tensor<2x49xf32>) outs(%out : tensor<?x49xf32>) -> tensor<?x49xf32>
  return %product : tensor<?x49xf32>
}

// The same constant read as [n, k], through a transposition that disappears.
// CHECK-LABEL: func.func @weight_transposed
// CHECK-NOT:     linalg.transpose
// CHECK:         arith.constant dense_resource<{{w_panels.*}}> : tensor<1x49x48xf32>
func.func @weight_transposed(%lhs: tensor<?x49xf32>, %empty: tensor<49x2xf32>, %out: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %w = arith.constant dense_resource<w> : tensor<2x49xf32>
  %t = linalg.transpose ins(%w : tensor<2x49xf32>) outs(%empty : tensor<49x2xf32>) permutation = [1, 0]
  %product = linalg.matmul ins(%lhs, %t : tensor<?x49xf32>, tensor<49x2xf32>) outs(%out : tensor<?x2xf32>) -> tensor<?x2xf32>
  return %product : tensor<?x2xf32>
}

// CHECK-LABEL: func.func @no_pack_variable
// CHECK:         linalg.matmul
func.func @no_pack_variable(%lhs: tensor<?x2xf32>, %w: tensor<2x49xf32>, %out: tensor<?x49xf32>) -> tensor<?x49xf32> {
  %product = linalg.matmul ins(%lhs, %w : tensor<?x2xf32>, tensor<2x49xf32>) outs(%out : tensor<?x49xf32>) -> tensor<?x49xf32>
  return %product : tensor<?x49xf32>
}

// Element (k = 1, n = 0) is the 50th of the matrix and comes right after the first panel's row of k = 0; the second panel
// holds column 48 and zeros.
// CHECK: w_panels: "0x40000000{{0000803F(.{248})(.{128})00004C42(.{248})(.{128})00004442}}00000000

{-# dialect_resources: {builtin: {w: "0x400000000000803F0000004000004040000080400000A0400000C0400000E0400000004100001041000020410000304100004041000050410000604100007041000080410000884100009041000098410000A0410000A8410000B0410000B8410000C0410000C8410000D0410000D8410000E0410000E8410000F0410000F84100000042000004420000084200000C4200001042000014420000184200001C4200002042000024420000284200002C4200003042000034420000384200003C42000040420000444200004C4200005042000054420000584200005C4200006042000064420000684200006C4200007042000074420000784200007C42000080420000824200008442000086420000884200008A4200008C4200008E42000090420000924200009442000096420000984200009A4200009C4200009E420000A0420000A2420000A4420000A6420000A8420000AA420000AC420000AE420000B0420000B2420000B4420000B6420000B8420000BA420000BC420000BE420000C0420000C2420000C4420000C642"}} #-}
