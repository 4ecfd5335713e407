// RUN: heddle-opt %s --pass-pipeline='builtin.module(func.func(heddle-contract-products,heddle-raise-linear-attention{verify=always}),canonicalize)' \
// RUN:   --mlir-disable-threading | FileCheck %s
// RUN: heddle-opt %s --pass-pipeline='builtin.module(func.func(heddle-raise-linear-attention))' --mlir-disable-threading \
// RUN:   --remarks-filter='raise-linear-attention' -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// Queries times sums along tokens of outer products of keys and values; the sums are a product with a triangular matrix.
// CHECK-LABEL: @sums_of_outer_products
// CHECK: mixer.mix query(%{{.*}} : tensor<2x8x1x4xf32>) key(%{{.*}} : tensor<2x8x1x4xf32>) value(%{{.*}} : tensor<2x8x1x6xf32>)
// CHECK-SAME: {norm = #mixer.norm<none>, score = #mixer.linear, support = #mixer.causal, transport = #mixer.identity}
// CHECK-NOT: linalg
// REMARK: remark: [Passed] raised{{.*}}linear attention
func.func @sums_of_outer_products(%q: tensor<2x8x4xf32>, %k: tensor<2x8x4xf32>, %v: tensor<2x8x6xf32>) -> tensor<2x8x6xf32> {
  %e2x8x4x6 = tensor.empty() : tensor<2x8x4x6xf32>
  %keys = linalg.broadcast ins(%k : tensor<2x8x4xf32>) outs(%e2x8x4x6 : tensor<2x8x4x6xf32>) dimensions = [3]
  %values = linalg.broadcast ins(%v : tensor<2x8x6xf32>) outs(%e2x8x4x6 : tensor<2x8x4x6xf32>) dimensions = [2]
  %pairs = linalg.mul ins(%keys, %values : tensor<2x8x4x6xf32>, tensor<2x8x4x6xf32>) outs(%e2x8x4x6 : tensor<2x8x4x6xf32>) -> tensor<2x8x4x6xf32>
  %mask = arith.constant dense<[[1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0], [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]]> : tensor<8x8xf32>
  %zero = arith.constant 0.0 : f32
  %z2x8x4x6 = linalg.fill ins(%zero : f32) outs(%e2x8x4x6 : tensor<2x8x4x6xf32>) -> tensor<2x8x4x6xf32>
  %sums = linalg.contract indexing_maps = [affine_map<(b, d, e, l, s) -> (l, s)>, affine_map<(b, d, e, l, s) -> (b, s, d, e)>, affine_map<(b, d, e, l, s) -> (b, l, d, e)>]
      ins(%mask, %pairs : tensor<8x8xf32>, tensor<2x8x4x6xf32>) outs(%z2x8x4x6 : tensor<2x8x4x6xf32>) -> tensor<2x8x4x6xf32>
  %e2x8x6 = tensor.empty() : tensor<2x8x6xf32>
  %z2x8x6 = linalg.fill ins(%zero : f32) outs(%e2x8x6 : tensor<2x8x6xf32>) -> tensor<2x8x6xf32>
  %y = linalg.contract indexing_maps = [affine_map<(b, d, e, l) -> (b, l, d)>, affine_map<(b, d, e, l) -> (b, l, d, e)>, affine_map<(b, d, e, l) -> (b, l, e)>]
      ins(%q, %sums : tensor<2x8x4xf32>, tensor<2x8x4x6xf32>) outs(%z2x8x6 : tensor<2x8x6xf32>) -> tensor<2x8x6xf32>
  return %y : tensor<2x8x6xf32>
}

// CHECK-LABEL: @sums_from_the_end
// CHECK: layout = #mixer.layout<reverse>, norm = #mixer.norm<none>, score = #mixer.linear, support = #mixer.causal, transport = #mixer.identity
// REMARK: raised{{.*}}linear attention from the last token on
func.func @sums_from_the_end(%q: tensor<2x8x4xf32>, %k: tensor<2x8x4xf32>, %v: tensor<2x8x6xf32>) -> tensor<2x8x6xf32> {
  %e2x8x4x6 = tensor.empty() : tensor<2x8x4x6xf32>
  %keys = linalg.broadcast ins(%k : tensor<2x8x4xf32>) outs(%e2x8x4x6 : tensor<2x8x4x6xf32>) dimensions = [3]
  %values = linalg.broadcast ins(%v : tensor<2x8x6xf32>) outs(%e2x8x4x6 : tensor<2x8x4x6xf32>) dimensions = [2]
  %pairs = linalg.mul ins(%keys, %values : tensor<2x8x4x6xf32>, tensor<2x8x4x6xf32>) outs(%e2x8x4x6 : tensor<2x8x4x6xf32>) -> tensor<2x8x4x6xf32>
  %mask = arith.constant dense<[[1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0], [0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0], [0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0], [0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0], [0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0], [0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0], [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0], [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]]> : tensor<8x8xf32>
  %zero = arith.constant 0.0 : f32
  %z2x8x4x6 = linalg.fill ins(%zero : f32) outs(%e2x8x4x6 : tensor<2x8x4x6xf32>) -> tensor<2x8x4x6xf32>
  %sums = linalg.contract indexing_maps = [affine_map<(b, d, e, l, s) -> (l, s)>, affine_map<(b, d, e, l, s) -> (b, s, d, e)>, affine_map<(b, d, e, l, s) -> (b, l, d, e)>]
      ins(%mask, %pairs : tensor<8x8xf32>, tensor<2x8x4x6xf32>) outs(%z2x8x4x6 : tensor<2x8x4x6xf32>) -> tensor<2x8x4x6xf32>
  %e2x8x6 = tensor.empty() : tensor<2x8x6xf32>
  %z2x8x6 = linalg.fill ins(%zero : f32) outs(%e2x8x6 : tensor<2x8x6xf32>) -> tensor<2x8x6xf32>
  %y = linalg.contract indexing_maps = [affine_map<(b, d, e, l) -> (b, l, d)>, affine_map<(b, d, e, l) -> (b, l, d, e)>, affine_map<(b, d, e, l) -> (b, l, e)>]
      ins(%q, %sums : tensor<2x8x4xf32>, tensor<2x8x4x6xf32>) outs(%z2x8x6 : tensor<2x8x6xf32>) -> tensor<2x8x6xf32>
  return %y : tensor<2x8x6xf32>
}

