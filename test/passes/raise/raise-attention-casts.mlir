// Exporters widen the scores for the softmax and narrow the weights again: casts between float types are no arithmetic.
// RUN: heddle-opt %s --heddle-raise-attention=verify=always --canonicalize --cse | FileCheck %s

#same = affine_map<(b, t, h, d) -> (b, t, h, d)>
#query = affine_map<(b, h, i, j, d) -> (b, i, h, d)>
#key = affine_map<(b, h, i, j, d) -> (b, j, h, d)>
#pair_of_product = affine_map<(b, h, i, j, d) -> (b, h, i, j)>
#pair = affine_map<(b, h, i, j) -> (b, h, i, j)>
#row = affine_map<(b, h, i, j) -> (b, h, i)>
#weight = affine_map<(b, i, h, d, j) -> (b, h, i, j)>
#value = affine_map<(b, i, h, d, j) -> (b, j, h, d)>
#mixed = affine_map<(b, i, h, d, j) -> (b, i, h, d)>
#scores = {indexing_maps = [#query, #key, #pair_of_product], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
#pairs = {indexing_maps = [#pair, #pair], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
#sums = {indexing_maps = [#pair, #row], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
#quotients = {indexing_maps = [#pair, #row, #pair], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
#mixing = {indexing_maps = [#weight, #value, #mixed], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}

// Products in f16, a softmax in f32 between them.
// CHECK-LABEL: func.func @softmax_of_f16(
// CHECK:         mixer.mix query(%arg0 : tensor<2x6x2x4xf16>) key(%arg1 : {{.*}}) value(%arg2 :
// CHECK-SAME:      score = #mixer.softmax<scale = 5.000000e-01>, support = #mixer.causal
// CHECK-NOT:     linalg.generic
func.func @softmax_of_f16(%q: tensor<2x6x2x4xf16>, %k: tensor<2x6x2x4xf16>, %v: tensor<2x6x2x4xf16>) -> tensor<2x6x2x4xf16> {
  %zero = arith.constant 0.0 : f32
  %zero_f16 = arith.constant 0.0 : f16
  %narrow = tensor.empty() : tensor<2x2x6x6xf16>
  %blank = linalg.fill ins(%zero_f16 : f16) outs(%narrow : tensor<2x2x6x6xf16>) -> tensor<2x2x6x6xf16>
  %scores = linalg.generic #scores ins(%q, %k : tensor<2x6x2x4xf16>, tensor<2x6x2x4xf16>) outs(%blank : tensor<2x2x6x6xf16>) {
  ^bb0(%a: f16, %b: f16, %out: f16):
    %p = arith.mulf %a, %b : f16
    %r = arith.addf %out, %p : f16
    linalg.yield %r : f16
  } -> tensor<2x2x6x6xf16>
  %pairs = tensor.empty() : tensor<2x2x6x6xf32>
  %masked = linalg.generic #pairs ins(%scores : tensor<2x2x6x6xf16>) outs(%pairs : tensor<2x2x6x6xf32>) {
  ^bb0(%s: f16, %out: f32):
    %far = arith.constant 0xFF800000 : f32
    %half = arith.constant 0.5 : f16
    %t = arith.mulf %s, %half : f16
    %u = arith.extf %t : f16 to f32
    %i = linalg.index 2 : index
    %j = linalg.index 3 : index
    %seen = arith.cmpi sge, %i, %j : index
    %w = arith.select %seen, %u, %far : f32
    linalg.yield %w : f32
  } -> tensor<2x2x6x6xf32>
  %rows = tensor.empty() : tensor<2x2x6xf32>
  %lowest = linalg.fill ins(%zero : f32) outs(%rows : tensor<2x2x6xf32>) -> tensor<2x2x6xf32>
  %sums = linalg.generic #sums ins(%masked : tensor<2x2x6x6xf32>) outs(%lowest : tensor<2x2x6xf32>) {
  ^bb0(%s: f32, %out: f32):
    %e = math.exp %s : f32
    %r = arith.addf %out, %e : f32
    linalg.yield %r : f32
  } -> tensor<2x2x6xf32>
  %weights_init = tensor.empty() : tensor<2x2x6x6xf16>
  %weights = linalg.generic #quotients ins(%masked, %sums : tensor<2x2x6x6xf32>, tensor<2x2x6xf32>) outs(%weights_init : tensor<2x2x6x6xf16>) {
  ^bb0(%s: f32, %sum: f32, %out: f16):
    %e = math.exp %s : f32
    %w = arith.divf %e, %sum : f32
    %n = arith.truncf %w : f32 to f16
    linalg.yield %n : f16
  } -> tensor<2x2x6x6xf16>
  %init = tensor.empty() : tensor<2x6x2x4xf16>
  %nothing = linalg.fill ins(%zero_f16 : f16) outs(%init : tensor<2x6x2x4xf16>) -> tensor<2x6x2x4xf16>
  %mixed = linalg.generic #mixing ins(%weights, %v : tensor<2x2x6x6xf16>, tensor<2x6x2x4xf16>) outs(%nothing : tensor<2x6x2x4xf16>) {
  ^bb0(%a: f16, %b: f16, %out: f16):
    %p = arith.mulf %a, %b : f16
    %r = arith.addf %out, %p : f16
    linalg.yield %r : f16
  } -> tensor<2x6x2x4xf16>
  return %mixed : tensor<2x6x2x4xf16>
}

