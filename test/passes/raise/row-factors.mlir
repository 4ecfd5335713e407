// RUN: heddle-opt %s --pass-pipeline='builtin.module(func.func(heddle-raise-linear-attention{verify=always}),canonicalize)' \
// RUN:   --mlir-disable-threading | FileCheck %s
// RUN: heddle-opt %s --pass-pipeline='builtin.module(func.func(heddle-raise-linear-attention))' --mlir-disable-threading \
// RUN:   --remarks-filter='raise-linear-attention' -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// What divides all weights of a row divides the row of the output.
// CHECK-LABEL: @divided_rows
// CHECK: %[[MIXED:.*]] = mixer.mix {{.*}} support = #mixer.causal, transport = #mixer.identity
// CHECK: %[[ROWS:.*]] = tensor.collapse_shape %[[MIXED]]
// CHECK: linalg.generic {{.*}} ins(%[[ROWS]], %{{.*}} : tensor<2x8x6xf32>, tensor<2x8xf32>)
// CHECK: arith.divf
// REMARK: raised{{.*}}a sum along tokens whose rows are multiplied behind it
// REMARK: raised{{.*}}linear attention
func.func @divided_rows(%q: tensor<2x8x4xf32>, %k: tensor<2x8x4xf32>, %v: tensor<2x8x6xf32>, %r: tensor<2x8xf32>) -> tensor<2x8x6xf32> {
  %zero = arith.constant 0.0 : f32
  %e2x8x8 = tensor.empty() : tensor<2x8x8xf32>
  %z2x8x8 = linalg.fill ins(%zero : f32) outs(%e2x8x8 : tensor<2x8x8xf32>) -> tensor<2x8x8xf32>
  %scores = linalg.contract indexing_maps = [affine_map<(b, l, s, d) -> (b, l, d)>, affine_map<(b, l, s, d) -> (b, s, d)>, affine_map<(b, l, s, d) -> (b, l, s)>]
      ins(%q, %k : tensor<2x8x4xf32>, tensor<2x8x4xf32>) outs(%z2x8x8 : tensor<2x8x8xf32>) -> tensor<2x8x8xf32>
  %weights = linalg.generic {indexing_maps = [affine_map<(b, l, s) -> (b, l, s)>, affine_map<(b, l, s) -> (b, l)>, affine_map<(b, l, s) -> (b, l, s)>],
      iterator_types = ["parallel", "parallel", "parallel"]} ins(%scores, %r : tensor<2x8x8xf32>, tensor<2x8xf32>) outs(%e2x8x8 : tensor<2x8x8xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %x = arith.divf %a, %b : f32
    linalg.yield %x : f32
  } -> tensor<2x8x8xf32>
  %masked = linalg.generic {indexing_maps = [affine_map<(b, l, s) -> (b, l, s)>, affine_map<(b, l, s) -> (b, l, s)>],
      iterator_types = ["parallel", "parallel", "parallel"]} ins(%weights : tensor<2x8x8xf32>) outs(%e2x8x8 : tensor<2x8x8xf32>) {
  ^bb0(%a: f32, %out: f32):
    %i = linalg.index 1 : index
    %j = linalg.index 2 : index
    %past = arith.cmpi sle, %j, %i : index
    %x = arith.select %past, %a, %zero : f32
    linalg.yield %x : f32
  } -> tensor<2x8x8xf32>
  %e2x8x6 = tensor.empty() : tensor<2x8x6xf32>
  %z2x8x6 = linalg.fill ins(%zero : f32) outs(%e2x8x6 : tensor<2x8x6xf32>) -> tensor<2x8x6xf32>
  %y = linalg.contract indexing_maps = [affine_map<(b, d, l, s) -> (b, l, s)>, affine_map<(b, d, l, s) -> (b, s, d)>, affine_map<(b, d, l, s) -> (b, l, d)>]
      ins(%masked, %v : tensor<2x8x8xf32>, tensor<2x8x6xf32>) outs(%z2x8x6 : tensor<2x8x6xf32>) -> tensor<2x8x6xf32>
  return %y : tensor<2x8x6xf32>
}