// The token itself is not read: its own factor is 0.
// CHECK-LABEL: @sums_before_the_token
// CHECK: %[[ZERO:.*]] = arith.constant dense<0.000000e+00> : tensor<1x4xf32>
// CHECK: current(%[[ZERO]] : tensor<1x4xf32>)
func.func @sums_before_the_token(%q: tensor<2x8x4xf32>, %k: tensor<2x8x4xf32>, %v: tensor<2x8x6xf32>) -> tensor<2x8x6xf32> {
  %e2x8x4x6 = tensor.empty() : tensor<2x8x4x6xf32>
  %keys = linalg.broadcast ins(%k : tensor<2x8x4xf32>) outs(%e2x8x4x6 : tensor<2x8x4x6xf32>) dimensions = [3]
  %values = linalg.broadcast ins(%v : tensor<2x8x6xf32>) outs(%e2x8x4x6 : tensor<2x8x4x6xf32>) dimensions = [2]
  %pairs = linalg.mul ins(%keys, %values : tensor<2x8x4x6xf32>, tensor<2x8x4x6xf32>) outs(%e2x8x4x6 : tensor<2x8x4x6xf32>) -> tensor<2x8x4x6xf32>
  %mask = arith.constant dense<[[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0]]> : tensor<8x8xf32>
  %zero = arith.constant 0.0 : f32
  %z2x8x4x6 = linalg.fill ins(%zero : f32) outs(%e2x8x4x6 : tensor<2x8x4x6xf32>) -> tensor<2x8x4x6xf32>
  %sums = linalg.contract indexing_maps = [affine_map<(b, d, e, l, s) -> (l, s)>, affine_map<(b, d, e, l, s) -> (b, s, d, e)>, affine_map<(b, d, e, l, s) -> (b, l, d, e)>]
      ins(%mask, %pairs : tensor<8x8xf32>, tensor<2x8x4x6xf32>) outs(%z2x8x4x6 : tensor<2x8x4x6xf32>) -> tensor<2x8x4x6xf32>
  %e2x8x6 = tensor.empty() : tensor<2x8x6xf32>
  %z2x8x6 = linalg.fill ins(%zero : f32) outs(%e2x8x6 : tensor<2x8x6xf32>) -> tensor<2x8x6xf32>
  %y = linalg.contract indexing_maps = [affine_map<(b, d, e, l) -> (b, l, d)>, affine_map<(b, d, e, l) -> (b, l, d, e)>, affine_map<(b, d, e, l) -> (b, l, e)>]
      ins(%q, %sums : tensor<2x8x4xf32>, tensor<2x8x4x6xf32>) outs(%z2x8x6 : tensor<2x8x6xf32>) -> tensor<2x8x6xf32>
  return %y : tensor<2x8x6xf32>
}

// CHECK-LABEL: @masked_scores
// CHECK: score = #mixer.linear, support = #mixer.causal, transport = #mixer.identity
func.func @masked_scores(%q: tensor<2x8x4xf32>, %k: tensor<2x8x4xf32>, %v: tensor<2x8x6xf32>) -> tensor<2x8x6xf32> {
  %mask = arith.constant dense<[[1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0], [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]]> : tensor<8x8xf32>
  %e2x8x8 = tensor.empty() : tensor<2x8x8xf32>
  %masks = linalg.broadcast ins(%mask : tensor<8x8xf32>) outs(%e2x8x8 : tensor<2x8x8xf32>) dimensions = [0]
  %e2x4x8 = tensor.empty() : tensor<2x4x8xf32>
  %kt = linalg.transpose ins(%k : tensor<2x8x4xf32>) outs(%e2x4x8 : tensor<2x4x8xf32>) permutation = [0, 2, 1]
  %zero = arith.constant 0.0 : f32
  %z2x8x8 = linalg.fill ins(%zero : f32) outs(%e2x8x8 : tensor<2x8x8xf32>) -> tensor<2x8x8xf32>
  %scores = linalg.batch_matmul ins(%q, %kt : tensor<2x8x4xf32>, tensor<2x4x8xf32>) outs(%z2x8x8 : tensor<2x8x8xf32>) -> tensor<2x8x8xf32>
  %weights = linalg.mul ins(%scores, %masks : tensor<2x8x8xf32>, tensor<2x8x8xf32>) outs(%e2x8x8 : tensor<2x8x8xf32>) -> tensor<2x8x8xf32>
  %e2x8x6 = tensor.empty() : tensor<2x8x6xf32>
  %z2x8x6 = linalg.fill ins(%zero : f32) outs(%e2x8x6 : tensor<2x8x6xf32>) -> tensor<2x8x6xf32>
  %y = linalg.batch_matmul ins(%weights, %v : tensor<2x8x8xf32>, tensor<2x8x6xf32>) outs(%z2x8x6 : tensor<2x8x6xf32>) -> tensor<2x8x6xf32>
  return %y : tensor<2x8x6xf32>
}

// CHECK-LABEL: @divided_by_sums_of_weights
// CHECK: mixer.mix {{.*}}norm = #mixer.norm<row_sum>, score = #mixer.linear, support = #mixer.causal
// CHECK-NOT: mixer.mix
// CHECK-NOT: linalg.div
// REMARK: raised{{.*}}a mixer divided by the sums of its weights
func.func @divided_by_sums_of_weights(%q: tensor<2x8x4xf32>, %k: tensor<2x8x4xf32>, %v: tensor<2x8x6xf32>) -> tensor<2x8x6xf32> {
  %mask = arith.constant dense<[[1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0], [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]]> : tensor<8x8xf32>
  %e2x4x8 = tensor.empty() : tensor<2x4x8xf32>
  %kt = linalg.transpose ins(%k : tensor<2x8x4xf32>) outs(%e2x4x8 : tensor<2x4x8xf32>) permutation = [0, 2, 1]
  %e2x8x8 = tensor.empty() : tensor<2x8x8xf32>
  %zero = arith.constant 0.0 : f32
  %z2x8x8 = linalg.fill ins(%zero : f32) outs(%e2x8x8 : tensor<2x8x8xf32>) -> tensor<2x8x8xf32>
  %scores = linalg.batch_matmul ins(%q, %kt : tensor<2x8x4xf32>, tensor<2x4x8xf32>) outs(%z2x8x8 : tensor<2x8x8xf32>) -> tensor<2x8x8xf32>
  %masks = linalg.broadcast ins(%mask : tensor<8x8xf32>) outs(%e2x8x8 : tensor<2x8x8xf32>) dimensions = [0]
  %weights = linalg.mul ins(%scores, %masks : tensor<2x8x8xf32>, tensor<2x8x8xf32>) outs(%e2x8x8 : tensor<2x8x8xf32>) -> tensor<2x8x8xf32>
  %e2x8x6 = tensor.empty() : tensor<2x8x6xf32>
  %z2x8x6 = linalg.fill ins(%zero : f32) outs(%e2x8x6 : tensor<2x8x6xf32>) -> tensor<2x8x6xf32>
  %sums = linalg.batch_matmul ins(%weights, %v : tensor<2x8x8xf32>, tensor<2x8x6xf32>) outs(%z2x8x6 : tensor<2x8x6xf32>) -> tensor<2x8x6xf32>
  %ones = arith.constant dense<[[[1.0], [1.0], [1.0], [1.0], [1.0], [1.0], [1.0], [1.0]], [[1.0], [1.0], [1.0], [1.0], [1.0], [1.0], [1.0], [1.0]]]> : tensor<2x8x1xf32>
  %e2x8x1 = tensor.empty() : tensor<2x8x1xf32>
  %z2x8x1 = linalg.fill ins(%zero : f32) outs(%e2x8x1 : tensor<2x8x1xf32>) -> tensor<2x8x1xf32>
  %totals = linalg.batch_matmul ins(%weights, %ones : tensor<2x8x8xf32>, tensor<2x8x1xf32>) outs(%z2x8x1 : tensor<2x8x1xf32>) -> tensor<2x8x1xf32>
  %row_totals = tensor.collapse_shape %totals [[0], [1, 2]] : tensor<2x8x1xf32> into tensor<2x8xf32>
  %divisors = linalg.broadcast ins(%row_totals : tensor<2x8xf32>) outs(%e2x8x6 : tensor<2x8x6xf32>) dimensions = [2]
  %y = linalg.div ins(%sums, %divisors : tensor<2x8x6xf32>, tensor<2x8x6xf32>) outs(%e2x8x6 : tensor<2x8x6xf32>) -> tensor<2x8x6xf32>
  return %y : tensor<2x8x6xf32>
}