// The same in bf16.
// CHECK-LABEL: func.func @softmax_of_bf16(
// CHECK:         mixer.mix query(%arg0 : tensor<2x6x2x4xbf16>) key(%arg1 : {{.*}}) value(%arg2 :
// CHECK-SAME:      score = #mixer.softmax<scale = 5.000000e-01>, support = #mixer.causal
// CHECK-NOT:     linalg.generic
func.func @softmax_of_bf16(%q: tensor<2x6x2x4xbf16>, %k: tensor<2x6x2x4xbf16>, %v: tensor<2x6x2x4xbf16>) -> tensor<2x6x2x4xbf16> {
  %zero = arith.constant 0.0 : f32
  %zero_bf16 = arith.constant 0.0 : bf16
  %narrow = tensor.empty() : tensor<2x2x6x6xbf16>
  %blank = linalg.fill ins(%zero_bf16 : bf16) outs(%narrow : tensor<2x2x6x6xbf16>) -> tensor<2x2x6x6xbf16>
  %scores = linalg.generic #scores ins(%q, %k : tensor<2x6x2x4xbf16>, tensor<2x6x2x4xbf16>) outs(%blank : tensor<2x2x6x6xbf16>) {
  ^bb0(%a: bf16, %b: bf16, %out: bf16):
    %p = arith.mulf %a, %b : bf16
    %r = arith.addf %out, %p : bf16
    linalg.yield %r : bf16
  } -> tensor<2x2x6x6xbf16>
  %pairs = tensor.empty() : tensor<2x2x6x6xf32>
  %masked = linalg.generic #pairs ins(%scores : tensor<2x2x6x6xbf16>) outs(%pairs : tensor<2x2x6x6xf32>) {
  ^bb0(%s: bf16, %out: f32):
    %far = arith.constant 0xFF800000 : f32
    %half = arith.constant 0.5 : bf16
    %t = arith.mulf %s, %half : bf16
    %u = arith.extf %t : bf16 to f32
    %i = linalg.index 2 : index
    %j = linalg.index 3 : index
    %seen = arith.cmpi sge, %i, %j : index
    %w = arith.select %seen, %u, %far : f32
    linalg.yield %w : f32
  } -> tensor<2x2x6x6xf32>
  %rows = tensor.empty() : tensor<2x2x6xf32>
  %lowest = linalg.fill ins(%zero : f32) outs(%rows : tensor<2x2x6xf32>) -> tensor<2x2x6xf32>
  %sums = linalg.generic #sums ins(%masked : tensor<2x2x6x6xf32>) outs(%lowest : tensor<2x2x6xf32>) {
  ^bb0(%s: f32, %out: f32):
    %e = math.exp %s : f32
    %r = arith.addf %out, %e : f32
    linalg.yield %r : f32
  } -> tensor<2x2x6xf32>
  %weights_init = tensor.empty() : tensor<2x2x6x6xbf16>
  %weights = linalg.generic #quotients ins(%masked, %sums : tensor<2x2x6x6xf32>, tensor<2x2x6xf32>) outs(%weights_init : tensor<2x2x6x6xbf16>) {
  ^bb0(%s: f32, %sum: f32, %out: bf16):
    %e = math.exp %s : f32
    %w = arith.divf %e, %sum : f32
    %n = arith.truncf %w : f32 to bf16
    linalg.yield %n : bf16
  } -> tensor<2x2x6x6xbf16>
  %init = tensor.empty() : tensor<2x6x2x4xbf16>
  %nothing = linalg.fill ins(%zero_bf16 : bf16) outs(%init : tensor<2x6x2x4xbf16>) -> tensor<2x6x2x4xbf16>
  %mixed = linalg.generic #mixing ins(%weights, %v : tensor<2x2x6x6xbf16>, tensor<2x6x2x4xbf16>) outs(%nothing : tensor<2x6x2x4xbf16>) {
  ^bb0(%a: bf16, %b: bf16, %out: bf16):
    %p = arith.mulf %a, %b : bf16
    %r = arith.addf %out, %p : bf16
    linalg.yield %r : bf16
  } -> tensor<2x6x2x4xbf16>
  return %mixed : tensor<2x6x2x4xbf16>
}

