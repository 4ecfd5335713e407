// RUN: heddle-opt %s --heddle-raise-attention=verify=always --canonicalize --cse --split-input-file | FileCheck %s

// No mask, no copy: the transposes around the products are the layout of the mixer.
// CHECK-LABEL: func.func @full(
// CHECK:         mixer.mix query(%arg0 : tensor<2x6x2x4xf32>) key(%arg1 : {{.*}}) value(%arg2 :
// CHECK-SAME:      norm = #mixer.norm<row_sum>, score = #mixer.softmax<scale = 1.000000e+00>, support = #mixer.full, transport = #mixer.identity
// CHECK-NOT:     linalg
func.func @full(%q: tensor<2x6x2x4xf32>, %k: tensor<2x6x2x4xf32>, %v: tensor<2x6x2x4xf32>) -> tensor<2x6x8xf32> {
  %zero = arith.constant 0.0 : f32
  %q_heads_init = tensor.empty() : tensor<2x2x6x4xf32>
  %q_heads = linalg.generic {indexing_maps = [affine_map<(b, h, t, d) -> (b, t, h, d)>, affine_map<(b, h, t, d) -> (b, h, t, d)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%q : tensor<2x6x2x4xf32>) outs(%q_heads_init : tensor<2x2x6x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<2x2x6x4xf32>
  %q_rows = tensor.collapse_shape %q_heads [[0, 1], [2], [3]] : tensor<2x2x6x4xf32> into tensor<4x6x4xf32>
  %k_heads_init = tensor.empty() : tensor<2x2x6x4xf32>
  %k_heads = linalg.generic {indexing_maps = [affine_map<(b, h, t, d) -> (b, t, h, d)>, affine_map<(b, h, t, d) -> (b, h, t, d)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%k : tensor<2x6x2x4xf32>) outs(%k_heads_init : tensor<2x2x6x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<2x2x6x4xf32>
  %k_rows = tensor.collapse_shape %k_heads [[0, 1], [2], [3]] : tensor<2x2x6x4xf32> into tensor<4x6x4xf32>
  %v_heads_init = tensor.empty() : tensor<2x2x6x4xf32>
  %v_heads = linalg.generic {indexing_maps = [affine_map<(b, h, t, d) -> (b, t, h, d)>, affine_map<(b, h, t, d) -> (b, h, t, d)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%v : tensor<2x6x2x4xf32>) outs(%v_heads_init : tensor<2x2x6x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<2x2x6x4xf32>
  %v_rows = tensor.collapse_shape %v_heads [[0, 1], [2], [3]] : tensor<2x2x6x4xf32> into tensor<4x6x4xf32>
  %pairs = tensor.empty() : tensor<4x6x6xf32>
  %blank = linalg.fill ins(%zero : f32) outs(%pairs : tensor<4x6x6xf32>) -> tensor<4x6x6xf32>
  %scores = linalg.generic {indexing_maps = [affine_map<(x, i, j, d) -> (x, i, d)>, affine_map<(x, i, j, d) -> (x, j, d)>, affine_map<(x, i, j, d) -> (x, i, j)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%q_rows, %k_rows : tensor<4x6x4xf32>, tensor<4x6x4xf32>) outs(%blank : tensor<4x6x6xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %out, %p : f32
    linalg.yield %s : f32
  } -> tensor<4x6x6xf32>
  %masked = linalg.generic {indexing_maps = [affine_map<(x, i, j) -> (x, i, j)>, affine_map<(x, i, j) -> (x, i, j)>], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%scores : tensor<4x6x6xf32>) outs(%pairs : tensor<4x6x6xf32>) {
  ^bb0(%s: f32, %out: f32):
    linalg.yield %s : f32
  } -> tensor<4x6x6xf32>
  %ninf = arith.constant 0xFF800000 : f32
  %rows = tensor.empty() : tensor<4x6xf32>
  %lowest = linalg.fill ins(%ninf : f32) outs(%rows : tensor<4x6xf32>) -> tensor<4x6xf32>
  %max = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%masked : tensor<4x6x6xf32>) outs(%lowest : tensor<4x6xf32>) {
  ^bb0(%in: f32, %out: f32):
    %m = arith.maximumf %out, %in : f32
    linalg.yield %m : f32
  } -> tensor<4x6xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%rows : tensor<4x6xf32>) -> tensor<4x6xf32>
  %sum = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%masked, %max : tensor<4x6x6xf32>, tensor<4x6xf32>) outs(%zeros : tensor<4x6xf32>) {
  ^bb0(%in: f32, %m: f32, %out: f32):
    %d = arith.subf %in, %m : f32
    %e = math.exp %d : f32
    %s = arith.addf %out, %e : f32
    linalg.yield %s : f32
  } -> tensor<4x6xf32>
  %weights = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>, affine_map<(d0, d1, d2) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%masked, %max, %sum : tensor<4x6x6xf32>, tensor<4x6xf32>, tensor<4x6xf32>) outs(%pairs : tensor<4x6x6xf32>) {
  ^bb0(%in: f32, %m: f32, %s: f32, %out: f32):
    %d = arith.subf %in, %m : f32
    %e = math.exp %d : f32
    %w = arith.divf %e, %s : f32
    linalg.yield %w : f32
  } -> tensor<4x6x6xf32>
  %mixed_init = tensor.empty() : tensor<4x6x4xf32>
  %mixed_zeros = linalg.fill ins(%zero : f32) outs(%mixed_init : tensor<4x6x4xf32>) -> tensor<4x6x4xf32>
  %mixed = linalg.batch_matmul ins(%weights, %v_rows : tensor<4x6x6xf32>, tensor<4x6x4xf32>) outs(%mixed_zeros : tensor<4x6x4xf32>) -> tensor<4x6x4xf32>
  %by_head = tensor.expand_shape %mixed [[0, 1], [2], [3]] output_shape [2, 2, 6, 4] : tensor<4x6x4xf32> into tensor<2x2x6x4xf32>
  %by_token_init = tensor.empty() : tensor<2x6x2x4xf32>
  %by_token = linalg.transpose ins(%by_head : tensor<2x2x6x4xf32>) outs(%by_token_init : tensor<2x6x2x4xf32>) permutation = [0, 2, 1, 3]
  %joined = tensor.collapse_shape %by_token [[0], [1], [2, 3]] : tensor<2x6x2x4xf32> into tensor<2x6x8xf32>
  return %joined : tensor<2x6x8xf32>
}

// -----

// i >= j, scaled before.
// CHECK-LABEL: func.func @causal(
// CHECK:         mixer.mix query(%arg0 : tensor<2x6x2x4xf32>) key(%arg1 : {{.*}}) value(%arg2 :
// CHECK-SAME:      norm = #mixer.norm<row_sum>, score = #mixer.softmax<scale = 5.000000e-01>, support = #mixer.causal, transport = #mixer.identity
// CHECK-NOT:     linalg
func.func @causal(%q: tensor<2x6x2x4xf32>, %k: tensor<2x6x2x4xf32>, %v: tensor<2x6x2x4xf32>) -> tensor<2x6x8xf32> {
  %zero = arith.constant 0.0 : f32
  %q_heads_init = tensor.empty() : tensor<2x2x6x4xf32>
  %q_heads = linalg.generic {indexing_maps = [affine_map<(b, h, t, d) -> (b, t, h, d)>, affine_map<(b, h, t, d) -> (b, h, t, d)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%q : tensor<2x6x2x4xf32>) outs(%q_heads_init : tensor<2x2x6x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<2x2x6x4xf32>
  %q_rows = tensor.collapse_shape %q_heads [[0, 1], [2], [3]] : tensor<2x2x6x4xf32> into tensor<4x6x4xf32>
  %k_heads_init = tensor.empty() : tensor<2x2x6x4xf32>
  %k_heads = linalg.generic {indexing_maps = [affine_map<(b, h, t, d) -> (b, t, h, d)>, affine_map<(b, h, t, d) -> (b, h, t, d)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%k : tensor<2x6x2x4xf32>) outs(%k_heads_init : tensor<2x2x6x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<2x2x6x4xf32>
  %k_rows = tensor.collapse_shape %k_heads [[0, 1], [2], [3]] : tensor<2x2x6x4xf32> into tensor<4x6x4xf32>
  %v_heads_init = tensor.empty() : tensor<2x2x6x4xf32>
  %v_heads = linalg.generic {indexing_maps = [affine_map<(b, h, t, d) -> (b, t, h, d)>, affine_map<(b, h, t, d) -> (b, h, t, d)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%v : tensor<2x6x2x4xf32>) outs(%v_heads_init : tensor<2x2x6x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<2x2x6x4xf32>
  %v_rows = tensor.collapse_shape %v_heads [[0, 1], [2], [3]] : tensor<2x2x6x4xf32> into tensor<4x6x4xf32>
  %pairs = tensor.empty() : tensor<4x6x6xf32>
  %blank = linalg.fill ins(%zero : f32) outs(%pairs : tensor<4x6x6xf32>) -> tensor<4x6x6xf32>
  %scores = linalg.generic {indexing_maps = [affine_map<(x, i, j, d) -> (x, i, d)>, affine_map<(x, i, j, d) -> (x, j, d)>, affine_map<(x, i, j, d) -> (x, i, j)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%q_rows, %k_rows : tensor<4x6x4xf32>, tensor<4x6x4xf32>) outs(%blank : tensor<4x6x6xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %out, %p : f32
    linalg.yield %s : f32
  } -> tensor<4x6x6xf32>
  %masked = linalg.generic {indexing_maps = [affine_map<(x, i, j) -> (x, i, j)>, affine_map<(x, i, j) -> (x, i, j)>], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%scores : tensor<4x6x6xf32>) outs(%pairs : tensor<4x6x6xf32>) {
  ^bb0(%s: f32, %out: f32):
    %scale = arith.constant 0.5 : f32
    %r = arith.mulf %s, %scale : f32
    %i = linalg.index 1 : index
    %j = linalg.index 2 : index
    %far = arith.constant 0xFF800000 : f32
    %seen = arith.cmpi sge, %i, %j : index
    %w = arith.select %seen, %r, %far : f32
    linalg.yield %w : f32
  } -> tensor<4x6x6xf32>
  %ninf = arith.constant 0xFF800000 : f32
  %rows = tensor.empty() : tensor<4x6xf32>
  %lowest = linalg.fill ins(%ninf : f32) outs(%rows : tensor<4x6xf32>) -> tensor<4x6xf32>
  %max = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%masked : tensor<4x6x6xf32>) outs(%lowest : tensor<4x6xf32>) {
  ^bb0(%in: f32, %out: f32):
    %m = arith.maximumf %out, %in : f32
    linalg.yield %m : f32
  } -> tensor<4x6xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%rows : tensor<4x6xf32>) -> tensor<4x6xf32>
  %sum = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%masked, %max : tensor<4x6x6xf32>, tensor<4x6xf32>) outs(%zeros : tensor<4x6xf32>) {
  ^bb0(%in: f32, %m: f32, %out: f32):
    %d = arith.subf %in, %m : f32
    %e = math.exp %d : f32
    %s = arith.addf %out, %e : f32
    linalg.yield %s : f32
  } -> tensor<4x6xf32>
  %weights = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>, affine_map<(d0, d1, d2) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%masked, %max, %sum : tensor<4x6x6xf32>, tensor<4x6xf32>, tensor<4x6xf32>) outs(%pairs : tensor<4x6x6xf32>) {
  ^bb0(%in: f32, %m: f32, %s: f32, %out: f32):
    %d = arith.subf %in, %m : f32
    %e = math.exp %d : f32
    %w = arith.divf %e, %s : f32
    linalg.yield %w : f32
  } -> tensor<4x6x6xf32>
  %mixed_init = tensor.empty() : tensor<4x6x4xf32>
  %mixed_zeros = linalg.fill ins(%zero : f32) outs(%mixed_init : tensor<4x6x4xf32>) -> tensor<4x6x4xf32>
  %mixed = linalg.batch_matmul ins(%weights, %v_rows : tensor<4x6x6xf32>, tensor<4x6x4xf32>) outs(%mixed_zeros : tensor<4x6x4xf32>) -> tensor<4x6x4xf32>
  %by_head = tensor.expand_shape %mixed [[0, 1], [2], [3]] output_shape [2, 2, 6, 4] : tensor<4x6x4xf32> into tensor<2x2x6x4xf32>
  %by_token_init = tensor.empty() : tensor<2x6x2x4xf32>
  %by_token = linalg.transpose ins(%by_head : tensor<2x2x6x4xf32>) outs(%by_token_init : tensor<2x6x2x4xf32>) permutation = [0, 2, 1, 3]
  %joined = tensor.collapse_shape %by_token [[0], [1], [2, 3]] : tensor<2x6x2x4xf32> into tensor<2x6x8xf32>
  return %joined : tensor<2x6x8xf32>
}

// -----

// The same mask, the other way round, with a finite number for what is hidden, and a quotient for the scale.
// CHECK-LABEL: func.func @causal_negated(
// CHECK:         mixer.mix query(%arg0 : tensor<2x6x2x4xf32>) key(%arg1 : {{.*}}) value(%arg2 :
// CHECK-SAME:      norm = #mixer.norm<row_sum>, score = #mixer.softmax<scale = 5.000000e-01>, support = #mixer.causal, transport = #mixer.identity
// CHECK-NOT:     linalg
func.func @causal_negated(%q: tensor<2x6x2x4xf32>, %k: tensor<2x6x2x4xf32>, %v: tensor<2x6x2x4xf32>) -> tensor<2x6x8xf32> {
  %zero = arith.constant 0.0 : f32
  %q_heads_init = tensor.empty() : tensor<2x2x6x4xf32>
  %q_heads = linalg.generic {indexing_maps = [affine_map<(b, h, t, d) -> (b, t, h, d)>, affine_map<(b, h, t, d) -> (b, h, t, d)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%q : tensor<2x6x2x4xf32>) outs(%q_heads_init : tensor<2x2x6x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<2x2x6x4xf32>
  %q_rows = tensor.collapse_shape %q_heads [[0, 1], [2], [3]] : tensor<2x2x6x4xf32> into tensor<4x6x4xf32>
  %k_heads_init = tensor.empty() : tensor<2x2x6x4xf32>
  %k_heads = linalg.generic {indexing_maps = [affine_map<(b, h, t, d) -> (b, t, h, d)>, affine_map<(b, h, t, d) -> (b, h, t, d)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%k : tensor<2x6x2x4xf32>) outs(%k_heads_init : tensor<2x2x6x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<2x2x6x4xf32>
  %k_rows = tensor.collapse_shape %k_heads [[0, 1], [2], [3]] : tensor<2x2x6x4xf32> into tensor<4x6x4xf32>
  %v_heads_init = tensor.empty() : tensor<2x2x6x4xf32>
  %v_heads = linalg.generic {indexing_maps = [affine_map<(b, h, t, d) -> (b, t, h, d)>, affine_map<(b, h, t, d) -> (b, h, t, d)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%v : tensor<2x6x2x4xf32>) outs(%v_heads_init : tensor<2x2x6x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<2x2x6x4xf32>
  %v_rows = tensor.collapse_shape %v_heads [[0, 1], [2], [3]] : tensor<2x2x6x4xf32> into tensor<4x6x4xf32>
  %pairs = tensor.empty() : tensor<4x6x6xf32>
  %blank = linalg.fill ins(%zero : f32) outs(%pairs : tensor<4x6x6xf32>) -> tensor<4x6x6xf32>
  %scores = linalg.generic {indexing_maps = [affine_map<(x, i, j, d) -> (x, i, d)>, affine_map<(x, i, j, d) -> (x, j, d)>, affine_map<(x, i, j, d) -> (x, i, j)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%q_rows, %k_rows : tensor<4x6x4xf32>, tensor<4x6x4xf32>) outs(%blank : tensor<4x6x6xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %out, %p : f32
    linalg.yield %s : f32
  } -> tensor<4x6x6xf32>
  %masked = linalg.generic {indexing_maps = [affine_map<(x, i, j) -> (x, i, j)>, affine_map<(x, i, j) -> (x, i, j)>], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%scores : tensor<4x6x6xf32>) outs(%pairs : tensor<4x6x6xf32>) {
  ^bb0(%s: f32, %out: f32):
    %two = arith.constant 2.0 : f32
    %r = arith.divf %s, %two : f32
    %i = linalg.index 1 : index
    %j = linalg.index 2 : index
    %hidden = arith.cmpi ult, %i, %j : index
    %far = arith.constant -1.0e9 : f32
    %none = arith.constant 0.0 : f32
    %bias = arith.select %hidden, %far, %none : f32
    %w = arith.addf %r, %bias : f32
    linalg.yield %w : f32
  } -> tensor<4x6x6xf32>
  %ninf = arith.constant 0xFF800000 : f32
  %rows = tensor.empty() : tensor<4x6xf32>
  %lowest = linalg.fill ins(%ninf : f32) outs(%rows : tensor<4x6xf32>) -> tensor<4x6xf32>
  %max = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%masked : tensor<4x6x6xf32>) outs(%lowest : tensor<4x6xf32>) {
  ^bb0(%in: f32, %out: f32):
    %m = arith.maximumf %out, %in : f32
    linalg.yield %m : f32
  } -> tensor<4x6xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%rows : tensor<4x6xf32>) -> tensor<4x6xf32>
  %sum = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%masked, %max : tensor<4x6x6xf32>, tensor<4x6xf32>) outs(%zeros : tensor<4x6xf32>) {
  ^bb0(%in: f32, %m: f32, %out: f32):
    %d = arith.subf %in, %m : f32
    %e = math.exp %d : f32
    %s = arith.addf %out, %e : f32
    linalg.yield %s : f32
  } -> tensor<4x6xf32>
  %weights = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>, affine_map<(d0, d1, d2) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%masked, %max, %sum : tensor<4x6x6xf32>, tensor<4x6xf32>, tensor<4x6xf32>) outs(%pairs : tensor<4x6x6xf32>) {
  ^bb0(%in: f32, %m: f32, %s: f32, %out: f32):
    %d = arith.subf %in, %m : f32
    %e = math.exp %d : f32
    %w = arith.divf %e, %s : f32
    linalg.yield %w : f32
  } -> tensor<4x6x6xf32>
  %mixed_init = tensor.empty() : tensor<4x6x4xf32>
  %mixed_zeros = linalg.fill ins(%zero : f32) outs(%mixed_init : tensor<4x6x4xf32>) -> tensor<4x6x4xf32>
  %mixed = linalg.batch_matmul ins(%weights, %v_rows : tensor<4x6x6xf32>, tensor<4x6x4xf32>) outs(%mixed_zeros : tensor<4x6x4xf32>) -> tensor<4x6x4xf32>
  %by_head = tensor.expand_shape %mixed [[0, 1], [2], [3]] output_shape [2, 2, 6, 4] : tensor<4x6x4xf32> into tensor<2x2x6x4xf32>
  %by_token_init = tensor.empty() : tensor<2x6x2x4xf32>
  %by_token = linalg.transpose ins(%by_head : tensor<2x2x6x4xf32>) outs(%by_token_init : tensor<2x6x2x4xf32>) permutation = [0, 2, 1, 3]
  %joined = tensor.collapse_shape %by_token [[0], [1], [2, 3]] : tensor<2x6x2x4xf32> into tensor<2x6x8xf32>
  return %joined : tensor<2x6x8xf32>
}

// -----

// Three tokens: the newest and two before it.
// CHECK-LABEL: func.func @window(
// CHECK:         mixer.mix query(%arg0 : tensor<2x6x2x4xf32>) key(%arg1 : {{.*}}) value(%arg2 :
// CHECK-SAME:      norm = #mixer.norm<row_sum>, score = #mixer.softmax<scale = 5.000000e-01>, support = #mixer.window<left = 2, right = 0>, transport = #mixer.identity
// CHECK-NOT:     linalg
func.func @window(%q: tensor<2x6x2x4xf32>, %k: tensor<2x6x2x4xf32>, %v: tensor<2x6x2x4xf32>) -> tensor<2x6x8xf32> {
  %zero = arith.constant 0.0 : f32
  %q_heads_init = tensor.empty() : tensor<2x2x6x4xf32>
  %q_heads = linalg.generic {indexing_maps = [affine_map<(b, h, t, d) -> (b, t, h, d)>, affine_map<(b, h, t, d) -> (b, h, t, d)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%q : tensor<2x6x2x4xf32>) outs(%q_heads_init : tensor<2x2x6x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<2x2x6x4xf32>
  %q_rows = tensor.collapse_shape %q_heads [[0, 1], [2], [3]] : tensor<2x2x6x4xf32> into tensor<4x6x4xf32>
  %k_heads_init = tensor.empty() : tensor<2x2x6x4xf32>
  %k_heads = linalg.generic {indexing_maps = [affine_map<(b, h, t, d) -> (b, t, h, d)>, affine_map<(b, h, t, d) -> (b, h, t, d)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%k : tensor<2x6x2x4xf32>) outs(%k_heads_init : tensor<2x2x6x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<2x2x6x4xf32>
  %k_rows = tensor.collapse_shape %k_heads [[0, 1], [2], [3]] : tensor<2x2x6x4xf32> into tensor<4x6x4xf32>
  %v_heads_init = tensor.empty() : tensor<2x2x6x4xf32>
  %v_heads = linalg.generic {indexing_maps = [affine_map<(b, h, t, d) -> (b, t, h, d)>, affine_map<(b, h, t, d) -> (b, h, t, d)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%v : tensor<2x6x2x4xf32>) outs(%v_heads_init : tensor<2x2x6x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<2x2x6x4xf32>
  %v_rows = tensor.collapse_shape %v_heads [[0, 1], [2], [3]] : tensor<2x2x6x4xf32> into tensor<4x6x4xf32>
  %pairs = tensor.empty() : tensor<4x6x6xf32>
  %blank = linalg.fill ins(%zero : f32) outs(%pairs : tensor<4x6x6xf32>) -> tensor<4x6x6xf32>
  %scores = linalg.generic {indexing_maps = [affine_map<(x, i, j, d) -> (x, i, d)>, affine_map<(x, i, j, d) -> (x, j, d)>, affine_map<(x, i, j, d) -> (x, i, j)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%q_rows, %k_rows : tensor<4x6x4xf32>, tensor<4x6x4xf32>) outs(%blank : tensor<4x6x6xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %out, %p : f32
    linalg.yield %s : f32
  } -> tensor<4x6x6xf32>
  %masked = linalg.generic {indexing_maps = [affine_map<(x, i, j) -> (x, i, j)>, affine_map<(x, i, j) -> (x, i, j)>], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%scores : tensor<4x6x6xf32>) outs(%pairs : tensor<4x6x6xf32>) {
  ^bb0(%s: f32, %out: f32):
    %scale = arith.constant 0.5 : f32
    %r = arith.mulf %s, %scale : f32
    %i = linalg.index 1 : index
    %j = linalg.index 2 : index
    %far = arith.constant 0xFF800000 : f32
    %c3 = arith.constant 3 : index
    %past = arith.cmpi sge, %i, %j : index
    %d = arith.subi %i, %j : index
    %near = arith.cmpi slt, %d, %c3 : index
    %seen = arith.andi %past, %near : i1
    %w = arith.select %seen, %r, %far : f32
    linalg.yield %w : f32
  } -> tensor<4x6x6xf32>
  %ninf = arith.constant 0xFF800000 : f32
  %rows = tensor.empty() : tensor<4x6xf32>
  %lowest = linalg.fill ins(%ninf : f32) outs(%rows : tensor<4x6xf32>) -> tensor<4x6xf32>
  %max = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%masked : tensor<4x6x6xf32>) outs(%lowest : tensor<4x6xf32>) {
  ^bb0(%in: f32, %out: f32):
    %m = arith.maximumf %out, %in : f32
    linalg.yield %m : f32
  } -> tensor<4x6xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%rows : tensor<4x6xf32>) -> tensor<4x6xf32>
  %sum = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%masked, %max : tensor<4x6x6xf32>, tensor<4x6xf32>) outs(%zeros : tensor<4x6xf32>) {
  ^bb0(%in: f32, %m: f32, %out: f32):
    %d = arith.subf %in, %m : f32
    %e = math.exp %d : f32
    %s = arith.addf %out, %e : f32
    linalg.yield %s : f32
  } -> tensor<4x6xf32>
  %weights = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>, affine_map<(d0, d1, d2) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%masked, %max, %sum : tensor<4x6x6xf32>, tensor<4x6xf32>, tensor<4x6xf32>) outs(%pairs : tensor<4x6x6xf32>) {
  ^bb0(%in: f32, %m: f32, %s: f32, %out: f32):
    %d = arith.subf %in, %m : f32
    %e = math.exp %d : f32
    %w = arith.divf %e, %s : f32
    linalg.yield %w : f32
  } -> tensor<4x6x6xf32>
  %mixed_init = tensor.empty() : tensor<4x6x4xf32>
  %mixed_zeros = linalg.fill ins(%zero : f32) outs(%mixed_init : tensor<4x6x4xf32>) -> tensor<4x6x4xf32>
  %mixed = linalg.batch_matmul ins(%weights, %v_rows : tensor<4x6x6xf32>, tensor<4x6x4xf32>) outs(%mixed_zeros : tensor<4x6x4xf32>) -> tensor<4x6x4xf32>
  %by_head = tensor.expand_shape %mixed [[0, 1], [2], [3]] output_shape [2, 2, 6, 4] : tensor<4x6x4xf32> into tensor<2x2x6x4xf32>
  %by_token_init = tensor.empty() : tensor<2x6x2x4xf32>
  %by_token = linalg.transpose ins(%by_head : tensor<2x2x6x4xf32>) outs(%by_token_init : tensor<2x6x2x4xf32>) permutation = [0, 2, 1, 3]
  %joined = tensor.collapse_shape %by_token [[0], [1], [2, 3]] : tensor<2x6x2x4xf32> into tensor<2x6x8xf32>
  return %joined : tensor<2x6x8xf32>
}

// -----

// One more than above, by a comparison that is off by one against the usual spelling: it is a window of four.
// CHECK-LABEL: func.func @window_other_bound(
// CHECK:         mixer.mix query(%arg0 : tensor<2x6x2x4xf32>) key(%arg1 : {{.*}}) value(%arg2 :
// CHECK-SAME:      norm = #mixer.norm<row_sum>, score = #mixer.softmax<scale = 5.000000e-01>, support = #mixer.window<left = 3, right = 0>, transport = #mixer.identity
// CHECK-NOT:     linalg
func.func @window_other_bound(%q: tensor<2x6x2x4xf32>, %k: tensor<2x6x2x4xf32>, %v: tensor<2x6x2x4xf32>) -> tensor<2x6x8xf32> {
  %zero = arith.constant 0.0 : f32
  %q_heads_init = tensor.empty() : tensor<2x2x6x4xf32>
  %q_heads = linalg.generic {indexing_maps = [affine_map<(b, h, t, d) -> (b, t, h, d)>, affine_map<(b, h, t, d) -> (b, h, t, d)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%q : tensor<2x6x2x4xf32>) outs(%q_heads_init : tensor<2x2x6x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<2x2x6x4xf32>
  %q_rows = tensor.collapse_shape %q_heads [[0, 1], [2], [3]] : tensor<2x2x6x4xf32> into tensor<4x6x4xf32>
  %k_heads_init = tensor.empty() : tensor<2x2x6x4xf32>
  %k_heads = linalg.generic {indexing_maps = [affine_map<(b, h, t, d) -> (b, t, h, d)>, affine_map<(b, h, t, d) -> (b, h, t, d)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%k : tensor<2x6x2x4xf32>) outs(%k_heads_init : tensor<2x2x6x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<2x2x6x4xf32>
  %k_rows = tensor.collapse_shape %k_heads [[0, 1], [2], [3]] : tensor<2x2x6x4xf32> into tensor<4x6x4xf32>
  %v_heads_init = tensor.empty() : tensor<2x2x6x4xf32>
  %v_heads = linalg.generic {indexing_maps = [affine_map<(b, h, t, d) -> (b, t, h, d)>, affine_map<(b, h, t, d) -> (b, h, t, d)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%v : tensor<2x6x2x4xf32>) outs(%v_heads_init : tensor<2x2x6x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<2x2x6x4xf32>
  %v_rows = tensor.collapse_shape %v_heads [[0, 1], [2], [3]] : tensor<2x2x6x4xf32> into tensor<4x6x4xf32>
  %pairs = tensor.empty() : tensor<4x6x6xf32>
  %blank = linalg.fill ins(%zero : f32) outs(%pairs : tensor<4x6x6xf32>) -> tensor<4x6x6xf32>
  %scores = linalg.generic {indexing_maps = [affine_map<(x, i, j, d) -> (x, i, d)>, affine_map<(x, i, j, d) -> (x, j, d)>, affine_map<(x, i, j, d) -> (x, i, j)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%q_rows, %k_rows : tensor<4x6x4xf32>, tensor<4x6x4xf32>) outs(%blank : tensor<4x6x6xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %out, %p : f32
    linalg.yield %s : f32
  } -> tensor<4x6x6xf32>
  %masked = linalg.generic {indexing_maps = [affine_map<(x, i, j) -> (x, i, j)>, affine_map<(x, i, j) -> (x, i, j)>], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%scores : tensor<4x6x6xf32>) outs(%pairs : tensor<4x6x6xf32>) {
  ^bb0(%s: f32, %out: f32):
    %scale = arith.constant 0.5 : f32
    %r = arith.mulf %s, %scale : f32
    %i = linalg.index 1 : index
    %j = linalg.index 2 : index
    %far = arith.constant 0xFF800000 : f32
    %c3 = arith.constant 3 : index
    %past = arith.cmpi sge, %i, %j : index
    %d = arith.subi %i, %j : index
    %near = arith.cmpi sle, %d, %c3 : index
    %seen = arith.andi %past, %near : i1
    %w = arith.select %seen, %r, %far : f32
    linalg.yield %w : f32
  } -> tensor<4x6x6xf32>
  %ninf = arith.constant 0xFF800000 : f32
  %rows = tensor.empty() : tensor<4x6xf32>
  %lowest = linalg.fill ins(%ninf : f32) outs(%rows : tensor<4x6xf32>) -> tensor<4x6xf32>
  %max = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%masked : tensor<4x6x6xf32>) outs(%lowest : tensor<4x6xf32>) {
  ^bb0(%in: f32, %out: f32):
    %m = arith.maximumf %out, %in : f32
    linalg.yield %m : f32
  } -> tensor<4x6xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%rows : tensor<4x6xf32>) -> tensor<4x6xf32>
  %sum = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%masked, %max : tensor<4x6x6xf32>, tensor<4x6xf32>) outs(%zeros : tensor<4x6xf32>) {
  ^bb0(%in: f32, %m: f32, %out: f32):
    %d = arith.subf %in, %m : f32
    %e = math.exp %d : f32
    %s = arith.addf %out, %e : f32
    linalg.yield %s : f32
  } -> tensor<4x6xf32>
  %weights = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>, affine_map<(d0, d1, d2) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%masked, %max, %sum : tensor<4x6x6xf32>, tensor<4x6xf32>, tensor<4x6xf32>) outs(%pairs : tensor<4x6x6xf32>) {
  ^bb0(%in: f32, %m: f32, %s: f32, %out: f32):
    %d = arith.subf %in, %m : f32
    %e = math.exp %d : f32
    %w = arith.divf %e, %s : f32
    linalg.yield %w : f32
  } -> tensor<4x6x6xf32>
  %mixed_init = tensor.empty() : tensor<4x6x4xf32>
  %mixed_zeros = linalg.fill ins(%zero : f32) outs(%mixed_init : tensor<4x6x4xf32>) -> tensor<4x6x4xf32>
  %mixed = linalg.batch_matmul ins(%weights, %v_rows : tensor<4x6x6xf32>, tensor<4x6x4xf32>) outs(%mixed_zeros : tensor<4x6x4xf32>) -> tensor<4x6x4xf32>
  %by_head = tensor.expand_shape %mixed [[0, 1], [2], [3]] output_shape [2, 2, 6, 4] : tensor<4x6x4xf32> into tensor<2x2x6x4xf32>
  %by_token_init = tensor.empty() : tensor<2x6x2x4xf32>
  %by_token = linalg.transpose ins(%by_head : tensor<2x2x6x4xf32>) outs(%by_token_init : tensor<2x6x2x4xf32>) permutation = [0, 2, 1, 3]
  %joined = tensor.collapse_shape %by_token [[0], [1], [2, 3]] : tensor<2x6x2x4xf32> into tensor<2x6x8xf32>
  return %joined : tensor<2x6x8xf32>
}

// -----

// A causal mask that lets one token of the future through is no causal mask.
// CHECK-LABEL: func.func @leak(
// CHECK:         mixer.mix query(%arg0 : tensor<2x6x2x4xf32>) key(%arg1 : {{.*}}) value(%arg2 :
// CHECK-SAME:      norm = #mixer.norm<row_sum>, score = #mixer.softmax<scale = 5.000000e-01>, support = #mixer.window<left = 5, right = 1>, transport = #mixer.identity
// CHECK-NOT:     linalg
func.func @leak(%q: tensor<2x6x2x4xf32>, %k: tensor<2x6x2x4xf32>, %v: tensor<2x6x2x4xf32>) -> tensor<2x6x8xf32> {
  %zero = arith.constant 0.0 : f32
  %q_heads_init = tensor.empty() : tensor<2x2x6x4xf32>
  %q_heads = linalg.generic {indexing_maps = [affine_map<(b, h, t, d) -> (b, t, h, d)>, affine_map<(b, h, t, d) -> (b, h, t, d)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%q : tensor<2x6x2x4xf32>) outs(%q_heads_init : tensor<2x2x6x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<2x2x6x4xf32>
  %q_rows = tensor.collapse_shape %q_heads [[0, 1], [2], [3]] : tensor<2x2x6x4xf32> into tensor<4x6x4xf32>
  %k_heads_init = tensor.empty() : tensor<2x2x6x4xf32>
  %k_heads = linalg.generic {indexing_maps = [affine_map<(b, h, t, d) -> (b, t, h, d)>, affine_map<(b, h, t, d) -> (b, h, t, d)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%k : tensor<2x6x2x4xf32>) outs(%k_heads_init : tensor<2x2x6x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<2x2x6x4xf32>
  %k_rows = tensor.collapse_shape %k_heads [[0, 1], [2], [3]] : tensor<2x2x6x4xf32> into tensor<4x6x4xf32>
  %v_heads_init = tensor.empty() : tensor<2x2x6x4xf32>
  %v_heads = linalg.generic {indexing_maps = [affine_map<(b, h, t, d) -> (b, t, h, d)>, affine_map<(b, h, t, d) -> (b, h, t, d)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%v : tensor<2x6x2x4xf32>) outs(%v_heads_init : tensor<2x2x6x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<2x2x6x4xf32>
  %v_rows = tensor.collapse_shape %v_heads [[0, 1], [2], [3]] : tensor<2x2x6x4xf32> into tensor<4x6x4xf32>
  %pairs = tensor.empty() : tensor<4x6x6xf32>
  %blank = linalg.fill ins(%zero : f32) outs(%pairs : tensor<4x6x6xf32>) -> tensor<4x6x6xf32>
  %scores = linalg.generic {indexing_maps = [affine_map<(x, i, j, d) -> (x, i, d)>, affine_map<(x, i, j, d) -> (x, j, d)>, affine_map<(x, i, j, d) -> (x, i, j)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%q_rows, %k_rows : tensor<4x6x4xf32>, tensor<4x6x4xf32>) outs(%blank : tensor<4x6x6xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %out, %p : f32
    linalg.yield %s : f32
  } -> tensor<4x6x6xf32>
  %masked = linalg.generic {indexing_maps = [affine_map<(x, i, j) -> (x, i, j)>, affine_map<(x, i, j) -> (x, i, j)>], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%scores : tensor<4x6x6xf32>) outs(%pairs : tensor<4x6x6xf32>) {
  ^bb0(%s: f32, %out: f32):
    %scale = arith.constant 0.5 : f32
    %r = arith.mulf %s, %scale : f32
    %i = linalg.index 1 : index
    %j = linalg.index 2 : index
    %far = arith.constant 0xFF800000 : f32
    %c1 = arith.constant 1 : index
    %next = arith.addi %i, %c1 : index
    %seen = arith.cmpi sge, %next, %j : index
    %w = arith.select %seen, %r, %far : f32
    linalg.yield %w : f32
  } -> tensor<4x6x6xf32>
  %ninf = arith.constant 0xFF800000 : f32
  %rows = tensor.empty() : tensor<4x6xf32>
  %lowest = linalg.fill ins(%ninf : f32) outs(%rows : tensor<4x6xf32>) -> tensor<4x6xf32>
  %max = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%masked : tensor<4x6x6xf32>) outs(%lowest : tensor<4x6xf32>) {
  ^bb0(%in: f32, %out: f32):
    %m = arith.maximumf %out, %in : f32
    linalg.yield %m : f32
  } -> tensor<4x6xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%rows : tensor<4x6xf32>) -> tensor<4x6xf32>
  %sum = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%masked, %max : tensor<4x6x6xf32>, tensor<4x6xf32>) outs(%zeros : tensor<4x6xf32>) {
  ^bb0(%in: f32, %m: f32, %out: f32):
    %d = arith.subf %in, %m : f32
    %e = math.exp %d : f32
    %s = arith.addf %out, %e : f32
    linalg.yield %s : f32
  } -> tensor<4x6xf32>
  %weights = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>, affine_map<(d0, d1, d2) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%masked, %max, %sum : tensor<4x6x6xf32>, tensor<4x6xf32>, tensor<4x6xf32>) outs(%pairs : tensor<4x6x6xf32>) {
  ^bb0(%in: f32, %m: f32, %s: f32, %out: f32):
    %d = arith.subf %in, %m : f32
    %e = math.exp %d : f32
    %w = arith.divf %e, %s : f32
    linalg.yield %w : f32
  } -> tensor<4x6x6xf32>
  %mixed_init = tensor.empty() : tensor<4x6x4xf32>
  %mixed_zeros = linalg.fill ins(%zero : f32) outs(%mixed_init : tensor<4x6x4xf32>) -> tensor<4x6x4xf32>
  %mixed = linalg.batch_matmul ins(%weights, %v_rows : tensor<4x6x6xf32>, tensor<4x6x4xf32>) outs(%mixed_zeros : tensor<4x6x4xf32>) -> tensor<4x6x4xf32>
  %by_head = tensor.expand_shape %mixed [[0, 1], [2], [3]] output_shape [2, 2, 6, 4] : tensor<4x6x4xf32> into tensor<2x2x6x4xf32>
  %by_token_init = tensor.empty() : tensor<2x6x2x4xf32>
  %by_token = linalg.transpose ins(%by_head : tensor<2x2x6x4xf32>) outs(%by_token_init : tensor<2x6x2x4xf32>) permutation = [0, 2, 1, 3]
  %joined = tensor.collapse_shape %by_token [[0], [1], [2, 3]] : tensor<2x6x2x4xf32> into tensor<2x6x8xf32>
  return %joined : tensor<2x6x8xf32>
}

// -----

// Groups of three.
// CHECK-LABEL: func.func @groups(
// CHECK:         mixer.mix query(%arg0 : tensor<2x6x2x4xf32>) key(%arg1 : {{.*}}) value(%arg2 :
// CHECK-SAME:      norm = #mixer.norm<row_sum>, score = #mixer.softmax<scale = 5.000000e-01>, support = #mixer.groups<3, shift = 0>, transport = #mixer.identity
// CHECK-NOT:     linalg
func.func @groups(%q: tensor<2x6x2x4xf32>, %k: tensor<2x6x2x4xf32>, %v: tensor<2x6x2x4xf32>) -> tensor<2x6x8xf32> {
  %zero = arith.constant 0.0 : f32
  %q_heads_init = tensor.empty() : tensor<2x2x6x4xf32>
  %q_heads = linalg.generic {indexing_maps = [affine_map<(b, h, t, d) -> (b, t, h, d)>, affine_map<(b, h, t, d) -> (b, h, t, d)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%q : tensor<2x6x2x4xf32>) outs(%q_heads_init : tensor<2x2x6x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<2x2x6x4xf32>
  %q_rows = tensor.collapse_shape %q_heads [[0, 1], [2], [3]] : tensor<2x2x6x4xf32> into tensor<4x6x4xf32>
  %k_heads_init = tensor.empty() : tensor<2x2x6x4xf32>
  %k_heads = linalg.generic {indexing_maps = [affine_map<(b, h, t, d) -> (b, t, h, d)>, affine_map<(b, h, t, d) -> (b, h, t, d)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%k : tensor<2x6x2x4xf32>) outs(%k_heads_init : tensor<2x2x6x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<2x2x6x4xf32>
  %k_rows = tensor.collapse_shape %k_heads [[0, 1], [2], [3]] : tensor<2x2x6x4xf32> into tensor<4x6x4xf32>
  %v_heads_init = tensor.empty() : tensor<2x2x6x4xf32>
  %v_heads = linalg.generic {indexing_maps = [affine_map<(b, h, t, d) -> (b, t, h, d)>, affine_map<(b, h, t, d) -> (b, h, t, d)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%v : tensor<2x6x2x4xf32>) outs(%v_heads_init : tensor<2x2x6x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<2x2x6x4xf32>
  %v_rows = tensor.collapse_shape %v_heads [[0, 1], [2], [3]] : tensor<2x2x6x4xf32> into tensor<4x6x4xf32>
  %pairs = tensor.empty() : tensor<4x6x6xf32>
  %blank = linalg.fill ins(%zero : f32) outs(%pairs : tensor<4x6x6xf32>) -> tensor<4x6x6xf32>
  %scores = linalg.generic {indexing_maps = [affine_map<(x, i, j, d) -> (x, i, d)>, affine_map<(x, i, j, d) -> (x, j, d)>, affine_map<(x, i, j, d) -> (x, i, j)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%q_rows, %k_rows : tensor<4x6x4xf32>, tensor<4x6x4xf32>) outs(%blank : tensor<4x6x6xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %out, %p : f32
    linalg.yield %s : f32
  } -> tensor<4x6x6xf32>
  %masked = linalg.generic {indexing_maps = [affine_map<(x, i, j) -> (x, i, j)>, affine_map<(x, i, j) -> (x, i, j)>], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%scores : tensor<4x6x6xf32>) outs(%pairs : tensor<4x6x6xf32>) {
  ^bb0(%s: f32, %out: f32):
    %scale = arith.constant 0.5 : f32
    %r = arith.mulf %s, %scale : f32
    %i = linalg.index 1 : index
    %j = linalg.index 2 : index
    %far = arith.constant 0xFF800000 : f32
    %c3 = arith.constant 3 : index
    %gi = arith.divui %i, %c3 : index
    %gj = arith.divui %j, %c3 : index
    %seen = arith.cmpi eq, %gi, %gj : index
    %w = arith.select %seen, %r, %far : f32
    linalg.yield %w : f32
  } -> tensor<4x6x6xf32>
  %ninf = arith.constant 0xFF800000 : f32
  %rows = tensor.empty() : tensor<4x6xf32>
  %lowest = linalg.fill ins(%ninf : f32) outs(%rows : tensor<4x6xf32>) -> tensor<4x6xf32>
  %max = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%masked : tensor<4x6x6xf32>) outs(%lowest : tensor<4x6xf32>) {
  ^bb0(%in: f32, %out: f32):
    %m = arith.maximumf %out, %in : f32
    linalg.yield %m : f32
  } -> tensor<4x6xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%rows : tensor<4x6xf32>) -> tensor<4x6xf32>
  %sum = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%masked, %max : tensor<4x6x6xf32>, tensor<4x6xf32>) outs(%zeros : tensor<4x6xf32>) {
  ^bb0(%in: f32, %m: f32, %out: f32):
    %d = arith.subf %in, %m : f32
    %e = math.exp %d : f32
    %s = arith.addf %out, %e : f32
    linalg.yield %s : f32
  } -> tensor<4x6xf32>
  %weights = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>, affine_map<(d0, d1, d2) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%masked, %max, %sum : tensor<4x6x6xf32>, tensor<4x6xf32>, tensor<4x6xf32>) outs(%pairs : tensor<4x6x6xf32>) {
  ^bb0(%in: f32, %m: f32, %s: f32, %out: f32):
    %d = arith.subf %in, %m : f32
    %e = math.exp %d : f32
    %w = arith.divf %e, %s : f32
    linalg.yield %w : f32
  } -> tensor<4x6x6xf32>
  %mixed_init = tensor.empty() : tensor<4x6x4xf32>
  %mixed_zeros = linalg.fill ins(%zero : f32) outs(%mixed_init : tensor<4x6x4xf32>) -> tensor<4x6x4xf32>
  %mixed = linalg.batch_matmul ins(%weights, %v_rows : tensor<4x6x6xf32>, tensor<4x6x4xf32>) outs(%mixed_zeros : tensor<4x6x4xf32>) -> tensor<4x6x4xf32>
  %by_head = tensor.expand_shape %mixed [[0, 1], [2], [3]] output_shape [2, 2, 6, 4] : tensor<4x6x4xf32> into tensor<2x2x6x4xf32>
  %by_token_init = tensor.empty() : tensor<2x6x2x4xf32>
  %by_token = linalg.transpose ins(%by_head : tensor<2x2x6x4xf32>) outs(%by_token_init : tensor<2x6x2x4xf32>) permutation = [0, 2, 1, 3]
  %joined = tensor.collapse_shape %by_token [[0], [1], [2, 3]] : tensor<2x6x2x4xf32> into tensor<2x6x8xf32>
  return %joined : tensor<2x6x8xf32>
}

// -----

// A window on both sides and a global token.
// CHECK-LABEL: func.func @window_and_global(
// CHECK:         mixer.mix query(%arg0 : tensor<2x6x2x4xf32>) key(%arg1 : {{.*}}) value(%arg2 :
// CHECK-SAME:      norm = #mixer.norm<row_sum>, score = #mixer.softmax<scale = 5.000000e-01>, support = #mixer.any_of<#mixer.window<left = 1, right = 1>, #mixer.global<[0]>>, transport = #mixer.identity
// CHECK-NOT:     linalg
func.func @window_and_global(%q: tensor<2x6x2x4xf32>, %k: tensor<2x6x2x4xf32>, %v: tensor<2x6x2x4xf32>) -> tensor<2x6x8xf32> {
  %zero = arith.constant 0.0 : f32
  %q_heads_init = tensor.empty() : tensor<2x2x6x4xf32>
  %q_heads = linalg.generic {indexing_maps = [affine_map<(b, h, t, d) -> (b, t, h, d)>, affine_map<(b, h, t, d) -> (b, h, t, d)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%q : tensor<2x6x2x4xf32>) outs(%q_heads_init : tensor<2x2x6x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<2x2x6x4xf32>
  %q_rows = tensor.collapse_shape %q_heads [[0, 1], [2], [3]] : tensor<2x2x6x4xf32> into tensor<4x6x4xf32>
  %k_heads_init = tensor.empty() : tensor<2x2x6x4xf32>
  %k_heads = linalg.generic {indexing_maps = [affine_map<(b, h, t, d) -> (b, t, h, d)>, affine_map<(b, h, t, d) -> (b, h, t, d)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%k : tensor<2x6x2x4xf32>) outs(%k_heads_init : tensor<2x2x6x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<2x2x6x4xf32>
  %k_rows = tensor.collapse_shape %k_heads [[0, 1], [2], [3]] : tensor<2x2x6x4xf32> into tensor<4x6x4xf32>
  %v_heads_init = tensor.empty() : tensor<2x2x6x4xf32>
  %v_heads = linalg.generic {indexing_maps = [affine_map<(b, h, t, d) -> (b, t, h, d)>, affine_map<(b, h, t, d) -> (b, h, t, d)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%v : tensor<2x6x2x4xf32>) outs(%v_heads_init : tensor<2x2x6x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<2x2x6x4xf32>
  %v_rows = tensor.collapse_shape %v_heads [[0, 1], [2], [3]] : tensor<2x2x6x4xf32> into tensor<4x6x4xf32>
  %pairs = tensor.empty() : tensor<4x6x6xf32>
  %blank = linalg.fill ins(%zero : f32) outs(%pairs : tensor<4x6x6xf32>) -> tensor<4x6x6xf32>
  %scores = linalg.generic {indexing_maps = [affine_map<(x, i, j, d) -> (x, i, d)>, affine_map<(x, i, j, d) -> (x, j, d)>, affine_map<(x, i, j, d) -> (x, i, j)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%q_rows, %k_rows : tensor<4x6x4xf32>, tensor<4x6x4xf32>) outs(%blank : tensor<4x6x6xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %out, %p : f32
    linalg.yield %s : f32
  } -> tensor<4x6x6xf32>
  %masked = linalg.generic {indexing_maps = [affine_map<(x, i, j) -> (x, i, j)>, affine_map<(x, i, j) -> (x, i, j)>], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%scores : tensor<4x6x6xf32>) outs(%pairs : tensor<4x6x6xf32>) {
  ^bb0(%s: f32, %out: f32):
    %scale = arith.constant 0.5 : f32
    %r = arith.mulf %s, %scale : f32
    %i = linalg.index 1 : index
    %j = linalg.index 2 : index
    %far = arith.constant 0xFF800000 : f32
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %a = arith.subi %i, %j : index
    %d = math.absi %a : index
    %near = arith.cmpi sle, %d, %c1 : index
    %row = arith.cmpi eq, %i, %c0 : index
    %column = arith.cmpi eq, %j, %c0 : index
    %global = arith.ori %row, %column : i1
    %seen = arith.ori %near, %global : i1
    %w = arith.select %seen, %r, %far : f32
    linalg.yield %w : f32
  } -> tensor<4x6x6xf32>
  %ninf = arith.constant 0xFF800000 : f32
  %rows = tensor.empty() : tensor<4x6xf32>
  %lowest = linalg.fill ins(%ninf : f32) outs(%rows : tensor<4x6xf32>) -> tensor<4x6xf32>
  %max = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%masked : tensor<4x6x6xf32>) outs(%lowest : tensor<4x6xf32>) {
  ^bb0(%in: f32, %out: f32):
    %m = arith.maximumf %out, %in : f32
    linalg.yield %m : f32
  } -> tensor<4x6xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%rows : tensor<4x6xf32>) -> tensor<4x6xf32>
  %sum = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%masked, %max : tensor<4x6x6xf32>, tensor<4x6xf32>) outs(%zeros : tensor<4x6xf32>) {
  ^bb0(%in: f32, %m: f32, %out: f32):
    %d = arith.subf %in, %m : f32
    %e = math.exp %d : f32
    %s = arith.addf %out, %e : f32
    linalg.yield %s : f32
  } -> tensor<4x6xf32>
  %weights = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>, affine_map<(d0, d1, d2) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%masked, %max, %sum : tensor<4x6x6xf32>, tensor<4x6xf32>, tensor<4x6xf32>) outs(%pairs : tensor<4x6x6xf32>) {
  ^bb0(%in: f32, %m: f32, %s: f32, %out: f32):
    %d = arith.subf %in, %m : f32
    %e = math.exp %d : f32
    %w = arith.divf %e, %s : f32
    linalg.yield %w : f32
  } -> tensor<4x6x6xf32>
  %mixed_init = tensor.empty() : tensor<4x6x4xf32>
  %mixed_zeros = linalg.fill ins(%zero : f32) outs(%mixed_init : tensor<4x6x4xf32>) -> tensor<4x6x4xf32>
  %mixed = linalg.batch_matmul ins(%weights, %v_rows : tensor<4x6x6xf32>, tensor<4x6x4xf32>) outs(%mixed_zeros : tensor<4x6x4xf32>) -> tensor<4x6x4xf32>
  %by_head = tensor.expand_shape %mixed [[0, 1], [2], [3]] output_shape [2, 2, 6, 4] : tensor<4x6x4xf32> into tensor<2x2x6x4xf32>
  %by_token_init = tensor.empty() : tensor<2x6x2x4xf32>
  %by_token = linalg.transpose ins(%by_head : tensor<2x2x6x4xf32>) outs(%by_token_init : tensor<2x6x2x4xf32>) permutation = [0, 2, 1, 3]
  %joined = tensor.collapse_shape %by_token [[0], [1], [2, 3]] : tensor<2x6x2x4xf32> into tensor<2x6x8xf32>
  return %joined : tensor<2x6x8xf32>
}

// -----

// Queries are the last of the keys.
// CHECK-LABEL: func.func @cached(
// CHECK:         mixer.mix query(%arg0 : tensor<2x3x2x4xf32>) key(%arg1 : tensor<2x6x2x4xf32>) value(%arg2 :
// CHECK-SAME:      layout = #mixer.layout<forward, align = end>
// CHECK-SAME:      support = #mixer.causal
func.func @cached(%q: tensor<2x3x2x4xf32>, %k: tensor<2x6x2x4xf32>, %v: tensor<2x6x2x4xf32>) -> tensor<2x3x8xf32> {
  %zero = arith.constant 0.0 : f32
  %q_heads_init = tensor.empty() : tensor<2x2x3x4xf32>
  %q_heads = linalg.generic {indexing_maps = [affine_map<(b, h, t, d) -> (b, t, h, d)>, affine_map<(b, h, t, d) -> (b, h, t, d)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%q : tensor<2x3x2x4xf32>) outs(%q_heads_init : tensor<2x2x3x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<2x2x3x4xf32>
  %q_rows = tensor.collapse_shape %q_heads [[0, 1], [2], [3]] : tensor<2x2x3x4xf32> into tensor<4x3x4xf32>
  %k_heads_init = tensor.empty() : tensor<2x2x6x4xf32>
  %k_heads = linalg.generic {indexing_maps = [affine_map<(b, h, t, d) -> (b, t, h, d)>, affine_map<(b, h, t, d) -> (b, h, t, d)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%k : tensor<2x6x2x4xf32>) outs(%k_heads_init : tensor<2x2x6x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<2x2x6x4xf32>
  %k_rows = tensor.collapse_shape %k_heads [[0, 1], [2], [3]] : tensor<2x2x6x4xf32> into tensor<4x6x4xf32>
  %v_heads_init = tensor.empty() : tensor<2x2x6x4xf32>
  %v_heads = linalg.generic {indexing_maps = [affine_map<(b, h, t, d) -> (b, t, h, d)>, affine_map<(b, h, t, d) -> (b, h, t, d)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%v : tensor<2x6x2x4xf32>) outs(%v_heads_init : tensor<2x2x6x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<2x2x6x4xf32>
  %v_rows = tensor.collapse_shape %v_heads [[0, 1], [2], [3]] : tensor<2x2x6x4xf32> into tensor<4x6x4xf32>
  %pairs = tensor.empty() : tensor<4x3x6xf32>
  %blank = linalg.fill ins(%zero : f32) outs(%pairs : tensor<4x3x6xf32>) -> tensor<4x3x6xf32>
  %scores = linalg.generic {indexing_maps = [affine_map<(x, i, j, d) -> (x, i, d)>, affine_map<(x, i, j, d) -> (x, j, d)>, affine_map<(x, i, j, d) -> (x, i, j)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%q_rows, %k_rows : tensor<4x3x4xf32>, tensor<4x6x4xf32>) outs(%blank : tensor<4x3x6xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %out, %p : f32
    linalg.yield %s : f32
  } -> tensor<4x3x6xf32>
  %masked = linalg.generic {indexing_maps = [affine_map<(x, i, j) -> (x, i, j)>, affine_map<(x, i, j) -> (x, i, j)>], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%scores : tensor<4x3x6xf32>) outs(%pairs : tensor<4x3x6xf32>) {
  ^bb0(%s: f32, %out: f32):
    %scale = arith.constant 0.5 : f32
    %r = arith.mulf %s, %scale : f32
    %i = linalg.index 1 : index
    %j = linalg.index 2 : index
    %far = arith.constant 0xFF800000 : f32
    %c3 = arith.constant 3 : index
    %own = arith.addi %i, %c3 : index
    %seen = arith.cmpi sge, %own, %j : index
    %w = arith.select %seen, %r, %far : f32
    linalg.yield %w : f32
  } -> tensor<4x3x6xf32>
  %ninf = arith.constant 0xFF800000 : f32
  %rows = tensor.empty() : tensor<4x3xf32>
  %lowest = linalg.fill ins(%ninf : f32) outs(%rows : tensor<4x3xf32>) -> tensor<4x3xf32>
  %max = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%masked : tensor<4x3x6xf32>) outs(%lowest : tensor<4x3xf32>) {
  ^bb0(%in: f32, %out: f32):
    %m = arith.maximumf %out, %in : f32
    linalg.yield %m : f32
  } -> tensor<4x3xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%rows : tensor<4x3xf32>) -> tensor<4x3xf32>
  %sum = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%masked, %max : tensor<4x3x6xf32>, tensor<4x3xf32>) outs(%zeros : tensor<4x3xf32>) {
  ^bb0(%in: f32, %m: f32, %out: f32):
    %d = arith.subf %in, %m : f32
    %e = math.exp %d : f32
    %s = arith.addf %out, %e : f32
    linalg.yield %s : f32
  } -> tensor<4x3xf32>
  %weights = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>, affine_map<(d0, d1, d2) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%masked, %max, %sum : tensor<4x3x6xf32>, tensor<4x3xf32>, tensor<4x3xf32>) outs(%pairs : tensor<4x3x6xf32>) {
  ^bb0(%in: f32, %m: f32, %s: f32, %out: f32):
    %d = arith.subf %in, %m : f32
    %e = math.exp %d : f32
    %w = arith.divf %e, %s : f32
    linalg.yield %w : f32
  } -> tensor<4x3x6xf32>
  %mixed_init = tensor.empty() : tensor<4x3x4xf32>
  %mixed_zeros = linalg.fill ins(%zero : f32) outs(%mixed_init : tensor<4x3x4xf32>) -> tensor<4x3x4xf32>
  %mixed = linalg.batch_matmul ins(%weights, %v_rows : tensor<4x3x6xf32>, tensor<4x6x4xf32>) outs(%mixed_zeros : tensor<4x3x4xf32>) -> tensor<4x3x4xf32>
  %by_head = tensor.expand_shape %mixed [[0, 1], [2], [3]] output_shape [2, 2, 3, 4] : tensor<4x3x4xf32> into tensor<2x2x3x4xf32>
  %by_token_init = tensor.empty() : tensor<2x3x2x4xf32>
  %by_token = linalg.transpose ins(%by_head : tensor<2x2x3x4xf32>) outs(%by_token_init : tensor<2x3x2x4xf32>) permutation = [0, 2, 1, 3]
  %joined = tensor.collapse_shape %by_token [[0], [1], [2, 3]] : tensor<2x3x2x4xf32> into tensor<2x3x8xf32>
  return %joined : tensor<2x3x8xf32>
}

// -----

// A cap by tanh.
// CHECK-LABEL: func.func @soft_cap(
// CHECK:         mixer.mix query(%arg0 : tensor<2x6x2x4xf32>) key(%arg1 : {{.*}}) value(%arg2 :
// CHECK-SAME:      norm = #mixer.norm<row_sum>, score = #mixer.softmax<scale = 0.50000000{{[0-9]*}}, soft_cap = 2.000000e+01>, support = #mixer.causal, transport = #mixer.identity
// CHECK-NOT:     linalg
func.func @soft_cap(%q: tensor<2x6x2x4xf32>, %k: tensor<2x6x2x4xf32>, %v: tensor<2x6x2x4xf32>) -> tensor<2x6x8xf32> {
  %zero = arith.constant 0.0 : f32
  %q_heads_init = tensor.empty() : tensor<2x2x6x4xf32>
  %q_heads = linalg.generic {indexing_maps = [affine_map<(b, h, t, d) -> (b, t, h, d)>, affine_map<(b, h, t, d) -> (b, h, t, d)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%q : tensor<2x6x2x4xf32>) outs(%q_heads_init : tensor<2x2x6x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<2x2x6x4xf32>
  %q_rows = tensor.collapse_shape %q_heads [[0, 1], [2], [3]] : tensor<2x2x6x4xf32> into tensor<4x6x4xf32>
  %k_heads_init = tensor.empty() : tensor<2x2x6x4xf32>
  %k_heads = linalg.generic {indexing_maps = [affine_map<(b, h, t, d) -> (b, t, h, d)>, affine_map<(b, h, t, d) -> (b, h, t, d)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%k : tensor<2x6x2x4xf32>) outs(%k_heads_init : tensor<2x2x6x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<2x2x6x4xf32>
  %k_rows = tensor.collapse_shape %k_heads [[0, 1], [2], [3]] : tensor<2x2x6x4xf32> into tensor<4x6x4xf32>
  %v_heads_init = tensor.empty() : tensor<2x2x6x4xf32>
  %v_heads = linalg.generic {indexing_maps = [affine_map<(b, h, t, d) -> (b, t, h, d)>, affine_map<(b, h, t, d) -> (b, h, t, d)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%v : tensor<2x6x2x4xf32>) outs(%v_heads_init : tensor<2x2x6x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<2x2x6x4xf32>
  %v_rows = tensor.collapse_shape %v_heads [[0, 1], [2], [3]] : tensor<2x2x6x4xf32> into tensor<4x6x4xf32>
  %pairs = tensor.empty() : tensor<4x6x6xf32>
  %blank = linalg.fill ins(%zero : f32) outs(%pairs : tensor<4x6x6xf32>) -> tensor<4x6x6xf32>
  %scores = linalg.generic {indexing_maps = [affine_map<(x, i, j, d) -> (x, i, d)>, affine_map<(x, i, j, d) -> (x, j, d)>, affine_map<(x, i, j, d) -> (x, i, j)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%q_rows, %k_rows : tensor<4x6x4xf32>, tensor<4x6x4xf32>) outs(%blank : tensor<4x6x6xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %out, %p : f32
    linalg.yield %s : f32
  } -> tensor<4x6x6xf32>
  %masked = linalg.generic {indexing_maps = [affine_map<(x, i, j) -> (x, i, j)>, affine_map<(x, i, j) -> (x, i, j)>], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%scores : tensor<4x6x6xf32>) outs(%pairs : tensor<4x6x6xf32>) {
  ^bb0(%s: f32, %out: f32):
    %inner = arith.constant 0.025 : f32
    %cap = arith.constant 20.0 : f32
    %a = arith.mulf %s, %inner : f32
    %b = math.tanh %a : f32
    %r = arith.mulf %b, %cap : f32
    %i = linalg.index 1 : index
    %j = linalg.index 2 : index
    %far = arith.constant 0xFF800000 : f32
    %seen = arith.cmpi sge, %i, %j : index
    %w = arith.select %seen, %r, %far : f32
    linalg.yield %w : f32
  } -> tensor<4x6x6xf32>
  %ninf = arith.constant 0xFF800000 : f32
  %rows = tensor.empty() : tensor<4x6xf32>
  %lowest = linalg.fill ins(%ninf : f32) outs(%rows : tensor<4x6xf32>) -> tensor<4x6xf32>
  %max = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%masked : tensor<4x6x6xf32>) outs(%lowest : tensor<4x6xf32>) {
  ^bb0(%in: f32, %out: f32):
    %m = arith.maximumf %out, %in : f32
    linalg.yield %m : f32
  } -> tensor<4x6xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%rows : tensor<4x6xf32>) -> tensor<4x6xf32>
  %sum = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%masked, %max : tensor<4x6x6xf32>, tensor<4x6xf32>) outs(%zeros : tensor<4x6xf32>) {
  ^bb0(%in: f32, %m: f32, %out: f32):
    %d = arith.subf %in, %m : f32
    %e = math.exp %d : f32
    %s = arith.addf %out, %e : f32
    linalg.yield %s : f32
  } -> tensor<4x6xf32>
  %weights = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>, affine_map<(d0, d1, d2) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%masked, %max, %sum : tensor<4x6x6xf32>, tensor<4x6xf32>, tensor<4x6xf32>) outs(%pairs : tensor<4x6x6xf32>) {
  ^bb0(%in: f32, %m: f32, %s: f32, %out: f32):
    %d = arith.subf %in, %m : f32
    %e = math.exp %d : f32
    %w = arith.divf %e, %s : f32
    linalg.yield %w : f32
  } -> tensor<4x6x6xf32>
  %mixed_init = tensor.empty() : tensor<4x6x4xf32>
  %mixed_zeros = linalg.fill ins(%zero : f32) outs(%mixed_init : tensor<4x6x4xf32>) -> tensor<4x6x4xf32>
  %mixed = linalg.batch_matmul ins(%weights, %v_rows : tensor<4x6x6xf32>, tensor<4x6x4xf32>) outs(%mixed_zeros : tensor<4x6x4xf32>) -> tensor<4x6x4xf32>
  %by_head = tensor.expand_shape %mixed [[0, 1], [2], [3]] output_shape [2, 2, 6, 4] : tensor<4x6x4xf32> into tensor<2x2x6x4xf32>
  %by_token_init = tensor.empty() : tensor<2x6x2x4xf32>
  %by_token = linalg.transpose ins(%by_head : tensor<2x2x6x4xf32>) outs(%by_token_init : tensor<2x6x2x4xf32>) permutation = [0, 2, 1, 3]
  %joined = tensor.collapse_shape %by_token [[0], [1], [2, 3]] : tensor<2x6x2x4xf32> into tensor<2x6x8xf32>
  return %joined : tensor<2x6x8xf32>
}

// -----

// A mask that is data stays data, a bias with one row for each batch; what is position in it is a support.
// CHECK-LABEL: func.func @padding(
// CHECK:         mixer.mix query(%arg0 {{.*}} bias(%{{.*}} : tensor<2x1x1x6xf32>)
// CHECK-SAME:      score = #mixer.softmax<scale = 5.000000e-01, bias = dense>, support = #mixer.causal
func.func @padding(%q: tensor<2x6x2x4xf32>, %k: tensor<2x6x2x4xf32>, %v: tensor<2x6x2x4xf32>, %pad: tensor<2x6xf32>) -> tensor<2x6x2x4xf32> {
  %zero = arith.constant 0.0 : f32
  %pairs = tensor.empty() : tensor<2x2x6x6xf32>
  %blank = linalg.fill ins(%zero : f32) outs(%pairs : tensor<2x2x6x6xf32>) -> tensor<2x2x6x6xf32>
  %scores = linalg.generic {indexing_maps = [affine_map<(b, h, i, j, d) -> (b, i, h, d)>, affine_map<(b, h, i, j, d) -> (b, j, h, d)>, affine_map<(b, h, i, j, d) -> (b, h, i, j)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%q, %k : tensor<2x6x2x4xf32>, tensor<2x6x2x4xf32>) outs(%blank : tensor<2x2x6x6xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %out, %p : f32
    linalg.yield %s : f32
  } -> tensor<2x2x6x6xf32>
  %masked = linalg.generic {indexing_maps = [affine_map<(b, h, i, j) -> (b, h, i, j)>, affine_map<(b, h, i, j) -> (b, j)>, affine_map<(b, h, i, j) -> (b, h, i, j)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%scores, %pad : tensor<2x2x6x6xf32>, tensor<2x6xf32>) outs(%pairs : tensor<2x2x6x6xf32>) {
  ^bb0(%s: f32, %hidden: f32, %out: f32):
    %half = arith.constant 0.5 : f32
    %r = arith.mulf %s, %half : f32
    %many = arith.constant 30.0 : f32
    %penalty = arith.mulf %hidden, %many : f32
    %t = arith.subf %r, %penalty : f32
    %i = linalg.index 2 : index
    %j = linalg.index 3 : index
    %seen = arith.cmpi sge, %i, %j : index
    %far = arith.constant 0xFF800000 : f32
    %w = arith.select %seen, %t, %far : f32
    linalg.yield %w : f32
  } -> tensor<2x2x6x6xf32>
  %ninf = arith.constant 0xFF800000 : f32
  %rows = tensor.empty() : tensor<2x2x6xf32>
  %lowest = linalg.fill ins(%ninf : f32) outs(%rows : tensor<2x2x6xf32>) -> tensor<2x2x6xf32>
  %max = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%masked : tensor<2x2x6x6xf32>) outs(%lowest : tensor<2x2x6xf32>) {
  ^bb0(%in: f32, %out: f32):
    %m = arith.maximumf %out, %in : f32
    linalg.yield %m : f32
  } -> tensor<2x2x6xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%rows : tensor<2x2x6xf32>) -> tensor<2x2x6xf32>
  %sum = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%masked, %max : tensor<2x2x6x6xf32>, tensor<2x2x6xf32>) outs(%zeros : tensor<2x2x6xf32>) {
  ^bb0(%in: f32, %m: f32, %out: f32):
    %d = arith.subf %in, %m : f32
    %e = math.exp %d : f32
    %s = arith.addf %out, %e : f32
    linalg.yield %s : f32
  } -> tensor<2x2x6xf32>
  %weights = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%masked, %max, %sum : tensor<2x2x6x6xf32>, tensor<2x2x6xf32>, tensor<2x2x6xf32>) outs(%pairs : tensor<2x2x6x6xf32>) {
  ^bb0(%in: f32, %m: f32, %s: f32, %out: f32):
    %d = arith.subf %in, %m : f32
    %e = math.exp %d : f32
    %w = arith.divf %e, %s : f32
    linalg.yield %w : f32
  } -> tensor<2x2x6x6xf32>
  %init = tensor.empty() : tensor<2x6x2x4xf32>
  %blank_out = linalg.fill ins(%zero : f32) outs(%init : tensor<2x6x2x4xf32>) -> tensor<2x6x2x4xf32>
  %mixed = linalg.generic {indexing_maps = [affine_map<(b, h, i, d, j) -> (b, h, i, j)>, affine_map<(b, h, i, d, j) -> (b, j, h, d)>, affine_map<(b, h, i, d, j) -> (b, i, h, d)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%weights, %v : tensor<2x2x6x6xf32>, tensor<2x6x2x4xf32>) outs(%blank_out : tensor<2x6x2x4xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %out, %p : f32
    linalg.yield %s : f32
  } -> tensor<2x6x2x4xf32>
  return %mixed : tensor<2x6x2x4xf32>
}

// -----

// Slopes for each head.
// CHECK-LABEL: func.func @alibi(
// CHECK-DAG:     %[[SLOPES:.*]] = arith.constant dense<[5.000000e-01, 2.500000e-01]> : tensor<2xf32>
// CHECK:         mixer.mix query(%arg0 {{.*}} bias(%[[SLOPES]] : tensor<2xf32>)
// CHECK-SAME:      score = #mixer.softmax<scale = 5.000000e-01, bias = alibi>, support = #mixer.causal
func.func @alibi(%q: tensor<2x6x2x4xf32>, %k: tensor<2x6x2x4xf32>, %v: tensor<2x6x2x4xf32>) -> tensor<2x6x8xf32> {
  %zero = arith.constant 0.0 : f32
  %q_heads_init = tensor.empty() : tensor<2x2x6x4xf32>
  %q_heads = linalg.generic {indexing_maps = [affine_map<(b, h, t, d) -> (b, t, h, d)>, affine_map<(b, h, t, d) -> (b, h, t, d)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%q : tensor<2x6x2x4xf32>) outs(%q_heads_init : tensor<2x2x6x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<2x2x6x4xf32>
  %q_rows = tensor.collapse_shape %q_heads [[0, 1], [2], [3]] : tensor<2x2x6x4xf32> into tensor<4x6x4xf32>
  %k_heads_init = tensor.empty() : tensor<2x2x6x4xf32>
  %k_heads = linalg.generic {indexing_maps = [affine_map<(b, h, t, d) -> (b, t, h, d)>, affine_map<(b, h, t, d) -> (b, h, t, d)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%k : tensor<2x6x2x4xf32>) outs(%k_heads_init : tensor<2x2x6x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<2x2x6x4xf32>
  %k_rows = tensor.collapse_shape %k_heads [[0, 1], [2], [3]] : tensor<2x2x6x4xf32> into tensor<4x6x4xf32>
  %v_heads_init = tensor.empty() : tensor<2x2x6x4xf32>
  %v_heads = linalg.generic {indexing_maps = [affine_map<(b, h, t, d) -> (b, t, h, d)>, affine_map<(b, h, t, d) -> (b, h, t, d)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%v : tensor<2x6x2x4xf32>) outs(%v_heads_init : tensor<2x2x6x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<2x2x6x4xf32>
  %v_rows = tensor.collapse_shape %v_heads [[0, 1], [2], [3]] : tensor<2x2x6x4xf32> into tensor<4x6x4xf32>
  %pairs = tensor.empty() : tensor<4x6x6xf32>
  %blank = linalg.fill ins(%zero : f32) outs(%pairs : tensor<4x6x6xf32>) -> tensor<4x6x6xf32>
  %scores = linalg.generic {indexing_maps = [affine_map<(x, i, j, d) -> (x, i, d)>, affine_map<(x, i, j, d) -> (x, j, d)>, affine_map<(x, i, j, d) -> (x, i, j)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%q_rows, %k_rows : tensor<4x6x4xf32>, tensor<4x6x4xf32>) outs(%blank : tensor<4x6x6xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %out, %p : f32
    linalg.yield %s : f32
  } -> tensor<4x6x6xf32>
  %slopes = arith.constant dense<[0.5, 0.25, 0.5, 0.25]> : tensor<4xf32>
  %masked = linalg.generic {indexing_maps = [affine_map<(x, i, j) -> (x, i, j)>, affine_map<(x, i, j) -> (x)>, affine_map<(x, i, j) -> (x, i, j)>], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%scores, %slopes : tensor<4x6x6xf32>, tensor<4xf32>) outs(%pairs : tensor<4x6x6xf32>) {
  ^bb0(%s: f32, %slope: f32, %out: f32):
    %half = arith.constant 0.5 : f32
    %r = arith.mulf %s, %half : f32
    %i = linalg.index 1 : index
    %j = linalg.index 2 : index
    %ji = arith.index_cast %j : index to i64
    %jf = arith.sitofp %ji : i64 to f32
    %b = arith.mulf %jf, %slope : f32
    %t = arith.addf %r, %b : f32
    %far = arith.constant 0xFF800000 : f32
    %seen = arith.cmpi sge, %i, %j : index
    %w = arith.select %seen, %t, %far : f32
    linalg.yield %w : f32
  } -> tensor<4x6x6xf32>
  %ninf = arith.constant 0xFF800000 : f32
  %rows = tensor.empty() : tensor<4x6xf32>
  %lowest = linalg.fill ins(%ninf : f32) outs(%rows : tensor<4x6xf32>) -> tensor<4x6xf32>
  %max = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%masked : tensor<4x6x6xf32>) outs(%lowest : tensor<4x6xf32>) {
  ^bb0(%in: f32, %out: f32):
    %m = arith.maximumf %out, %in : f32
    linalg.yield %m : f32
  } -> tensor<4x6xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%rows : tensor<4x6xf32>) -> tensor<4x6xf32>
  %sum = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%masked, %max : tensor<4x6x6xf32>, tensor<4x6xf32>) outs(%zeros : tensor<4x6xf32>) {
  ^bb0(%in: f32, %m: f32, %out: f32):
    %d = arith.subf %in, %m : f32
    %e = math.exp %d : f32
    %s = arith.addf %out, %e : f32
    linalg.yield %s : f32
  } -> tensor<4x6xf32>
  %weights = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>, affine_map<(d0, d1, d2) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%masked, %max, %sum : tensor<4x6x6xf32>, tensor<4x6xf32>, tensor<4x6xf32>) outs(%pairs : tensor<4x6x6xf32>) {
  ^bb0(%in: f32, %m: f32, %s: f32, %out: f32):
    %d = arith.subf %in, %m : f32
    %e = math.exp %d : f32
    %w = arith.divf %e, %s : f32
    linalg.yield %w : f32
  } -> tensor<4x6x6xf32>
  %mixed_init = tensor.empty() : tensor<4x6x4xf32>
  %mixed_zeros = linalg.fill ins(%zero : f32) outs(%mixed_init : tensor<4x6x4xf32>) -> tensor<4x6x4xf32>
  %mixed = linalg.batch_matmul ins(%weights, %v_rows : tensor<4x6x6xf32>, tensor<4x6x4xf32>) outs(%mixed_zeros : tensor<4x6x4xf32>) -> tensor<4x6x4xf32>
  %by_head = tensor.expand_shape %mixed [[0, 1], [2], [3]] output_shape [2, 2, 6, 4] : tensor<4x6x4xf32> into tensor<2x2x6x4xf32>
  %by_token_init = tensor.empty() : tensor<2x6x2x4xf32>
  %by_token = linalg.transpose ins(%by_head : tensor<2x2x6x4xf32>) outs(%by_token_init : tensor<2x6x2x4xf32>) permutation = [0, 2, 1, 3]
  %joined = tensor.collapse_shape %by_token [[0], [1], [2, 3]] : tensor<2x6x2x4xf32> into tensor<2x6x8xf32>
  return %joined : tensor<2x6x8xf32>
}

// -----

// Weights that add up to one over the queries.
// CHECK-LABEL: func.func @no_sum_over_queries(
// CHECK-NOT:     mixer.mix
// CHECK:         return
func.func @no_sum_over_queries(%q: tensor<2x6x2x4xf32>, %k: tensor<2x6x2x4xf32>, %v: tensor<2x6x2x4xf32>) -> tensor<2x6x8xf32> {
  %zero = arith.constant 0.0 : f32
  %q_heads_init = tensor.empty() : tensor<2x2x6x4xf32>
  %q_heads = linalg.generic {indexing_maps = [affine_map<(b, h, t, d) -> (b, t, h, d)>, affine_map<(b, h, t, d) -> (b, h, t, d)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%q : tensor<2x6x2x4xf32>) outs(%q_heads_init : tensor<2x2x6x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<2x2x6x4xf32>
  %q_rows = tensor.collapse_shape %q_heads [[0, 1], [2], [3]] : tensor<2x2x6x4xf32> into tensor<4x6x4xf32>
  %k_heads_init = tensor.empty() : tensor<2x2x6x4xf32>
  %k_heads = linalg.generic {indexing_maps = [affine_map<(b, h, t, d) -> (b, t, h, d)>, affine_map<(b, h, t, d) -> (b, h, t, d)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%k : tensor<2x6x2x4xf32>) outs(%k_heads_init : tensor<2x2x6x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<2x2x6x4xf32>
  %k_rows = tensor.collapse_shape %k_heads [[0, 1], [2], [3]] : tensor<2x2x6x4xf32> into tensor<4x6x4xf32>
  %v_heads_init = tensor.empty() : tensor<2x2x6x4xf32>
  %v_heads = linalg.generic {indexing_maps = [affine_map<(b, h, t, d) -> (b, t, h, d)>, affine_map<(b, h, t, d) -> (b, h, t, d)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%v : tensor<2x6x2x4xf32>) outs(%v_heads_init : tensor<2x2x6x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<2x2x6x4xf32>
  %v_rows = tensor.collapse_shape %v_heads [[0, 1], [2], [3]] : tensor<2x2x6x4xf32> into tensor<4x6x4xf32>
  %pairs = tensor.empty() : tensor<4x6x6xf32>
  %blank = linalg.fill ins(%zero : f32) outs(%pairs : tensor<4x6x6xf32>) -> tensor<4x6x6xf32>
  %scores = linalg.generic {indexing_maps = [affine_map<(x, i, j, d) -> (x, i, d)>, affine_map<(x, i, j, d) -> (x, j, d)>, affine_map<(x, i, j, d) -> (x, i, j)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%q_rows, %k_rows : tensor<4x6x4xf32>, tensor<4x6x4xf32>) outs(%blank : tensor<4x6x6xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %out, %p : f32
    linalg.yield %s : f32
  } -> tensor<4x6x6xf32>
  %masked = linalg.generic {indexing_maps = [affine_map<(x, i, j) -> (x, i, j)>, affine_map<(x, i, j) -> (x, i, j)>], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%scores : tensor<4x6x6xf32>) outs(%pairs : tensor<4x6x6xf32>) {
  ^bb0(%s: f32, %out: f32):
    %scale = arith.constant 0.5 : f32
    %r = arith.mulf %s, %scale : f32
    %i = linalg.index 1 : index
    %j = linalg.index 2 : index
    %far = arith.constant 0xFF800000 : f32
    %seen = arith.cmpi sge, %i, %j : index
    %w = arith.select %seen, %r, %far : f32
    linalg.yield %w : f32
  } -> tensor<4x6x6xf32>
  %ninf = arith.constant 0xFF800000 : f32
  %rows = tensor.empty() : tensor<4x6xf32>
  %lowest = linalg.fill ins(%ninf : f32) outs(%rows : tensor<4x6xf32>) -> tensor<4x6xf32>
  %max = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d2)>], iterator_types = ["parallel", "reduction", "parallel"]}
      ins(%masked : tensor<4x6x6xf32>) outs(%lowest : tensor<4x6xf32>) {
  ^bb0(%in: f32, %out: f32):
    %m = arith.maximumf %out, %in : f32
    linalg.yield %m : f32
  } -> tensor<4x6xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%rows : tensor<4x6xf32>) -> tensor<4x6xf32>
  %sum = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d0, d2)>], iterator_types = ["parallel", "reduction", "parallel"]}
      ins(%masked, %max : tensor<4x6x6xf32>, tensor<4x6xf32>) outs(%zeros : tensor<4x6xf32>) {
  ^bb0(%in: f32, %m: f32, %out: f32):
    %d = arith.subf %in, %m : f32
    %e = math.exp %d : f32
    %s = arith.addf %out, %e : f32
    linalg.yield %s : f32
  } -> tensor<4x6xf32>
  %weights = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%masked, %max, %sum : tensor<4x6x6xf32>, tensor<4x6xf32>, tensor<4x6xf32>) outs(%pairs : tensor<4x6x6xf32>) {
  ^bb0(%in: f32, %m: f32, %s: f32, %out: f32):
    %d = arith.subf %in, %m : f32
    %e = math.exp %d : f32
    %w = arith.divf %e, %s : f32
    linalg.yield %w : f32
  } -> tensor<4x6x6xf32>
  %mixed_init = tensor.empty() : tensor<4x6x4xf32>
  %mixed_zeros = linalg.fill ins(%zero : f32) outs(%mixed_init : tensor<4x6x4xf32>) -> tensor<4x6x4xf32>
  %mixed = linalg.batch_matmul ins(%weights, %v_rows : tensor<4x6x6xf32>, tensor<4x6x4xf32>) outs(%mixed_zeros : tensor<4x6x4xf32>) -> tensor<4x6x4xf32>
  %by_head = tensor.expand_shape %mixed [[0, 1], [2], [3]] output_shape [2, 2, 6, 4] : tensor<4x6x4xf32> into tensor<2x2x6x4xf32>
  %by_token_init = tensor.empty() : tensor<2x6x2x4xf32>
  %by_token = linalg.transpose ins(%by_head : tensor<2x2x6x4xf32>) outs(%by_token_init : tensor<2x6x2x4xf32>) permutation = [0, 2, 1, 3]
  %joined = tensor.collapse_shape %by_token [[0], [1], [2, 3]] : tensor<2x6x2x4xf32> into tensor<2x6x8xf32>
  return %joined : tensor<2x6x8xf32>
}

// -----

// A factor behind the softmax is no scale of the scores.
// CHECK-LABEL: func.func @no_scale_behind(
// CHECK-NOT:     mixer.mix
// CHECK:         return
func.func @no_scale_behind(%q: tensor<2x6x2x4xf32>, %k: tensor<2x6x2x4xf32>, %v: tensor<2x6x2x4xf32>) -> tensor<2x6x8xf32> {
  %zero = arith.constant 0.0 : f32
  %q_heads_init = tensor.empty() : tensor<2x2x6x4xf32>
  %q_heads = linalg.generic {indexing_maps = [affine_map<(b, h, t, d) -> (b, t, h, d)>, affine_map<(b, h, t, d) -> (b, h, t, d)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%q : tensor<2x6x2x4xf32>) outs(%q_heads_init : tensor<2x2x6x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<2x2x6x4xf32>
  %q_rows = tensor.collapse_shape %q_heads [[0, 1], [2], [3]] : tensor<2x2x6x4xf32> into tensor<4x6x4xf32>
  %k_heads_init = tensor.empty() : tensor<2x2x6x4xf32>
  %k_heads = linalg.generic {indexing_maps = [affine_map<(b, h, t, d) -> (b, t, h, d)>, affine_map<(b, h, t, d) -> (b, h, t, d)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%k : tensor<2x6x2x4xf32>) outs(%k_heads_init : tensor<2x2x6x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<2x2x6x4xf32>
  %k_rows = tensor.collapse_shape %k_heads [[0, 1], [2], [3]] : tensor<2x2x6x4xf32> into tensor<4x6x4xf32>
  %v_heads_init = tensor.empty() : tensor<2x2x6x4xf32>
  %v_heads = linalg.generic {indexing_maps = [affine_map<(b, h, t, d) -> (b, t, h, d)>, affine_map<(b, h, t, d) -> (b, h, t, d)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%v : tensor<2x6x2x4xf32>) outs(%v_heads_init : tensor<2x2x6x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<2x2x6x4xf32>
  %v_rows = tensor.collapse_shape %v_heads [[0, 1], [2], [3]] : tensor<2x2x6x4xf32> into tensor<4x6x4xf32>
  %pairs = tensor.empty() : tensor<4x6x6xf32>
  %blank = linalg.fill ins(%zero : f32) outs(%pairs : tensor<4x6x6xf32>) -> tensor<4x6x6xf32>
  %scores = linalg.generic {indexing_maps = [affine_map<(x, i, j, d) -> (x, i, d)>, affine_map<(x, i, j, d) -> (x, j, d)>, affine_map<(x, i, j, d) -> (x, i, j)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%q_rows, %k_rows : tensor<4x6x4xf32>, tensor<4x6x4xf32>) outs(%blank : tensor<4x6x6xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %out, %p : f32
    linalg.yield %s : f32
  } -> tensor<4x6x6xf32>
  %masked = linalg.generic {indexing_maps = [affine_map<(x, i, j) -> (x, i, j)>, affine_map<(x, i, j) -> (x, i, j)>], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%scores : tensor<4x6x6xf32>) outs(%pairs : tensor<4x6x6xf32>) {
  ^bb0(%s: f32, %out: f32):
    linalg.yield %s : f32
  } -> tensor<4x6x6xf32>
  %ninf = arith.constant 0xFF800000 : f32
  %rows = tensor.empty() : tensor<4x6xf32>
  %lowest = linalg.fill ins(%ninf : f32) outs(%rows : tensor<4x6xf32>) -> tensor<4x6xf32>
  %max = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%masked : tensor<4x6x6xf32>) outs(%lowest : tensor<4x6xf32>) {
  ^bb0(%in: f32, %out: f32):
    %m = arith.maximumf %out, %in : f32
    linalg.yield %m : f32
  } -> tensor<4x6xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%rows : tensor<4x6xf32>) -> tensor<4x6xf32>
  %sum = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%masked, %max : tensor<4x6x6xf32>, tensor<4x6xf32>) outs(%zeros : tensor<4x6xf32>) {
  ^bb0(%in: f32, %m: f32, %out: f32):
    %d = arith.subf %in, %m : f32
    %e = math.exp %d : f32
    %s = arith.addf %out, %e : f32
    linalg.yield %s : f32
  } -> tensor<4x6xf32>
  %weights = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>, affine_map<(d0, d1, d2) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%masked, %max, %sum : tensor<4x6x6xf32>, tensor<4x6xf32>, tensor<4x6xf32>) outs(%pairs : tensor<4x6x6xf32>) {
  ^bb0(%in: f32, %m: f32, %s: f32, %out: f32):
    %d = arith.subf %in, %m : f32
    %e = math.exp %d : f32
    %w = arith.divf %e, %s : f32
    linalg.yield %w : f32
  } -> tensor<4x6x6xf32>
  %half = arith.constant 0.5 : f32
  %faded = linalg.generic {indexing_maps = [affine_map<(x, i, j) -> (x, i, j)>, affine_map<(x, i, j) -> (x, i, j)>], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%weights : tensor<4x6x6xf32>) outs(%pairs : tensor<4x6x6xf32>) {
  ^bb0(%in: f32, %out: f32):
    %f = arith.mulf %in, %half : f32
    linalg.yield %f : f32
  } -> tensor<4x6x6xf32>
  %mixed_init = tensor.empty() : tensor<4x6x4xf32>
  %mixed_zeros = linalg.fill ins(%zero : f32) outs(%mixed_init : tensor<4x6x4xf32>) -> tensor<4x6x4xf32>
  %mixed = linalg.batch_matmul ins(%faded, %v_rows : tensor<4x6x6xf32>, tensor<4x6x4xf32>) outs(%mixed_zeros : tensor<4x6x4xf32>) -> tensor<4x6x4xf32>
  %by_head = tensor.expand_shape %mixed [[0, 1], [2], [3]] output_shape [2, 2, 6, 4] : tensor<4x6x4xf32> into tensor<2x2x6x4xf32>
  %by_token_init = tensor.empty() : tensor<2x6x2x4xf32>
  %by_token = linalg.transpose ins(%by_head : tensor<2x2x6x4xf32>) outs(%by_token_init : tensor<2x6x2x4xf32>) permutation = [0, 2, 1, 3]
  %joined = tensor.collapse_shape %by_token [[0], [1], [2, 3]] : tensor<2x6x2x4xf32> into tensor<2x6x8xf32>
  return %joined : tensor<2x6x8xf32>
}