// CHECK-LABEL: @all_tokens
// CHECK: score = #mixer.linear, support = #mixer.full, transport = #mixer.identity
// REMARK: raised{{.*}}linear attention over all tokens
func.func @all_tokens(%q: tensor<2x8x4xf32>, %k: tensor<2x8x4xf32>, %v: tensor<2x8x6xf32>) -> tensor<2x8x6xf32> {
  %e2x4x6 = tensor.empty() : tensor<2x4x6xf32>
  %zero = arith.constant 0.0 : f32
  %z2x4x6 = linalg.fill ins(%zero : f32) outs(%e2x4x6 : tensor<2x4x6xf32>) -> tensor<2x4x6xf32>
  %state = linalg.contract indexing_maps = [affine_map<(b, d, e, l) -> (b, l, d)>, affine_map<(b, d, e, l) -> (b, l, e)>, affine_map<(b, d, e, l) -> (b, d, e)>]
      ins(%k, %v : tensor<2x8x4xf32>, tensor<2x8x6xf32>) outs(%z2x4x6 : tensor<2x4x6xf32>) -> tensor<2x4x6xf32>
  %e2x8x6 = tensor.empty() : tensor<2x8x6xf32>
  %z2x8x6 = linalg.fill ins(%zero : f32) outs(%e2x8x6 : tensor<2x8x6xf32>) -> tensor<2x8x6xf32>
  %y = linalg.contract indexing_maps = [affine_map<(b, d, e, l) -> (b, l, d)>, affine_map<(b, d, e, l) -> (b, d, e)>, affine_map<(b, d, e, l) -> (b, l, e)>]
      ins(%q, %state : tensor<2x8x4xf32>, tensor<2x4x6xf32>) outs(%z2x8x6 : tensor<2x8x6xf32>) -> tensor<2x8x6xf32>
  return %y : tensor<2x8x6xf32>
}

// The divisor is a reciprocal of sums to which something is added.
// CHECK-LABEL: @all_tokens_normalised
// CHECK: mixer.mix {{.*}}norm = #mixer.norm<row_sum, epsilon = 0.0099{{.*}}>, score = #mixer.linear, support = #mixer.full
// CHECK-NOT: mixer.mix
// CHECK-NOT: arith.divf
func.func @all_tokens_normalised(%q: tensor<2x8x4xf32>, %k: tensor<2x8x4xf32>, %v: tensor<2x8x6xf32>) -> tensor<2x8x6xf32> {
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %epsilon = arith.constant 0.01 : f32
  %e2x4x6 = tensor.empty() : tensor<2x4x6xf32>
  %z2x4x6 = linalg.fill ins(%zero : f32) outs(%e2x4x6 : tensor<2x4x6xf32>) -> tensor<2x4x6xf32>
  %state = linalg.contract indexing_maps = [affine_map<(b, d, e, l) -> (b, l, d)>, affine_map<(b, d, e, l) -> (b, l, e)>, affine_map<(b, d, e, l) -> (b, d, e)>]
      ins(%k, %v : tensor<2x8x4xf32>, tensor<2x8x6xf32>) outs(%z2x4x6 : tensor<2x4x6xf32>) -> tensor<2x4x6xf32>
  %e2x4 = tensor.empty() : tensor<2x4xf32>
  %z2x4 = linalg.fill ins(%zero : f32) outs(%e2x4 : tensor<2x4xf32>) -> tensor<2x4xf32>
  %keys = linalg.reduce {arith.addf} ins(%k : tensor<2x8x4xf32>) outs(%z2x4 : tensor<2x4xf32>) dimensions = [1]
  %e2x8x6 = tensor.empty() : tensor<2x8x6xf32>
  %z2x8x6 = linalg.fill ins(%zero : f32) outs(%e2x8x6 : tensor<2x8x6xf32>) -> tensor<2x8x6xf32>
  %sums = linalg.contract indexing_maps = [affine_map<(b, d, e, l) -> (b, l, d)>, affine_map<(b, d, e, l) -> (b, d, e)>, affine_map<(b, d, e, l) -> (b, l, e)>]
      ins(%q, %state : tensor<2x8x4xf32>, tensor<2x4x6xf32>) outs(%z2x8x6 : tensor<2x8x6xf32>) -> tensor<2x8x6xf32>
  %e2x8 = tensor.empty() : tensor<2x8xf32>
  %z2x8 = linalg.fill ins(%zero : f32) outs(%e2x8 : tensor<2x8xf32>) -> tensor<2x8xf32>
  %weights = linalg.contract indexing_maps = [affine_map<(b, d, l) -> (b, l, d)>, affine_map<(b, d, l) -> (b, d)>, affine_map<(b, d, l) -> (b, l)>]
      ins(%q, %keys : tensor<2x8x4xf32>, tensor<2x4xf32>) outs(%z2x8 : tensor<2x8xf32>) -> tensor<2x8xf32>
  %reciprocals = linalg.map ins(%weights : tensor<2x8xf32>) outs(%e2x8 : tensor<2x8xf32>) (%w: f32, %o: f32) {
    %more = arith.addf %w, %epsilon : f32
    %r = arith.divf %one, %more : f32
    linalg.yield %r : f32
  }
  %factors = linalg.broadcast ins(%reciprocals : tensor<2x8xf32>) outs(%e2x8x6 : tensor<2x8x6xf32>) dimensions = [2]
  %y = linalg.mul ins(%sums, %factors : tensor<2x8x6xf32>, tensor<2x8x6xf32>) outs(%e2x8x6 : tensor<2x8x6xf32>) -> tensor<2x8x6xf32>
  return %y : tensor<2x8x6xf32>
}