// Queries, keys and values widened first: the mixer computes in f32, the casts stay around it.
// CHECK-LABEL: func.func @wide_products(
// CHECK-COUNT-3: arith.extf
// CHECK:         mixer.mix query(%{{.*}} : tensor<2x6x2x4xf32>) key(
// CHECK-SAME:      score = #mixer.softmax<scale = 5.000000e-01>, support = #mixer.causal
// CHECK:         arith.truncf
// CHECK-NOT:     math.exp
func.func @wide_products(%q: tensor<2x6x2x4xf16>, %k: tensor<2x6x2x4xf16>, %v: tensor<2x6x2x4xf16>) -> tensor<2x6x2x4xf16> {
  %zero = arith.constant 0.0 : f32
  %zero_f16 = arith.constant 0.0 : f16
  %q_wide_init = tensor.empty() : tensor<2x6x2x4xf32>
  %q_wide = linalg.generic {indexing_maps = [#same, #same], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%q : tensor<2x6x2x4xf16>) outs(%q_wide_init : tensor<2x6x2x4xf32>) {
  ^bb0(%a: f16, %out: f32):
    %w = arith.extf %a : f16 to f32
    linalg.yield %w : f32
  } -> tensor<2x6x2x4xf32>
  %k_wide_init = tensor.empty() : tensor<2x6x2x4xf32>
  %k_wide = linalg.generic {indexing_maps = [#same, #same], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%k : tensor<2x6x2x4xf16>) outs(%k_wide_init : tensor<2x6x2x4xf32>) {
  ^bb0(%a: f16, %out: f32):
    %w = arith.extf %a : f16 to f32
    linalg.yield %w : f32
  } -> tensor<2x6x2x4xf32>
  %v_wide_init = tensor.empty() : tensor<2x6x2x4xf32>
  %v_wide = linalg.generic {indexing_maps = [#same, #same], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v : tensor<2x6x2x4xf16>) outs(%v_wide_init : tensor<2x6x2x4xf32>) {
  ^bb0(%a: f16, %out: f32):
    %w = arith.extf %a : f16 to f32
    linalg.yield %w : f32
  } -> tensor<2x6x2x4xf32>
  %narrow = tensor.empty() : tensor<2x2x6x6xf32>
  %blank = linalg.fill ins(%zero : f32) outs(%narrow : tensor<2x2x6x6xf32>) -> tensor<2x2x6x6xf32>
  %scores = linalg.generic #scores ins(%q_wide, %k_wide : tensor<2x6x2x4xf32>, tensor<2x6x2x4xf32>) outs(%blank : tensor<2x2x6x6xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %r = arith.addf %out, %p : f32
    linalg.yield %r : f32
  } -> tensor<2x2x6x6xf32>
  %pairs = tensor.empty() : tensor<2x2x6x6xf32>
  %masked = linalg.generic #pairs ins(%scores : tensor<2x2x6x6xf32>) outs(%pairs : tensor<2x2x6x6xf32>) {
  ^bb0(%s: f32, %out: f32):
    %far = arith.constant 0xFF800000 : f32
    %half = arith.constant 0.5 : f32
    %u = arith.mulf %s, %half : f32
    %i = linalg.index 2 : index
    %j = linalg.index 3 : index
    %seen = arith.cmpi sge, %i, %j : index
    %w = arith.select %seen, %u, %far : f32
    linalg.yield %w : f32
  } -> tensor<2x2x6x6xf32>
  %rows = tensor.empty() : tensor<2x2x6xf32>
  %lowest = linalg.fill ins(%zero : f32) outs(%rows : tensor<2x2x6xf32>) -> tensor<2x2x6xf32>
  %sums = linalg.generic #sums ins(%masked : tensor<2x2x6x6xf32>) outs(%lowest : tensor<2x2x6xf32>) {
  ^bb0(%s: f32, %out: f32):
    %e = math.exp %s : f32
    %r = arith.addf %out, %e : f32
    linalg.yield %r : f32
  } -> tensor<2x2x6xf32>
  %weights_init = tensor.empty() : tensor<2x2x6x6xf32>
  %weights = linalg.generic #quotients ins(%masked, %sums : tensor<2x2x6x6xf32>, tensor<2x2x6xf32>) outs(%weights_init : tensor<2x2x6x6xf32>) {
  ^bb0(%s: f32, %sum: f32, %out: f32):
    %e = math.exp %s : f32
    %w = arith.divf %e, %sum : f32
    linalg.yield %w : f32
  } -> tensor<2x2x6x6xf32>
  %init = tensor.empty() : tensor<2x6x2x4xf32>
  %nothing = linalg.fill ins(%zero : f32) outs(%init : tensor<2x6x2x4xf32>) -> tensor<2x6x2x4xf32>
  %mixed = linalg.generic #mixing ins(%weights, %v_wide : tensor<2x2x6x6xf32>, tensor<2x6x2x4xf32>) outs(%nothing : tensor<2x6x2x4xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %r = arith.addf %out, %p : f32
    linalg.yield %r : f32
  } -> tensor<2x6x2x4xf32>
  %result_init = tensor.empty() : tensor<2x6x2x4xf16>
  %result = linalg.generic {indexing_maps = [#same, #same], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%mixed : tensor<2x6x2x4xf32>) outs(%result_init : tensor<2x6x2x4xf16>) {
  ^bb0(%a: f32, %out: f16):
    %w = arith.truncf %a : f32 to f16
    linalg.yield %w : f16
  } -> tensor<2x6x2x4xf16>
  return %result : tensor<2x6x2x4xf16>
}