// A table whose rows are powers of a half, each times a number of its own: 1, 2, 3, ..
// CHECK-LABEL: @scaled_table
// CHECK: mixer.mix {{.*}} support = #mixer.causal, transport = #mixer.scalar
// CHECK: arith.mulf
// REMARK: raised{{.*}}a sum along tokens whose rows are multiplied behind it
// REMARK: raised{{.*}}linear attention with a constant decay
func.func @scaled_table(%q: tensor<2x6x4xf32>, %k: tensor<2x6x4xf32>, %v: tensor<2x6x5xf32>) -> tensor<2x6x5xf32> {
  %zero = arith.constant 0.0 : f32
  %table = arith.constant dense<[[1.0, 0.0, 0.0, 0.0, 0.0, 0.0], [1.0, 2.0, 0.0, 0.0, 0.0, 0.0], [0.75, 1.5, 3.0, 0.0, 0.0, 0.0],
                                 [0.5, 1.0, 2.0, 4.0, 0.0, 0.0], [0.3125, 0.625, 1.25, 2.5, 5.0, 0.0], [0.1875, 0.375, 0.75, 1.5, 3.0, 6.0]]> : tensor<6x6xf32>
  %e2x6x6 = tensor.empty() : tensor<2x6x6xf32>
  %z2x6x6 = linalg.fill ins(%zero : f32) outs(%e2x6x6 : tensor<2x6x6xf32>) -> tensor<2x6x6xf32>
  %scores = linalg.contract indexing_maps = [affine_map<(b, l, s, d) -> (b, l, d)>, affine_map<(b, l, s, d) -> (b, s, d)>, affine_map<(b, l, s, d) -> (b, l, s)>]
      ins(%q, %k : tensor<2x6x4xf32>, tensor<2x6x4xf32>) outs(%z2x6x6 : tensor<2x6x6xf32>) -> tensor<2x6x6xf32>
  %weights = linalg.generic {indexing_maps = [affine_map<(b, l, s) -> (b, l, s)>, affine_map<(b, l, s) -> (l, s)>, affine_map<(b, l, s) -> (b, l, s)>],
      iterator_types = ["parallel", "parallel", "parallel"]} ins(%scores, %table : tensor<2x6x6xf32>, tensor<6x6xf32>) outs(%e2x6x6 : tensor<2x6x6xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %x = arith.mulf %a, %b : f32
    linalg.yield %x : f32
  } -> tensor<2x6x6xf32>
  %e2x6x5 = tensor.empty() : tensor<2x6x5xf32>
  %z2x6x5 = linalg.fill ins(%zero : f32) outs(%e2x6x5 : tensor<2x6x5xf32>) -> tensor<2x6x5xf32>
  %y = linalg.contract indexing_maps = [affine_map<(b, d, l, s) -> (b, l, s)>, affine_map<(b, d, l, s) -> (b, s, d)>, affine_map<(b, d, l, s) -> (b, l, d)>]
      ins(%weights, %v : tensor<2x6x6xf32>, tensor<2x6x5xf32>) outs(%z2x6x5 : tensor<2x6x5xf32>) -> tensor<2x6x5xf32>
  return %y : tensor<2x6x5xf32>
}

// One entry of the table is another: no row is a multiple of the others.
// CHECK-LABEL: @no_scaled_table
// CHECK-NOT: mixer.mix
// CHECK: return
func.func @no_scaled_table(%q: tensor<2x6x4xf32>, %k: tensor<2x6x4xf32>, %v: tensor<2x6x5xf32>) -> tensor<2x6x5xf32> {
  %zero = arith.constant 0.0 : f32
  %table = arith.constant dense<[[1.0, 0.0, 0.0, 0.0, 0.0, 0.0], [1.0, 2.0, 0.0, 0.0, 0.0, 0.0], [0.75, 1.5, 3.0, 0.0, 0.0, 0.0],
                                 [0.5, 1.5, 2.0, 4.0, 0.0, 0.0], [0.3125, 0.625, 1.25, 2.5, 5.0, 0.0], [0.1875, 0.375, 0.75, 1.5, 3.0, 6.0]]> : tensor<6x6xf32>
  %e2x6x6 = tensor.empty() : tensor<2x6x6xf32>
  %z2x6x6 = linalg.fill ins(%zero : f32) outs(%e2x6x6 : tensor<2x6x6xf32>) -> tensor<2x6x6xf32>
  %scores = linalg.contract indexing_maps = [affine_map<(b, l, s, d) -> (b, l, d)>, affine_map<(b, l, s, d) -> (b, s, d)>, affine_map<(b, l, s, d) -> (b, l, s)>]
      ins(%q, %k : tensor<2x6x4xf32>, tensor<2x6x4xf32>) outs(%z2x6x6 : tensor<2x6x6xf32>) -> tensor<2x6x6xf32>
  %weights = linalg.generic {indexing_maps = [affine_map<(b, l, s) -> (b, l, s)>, affine_map<(b, l, s) -> (l, s)>, affine_map<(b, l, s) -> (b, l, s)>],
      iterator_types = ["parallel", "parallel", "parallel"]} ins(%scores, %table : tensor<2x6x6xf32>, tensor<6x6xf32>) outs(%e2x6x6 : tensor<2x6x6xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %x = arith.mulf %a, %b : f32
    linalg.yield %x : f32
  } -> tensor<2x6x6xf32>
  %e2x6x5 = tensor.empty() : tensor<2x6x5xf32>
  %z2x6x5 = linalg.fill ins(%zero : f32) outs(%e2x6x5 : tensor<2x6x5xf32>) -> tensor<2x6x5xf32>
  %y = linalg.contract indexing_maps = [affine_map<(b, d, l, s) -> (b, l, s)>, affine_map<(b, d, l, s) -> (b, s, d)>, affine_map<(b, d, l, s) -> (b, l, d)>]
      ins(%weights, %v : tensor<2x6x6xf32>, tensor<2x6x5xf32>) outs(%z2x6x5 : tensor<2x6x5xf32>) -> tensor<2x6x5xf32>
  return %y : tensor<2x6x5xf32>
}