// Keys are counted in units of the largest of all tokens, and queries are divided instead of the output.
// CHECK-LABEL: @keys_from_all_tokens
// CHECK: %[[KEYS:.*]] = linalg.generic {{.*}}ins(%arg1, %{{.*}} : tensor<2x8x4xf32>, tensor<2xf32>)
// CHECK: %[[KEY:.*]] = tensor.expand_shape %[[KEYS]]
// CHECK: mixer.mix query(%{{.*}}) key(%[[KEY]] : {{.*}}norm = #mixer.norm<row_sum>, score = #mixer.linear, support = #mixer.full
// CHECK-NOT: mixer.mix
// CHECK-NOT: arith.divf
func.func @keys_from_all_tokens(%q: tensor<2x8x4xf32>, %k: tensor<2x8x4xf32>, %v: tensor<2x8x6xf32>) -> tensor<2x8x6xf32> {
  %zero = arith.constant 0.0 : f32
  %lowest = arith.constant 0xFF800000 : f32
  %e2 = tensor.empty() : tensor<2xf32>
  %l2 = linalg.fill ins(%lowest : f32) outs(%e2 : tensor<2xf32>) -> tensor<2xf32>
  %largest = linalg.reduce {arith.maximumf} ins(%k : tensor<2x8x4xf32>) outs(%l2 : tensor<2xf32>) dimensions = [1, 2]
  %e2x8x4 = tensor.empty() : tensor<2x8x4xf32>
  %keys = linalg.generic {indexing_maps = [affine_map<(b, l, d) -> (b, l, d)>, affine_map<(b, l, d) -> (b)>, affine_map<(b, l, d) -> (b, l, d)>],
      iterator_types = ["parallel", "parallel", "parallel"]} ins(%k, %largest : tensor<2x8x4xf32>, tensor<2xf32>) outs(%e2x8x4 : tensor<2x8x4xf32>) {
  ^bb0(%x: f32, %top: f32, %o: f32):
    %shifted = arith.subf %x, %top : f32
    %feature = math.exp %shifted : f32
    linalg.yield %feature : f32
  } -> tensor<2x8x4xf32>
  %e2x4 = tensor.empty() : tensor<2x4xf32>
  %z2x4 = linalg.fill ins(%zero : f32) outs(%e2x4 : tensor<2x4xf32>) -> tensor<2x4xf32>
  %total = linalg.reduce {arith.addf} ins(%keys : tensor<2x8x4xf32>) outs(%z2x4 : tensor<2x4xf32>) dimensions = [1]
  %e2x8 = tensor.empty() : tensor<2x8xf32>
  %z2x8 = linalg.fill ins(%zero : f32) outs(%e2x8 : tensor<2x8xf32>) -> tensor<2x8xf32>
  %weights = linalg.contract indexing_maps = [affine_map<(b, d, l) -> (b, l, d)>, affine_map<(b, d, l) -> (b, d)>, affine_map<(b, d, l) -> (b, l)>]
      ins(%q, %total : tensor<2x8x4xf32>, tensor<2x4xf32>) outs(%z2x8 : tensor<2x8xf32>) -> tensor<2x8xf32>
  %queries = linalg.generic {indexing_maps = [affine_map<(b, l, d) -> (b, l, d)>, affine_map<(b, l, d) -> (b, l)>, affine_map<(b, l, d) -> (b, l, d)>],
      iterator_types = ["parallel", "parallel", "parallel"]} ins(%q, %weights : tensor<2x8x4xf32>, tensor<2x8xf32>) outs(%e2x8x4 : tensor<2x8x4xf32>) {
  ^bb0(%x: f32, %sum: f32, %o: f32):
    %share = arith.divf %x, %sum : f32
    linalg.yield %share : f32
  } -> tensor<2x8x4xf32>
  %e2x4x6 = tensor.empty() : tensor<2x4x6xf32>
  %z2x4x6 = linalg.fill ins(%zero : f32) outs(%e2x4x6 : tensor<2x4x6xf32>) -> tensor<2x4x6xf32>
  %state = linalg.contract indexing_maps = [affine_map<(b, d, e, l) -> (b, l, d)>, affine_map<(b, d, e, l) -> (b, l, e)>, affine_map<(b, d, e, l) -> (b, d, e)>]
      ins(%keys, %v : tensor<2x8x4xf32>, tensor<2x8x6xf32>) outs(%z2x4x6 : tensor<2x4x6xf32>) -> tensor<2x4x6xf32>
  %e2x8x6 = tensor.empty() : tensor<2x8x6xf32>
  %z2x8x6 = linalg.fill ins(%zero : f32) outs(%e2x8x6 : tensor<2x8x6xf32>) -> tensor<2x8x6xf32>
  %y = linalg.contract indexing_maps = [affine_map<(b, d, e, l) -> (b, l, d)>, affine_map<(b, d, e, l) -> (b, d, e)>, affine_map<(b, d, e, l) -> (b, l, e)>]
      ins(%queries, %state : tensor<2x8x4xf32>, tensor<2x4x6xf32>) outs(%z2x8x6 : tensor<2x8x6xf32>) -> tensor<2x8x6xf32>
  return %y : tensor<2x8x6xf32>
}

// Products with weights mix no tokens, however low their rank.
// CHECK-LABEL: @no_mixer_of_weights
// CHECK-NOT: mixer.mix
func.func @no_mixer_of_weights(%x: tensor<2x8x6xf32>, %down: tensor<6x2xf32>, %up: tensor<2x6xf32>) -> tensor<2x8x6xf32> {
  %zero = arith.constant 0.0 : f32
  %e2x8x2 = tensor.empty() : tensor<2x8x2xf32>
  %z2x8x2 = linalg.fill ins(%zero : f32) outs(%e2x8x2 : tensor<2x8x2xf32>) -> tensor<2x8x2xf32>
  %low = linalg.contract indexing_maps = [affine_map<(b, l, r, d) -> (b, l, d)>, affine_map<(b, l, r, d) -> (d, r)>, affine_map<(b, l, r, d) -> (b, l, r)>]
      ins(%x, %down : tensor<2x8x6xf32>, tensor<6x2xf32>) outs(%z2x8x2 : tensor<2x8x2xf32>) -> tensor<2x8x2xf32>
  %e2x8x6 = tensor.empty() : tensor<2x8x6xf32>
  %z2x8x6 = linalg.fill ins(%zero : f32) outs(%e2x8x6 : tensor<2x8x6xf32>) -> tensor<2x8x6xf32>
  %y = linalg.contract indexing_maps = [affine_map<(b, l, e, r) -> (b, l, r)>, affine_map<(b, l, e, r) -> (r, e)>, affine_map<(b, l, e, r) -> (b, l, e)>]
      ins(%low, %up : tensor<2x8x2xf32>, tensor<2x6xf32>) outs(%z2x8x6 : tensor<2x8x6xf32>) -> tensor<2x8x6xf32>
  return %y : tensor<2x8x6xf32>
}

// One decay for each head, queries and keys shared by the heads.
// CHECK-LABEL: @segment_sums
// CHECK: mixer.mix query(%{{.*}} : tensor<2x8x1x4xf32>) key(%{{.*}} : tensor<2x8x1x4xf32>) value(%arg2 : tensor<2x8x3x6xf32>) transport(%arg3 : tensor<2x8x3xf32>)
// CHECK-SAME: support = #mixer.causal, transport = #mixer.scalar
// CHECK-NOT: linalg
// REMARK: raised{{.*}}linear attention with a decay for each token
func.func @segment_sums(%q: tensor<2x8x4xf32>, %k: tensor<2x8x4xf32>, %v: tensor<2x8x3x6xf32>, %a: tensor<2x8x3xf32>) -> tensor<2x8x3x6xf32> {
  %mask = arith.constant dense<[[1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0], [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]]> : tensor<8x8xf32>
  %e2x3x8 = tensor.empty() : tensor<2x3x8xf32>
  %zero = arith.constant 0.0 : f32
  %z2x3x8 = linalg.fill ins(%zero : f32) outs(%e2x3x8 : tensor<2x3x8xf32>) -> tensor<2x3x8xf32>
  %sums = linalg.contract indexing_maps = [affine_map<(b, h, l, s) -> (l, s)>, affine_map<(b, h, l, s) -> (b, s, h)>, affine_map<(b, h, l, s) -> (b, h, l)>]
      ins(%mask, %a : tensor<8x8xf32>, tensor<2x8x3xf32>) outs(%z2x3x8 : tensor<2x3x8xf32>) -> tensor<2x3x8xf32>
  %e2x3x8x8 = tensor.empty() : tensor<2x3x8x8xf32>
  %here = linalg.broadcast ins(%sums : tensor<2x3x8xf32>) outs(%e2x3x8x8 : tensor<2x3x8x8xf32>) dimensions = [3]
  %there = linalg.broadcast ins(%sums : tensor<2x3x8xf32>) outs(%e2x3x8x8 : tensor<2x3x8x8xf32>) dimensions = [2]
  %segments = linalg.sub ins(%here, %there : tensor<2x3x8x8xf32>, tensor<2x3x8x8xf32>) outs(%e2x3x8x8 : tensor<2x3x8x8xf32>) -> tensor<2x3x8x8xf32>
  %hidden = arith.constant dense<[[0.0, 0xFF800000, 0xFF800000, 0xFF800000, 0xFF800000, 0xFF800000, 0xFF800000, 0xFF800000], [0.0, 0.0, 0xFF800000, 0xFF800000, 0xFF800000, 0xFF800000, 0xFF800000, 0xFF800000], [0.0, 0.0, 0.0, 0xFF800000, 0xFF800000, 0xFF800000, 0xFF800000, 0xFF800000], [0.0, 0.0, 0.0, 0.0, 0xFF800000, 0xFF800000, 0xFF800000, 0xFF800000], [0.0, 0.0, 0.0, 0.0, 0.0, 0xFF800000, 0xFF800000, 0xFF800000], [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0xFF800000, 0xFF800000], [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0xFF800000], [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]]> : tensor<8x8xf32>
  %hiding = linalg.broadcast ins(%hidden : tensor<8x8xf32>) outs(%e2x3x8x8 : tensor<2x3x8x8xf32>) dimensions = [0, 1]
  %visible = linalg.add ins(%segments, %hiding : tensor<2x3x8x8xf32>, tensor<2x3x8x8xf32>) outs(%e2x3x8x8 : tensor<2x3x8x8xf32>) -> tensor<2x3x8x8xf32>
  %decays = linalg.exp ins(%visible : tensor<2x3x8x8xf32>) outs(%e2x3x8x8 : tensor<2x3x8x8xf32>) -> tensor<2x3x8x8xf32>
  %e2x4x8 = tensor.empty() : tensor<2x4x8xf32>
  %kt = linalg.transpose ins(%k : tensor<2x8x4xf32>) outs(%e2x4x8 : tensor<2x4x8xf32>) permutation = [0, 2, 1]
  %e2x8x8 = tensor.empty() : tensor<2x8x8xf32>
  %z2x8x8 = linalg.fill ins(%zero : f32) outs(%e2x8x8 : tensor<2x8x8xf32>) -> tensor<2x8x8xf32>
  %scores = linalg.batch_matmul ins(%q, %kt : tensor<2x8x4xf32>, tensor<2x4x8xf32>) outs(%z2x8x8 : tensor<2x8x8xf32>) -> tensor<2x8x8xf32>
  %shared = linalg.broadcast ins(%scores : tensor<2x8x8xf32>) outs(%e2x3x8x8 : tensor<2x3x8x8xf32>) dimensions = [1]
  %weights = linalg.mul ins(%shared, %decays : tensor<2x3x8x8xf32>, tensor<2x3x8x8xf32>) outs(%e2x3x8x8 : tensor<2x3x8x8xf32>) -> tensor<2x3x8x8xf32>
  %e2x8x3x6 = tensor.empty() : tensor<2x8x3x6xf32>
  %z2x8x3x6 = linalg.fill ins(%zero : f32) outs(%e2x8x3x6 : tensor<2x8x3x6xf32>) -> tensor<2x8x3x6xf32>
  %y = linalg.contract indexing_maps = [affine_map<(b, h, p, s, t) -> (b, h, t, s)>, affine_map<(b, h, p, s, t) -> (b, s, h, p)>, affine_map<(b, h, p, s, t) -> (b, t, h, p)>]
      ins(%weights, %v : tensor<2x3x8x8xf32>, tensor<2x8x3x6xf32>) outs(%z2x8x3x6 : tensor<2x8x3x6xf32>) -> tensor<2x8x3x6xf32>
  return %y : tensor<2x8x3x6xf32>
}