// A factor of each key stays in front of the sum; so does one of each row where no tokens are summed.
// CHECK-LABEL: @no_factors_of_keys
// CHECK-NOT: mixer.mix
// CHECK: arith.divf
// CHECK: linalg.contract
// CHECK: return
func.func @no_factors_of_keys(%w: tensor<2x8x8xf32>, %v: tensor<2x8x6xf32>, %r: tensor<2x8xf32>) -> tensor<2x8x6xf32> {
  %zero = arith.constant 0.0 : f32
  %e2x8x8 = tensor.empty() : tensor<2x8x8xf32>
  %weights = linalg.generic {indexing_maps = [affine_map<(b, l, s) -> (b, l, s)>, affine_map<(b, l, s) -> (b, s)>, affine_map<(b, l, s) -> (b, l, s)>],
      iterator_types = ["parallel", "parallel", "parallel"]} ins(%w, %r : tensor<2x8x8xf32>, tensor<2x8xf32>) outs(%e2x8x8 : tensor<2x8x8xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %x = arith.divf %a, %b : f32
    linalg.yield %x : f32
  } -> tensor<2x8x8xf32>
  %e2x8x6 = tensor.empty() : tensor<2x8x6xf32>
  %z2x8x6 = linalg.fill ins(%zero : f32) outs(%e2x8x6 : tensor<2x8x6xf32>) -> tensor<2x8x6xf32>
  %y = linalg.contract indexing_maps = [affine_map<(b, d, l, s) -> (b, l, s)>, affine_map<(b, d, l, s) -> (b, s, d)>, affine_map<(b, d, l, s) -> (b, l, d)>]
      ins(%weights, %v : tensor<2x8x8xf32>, tensor<2x8x6xf32>) outs(%z2x8x6 : tensor<2x8x6xf32>) -> tensor<2x8x6xf32>
  return %y : tensor<2x8x6xf32>
}

// Features are summed, not tokens: a norm in front of a projection stays there, also where heads were merged with tokens on the way.
// CHECK-LABEL: @no_sum_of_features
// CHECK: arith.divf
// CHECK: linalg.contract
// CHECK: return
func.func @no_sum_of_features(%x: tensor<1x9x4x8xf32>, %r: tensor<9xf32>, %w: tensor<32x7xf32>) -> tensor<9x7xf32> {
  %zero = arith.constant 0.0 : f32
  %first = tensor.extract_slice %x[0, 0, 0, 0] [1, 5, 4, 8] [1, 1, 1, 1] : tensor<1x9x4x8xf32> to tensor<1x5x4x8xf32>
  %last = tensor.extract_slice %x[0, 5, 0, 0] [1, 4, 4, 8] [1, 1, 1, 1] : tensor<1x9x4x8xf32> to tensor<1x4x4x8xf32>
  %heads = tensor.concat dim(1) %last, %first : (tensor<1x4x4x8xf32>, tensor<1x5x4x8xf32>) -> tensor<1x9x4x8xf32>
  %flat = tensor.collapse_shape %heads [[0, 1, 2, 3]] : tensor<1x9x4x8xf32> into tensor<288xf32>
  %rows = tensor.expand_shape %flat [[0, 1]] output_shape [9, 32] : tensor<288xf32> into tensor<9x32xf32>
  %e9x32 = tensor.empty() : tensor<9x32xf32>
  %normed = linalg.generic {indexing_maps = [affine_map<(l, d) -> (l, d)>, affine_map<(l, d) -> (l)>, affine_map<(l, d) -> (l, d)>],
      iterator_types = ["parallel", "parallel"]} ins(%rows, %r : tensor<9x32xf32>, tensor<9xf32>) outs(%e9x32 : tensor<9x32xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %y = arith.divf %a, %b : f32
    linalg.yield %y : f32
  } -> tensor<9x32xf32>
  %e9x7 = tensor.empty() : tensor<9x7xf32>
  %z9x7 = linalg.fill ins(%zero : f32) outs(%e9x7 : tensor<9x7xf32>) -> tensor<9x7xf32>
  %p = linalg.contract indexing_maps = [affine_map<(l, e, d) -> (l, d)>, affine_map<(l, e, d) -> (d, e)>, affine_map<(l, e, d) -> (l, e)>]
      ins(%normed, %w : tensor<9x32xf32>, tensor<32x7xf32>) outs(%z9x7 : tensor<9x7xf32>) -> tensor<9x7xf32>
  return %p : tensor<9x7xf32>
}