// CHECK-LABEL: @powers_of_a_decay
// CHECK: %[[LOG:.*]] = arith.constant dense<{{.*}}-0.105360{{[0-9]*}}, -0.28768{{[0-9]*}}]]]> : tensor<1x1x2xf32>
// CHECK: mixer.mix {{.*}}transport(%[[LOG]] : tensor<1x1x2xf32>)
// CHECK-SAME: transport = #mixer.scalar
// REMARK: raised{{.*}}linear attention with a constant decay
func.func @powers_of_a_decay(%q: tensor<2x8x2x4xf32>, %k: tensor<2x8x2x4xf32>, %v: tensor<2x8x2x6xf32>) -> tensor<2x8x2x6xf32> {
  %e2x2x4x8 = tensor.empty() : tensor<2x2x4x8xf32>
  %kt = linalg.transpose ins(%k : tensor<2x8x2x4xf32>) outs(%e2x2x4x8 : tensor<2x2x4x8xf32>) permutation = [0, 2, 3, 1]
  %e2x2x8x4 = tensor.empty() : tensor<2x2x8x4xf32>
  %qt = linalg.transpose ins(%q : tensor<2x8x2x4xf32>) outs(%e2x2x8x4 : tensor<2x2x8x4xf32>) permutation = [0, 2, 1, 3]
  %e2x2x8x8 = tensor.empty() : tensor<2x2x8x8xf32>
  %zero = arith.constant 0.0 : f32
  %z2x2x8x8 = linalg.fill ins(%zero : f32) outs(%e2x2x8x8 : tensor<2x2x8x8xf32>) -> tensor<2x2x8x8xf32>
  %scores = linalg.contract indexing_maps = [affine_map<(b, d, h, s, t) -> (b, h, t, d)>, affine_map<(b, d, h, s, t) -> (b, h, d, s)>, affine_map<(b, d, h, s, t) -> (b, h, t, s)>]
      ins(%qt, %kt : tensor<2x2x8x4xf32>, tensor<2x2x4x8xf32>) outs(%z2x2x8x8 : tensor<2x2x8x8xf32>) -> tensor<2x2x8x8xf32>
  %powers = arith.constant dense<[[[1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [0.9, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [0.81, 0.9, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0], [0.7290000000000001, 0.81, 0.9, 1.0, 0.0, 0.0, 0.0, 0.0], [0.6561, 0.7290000000000001, 0.81, 0.9, 1.0, 0.0, 0.0, 0.0], [0.5904900000000001, 0.6561, 0.7290000000000001, 0.81, 0.9, 1.0, 0.0, 0.0], [0.531441, 0.5904900000000001, 0.6561, 0.7290000000000001, 0.81, 0.9, 1.0, 0.0], [0.4782969000000001, 0.531441, 0.5904900000000001, 0.6561, 0.7290000000000001, 0.81, 0.9, 1.0]], [[1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [0.75, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [0.5625, 0.75, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0], [0.421875, 0.5625, 0.75, 1.0, 0.0, 0.0, 0.0, 0.0], [0.31640625, 0.421875, 0.5625, 0.75, 1.0, 0.0, 0.0, 0.0], [0.2373046875, 0.31640625, 0.421875, 0.5625, 0.75, 1.0, 0.0, 0.0], [0.177978515625, 0.2373046875, 0.31640625, 0.421875, 0.5625, 0.75, 1.0, 0.0], [0.13348388671875, 0.177978515625, 0.2373046875, 0.31640625, 0.421875, 0.5625, 0.75, 1.0]]]> : tensor<2x8x8xf32>
  %decays = linalg.broadcast ins(%powers : tensor<2x8x8xf32>) outs(%e2x2x8x8 : tensor<2x2x8x8xf32>) dimensions = [0]
  %weights = linalg.mul ins(%scores, %decays : tensor<2x2x8x8xf32>, tensor<2x2x8x8xf32>) outs(%e2x2x8x8 : tensor<2x2x8x8xf32>) -> tensor<2x2x8x8xf32>
  %e2x8x2x6 = tensor.empty() : tensor<2x8x2x6xf32>
  %z2x8x2x6 = linalg.fill ins(%zero : f32) outs(%e2x8x2x6 : tensor<2x8x2x6xf32>) -> tensor<2x8x2x6xf32>
  %y = linalg.contract indexing_maps = [affine_map<(b, h, p, s, t) -> (b, h, t, s)>, affine_map<(b, h, p, s, t) -> (b, s, h, p)>, affine_map<(b, h, p, s, t) -> (b, t, h, p)>]
      ins(%weights, %v : tensor<2x2x8x8xf32>, tensor<2x8x2x6xf32>) outs(%z2x8x2x6 : tensor<2x8x2x6xf32>) -> tensor<2x8x2x6xf32>
  return %y : tensor<2x8x2x6xf32>
}

// Pairs inside of chunks, states of chunks, and what the state in front of a chunk adds to it.
// CHECK-LABEL: @chunks
// CHECK: mixer.mix query(%{{.*}} : tensor<2x8x1x4xf32>) key(%{{.*}} : tensor<2x8x1x4xf32>) value(%arg2 : tensor<2x8x3x6xf32>) transport(%arg3 : tensor<2x8x3xf32>)
// CHECK-SAME: support = #mixer.causal, transport = #mixer.scalar
// CHECK-NOT: linalg
func.func @chunks(%q: tensor<2x8x4xf32>, %k: tensor<2x8x4xf32>, %v: tensor<2x8x3x6xf32>, %a: tensor<2x8x3xf32>) -> tensor<2x8x3x6xf32> {
  %q_chunks = tensor.expand_shape %q [[0], [1, 2], [3]] output_shape [2, 2, 4, 4] : tensor<2x8x4xf32> into tensor<2x2x4x4xf32>
  %k_chunks = tensor.expand_shape %k [[0], [1, 2], [3]] output_shape [2, 2, 4, 4] : tensor<2x8x4xf32> into tensor<2x2x4x4xf32>
  %v_chunks = tensor.expand_shape %v [[0], [1, 2], [3], [4]] output_shape [2, 2, 4, 3, 6] : tensor<2x8x3x6xf32> into tensor<2x2x4x3x6xf32>
  %a_chunks = tensor.expand_shape %a [[0], [1, 2], [3]] output_shape [2, 2, 4, 3] : tensor<2x8x3xf32> into tensor<2x2x4x3xf32>
  %mask = arith.constant dense<[[1.0, 0.0, 0.0, 0.0], [1.0, 1.0, 0.0, 0.0], [1.0, 1.0, 1.0, 0.0], [1.0, 1.0, 1.0, 1.0]]> : tensor<4x4xf32>
  %e2x2x3x4 = tensor.empty() : tensor<2x2x3x4xf32>
  %zero = arith.constant 0.0 : f32
  %z2x2x3x4 = linalg.fill ins(%zero : f32) outs(%e2x2x3x4 : tensor<2x2x3x4xf32>) -> tensor<2x2x3x4xf32>
  %sums = linalg.contract indexing_maps = [affine_map<(b, h, l, n, s) -> (l, s)>, affine_map<(b, h, l, n, s) -> (b, n, s, h)>, affine_map<(b, h, l, n, s) -> (b, n, h, l)>]
      ins(%mask, %a_chunks : tensor<4x4xf32>, tensor<2x2x4x3xf32>) outs(%z2x2x3x4 : tensor<2x2x3x4xf32>) -> tensor<2x2x3x4xf32>
  %e2x2x3x4x4 = tensor.empty() : tensor<2x2x3x4x4xf32>
  %here = linalg.broadcast ins(%sums : tensor<2x2x3x4xf32>) outs(%e2x2x3x4x4 : tensor<2x2x3x4x4xf32>) dimensions = [4]
  %there = linalg.broadcast ins(%sums : tensor<2x2x3x4xf32>) outs(%e2x2x3x4x4 : tensor<2x2x3x4x4xf32>) dimensions = [3]
  %segments = linalg.sub ins(%here, %there : tensor<2x2x3x4x4xf32>, tensor<2x2x3x4x4xf32>) outs(%e2x2x3x4x4 : tensor<2x2x3x4x4xf32>) -> tensor<2x2x3x4x4xf32>
  %growth = linalg.exp ins(%segments : tensor<2x2x3x4x4xf32>) outs(%e2x2x3x4x4 : tensor<2x2x3x4x4xf32>) -> tensor<2x2x3x4x4xf32>
  %masks = linalg.broadcast ins(%mask : tensor<4x4xf32>) outs(%e2x2x3x4x4 : tensor<2x2x3x4x4xf32>) dimensions = [0, 1, 2]
  %decays = linalg.mul ins(%growth, %masks : tensor<2x2x3x4x4xf32>, tensor<2x2x3x4x4xf32>) outs(%e2x2x3x4x4 : tensor<2x2x3x4x4xf32>) -> tensor<2x2x3x4x4xf32>
  %e2x2x4x4 = tensor.empty() : tensor<2x2x4x4xf32>
  %z2x2x4x4 = linalg.fill ins(%zero : f32) outs(%e2x2x4x4 : tensor<2x2x4x4xf32>) -> tensor<2x2x4x4xf32>
  %scores = linalg.contract indexing_maps = [affine_map<(b, d, l, n, s) -> (b, n, l, d)>, affine_map<(b, d, l, n, s) -> (b, n, s, d)>, affine_map<(b, d, l, n, s) -> (b, n, l, s)>]
      ins(%q_chunks, %k_chunks : tensor<2x2x4x4xf32>, tensor<2x2x4x4xf32>) outs(%z2x2x4x4 : tensor<2x2x4x4xf32>) -> tensor<2x2x4x4xf32>
  %shared = linalg.broadcast ins(%scores : tensor<2x2x4x4xf32>) outs(%e2x2x3x4x4 : tensor<2x2x3x4x4xf32>) dimensions = [2]
  %weights = linalg.mul ins(%shared, %decays : tensor<2x2x3x4x4xf32>, tensor<2x2x3x4x4xf32>) outs(%e2x2x3x4x4 : tensor<2x2x3x4x4xf32>) -> tensor<2x2x3x4x4xf32>
  %e2x2x4x3x6 = tensor.empty() : tensor<2x2x4x3x6xf32>
  %z2x2x4x3x6 = linalg.fill ins(%zero : f32) outs(%e2x2x4x3x6 : tensor<2x2x4x3x6xf32>) -> tensor<2x2x4x3x6xf32>
  %within = linalg.contract indexing_maps = [affine_map<(b, h, l, n, p, s) -> (b, n, h, l, s)>, affine_map<(b, h, l, n, p, s) -> (b, n, s, h, p)>, affine_map<(b, h, l, n, p, s) -> (b, n, l, h, p)>]
      ins(%weights, %v_chunks : tensor<2x2x3x4x4xf32>, tensor<2x2x4x3x6xf32>) outs(%z2x2x4x3x6 : tensor<2x2x4x3x6xf32>) -> tensor<2x2x4x3x6xf32>
  %ends = tensor.extract_slice %sums[0, 0, 0, 3] [2, 2, 3, 1] [1, 1, 1, 1] : tensor<2x2x3x4xf32> to tensor<2x2x3x1xf32>
  %totals = tensor.collapse_shape %ends [[0], [1], [2, 3]] : tensor<2x2x3x1xf32> into tensor<2x2x3xf32>
  %total = linalg.broadcast ins(%totals : tensor<2x2x3xf32>) outs(%e2x2x3x4 : tensor<2x2x3x4xf32>) dimensions = [3]
  %rest = linalg.sub ins(%total, %sums : tensor<2x2x3x4xf32>, tensor<2x2x3x4xf32>) outs(%e2x2x3x4 : tensor<2x2x3x4xf32>) -> tensor<2x2x3x4xf32>
  %to_end = linalg.exp ins(%rest : tensor<2x2x3x4xf32>) outs(%e2x2x3x4 : tensor<2x2x3x4xf32>) -> tensor<2x2x3x4xf32>
  %e2x2x4x3x4 = tensor.empty() : tensor<2x2x4x3x4xf32>
  %k_heads = linalg.broadcast ins(%k_chunks : tensor<2x2x4x4xf32>) outs(%e2x2x4x3x4 : tensor<2x2x4x3x4xf32>) dimensions = [3]
  %e2x2x4x3 = tensor.empty() : tensor<2x2x4x3xf32>
  %to_end_rows = linalg.transpose ins(%to_end : tensor<2x2x3x4xf32>) outs(%e2x2x4x3 : tensor<2x2x4x3xf32>) permutation = [0, 1, 3, 2]
  %to_end_keys = linalg.broadcast ins(%to_end_rows : tensor<2x2x4x3xf32>) outs(%e2x2x4x3x4 : tensor<2x2x4x3x4xf32>) dimensions = [4]
  %k_decayed = linalg.mul ins(%k_heads, %to_end_keys : tensor<2x2x4x3x4xf32>, tensor<2x2x4x3x4xf32>) outs(%e2x2x4x3x4 : tensor<2x2x4x3x4xf32>) -> tensor<2x2x4x3x4xf32>
  %e2x2x3x4x6 = tensor.empty() : tensor<2x2x3x4x6xf32>
  %z2x2x3x4x6 = linalg.fill ins(%zero : f32) outs(%e2x2x3x4x6 : tensor<2x2x3x4x6xf32>) -> tensor<2x2x3x4x6xf32>
  %states = linalg.contract indexing_maps = [affine_map<(b, d, h, n, p, s) -> (b, n, s, h, d)>, affine_map<(b, d, h, n, p, s) -> (b, n, s, h, p)>, affine_map<(b, d, h, n, p, s) -> (b, n, h, d, p)>]
      ins(%k_decayed, %v_chunks : tensor<2x2x4x3x4xf32>, tensor<2x2x4x3x6xf32>) outs(%z2x2x3x4x6 : tensor<2x2x3x4x6xf32>) -> tensor<2x2x3x4x6xf32>
  %first = tensor.extract_slice %states[0, 0, 0, 0, 0] [2, 1, 3, 4, 6] [1, 1, 1, 1, 1] : tensor<2x2x3x4x6xf32> to tensor<2x1x3x4x6xf32>
  %carried = tensor.pad %first low[0, 1, 0, 0, 0] high[0, 0, 0, 0, 0] {
  ^bb0(%i0: index, %i1: index, %i2: index, %i3: index, %i4: index):
    tensor.yield %zero : f32
  } : tensor<2x1x3x4x6xf32> to tensor<2x2x3x4x6xf32>
  %q_heads = linalg.broadcast ins(%q_chunks : tensor<2x2x4x4xf32>) outs(%e2x2x4x3x4 : tensor<2x2x4x3x4xf32>) dimensions = [3]
  %from_start = linalg.exp ins(%sums : tensor<2x2x3x4xf32>) outs(%e2x2x3x4 : tensor<2x2x3x4xf32>) -> tensor<2x2x3x4xf32>
  %from_start_rows = linalg.transpose ins(%from_start : tensor<2x2x3x4xf32>) outs(%e2x2x4x3 : tensor<2x2x4x3xf32>) permutation = [0, 1, 3, 2]
  %from_start_keys = linalg.broadcast ins(%from_start_rows : tensor<2x2x4x3xf32>) outs(%e2x2x4x3x4 : tensor<2x2x4x3x4xf32>) dimensions = [4]
  %q_decayed = linalg.mul ins(%q_heads, %from_start_keys : tensor<2x2x4x3x4xf32>, tensor<2x2x4x3x4xf32>) outs(%e2x2x4x3x4 : tensor<2x2x4x3x4xf32>) -> tensor<2x2x4x3x4xf32>
  %across = linalg.contract indexing_maps = [affine_map<(b, d, h, l, n, p) -> (b, n, l, h, d)>, affine_map<(b, d, h, l, n, p) -> (b, n, h, d, p)>, affine_map<(b, d, h, l, n, p) -> (b, n, l, h, p)>]
      ins(%q_decayed, %carried : tensor<2x2x4x3x4xf32>, tensor<2x2x3x4x6xf32>) outs(%z2x2x4x3x6 : tensor<2x2x4x3x6xf32>) -> tensor<2x2x4x3x6xf32>
  %both = linalg.add ins(%within, %across : tensor<2x2x4x3x6xf32>, tensor<2x2x4x3x6xf32>) outs(%e2x2x4x3x6 : tensor<2x2x4x3x6xf32>) -> tensor<2x2x4x3x6xf32>
  %y = tensor.collapse_shape %both [[0], [1, 2], [3], [4]] : tensor<2x2x4x3x6xf32> into tensor<2x8x3x6xf32>
  return %y : tensor<2x8x3x6xf32>
}

// CHECK-LABEL: @no_sums_along_features
// CHECK-NOT: mixer.mix
func.func @no_sums_along_features(%q: tensor<2x8x4xf32>, %k: tensor<2x8x4xf32>, %v: tensor<2x8x6xf32>) -> tensor<2x8x6xf32> {
  %e2x8x4x6 = tensor.empty() : tensor<2x8x4x6xf32>
  %keys = linalg.broadcast ins(%k : tensor<2x8x4xf32>) outs(%e2x8x4x6 : tensor<2x8x4x6xf32>) dimensions = [3]
  %values = linalg.broadcast ins(%v : tensor<2x8x6xf32>) outs(%e2x8x4x6 : tensor<2x8x4x6xf32>) dimensions = [2]
  %pairs = linalg.mul ins(%keys, %values : tensor<2x8x4x6xf32>, tensor<2x8x4x6xf32>) outs(%e2x8x4x6 : tensor<2x8x4x6xf32>) -> tensor<2x8x4x6xf32>
  %mask = arith.constant dense<[[1.0, 0.0, 0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0, 1.0, 0.0], [1.0, 1.0, 1.0, 1.0, 1.0, 1.0]]> : tensor<6x6xf32>
  %zero = arith.constant 0.0 : f32
  %z2x8x4x6 = linalg.fill ins(%zero : f32) outs(%e2x8x4x6 : tensor<2x8x4x6xf32>) -> tensor<2x8x4x6xf32>
  %sums = linalg.contract indexing_maps = [affine_map<(b, d, e, g, l) -> (e, g)>, affine_map<(b, d, e, g, l) -> (b, l, d, g)>, affine_map<(b, d, e, g, l) -> (b, l, d, e)>]
      ins(%mask, %pairs : tensor<6x6xf32>, tensor<2x8x4x6xf32>) outs(%z2x8x4x6 : tensor<2x8x4x6xf32>) -> tensor<2x8x4x6xf32>
  %e2x8x6 = tensor.empty() : tensor<2x8x6xf32>
  %z2x8x6 = linalg.fill ins(%zero : f32) outs(%e2x8x6 : tensor<2x8x6xf32>) -> tensor<2x8x6xf32>
  %y = linalg.contract indexing_maps = [affine_map<(b, d, e, l) -> (b, l, d)>, affine_map<(b, d, e, l) -> (b, l, d, e)>, affine_map<(b, d, e, l) -> (b, l, e)>]
      ins(%q, %sums : tensor<2x8x4xf32>, tensor<2x8x4x6xf32>) outs(%z2x8x6 : tensor<2x8x6xf32>) -> tensor<2x8x6xf32>
  return %y : tensor<2x8x6xf32>
}

// One pair of the future has a weight.
// CHECK-LABEL: @no_one_token_of_the_future
// CHECK-NOT: mixer.mix
// REMARK: not-raised{{.*}}differs by
func.func @no_one_token_of_the_future(%q: tensor<2x8x4xf32>, %k: tensor<2x8x4xf32>, %v: tensor<2x8x6xf32>) -> tensor<2x8x6xf32> {
  %mask = arith.constant dense<[[1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 0.0, 0.0, 0.5, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0], [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]]> : tensor<8x8xf32>
  %e2x8x8 = tensor.empty() : tensor<2x8x8xf32>
  %masks = linalg.broadcast ins(%mask : tensor<8x8xf32>) outs(%e2x8x8 : tensor<2x8x8xf32>) dimensions = [0]
  %e2x4x8 = tensor.empty() : tensor<2x4x8xf32>
  %kt = linalg.transpose ins(%k : tensor<2x8x4xf32>) outs(%e2x4x8 : tensor<2x4x8xf32>) permutation = [0, 2, 1]
  %zero = arith.constant 0.0 : f32
  %z2x8x8 = linalg.fill ins(%zero : f32) outs(%e2x8x8 : tensor<2x8x8xf32>) -> tensor<2x8x8xf32>
  %scores = linalg.batch_matmul ins(%q, %kt : tensor<2x8x4xf32>, tensor<2x4x8xf32>) outs(%z2x8x8 : tensor<2x8x8xf32>) -> tensor<2x8x8xf32>
  %weights = linalg.mul ins(%scores, %masks : tensor<2x8x8xf32>, tensor<2x8x8xf32>) outs(%e2x8x8 : tensor<2x8x8xf32>) -> tensor<2x8x8xf32>
  %e2x8x6 = tensor.empty() : tensor<2x8x6xf32>
  %z2x8x6 = linalg.fill ins(%zero : f32) outs(%e2x8x6 : tensor<2x8x6xf32>) -> tensor<2x8x6xf32>
  %y = linalg.batch_matmul ins(%weights, %v : tensor<2x8x8xf32>, tensor<2x8x6xf32>) outs(%z2x8x6 : tensor<2x8x6xf32>) -> tensor<2x8x6xf32>
  return %y : tensor<2x8x6xf32>
}

// The decay of a token acts on its own key too.
// CHECK-LABEL: @no_decay_of_the_token_itself
// CHECK-NOT: mixer.mix
// REMARK: not-raised{{.*}}differs by
func.func @no_decay_of_the_token_itself(%q: tensor<2x8x4xf32>, %k: tensor<2x8x4xf32>, %v: tensor<2x8x3x6xf32>, %a: tensor<2x8x3xf32>) -> tensor<2x8x3x6xf32> {
  %mask = arith.constant dense<[[1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0], [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]]> : tensor<8x8xf32>
  %e2x3x8 = tensor.empty() : tensor<2x3x8xf32>
  %zero = arith.constant 0.0 : f32
  %z2x3x8 = linalg.fill ins(%zero : f32) outs(%e2x3x8 : tensor<2x3x8xf32>) -> tensor<2x3x8xf32>
  %sums = linalg.contract indexing_maps = [affine_map<(b, h, l, s) -> (l, s)>, affine_map<(b, h, l, s) -> (b, s, h)>, affine_map<(b, h, l, s) -> (b, h, l)>]
      ins(%mask, %a : tensor<8x8xf32>, tensor<2x8x3xf32>) outs(%z2x3x8 : tensor<2x3x8xf32>) -> tensor<2x3x8xf32>
  %e2x3x8x8 = tensor.empty() : tensor<2x3x8x8xf32>
  %here = linalg.broadcast ins(%sums : tensor<2x3x8xf32>) outs(%e2x3x8x8 : tensor<2x3x8x8xf32>) dimensions = [3]
  %before = arith.constant dense<[[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0]]> : tensor<8x8xf32>
  %sums_before = linalg.contract indexing_maps = [affine_map<(b, h, l, s) -> (l, s)>, affine_map<(b, h, l, s) -> (b, s, h)>, affine_map<(b, h, l, s) -> (b, h, l)>]
      ins(%before, %a : tensor<8x8xf32>, tensor<2x8x3xf32>) outs(%z2x3x8 : tensor<2x3x8xf32>) -> tensor<2x3x8xf32>
  %there = linalg.broadcast ins(%sums_before : tensor<2x3x8xf32>) outs(%e2x3x8x8 : tensor<2x3x8x8xf32>) dimensions = [2]
  %segments = linalg.sub ins(%here, %there : tensor<2x3x8x8xf32>, tensor<2x3x8x8xf32>) outs(%e2x3x8x8 : tensor<2x3x8x8xf32>) -> tensor<2x3x8x8xf32>
  %hidden = arith.constant dense<[[0.0, 0xFF800000, 0xFF800000, 0xFF800000, 0xFF800000, 0xFF800000, 0xFF800000, 0xFF800000], [0.0, 0.0, 0xFF800000, 0xFF800000, 0xFF800000, 0xFF800000, 0xFF800000, 0xFF800000], [0.0, 0.0, 0.0, 0xFF800000, 0xFF800000, 0xFF800000, 0xFF800000, 0xFF800000], [0.0, 0.0, 0.0, 0.0, 0xFF800000, 0xFF800000, 0xFF800000, 0xFF800000], [0.0, 0.0, 0.0, 0.0, 0.0, 0xFF800000, 0xFF800000, 0xFF800000], [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0xFF800000, 0xFF800000], [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0xFF800000], [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]]> : tensor<8x8xf32>
  %hiding = linalg.broadcast ins(%hidden : tensor<8x8xf32>) outs(%e2x3x8x8 : tensor<2x3x8x8xf32>) dimensions = [0, 1]
  %visible = linalg.add ins(%segments, %hiding : tensor<2x3x8x8xf32>, tensor<2x3x8x8xf32>) outs(%e2x3x8x8 : tensor<2x3x8x8xf32>) -> tensor<2x3x8x8xf32>
  %decays = linalg.exp ins(%visible : tensor<2x3x8x8xf32>) outs(%e2x3x8x8 : tensor<2x3x8x8xf32>) -> tensor<2x3x8x8xf32>
  %e2x4x8 = tensor.empty() : tensor<2x4x8xf32>
  %kt = linalg.transpose ins(%k : tensor<2x8x4xf32>) outs(%e2x4x8 : tensor<2x4x8xf32>) permutation = [0, 2, 1]
  %e2x8x8 = tensor.empty() : tensor<2x8x8xf32>
  %z2x8x8 = linalg.fill ins(%zero : f32) outs(%e2x8x8 : tensor<2x8x8xf32>) -> tensor<2x8x8xf32>
  %scores = linalg.batch_matmul ins(%q, %kt : tensor<2x8x4xf32>, tensor<2x4x8xf32>) outs(%z2x8x8 : tensor<2x8x8xf32>) -> tensor<2x8x8xf32>
  %shared = linalg.broadcast ins(%scores : tensor<2x8x8xf32>) outs(%e2x3x8x8 : tensor<2x3x8x8xf32>) dimensions = [1]
  %weights = linalg.mul ins(%shared, %decays : tensor<2x3x8x8xf32>, tensor<2x3x8x8xf32>) outs(%e2x3x8x8 : tensor<2x3x8x8xf32>) -> tensor<2x3x8x8xf32>
  %e2x8x3x6 = tensor.empty() : tensor<2x8x3x6xf32>
  %z2x8x3x6 = linalg.fill ins(%zero : f32) outs(%e2x8x3x6 : tensor<2x8x3x6xf32>) -> tensor<2x8x3x6xf32>
  %y = linalg.contract indexing_maps = [affine_map<(b, h, p, s, t) -> (b, h, t, s)>, affine_map<(b, h, p, s, t) -> (b, s, h, p)>, affine_map<(b, h, p, s, t) -> (b, t, h, p)>]
      ins(%weights, %v : tensor<2x3x8x8xf32>, tensor<2x8x3x6xf32>) outs(%z2x8x3x6 : tensor<2x8x3x6xf32>) -> tensor<2x8x3x6xf32>
  return %y : tensor<2x8x3x6xf32>
}
