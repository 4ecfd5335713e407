// Attention that is almost one with a known support or scale: each becomes the mixer that it is, or stays. Every raise is
// proved by the reference evaluator with several seeds, so a wrong one would stay and miss its check.
// RUN: heddle-opt %s --heddle-raise-attention=verify=always --canonicalize --cse | FileCheck %s
// RUN: heddle-opt %s --heddle-raise-attention=verify=always --mlir-disable-threading --remarks-filter='raise-attention' \
// RUN:   -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

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
#column = affine_map<(b, h, i, j) -> (b, h, j)>
#head_of_pair = affine_map<(b, h, i, j) -> (b, i, j)>

// Three tokens, the current one counted.
// CHECK-LABEL: func.func @window_of_three(
// CHECK:         mixer.mix query(%arg0
// CHECK-SAME:      score = #mixer.softmax<scale = 1.000000e+00>, support = #mixer.window<left = 2, right = 0>
// CHECK-NOT:     linalg.generic
func.func @window_of_three(%q: tensor<2x6x2x4xf32>, %k: tensor<2x6x2x4xf32>, %v: tensor<2x6x2x4xf32>) -> tensor<2x6x2x4xf32> {
  %zero = arith.constant 0.0 : f32
  %pairs = tensor.empty() : tensor<2x2x6x6xf32>
  %blank = linalg.fill ins(%zero : f32) outs(%pairs : tensor<2x2x6x6xf32>) -> tensor<2x2x6x6xf32>
  %scores = linalg.generic #scores ins(%q, %k : tensor<2x6x2x4xf32>, tensor<2x6x2x4xf32>) outs(%blank : tensor<2x2x6x6xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %r = arith.addf %out, %p : f32
    linalg.yield %r : f32
  } -> tensor<2x2x6x6xf32>
  %masked = linalg.generic #pairs ins(%scores : tensor<2x2x6x6xf32>) outs(%pairs : tensor<2x2x6x6xf32>) {
  ^bb0(%s: f32, %out: f32):
    %far = arith.constant 0xFF800000 : f32
    %i = linalg.index 2 : index
    %j = linalg.index 3 : index
    %distance = arith.subi %i, %j : index
    %width = arith.constant 3 : index
    %near = arith.cmpi slt, %distance, %width : index
    %past = arith.cmpi sge, %i, %j : index
    %seen = arith.andi %near, %past : i1
    %w = arith.select %seen, %s, %far : f32
    linalg.yield %w : f32
  } -> tensor<2x2x6x6xf32>
  %rows = tensor.empty() : tensor<2x2x6xf32>
  %no_sums = linalg.fill ins(%zero : f32) outs(%rows : tensor<2x2x6xf32>) -> tensor<2x2x6xf32>
  %sums = linalg.generic #sums ins(%masked : tensor<2x2x6x6xf32>) outs(%no_sums : tensor<2x2x6xf32>) {
  ^bb0(%s: f32, %out: f32):
    %e = math.exp %s : f32
    %r = arith.addf %out, %e : f32
    linalg.yield %r : f32
  } -> tensor<2x2x6xf32>
  %weights = linalg.generic #quotients ins(%masked, %sums : tensor<2x2x6x6xf32>, tensor<2x2x6xf32>) outs(%pairs : tensor<2x2x6x6xf32>) {
  ^bb0(%s: f32, %sum: f32, %out: f32):
    %e = math.exp %s : f32
    %w = arith.divf %e, %sum : f32
    linalg.yield %w : f32
  } -> tensor<2x2x6x6xf32>
  %init = tensor.empty() : tensor<2x6x2x4xf32>
  %nothing = linalg.fill ins(%zero : f32) outs(%init : tensor<2x6x2x4xf32>) -> tensor<2x6x2x4xf32>
  %mixed = linalg.generic #mixing ins(%weights, %v : tensor<2x2x6x6xf32>, tensor<2x6x2x4xf32>) outs(%nothing : tensor<2x6x2x4xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %r = arith.addf %out, %p : f32
    linalg.yield %r : f32
  } -> tensor<2x6x2x4xf32>
  return %mixed : tensor<2x6x2x4xf32>
}

// One more by another comparison.
// CHECK-LABEL: func.func @window_of_four(
// CHECK:         mixer.mix query(%arg0
// CHECK-SAME:      score = #mixer.softmax<scale = 1.000000e+00>, support = #mixer.window<left = 3, right = 0>
// CHECK-NOT:     linalg.generic
func.func @window_of_four(%q: tensor<2x6x2x4xf32>, %k: tensor<2x6x2x4xf32>, %v: tensor<2x6x2x4xf32>) -> tensor<2x6x2x4xf32> {
  %zero = arith.constant 0.0 : f32
  %pairs = tensor.empty() : tensor<2x2x6x6xf32>
  %blank = linalg.fill ins(%zero : f32) outs(%pairs : tensor<2x2x6x6xf32>) -> tensor<2x2x6x6xf32>
  %scores = linalg.generic #scores ins(%q, %k : tensor<2x6x2x4xf32>, tensor<2x6x2x4xf32>) outs(%blank : tensor<2x2x6x6xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %r = arith.addf %out, %p : f32
    linalg.yield %r : f32
  } -> tensor<2x2x6x6xf32>
  %masked = linalg.generic #pairs ins(%scores : tensor<2x2x6x6xf32>) outs(%pairs : tensor<2x2x6x6xf32>) {
  ^bb0(%s: f32, %out: f32):
    %far = arith.constant 0xFF800000 : f32
    %i = linalg.index 2 : index
    %j = linalg.index 3 : index
    %distance = arith.subi %i, %j : index
    %width = arith.constant 3 : index
    %near = arith.cmpi sle, %distance, %width : index
    %past = arith.cmpi sge, %i, %j : index
    %seen = arith.andi %near, %past : i1
    %w = arith.select %seen, %s, %far : f32
    linalg.yield %w : f32
  } -> tensor<2x2x6x6xf32>
  %rows = tensor.empty() : tensor<2x2x6xf32>
  %no_sums = linalg.fill ins(%zero : f32) outs(%rows : tensor<2x2x6xf32>) -> tensor<2x2x6xf32>
  %sums = linalg.generic #sums ins(%masked : tensor<2x2x6x6xf32>) outs(%no_sums : tensor<2x2x6xf32>) {
  ^bb0(%s: f32, %out: f32):
    %e = math.exp %s : f32
    %r = arith.addf %out, %e : f32
    linalg.yield %r : f32
  } -> tensor<2x2x6xf32>
  %weights = linalg.generic #quotients ins(%masked, %sums : tensor<2x2x6x6xf32>, tensor<2x2x6xf32>) outs(%pairs : tensor<2x2x6x6xf32>) {
  ^bb0(%s: f32, %sum: f32, %out: f32):
    %e = math.exp %s : f32
    %w = arith.divf %e, %sum : f32
    linalg.yield %w : f32
  } -> tensor<2x2x6x6xf32>
  %init = tensor.empty() : tensor<2x6x2x4xf32>
  %nothing = linalg.fill ins(%zero : f32) outs(%init : tensor<2x6x2x4xf32>) -> tensor<2x6x2x4xf32>
  %mixed = linalg.generic #mixing ins(%weights, %v : tensor<2x2x6x6xf32>, tensor<2x6x2x4xf32>) outs(%nothing : tensor<2x6x2x4xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %r = arith.addf %out, %p : f32
    linalg.yield %r : f32
  } -> tensor<2x6x2x4xf32>
  return %mixed : tensor<2x6x2x4xf32>
}

// A window without the current token: the first row has no keys, and a finite number for what is hidden makes all of them
// alike there. No support says so, and no bias, which would leave the scores in place: it is a score of each pair.
// CHECK-LABEL: func.func @window_with_a_hole(
// CHECK:         mixer.mix
// CHECK-SAME:      support = #mixer.full
// CHECK-SAME:      score_region
// CHECK-NOT:     linalg.generic
// CHECK:         return
// REMARK:        not raised to {{.*}}attention with support #mixer.full{{.*}}differs by
// REMARK:        raised to {{.*}}attention with support #mixer.full
func.func @window_with_a_hole(%q: tensor<2x6x2x4xf32>, %k: tensor<2x6x2x4xf32>, %v: tensor<2x6x2x4xf32>) -> tensor<2x6x2x4xf32> {
  %zero = arith.constant 0.0 : f32
  %pairs = tensor.empty() : tensor<2x2x6x6xf32>
  %blank = linalg.fill ins(%zero : f32) outs(%pairs : tensor<2x2x6x6xf32>) -> tensor<2x2x6x6xf32>
  %scores = linalg.generic #scores ins(%q, %k : tensor<2x6x2x4xf32>, tensor<2x6x2x4xf32>) outs(%blank : tensor<2x2x6x6xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %r = arith.addf %out, %p : f32
    linalg.yield %r : f32
  } -> tensor<2x2x6x6xf32>
  %masked = linalg.generic #pairs ins(%scores : tensor<2x2x6x6xf32>) outs(%pairs : tensor<2x2x6x6xf32>) {
  ^bb0(%s: f32, %out: f32):
    %far = arith.constant -1.0e9 : f32
    %i = linalg.index 2 : index
    %j = linalg.index 3 : index
    %distance = arith.subi %i, %j : index
    %width = arith.constant 3 : index
    %near = arith.cmpi slt, %distance, %width : index
    %past = arith.cmpi sgt, %i, %j : index
    %seen = arith.andi %near, %past : i1
    %w = arith.select %seen, %s, %far : f32
    linalg.yield %w : f32
  } -> tensor<2x2x6x6xf32>
  %rows = tensor.empty() : tensor<2x2x6xf32>
  %ninf = arith.constant 0xFF800000 : f32
  %lowest = linalg.fill ins(%ninf : f32) outs(%rows : tensor<2x2x6xf32>) -> tensor<2x2x6xf32>
  %largest = linalg.generic #sums ins(%masked : tensor<2x2x6x6xf32>) outs(%lowest : tensor<2x2x6xf32>) {
  ^bb0(%s: f32, %out: f32):
    %r = arith.maximumf %out, %s : f32
    linalg.yield %r : f32
  } -> tensor<2x2x6xf32>
  %shifted = linalg.generic #quotients ins(%masked, %largest : tensor<2x2x6x6xf32>, tensor<2x2x6xf32>) outs(%pairs : tensor<2x2x6x6xf32>) {
  ^bb0(%s: f32, %m: f32, %out: f32):
    %r = arith.subf %s, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x2x6x6xf32>
  %no_sums = linalg.fill ins(%zero : f32) outs(%rows : tensor<2x2x6xf32>) -> tensor<2x2x6xf32>
  %sums = linalg.generic #sums ins(%shifted : tensor<2x2x6x6xf32>) outs(%no_sums : tensor<2x2x6xf32>) {
  ^bb0(%s: f32, %out: f32):
    %e = math.exp %s : f32
    %r = arith.addf %out, %e : f32
    linalg.yield %r : f32
  } -> tensor<2x2x6xf32>
  %weights = linalg.generic #quotients ins(%shifted, %sums : tensor<2x2x6x6xf32>, tensor<2x2x6xf32>) outs(%pairs : tensor<2x2x6x6xf32>) {
  ^bb0(%s: f32, %sum: f32, %out: f32):
    %e = math.exp %s : f32
    %w = arith.divf %e, %sum : f32
    linalg.yield %w : f32
  } -> tensor<2x2x6x6xf32>
  %init = tensor.empty() : tensor<2x6x2x4xf32>
  %nothing = linalg.fill ins(%zero : f32) outs(%init : tensor<2x6x2x4xf32>) -> tensor<2x6x2x4xf32>
  %mixed = linalg.generic #mixing ins(%weights, %v : tensor<2x2x6x6xf32>, tensor<2x6x2x4xf32>) outs(%nothing : tensor<2x6x2x4xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %r = arith.addf %out, %p : f32
    linalg.yield %r : f32
  } -> tensor<2x6x2x4xf32>
  return %mixed : tensor<2x6x2x4xf32>
}

// One row sees one token more: no rule, so the mask is a bias.
// CHECK-LABEL: func.func @window_wider_in_one_row(
// CHECK:         mixer.mix query(%arg0 {{.*}} bias(%{{.*}} : tensor<1x1x6x6xf32>)
// CHECK-SAME:      bias = dense>, support = #mixer.full
func.func @window_wider_in_one_row(%q: tensor<2x6x2x4xf32>, %k: tensor<2x6x2x4xf32>, %v: tensor<2x6x2x4xf32>) -> tensor<2x6x2x4xf32> {
  %zero = arith.constant 0.0 : f32
  %pairs = tensor.empty() : tensor<2x2x6x6xf32>
  %blank = linalg.fill ins(%zero : f32) outs(%pairs : tensor<2x2x6x6xf32>) -> tensor<2x2x6x6xf32>
  %scores = linalg.generic #scores ins(%q, %k : tensor<2x6x2x4xf32>, tensor<2x6x2x4xf32>) outs(%blank : tensor<2x2x6x6xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %r = arith.addf %out, %p : f32
    linalg.yield %r : f32
  } -> tensor<2x2x6x6xf32>
  %masked = linalg.generic #pairs ins(%scores : tensor<2x2x6x6xf32>) outs(%pairs : tensor<2x2x6x6xf32>) {
  ^bb0(%s: f32, %out: f32):
    %far = arith.constant 0xFF800000 : f32
    %i = linalg.index 2 : index
    %j = linalg.index 3 : index
    %distance = arith.subi %i, %j : index
    %width = arith.constant 3 : index
    %four = arith.constant 4 : index
    %is_fourth = arith.cmpi eq, %i, %four : index
    %extent = arith.select %is_fourth, %four, %width : index
    %near = arith.cmpi slt, %distance, %extent : index
    %past = arith.cmpi sge, %i, %j : index
    %seen = arith.andi %near, %past : i1
    %w = arith.select %seen, %s, %far : f32
    linalg.yield %w : f32
  } -> tensor<2x2x6x6xf32>
  %rows = tensor.empty() : tensor<2x2x6xf32>
  %no_sums = linalg.fill ins(%zero : f32) outs(%rows : tensor<2x2x6xf32>) -> tensor<2x2x6xf32>
  %sums = linalg.generic #sums ins(%masked : tensor<2x2x6x6xf32>) outs(%no_sums : tensor<2x2x6xf32>) {
  ^bb0(%s: f32, %out: f32):
    %e = math.exp %s : f32
    %r = arith.addf %out, %e : f32
    linalg.yield %r : f32
  } -> tensor<2x2x6xf32>
  %weights = linalg.generic #quotients ins(%masked, %sums : tensor<2x2x6x6xf32>, tensor<2x2x6xf32>) outs(%pairs : tensor<2x2x6x6xf32>) {
  ^bb0(%s: f32, %sum: f32, %out: f32):
    %e = math.exp %s : f32
    %w = arith.divf %e, %sum : f32
    linalg.yield %w : f32
  } -> tensor<2x2x6x6xf32>
  %init = tensor.empty() : tensor<2x6x2x4xf32>
  %nothing = linalg.fill ins(%zero : f32) outs(%init : tensor<2x6x2x4xf32>) -> tensor<2x6x2x4xf32>
  %mixed = linalg.generic #mixing ins(%weights, %v : tensor<2x2x6x6xf32>, tensor<2x6x2x4xf32>) outs(%nothing : tensor<2x6x2x4xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %r = arith.addf %out, %p : f32
    linalg.yield %r : f32
  } -> tensor<2x6x2x4xf32>
  return %mixed : tensor<2x6x2x4xf32>
}

// Only the future is seen: no causal support.
// CHECK-LABEL: func.func @mask_on_the_other_side(
// CHECK:         mixer.mix query(%arg0
// CHECK-SAME:      score = #mixer.softmax<scale = 1.000000e+00>, support = #mixer.window<left = 0, right = 5>
// CHECK-NOT:     linalg.generic
func.func @mask_on_the_other_side(%q: tensor<2x6x2x4xf32>, %k: tensor<2x6x2x4xf32>, %v: tensor<2x6x2x4xf32>) -> tensor<2x6x2x4xf32> {
  %zero = arith.constant 0.0 : f32
  %pairs = tensor.empty() : tensor<2x2x6x6xf32>
  %blank = linalg.fill ins(%zero : f32) outs(%pairs : tensor<2x2x6x6xf32>) -> tensor<2x2x6x6xf32>
  %scores = linalg.generic #scores ins(%q, %k : tensor<2x6x2x4xf32>, tensor<2x6x2x4xf32>) outs(%blank : tensor<2x2x6x6xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %r = arith.addf %out, %p : f32
    linalg.yield %r : f32
  } -> tensor<2x2x6x6xf32>
  %masked = linalg.generic #pairs ins(%scores : tensor<2x2x6x6xf32>) outs(%pairs : tensor<2x2x6x6xf32>) {
  ^bb0(%s: f32, %out: f32):
    %far = arith.constant 0xFF800000 : f32
    %i = linalg.index 2 : index
    %j = linalg.index 3 : index
    %seen = arith.cmpi sle, %i, %j : index
    %w = arith.select %seen, %s, %far : f32
    linalg.yield %w : f32
  } -> tensor<2x2x6x6xf32>
  %rows = tensor.empty() : tensor<2x2x6xf32>
  %no_sums = linalg.fill ins(%zero : f32) outs(%rows : tensor<2x2x6xf32>) -> tensor<2x2x6xf32>
  %sums = linalg.generic #sums ins(%masked : tensor<2x2x6x6xf32>) outs(%no_sums : tensor<2x2x6xf32>) {
  ^bb0(%s: f32, %out: f32):
    %e = math.exp %s : f32
    %r = arith.addf %out, %e : f32
    linalg.yield %r : f32
  } -> tensor<2x2x6xf32>
  %weights = linalg.generic #quotients ins(%masked, %sums : tensor<2x2x6x6xf32>, tensor<2x2x6xf32>) outs(%pairs : tensor<2x2x6x6xf32>) {
  ^bb0(%s: f32, %sum: f32, %out: f32):
    %e = math.exp %s : f32
    %w = arith.divf %e, %sum : f32
    linalg.yield %w : f32
  } -> tensor<2x2x6x6xf32>
  %init = tensor.empty() : tensor<2x6x2x4xf32>
  %nothing = linalg.fill ins(%zero : f32) outs(%init : tensor<2x6x2x4xf32>) -> tensor<2x6x2x4xf32>
  %mixed = linalg.generic #mixing ins(%weights, %v : tensor<2x2x6x6xf32>, tensor<2x6x2x4xf32>) outs(%nothing : tensor<2x6x2x4xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %r = arith.addf %out, %p : f32
    linalg.yield %r : f32
  } -> tensor<2x6x2x4xf32>
  return %mixed : tensor<2x6x2x4xf32>
}

// The first token sees the last one: a distance that has no support, so the mask is a table of distances.
// CHECK-LABEL: func.func @causal_with_one_leak(
// CHECK:         mixer.mix query(%arg0 {{.*}} bias(%{{.*}} : tensor<1x11xf32>)
// CHECK-SAME:      bias = relative>, support = #mixer.full
// CHECK-NOT:     linalg.generic
func.func @causal_with_one_leak(%q: tensor<2x6x2x4xf32>, %k: tensor<2x6x2x4xf32>, %v: tensor<2x6x2x4xf32>) -> tensor<2x6x2x4xf32> {
  %zero = arith.constant 0.0 : f32
  %pairs = tensor.empty() : tensor<2x2x6x6xf32>
  %blank = linalg.fill ins(%zero : f32) outs(%pairs : tensor<2x2x6x6xf32>) -> tensor<2x2x6x6xf32>
  %scores = linalg.generic #scores ins(%q, %k : tensor<2x6x2x4xf32>, tensor<2x6x2x4xf32>) outs(%blank : tensor<2x2x6x6xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %r = arith.addf %out, %p : f32
    linalg.yield %r : f32
  } -> tensor<2x2x6x6xf32>
  %masked = linalg.generic #pairs ins(%scores : tensor<2x2x6x6xf32>) outs(%pairs : tensor<2x2x6x6xf32>) {
  ^bb0(%s: f32, %out: f32):
    %far = arith.constant 0xFF800000 : f32
    %i = linalg.index 2 : index
    %j = linalg.index 3 : index
    %five = arith.constant 5 : index
    %past = arith.cmpi sge, %i, %j : index
    %offset = arith.subi %j, %i : index
    %is_corner = arith.cmpi eq, %offset, %five : index
    %seen = arith.ori %past, %is_corner : i1
    %w = arith.select %seen, %s, %far : f32
    linalg.yield %w : f32
  } -> tensor<2x2x6x6xf32>
  %rows = tensor.empty() : tensor<2x2x6xf32>
  %no_sums = linalg.fill ins(%zero : f32) outs(%rows : tensor<2x2x6xf32>) -> tensor<2x2x6xf32>
  %sums = linalg.generic #sums ins(%masked : tensor<2x2x6x6xf32>) outs(%no_sums : tensor<2x2x6xf32>) {
  ^bb0(%s: f32, %out: f32):
    %e = math.exp %s : f32
    %r = arith.addf %out, %e : f32
    linalg.yield %r : f32
  } -> tensor<2x2x6xf32>
  %weights = linalg.generic #quotients ins(%masked, %sums : tensor<2x2x6x6xf32>, tensor<2x2x6xf32>) outs(%pairs : tensor<2x2x6x6xf32>) {
  ^bb0(%s: f32, %sum: f32, %out: f32):
    %e = math.exp %s : f32
    %w = arith.divf %e, %sum : f32
    linalg.yield %w : f32
  } -> tensor<2x2x6x6xf32>
  %init = tensor.empty() : tensor<2x6x2x4xf32>
  %nothing = linalg.fill ins(%zero : f32) outs(%init : tensor<2x6x2x4xf32>) -> tensor<2x6x2x4xf32>
  %mixed = linalg.generic #mixing ins(%weights, %v : tensor<2x2x6x6xf32>, tensor<2x6x2x4xf32>) outs(%nothing : tensor<2x6x2x4xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %r = arith.addf %out, %p : f32
    linalg.yield %r : f32
  } -> tensor<2x6x2x4xf32>
  return %mixed : tensor<2x6x2x4xf32>
}

// The same for the whole past: the first token sees nothing, so its scores are all -1e9 and it takes the mean of all
// values, now and later ones. That is neither a support nor a bias, but a score of each pair.
// CHECK-LABEL: func.func @strictly_past(
// CHECK:         mixer.mix
// CHECK-SAME:      support = #mixer.full
// CHECK-SAME:      score_region
// CHECK:           %[[SEEN:.*]] = arith.cmpi sgt
// CHECK:           arith.select %[[SEEN]]
// CHECK-NOT:     linalg.generic
// CHECK:         return
// REMARK:        not raised to {{.*}}attention with support #mixer.full{{.*}}differs by
// REMARK:        raised to {{.*}}attention with support #mixer.full
func.func @strictly_past(%q: tensor<2x6x2x4xf32>, %k: tensor<2x6x2x4xf32>, %v: tensor<2x6x2x4xf32>) -> tensor<2x6x2x4xf32> {
  %zero = arith.constant 0.0 : f32
  %pairs = tensor.empty() : tensor<2x2x6x6xf32>
  %blank = linalg.fill ins(%zero : f32) outs(%pairs : tensor<2x2x6x6xf32>) -> tensor<2x2x6x6xf32>
  %scores = linalg.generic #scores ins(%q, %k : tensor<2x6x2x4xf32>, tensor<2x6x2x4xf32>) outs(%blank : tensor<2x2x6x6xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %r = arith.addf %out, %p : f32
    linalg.yield %r : f32
  } -> tensor<2x2x6x6xf32>
  %masked = linalg.generic #pairs ins(%scores : tensor<2x2x6x6xf32>) outs(%pairs : tensor<2x2x6x6xf32>) {
  ^bb0(%s: f32, %out: f32):
    %far = arith.constant -1.0e9 : f32
    %i = linalg.index 2 : index
    %j = linalg.index 3 : index
    %seen = arith.cmpi sgt, %i, %j : index
    %w = arith.select %seen, %s, %far : f32
    linalg.yield %w : f32
  } -> tensor<2x2x6x6xf32>
  %rows = tensor.empty() : tensor<2x2x6xf32>
  %ninf = arith.constant 0xFF800000 : f32
  %lowest = linalg.fill ins(%ninf : f32) outs(%rows : tensor<2x2x6xf32>) -> tensor<2x2x6xf32>
  %largest = linalg.generic #sums ins(%masked : tensor<2x2x6x6xf32>) outs(%lowest : tensor<2x2x6xf32>) {
  ^bb0(%s: f32, %out: f32):
    %r = arith.maximumf %out, %s : f32
    linalg.yield %r : f32
  } -> tensor<2x2x6xf32>
  %shifted = linalg.generic #quotients ins(%masked, %largest : tensor<2x2x6x6xf32>, tensor<2x2x6xf32>) outs(%pairs : tensor<2x2x6x6xf32>) {
  ^bb0(%s: f32, %m: f32, %out: f32):
    %r = arith.subf %s, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x2x6x6xf32>
  %no_sums = linalg.fill ins(%zero : f32) outs(%rows : tensor<2x2x6xf32>) -> tensor<2x2x6xf32>
  %sums = linalg.generic #sums ins(%shifted : tensor<2x2x6x6xf32>) outs(%no_sums : tensor<2x2x6xf32>) {
  ^bb0(%s: f32, %out: f32):
    %e = math.exp %s : f32
    %r = arith.addf %out, %e : f32
    linalg.yield %r : f32
  } -> tensor<2x2x6xf32>
  %weights = linalg.generic #quotients ins(%shifted, %sums : tensor<2x2x6x6xf32>, tensor<2x2x6xf32>) outs(%pairs : tensor<2x2x6x6xf32>) {
  ^bb0(%s: f32, %sum: f32, %out: f32):
    %e = math.exp %s : f32
    %w = arith.divf %e, %sum : f32
    linalg.yield %w : f32
  } -> tensor<2x2x6x6xf32>
  %init = tensor.empty() : tensor<2x6x2x4xf32>
  %nothing = linalg.fill ins(%zero : f32) outs(%init : tensor<2x6x2x4xf32>) -> tensor<2x6x2x4xf32>
  %mixed = linalg.generic #mixing ins(%weights, %v : tensor<2x2x6x6xf32>, tensor<2x6x2x4xf32>) outs(%nothing : tensor<2x6x2x4xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %r = arith.addf %out, %p : f32
    linalg.yield %r : f32
  } -> tensor<2x6x2x4xf32>
  return %mixed : tensor<2x6x2x4xf32>
}

// Weights add up to one along the queries.
// CHECK-LABEL: func.func @softmax_over_queries(
// CHECK-NOT:     mixer.mix
// CHECK:         return
func.func @softmax_over_queries(%q: tensor<2x6x2x4xf32>, %k: tensor<2x6x2x4xf32>, %v: tensor<2x6x2x4xf32>) -> tensor<2x6x2x4xf32> {
  %zero = arith.constant 0.0 : f32
  %pairs = tensor.empty() : tensor<2x2x6x6xf32>
  %blank = linalg.fill ins(%zero : f32) outs(%pairs : tensor<2x2x6x6xf32>) -> tensor<2x2x6x6xf32>
  %scores = linalg.generic #scores ins(%q, %k : tensor<2x6x2x4xf32>, tensor<2x6x2x4xf32>) outs(%blank : tensor<2x2x6x6xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %r = arith.addf %out, %p : f32
    linalg.yield %r : f32
  } -> tensor<2x2x6x6xf32>
  %masked = linalg.generic #pairs ins(%scores : tensor<2x2x6x6xf32>) outs(%pairs : tensor<2x2x6x6xf32>) {
  ^bb0(%s: f32, %out: f32):
    %far = arith.constant 0xFF800000 : f32
    %i = linalg.index 2 : index
    %j = linalg.index 3 : index
    %seen = arith.cmpi sge, %i, %j : index
    %w = arith.select %seen, %s, %far : f32
    linalg.yield %w : f32
  } -> tensor<2x2x6x6xf32>
  %rows = tensor.empty() : tensor<2x2x6xf32>
  %no_sums = linalg.fill ins(%zero : f32) outs(%rows : tensor<2x2x6xf32>) -> tensor<2x2x6xf32>
  %sums = linalg.generic {indexing_maps = [#pair, #column], iterator_types = ["parallel", "parallel", "reduction", "parallel"]} ins(%masked : tensor<2x2x6x6xf32>) outs(%no_sums : tensor<2x2x6xf32>) {
  ^bb0(%s: f32, %out: f32):
    %e = math.exp %s : f32
    %r = arith.addf %out, %e : f32
    linalg.yield %r : f32
  } -> tensor<2x2x6xf32>
  %weights = linalg.generic {indexing_maps = [#pair, #column, #pair], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%masked, %sums : tensor<2x2x6x6xf32>, tensor<2x2x6xf32>) outs(%pairs : tensor<2x2x6x6xf32>) {
  ^bb0(%s: f32, %sum: f32, %out: f32):
    %e = math.exp %s : f32
    %w = arith.divf %e, %sum : f32
    linalg.yield %w : f32
  } -> tensor<2x2x6x6xf32>
  %init = tensor.empty() : tensor<2x6x2x4xf32>
  %nothing = linalg.fill ins(%zero : f32) outs(%init : tensor<2x6x2x4xf32>) -> tensor<2x6x2x4xf32>
  %mixed = linalg.generic #mixing ins(%weights, %v : tensor<2x2x6x6xf32>, tensor<2x6x2x4xf32>) outs(%nothing : tensor<2x6x2x4xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %r = arith.addf %out, %p : f32
    linalg.yield %r : f32
  } -> tensor<2x6x2x4xf32>
  return %mixed : tensor<2x6x2x4xf32>
}

// Weights add up to one along the heads.
// CHECK-LABEL: func.func @softmax_over_heads(
// CHECK-NOT:     mixer.mix
// CHECK:         return
func.func @softmax_over_heads(%q: tensor<2x6x2x4xf32>, %k: tensor<2x6x2x4xf32>, %v: tensor<2x6x2x4xf32>) -> tensor<2x6x2x4xf32> {
  %zero = arith.constant 0.0 : f32
  %pairs = tensor.empty() : tensor<2x2x6x6xf32>
  %blank = linalg.fill ins(%zero : f32) outs(%pairs : tensor<2x2x6x6xf32>) -> tensor<2x2x6x6xf32>
  %scores = linalg.generic #scores ins(%q, %k : tensor<2x6x2x4xf32>, tensor<2x6x2x4xf32>) outs(%blank : tensor<2x2x6x6xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %r = arith.addf %out, %p : f32
    linalg.yield %r : f32
  } -> tensor<2x2x6x6xf32>
  %masked = linalg.generic #pairs ins(%scores : tensor<2x2x6x6xf32>) outs(%pairs : tensor<2x2x6x6xf32>) {
  ^bb0(%s: f32, %out: f32):
    %far = arith.constant -1.0e9 : f32
    %i = linalg.index 2 : index
    %j = linalg.index 3 : index
    %seen = arith.cmpi sge, %i, %j : index
    %w = arith.select %seen, %s, %far : f32
    linalg.yield %w : f32
  } -> tensor<2x2x6x6xf32>
  %rows = tensor.empty() : tensor<2x6x6xf32>
  %no_sums = linalg.fill ins(%zero : f32) outs(%rows : tensor<2x6x6xf32>) -> tensor<2x6x6xf32>
  %sums = linalg.generic {indexing_maps = [#pair, #head_of_pair], iterator_types = ["parallel", "reduction", "parallel", "parallel"]} ins(%masked : tensor<2x2x6x6xf32>) outs(%no_sums : tensor<2x6x6xf32>) {
  ^bb0(%s: f32, %out: f32):
    %e = math.exp %s : f32
    %r = arith.addf %out, %e : f32
    linalg.yield %r : f32
  } -> tensor<2x6x6xf32>
  %weights = linalg.generic {indexing_maps = [#pair, #head_of_pair, #pair], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%masked, %sums : tensor<2x2x6x6xf32>, tensor<2x6x6xf32>) outs(%pairs : tensor<2x2x6x6xf32>) {
  ^bb0(%s: f32, %sum: f32, %out: f32):
    %e = math.exp %s : f32
    %w = arith.divf %e, %sum : f32
    linalg.yield %w : f32
  } -> tensor<2x2x6x6xf32>
  %init = tensor.empty() : tensor<2x6x2x4xf32>
  %nothing = linalg.fill ins(%zero : f32) outs(%init : tensor<2x6x2x4xf32>) -> tensor<2x6x2x4xf32>
  %mixed = linalg.generic #mixing ins(%weights, %v : tensor<2x2x6x6xf32>, tensor<2x6x2x4xf32>) outs(%nothing : tensor<2x6x2x4xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %r = arith.addf %out, %p : f32
    linalg.yield %r : f32
  } -> tensor<2x6x2x4xf32>
  return %mixed : tensor<2x6x2x4xf32>
}

// Hidden weights are dropped after the division: rows do not add up to one any more.
// CHECK-LABEL: func.func @mask_behind_the_softmax(
// CHECK-NOT:     mixer.mix
// CHECK:         return
func.func @mask_behind_the_softmax(%q: tensor<2x6x2x4xf32>, %k: tensor<2x6x2x4xf32>, %v: tensor<2x6x2x4xf32>) -> tensor<2x6x2x4xf32> {
  %zero = arith.constant 0.0 : f32
  %pairs = tensor.empty() : tensor<2x2x6x6xf32>
  %blank = linalg.fill ins(%zero : f32) outs(%pairs : tensor<2x2x6x6xf32>) -> tensor<2x2x6x6xf32>
  %scores = linalg.generic #scores ins(%q, %k : tensor<2x6x2x4xf32>, tensor<2x6x2x4xf32>) outs(%blank : tensor<2x2x6x6xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %r = arith.addf %out, %p : f32
    linalg.yield %r : f32
  } -> tensor<2x2x6x6xf32>
  %masked = linalg.generic #pairs ins(%scores : tensor<2x2x6x6xf32>) outs(%pairs : tensor<2x2x6x6xf32>) {
  ^bb0(%s: f32, %out: f32):
    %one = arith.constant 1.0 : f32
    %w = arith.mulf %s, %one : f32
    linalg.yield %w : f32
  } -> tensor<2x2x6x6xf32>
  %rows = tensor.empty() : tensor<2x2x6xf32>
  %no_sums = linalg.fill ins(%zero : f32) outs(%rows : tensor<2x2x6xf32>) -> tensor<2x2x6xf32>
  %sums = linalg.generic #sums ins(%masked : tensor<2x2x6x6xf32>) outs(%no_sums : tensor<2x2x6xf32>) {
  ^bb0(%s: f32, %out: f32):
    %e = math.exp %s : f32
    %r = arith.addf %out, %e : f32
    linalg.yield %r : f32
  } -> tensor<2x2x6xf32>
  %weights = linalg.generic #quotients ins(%masked, %sums : tensor<2x2x6x6xf32>, tensor<2x2x6xf32>) outs(%pairs : tensor<2x2x6x6xf32>) {
  ^bb0(%s: f32, %sum: f32, %out: f32):
    %e = math.exp %s : f32
    %share = arith.divf %e, %sum : f32
    %none = arith.constant 0.0 : f32
    %i = linalg.index 2 : index
    %j = linalg.index 3 : index
    %seen = arith.cmpi sge, %i, %j : index
    %w = arith.select %seen, %share, %none : f32
    linalg.yield %w : f32
  } -> tensor<2x2x6x6xf32>
  %init = tensor.empty() : tensor<2x6x2x4xf32>
  %nothing = linalg.fill ins(%zero : f32) outs(%init : tensor<2x6x2x4xf32>) -> tensor<2x6x2x4xf32>
  %mixed = linalg.generic #mixing ins(%weights, %v : tensor<2x2x6x6xf32>, tensor<2x6x2x4xf32>) outs(%nothing : tensor<2x6x2x4xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %r = arith.addf %out, %p : f32
    linalg.yield %r : f32
  } -> tensor<2x6x2x4xf32>
  return %mixed : tensor<2x6x2x4xf32>
}

// The sum runs over the keys that are hidden too.
// CHECK-LABEL: func.func @sum_without_the_mask(
// CHECK-NOT:     mixer.mix
// CHECK:         return
// REMARK:        not raised to {{.*}}attention with support #mixer.causal{{.*}}differs by
func.func @sum_without_the_mask(%q: tensor<2x6x2x4xf32>, %k: tensor<2x6x2x4xf32>, %v: tensor<2x6x2x4xf32>) -> tensor<2x6x2x4xf32> {
  %zero = arith.constant 0.0 : f32
  %pairs = tensor.empty() : tensor<2x2x6x6xf32>
  %blank = linalg.fill ins(%zero : f32) outs(%pairs : tensor<2x2x6x6xf32>) -> tensor<2x2x6x6xf32>
  %scores = linalg.generic #scores ins(%q, %k : tensor<2x6x2x4xf32>, tensor<2x6x2x4xf32>) outs(%blank : tensor<2x2x6x6xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %r = arith.addf %out, %p : f32
    linalg.yield %r : f32
  } -> tensor<2x2x6x6xf32>
  %masked = linalg.generic #pairs ins(%scores : tensor<2x2x6x6xf32>) outs(%pairs : tensor<2x2x6x6xf32>) {
  ^bb0(%s: f32, %out: f32):
    %far = arith.constant 0xFF800000 : f32
    %i = linalg.index 2 : index
    %j = linalg.index 3 : index
    %seen = arith.cmpi sge, %i, %j : index
    %w = arith.select %seen, %s, %far : f32
    linalg.yield %w : f32
  } -> tensor<2x2x6x6xf32>
  %rows = tensor.empty() : tensor<2x2x6xf32>
  %no_sums = linalg.fill ins(%zero : f32) outs(%rows : tensor<2x2x6xf32>) -> tensor<2x2x6xf32>
  %sums = linalg.generic #sums ins(%scores : tensor<2x2x6x6xf32>) outs(%no_sums : tensor<2x2x6xf32>) {
  ^bb0(%s: f32, %out: f32):
    %e = math.exp %s : f32
    %r = arith.addf %out, %e : f32
    linalg.yield %r : f32
  } -> tensor<2x2x6xf32>
  %weights = linalg.generic #quotients ins(%masked, %sums : tensor<2x2x6x6xf32>, tensor<2x2x6xf32>) outs(%pairs : tensor<2x2x6x6xf32>) {
  ^bb0(%s: f32, %sum: f32, %out: f32):
    %e = math.exp %s : f32
    %w = arith.divf %e, %sum : f32
    linalg.yield %w : f32
  } -> tensor<2x2x6x6xf32>
  %init = tensor.empty() : tensor<2x6x2x4xf32>
  %nothing = linalg.fill ins(%zero : f32) outs(%init : tensor<2x6x2x4xf32>) -> tensor<2x6x2x4xf32>
  %mixed = linalg.generic #mixing ins(%weights, %v : tensor<2x2x6x6xf32>, tensor<2x6x2x4xf32>) outs(%nothing : tensor<2x6x2x4xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %r = arith.addf %out, %p : f32
    linalg.yield %r : f32
  } -> tensor<2x6x2x4xf32>
  return %mixed : tensor<2x6x2x4xf32>
}

// A key of weight 1 and value 0 that nobody has: softmax-one.
// CHECK-LABEL: func.func @one_more_in_the_sum(
// CHECK-NOT:     mixer.mix
// CHECK:         return
func.func @one_more_in_the_sum(%q: tensor<2x6x2x4xf32>, %k: tensor<2x6x2x4xf32>, %v: tensor<2x6x2x4xf32>) -> tensor<2x6x2x4xf32> {
  %zero = arith.constant 0.0 : f32
  %pairs = tensor.empty() : tensor<2x2x6x6xf32>
  %blank = linalg.fill ins(%zero : f32) outs(%pairs : tensor<2x2x6x6xf32>) -> tensor<2x2x6x6xf32>
  %scores = linalg.generic #scores ins(%q, %k : tensor<2x6x2x4xf32>, tensor<2x6x2x4xf32>) outs(%blank : tensor<2x2x6x6xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %r = arith.addf %out, %p : f32
    linalg.yield %r : f32
  } -> tensor<2x2x6x6xf32>
  %masked = linalg.generic #pairs ins(%scores : tensor<2x2x6x6xf32>) outs(%pairs : tensor<2x2x6x6xf32>) {
  ^bb0(%s: f32, %out: f32):
    %far = arith.constant 0xFF800000 : f32
    %i = linalg.index 2 : index
    %j = linalg.index 3 : index
    %seen = arith.cmpi sge, %i, %j : index
    %w = arith.select %seen, %s, %far : f32
    linalg.yield %w : f32
  } -> tensor<2x2x6x6xf32>
  %rows = tensor.empty() : tensor<2x2x6xf32>
  %no_sums = linalg.fill ins(%zero : f32) outs(%rows : tensor<2x2x6xf32>) -> tensor<2x2x6xf32>
  %sums = linalg.generic #sums ins(%masked : tensor<2x2x6x6xf32>) outs(%no_sums : tensor<2x2x6xf32>) {
  ^bb0(%s: f32, %out: f32):
    %e = math.exp %s : f32
    %r = arith.addf %out, %e : f32
    linalg.yield %r : f32
  } -> tensor<2x2x6xf32>
  %weights = linalg.generic #quotients ins(%masked, %sums : tensor<2x2x6x6xf32>, tensor<2x2x6xf32>) outs(%pairs : tensor<2x2x6x6xf32>) {
  ^bb0(%s: f32, %sum: f32, %out: f32):
    %e = math.exp %s : f32
    %one = arith.constant 1.0 : f32
    %more = arith.addf %sum, %one : f32
    %w = arith.divf %e, %more : f32
    linalg.yield %w : f32
  } -> tensor<2x2x6x6xf32>
  %init = tensor.empty() : tensor<2x6x2x4xf32>
  %nothing = linalg.fill ins(%zero : f32) outs(%init : tensor<2x6x2x4xf32>) -> tensor<2x6x2x4xf32>
  %mixed = linalg.generic #mixing ins(%weights, %v : tensor<2x2x6x6xf32>, tensor<2x6x2x4xf32>) outs(%nothing : tensor<2x6x2x4xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %r = arith.addf %out, %p : f32
    linalg.yield %r : f32
  } -> tensor<2x6x2x4xf32>
  return %mixed : tensor<2x6x2x4xf32>
}

// A factor of the queries and one of the scores are one scale, their product.
// CHECK-LABEL: func.func @scaled_twice(
// CHECK:         mixer.mix query(%arg0
// CHECK-SAME:      score = #mixer.softmax<scale = 2.500000e-01>, support = #mixer.causal
// CHECK-NOT:     linalg.generic
func.func @scaled_twice(%q: tensor<2x6x2x4xf32>, %k: tensor<2x6x2x4xf32>, %v: tensor<2x6x2x4xf32>) -> tensor<2x6x2x4xf32> {
  %zero = arith.constant 0.0 : f32
  %half_of_query = arith.constant 0.5 : f32
  %q_init = tensor.empty() : tensor<2x6x2x4xf32>
  %q_scaled = linalg.generic {indexing_maps = [#pair, #pair], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%q : tensor<2x6x2x4xf32>) outs(%q_init : tensor<2x6x2x4xf32>) {
  ^bb0(%a: f32, %out: f32):
  %w = arith.mulf %a, %half_of_query : f32
  linalg.yield %w : f32
  } -> tensor<2x6x2x4xf32>
  %pairs = tensor.empty() : tensor<2x2x6x6xf32>
  %blank = linalg.fill ins(%zero : f32) outs(%pairs : tensor<2x2x6x6xf32>) -> tensor<2x2x6x6xf32>
  %scores = linalg.generic #scores ins(%q_scaled, %k : tensor<2x6x2x4xf32>, tensor<2x6x2x4xf32>) outs(%blank : tensor<2x2x6x6xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %r = arith.addf %out, %p : f32
    linalg.yield %r : f32
  } -> tensor<2x2x6x6xf32>
  %masked = linalg.generic #pairs ins(%scores : tensor<2x2x6x6xf32>) outs(%pairs : tensor<2x2x6x6xf32>) {
  ^bb0(%s: f32, %out: f32):
    %far = arith.constant 0xFF800000 : f32
    %i = linalg.index 2 : index
    %j = linalg.index 3 : index
    %half = arith.constant 0.5 : f32
    %again = arith.mulf %s, %half : f32
    %seen = arith.cmpi sge, %i, %j : index
    %w = arith.select %seen, %again, %far : f32
    linalg.yield %w : f32
  } -> tensor<2x2x6x6xf32>
  %rows = tensor.empty() : tensor<2x2x6xf32>
  %no_sums = linalg.fill ins(%zero : f32) outs(%rows : tensor<2x2x6xf32>) -> tensor<2x2x6xf32>
  %sums = linalg.generic #sums ins(%masked : tensor<2x2x6x6xf32>) outs(%no_sums : tensor<2x2x6xf32>) {
  ^bb0(%s: f32, %out: f32):
    %e = math.exp %s : f32
    %r = arith.addf %out, %e : f32
    linalg.yield %r : f32
  } -> tensor<2x2x6xf32>
  %weights = linalg.generic #quotients ins(%masked, %sums : tensor<2x2x6x6xf32>, tensor<2x2x6xf32>) outs(%pairs : tensor<2x2x6x6xf32>) {
  ^bb0(%s: f32, %sum: f32, %out: f32):
    %e = math.exp %s : f32
    %w = arith.divf %e, %sum : f32
    linalg.yield %w : f32
  } -> tensor<2x2x6x6xf32>
  %init = tensor.empty() : tensor<2x6x2x4xf32>
  %nothing = linalg.fill ins(%zero : f32) outs(%init : tensor<2x6x2x4xf32>) -> tensor<2x6x2x4xf32>
  %mixed = linalg.generic #mixing ins(%weights, %v : tensor<2x2x6x6xf32>, tensor<2x6x2x4xf32>) outs(%nothing : tensor<2x6x2x4xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %r = arith.addf %out, %p : f32
    linalg.yield %r : f32
  } -> tensor<2x6x2x4xf32>
  return %mixed : tensor<2x6x2x4xf32>
}

// Twice the weights is no scale of the scores.
// CHECK-LABEL: func.func @scale_of_the_weights(
// CHECK-NOT:     mixer.mix
// CHECK:         return
func.func @scale_of_the_weights(%q: tensor<2x6x2x4xf32>, %k: tensor<2x6x2x4xf32>, %v: tensor<2x6x2x4xf32>) -> tensor<2x6x2x4xf32> {
  %zero = arith.constant 0.0 : f32
  %pairs = tensor.empty() : tensor<2x2x6x6xf32>
  %blank = linalg.fill ins(%zero : f32) outs(%pairs : tensor<2x2x6x6xf32>) -> tensor<2x2x6x6xf32>
  %scores = linalg.generic #scores ins(%q, %k : tensor<2x6x2x4xf32>, tensor<2x6x2x4xf32>) outs(%blank : tensor<2x2x6x6xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %r = arith.addf %out, %p : f32
    linalg.yield %r : f32
  } -> tensor<2x2x6x6xf32>
  %masked = linalg.generic #pairs ins(%scores : tensor<2x2x6x6xf32>) outs(%pairs : tensor<2x2x6x6xf32>) {
  ^bb0(%s: f32, %out: f32):
    %far = arith.constant 0xFF800000 : f32
    %i = linalg.index 2 : index
    %j = linalg.index 3 : index
    %seen = arith.cmpi sge, %i, %j : index
    %w = arith.select %seen, %s, %far : f32
    linalg.yield %w : f32
  } -> tensor<2x2x6x6xf32>
  %rows = tensor.empty() : tensor<2x2x6xf32>
  %no_sums = linalg.fill ins(%zero : f32) outs(%rows : tensor<2x2x6xf32>) -> tensor<2x2x6xf32>
  %sums = linalg.generic #sums ins(%masked : tensor<2x2x6x6xf32>) outs(%no_sums : tensor<2x2x6xf32>) {
  ^bb0(%s: f32, %out: f32):
    %e = math.exp %s : f32
    %r = arith.addf %out, %e : f32
    linalg.yield %r : f32
  } -> tensor<2x2x6xf32>
  %weights = linalg.generic #quotients ins(%masked, %sums : tensor<2x2x6x6xf32>, tensor<2x2x6xf32>) outs(%pairs : tensor<2x2x6x6xf32>) {
  ^bb0(%s: f32, %sum: f32, %out: f32):
    %e = math.exp %s : f32
    %share = arith.divf %e, %sum : f32
    %two = arith.constant 2.0 : f32
    %w = arith.mulf %share, %two : f32
    linalg.yield %w : f32
  } -> tensor<2x2x6x6xf32>
  %init = tensor.empty() : tensor<2x6x2x4xf32>
  %nothing = linalg.fill ins(%zero : f32) outs(%init : tensor<2x6x2x4xf32>) -> tensor<2x6x2x4xf32>
  %mixed = linalg.generic #mixing ins(%weights, %v : tensor<2x2x6x6xf32>, tensor<2x6x2x4xf32>) outs(%nothing : tensor<2x6x2x4xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %r = arith.addf %out, %p : f32
    linalg.yield %r : f32
  } -> tensor<2x6x2x4xf32>
  return %mixed : tensor<2x6x2x4xf32>
}

// Powers of two are no exponentials of the same scores.
// CHECK-LABEL: func.func @base_two(
// CHECK-NOT:     mixer.mix
// CHECK:         return
func.func @base_two(%q: tensor<2x6x2x4xf32>, %k: tensor<2x6x2x4xf32>, %v: tensor<2x6x2x4xf32>) -> tensor<2x6x2x4xf32> {
  %zero = arith.constant 0.0 : f32
  %pairs = tensor.empty() : tensor<2x2x6x6xf32>
  %blank = linalg.fill ins(%zero : f32) outs(%pairs : tensor<2x2x6x6xf32>) -> tensor<2x2x6x6xf32>
  %scores = linalg.generic #scores ins(%q, %k : tensor<2x6x2x4xf32>, tensor<2x6x2x4xf32>) outs(%blank : tensor<2x2x6x6xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %r = arith.addf %out, %p : f32
    linalg.yield %r : f32
  } -> tensor<2x2x6x6xf32>
  %masked = linalg.generic #pairs ins(%scores : tensor<2x2x6x6xf32>) outs(%pairs : tensor<2x2x6x6xf32>) {
  ^bb0(%s: f32, %out: f32):
    %far = arith.constant 0xFF800000 : f32
    %i = linalg.index 2 : index
    %j = linalg.index 3 : index
    %seen = arith.cmpi sge, %i, %j : index
    %w = arith.select %seen, %s, %far : f32
    linalg.yield %w : f32
  } -> tensor<2x2x6x6xf32>
  %rows = tensor.empty() : tensor<2x2x6xf32>
  %no_sums = linalg.fill ins(%zero : f32) outs(%rows : tensor<2x2x6xf32>) -> tensor<2x2x6xf32>
  %sums = linalg.generic #sums ins(%masked : tensor<2x2x6x6xf32>) outs(%no_sums : tensor<2x2x6xf32>) {
  ^bb0(%s: f32, %out: f32):
    %e = math.exp %s : f32
    %r = arith.addf %out, %e : f32
    linalg.yield %r : f32
  } -> tensor<2x2x6xf32>
  %weights = linalg.generic #quotients ins(%masked, %sums : tensor<2x2x6x6xf32>, tensor<2x2x6xf32>) outs(%pairs : tensor<2x2x6x6xf32>) {
  ^bb0(%s: f32, %sum: f32, %out: f32):
    %e = math.exp2 %s : f32
    %w = arith.divf %e, %sum : f32
    linalg.yield %w : f32
  } -> tensor<2x2x6x6xf32>
  %init = tensor.empty() : tensor<2x6x2x4xf32>
  %nothing = linalg.fill ins(%zero : f32) outs(%init : tensor<2x6x2x4xf32>) -> tensor<2x6x2x4xf32>
  %mixed = linalg.generic #mixing ins(%weights, %v : tensor<2x2x6x6xf32>, tensor<2x6x2x4xf32>) outs(%nothing : tensor<2x6x2x4xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %r = arith.addf %out, %p : f32
    linalg.yield %r : f32
  } -> tensor<2x6x2x4xf32>
  return %mixed : tensor<2x6x2x4xf32>
}

// A temperature for each query that is data: no scale, and no region has data.
// CHECK-LABEL: func.func @temperature_of_rows(
// CHECK-NOT:     mixer.mix
// CHECK:         return
// REMARK:        not raised to {{.*}}its scores are more than a scale, a cap, a bias and arithmetic on positions
func.func @temperature_of_rows(%q: tensor<2x6x2x4xf32>, %k: tensor<2x6x2x4xf32>, %v: tensor<2x6x2x4xf32>, %temperature: tensor<6xf32>) -> tensor<2x6x2x4xf32> {
  %zero = arith.constant 0.0 : f32
  %pairs = tensor.empty() : tensor<2x2x6x6xf32>
  %blank = linalg.fill ins(%zero : f32) outs(%pairs : tensor<2x2x6x6xf32>) -> tensor<2x2x6x6xf32>
  %scores = linalg.generic #scores ins(%q, %k : tensor<2x6x2x4xf32>, tensor<2x6x2x4xf32>) outs(%blank : tensor<2x2x6x6xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %r = arith.addf %out, %p : f32
    linalg.yield %r : f32
  } -> tensor<2x2x6x6xf32>
  %masked = linalg.generic {indexing_maps = [#pair, affine_map<(b, h, i, j) -> (i)>, #pair], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%scores, %temperature : tensor<2x2x6x6xf32>, tensor<6xf32>) outs(%pairs : tensor<2x2x6x6xf32>) {
  ^bb0(%s: f32, %t: f32, %out: f32):
    %far = arith.constant 0xFF800000 : f32
    %i = linalg.index 2 : index
    %j = linalg.index 3 : index
    %warm = arith.mulf %s, %t : f32
    %seen = arith.cmpi sge, %i, %j : index
    %w = arith.select %seen, %warm, %far : f32
    linalg.yield %w : f32
  } -> tensor<2x2x6x6xf32>
  %rows = tensor.empty() : tensor<2x2x6xf32>
  %no_sums = linalg.fill ins(%zero : f32) outs(%rows : tensor<2x2x6xf32>) -> tensor<2x2x6xf32>
  %sums = linalg.generic #sums ins(%masked : tensor<2x2x6x6xf32>) outs(%no_sums : tensor<2x2x6xf32>) {
  ^bb0(%s: f32, %out: f32):
    %e = math.exp %s : f32
    %r = arith.addf %out, %e : f32
    linalg.yield %r : f32
  } -> tensor<2x2x6xf32>
  %weights = linalg.generic #quotients ins(%masked, %sums : tensor<2x2x6x6xf32>, tensor<2x2x6xf32>) outs(%pairs : tensor<2x2x6x6xf32>) {
  ^bb0(%s: f32, %sum: f32, %out: f32):
    %e = math.exp %s : f32
    %w = arith.divf %e, %sum : f32
    linalg.yield %w : f32
  } -> tensor<2x2x6x6xf32>
  %init = tensor.empty() : tensor<2x6x2x4xf32>
  %nothing = linalg.fill ins(%zero : f32) outs(%init : tensor<2x6x2x4xf32>) -> tensor<2x6x2x4xf32>
  %mixed = linalg.generic #mixing ins(%weights, %v : tensor<2x2x6x6xf32>, tensor<2x6x2x4xf32>) outs(%nothing : tensor<2x6x2x4xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %r = arith.addf %out, %p : f32
    linalg.yield %r : f32
  } -> tensor<2x6x2x4xf32>
  return %mixed : tensor<2x6x2x4xf32>
}

// Heads 0 and 1 share the first key head: the repeat is the mixer's own.
// CHECK-LABEL: func.func @repeat_of_neighbours(
// CHECK:         mixer.mix query(%arg0 : tensor<2x6x4x4xf32>) key(%arg1 : tensor<2x6x2x4xf32>) value(%arg2 : tensor<2x6x2x4xf32>)
// CHECK-SAME:      support = #mixer.causal
// CHECK-NOT:     linalg.generic
func.func @repeat_of_neighbours(%q: tensor<2x6x4x4xf32>, %k: tensor<2x6x2x4xf32>, %v: tensor<2x6x2x4xf32>) -> tensor<2x6x4x4xf32> {
  %zero = arith.constant 0.0 : f32
  %k_init = tensor.empty() : tensor<2x6x2x2x4xf32>
  %k_each = linalg.generic {indexing_maps = [affine_map<(b, t, g, r, d) -> (b, t, g, d)>, affine_map<(x0, x1, x2, x3, x4) -> (x0, x1, x2, x3, x4)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]} ins(%k : tensor<2x6x2x4xf32>) outs(%k_init : tensor<2x6x2x2x4xf32>) {
  ^bb0(%a: f32, %out: f32):
  linalg.yield %a : f32
  } -> tensor<2x6x2x2x4xf32>
  %k_all = tensor.collapse_shape %k_each [[0], [1], [2, 3], [4]] : tensor<2x6x2x2x4xf32> into tensor<2x6x4x4xf32>
  %v_init = tensor.empty() : tensor<2x6x2x2x4xf32>
  %v_each = linalg.generic {indexing_maps = [affine_map<(b, t, g, r, d) -> (b, t, g, d)>, affine_map<(x0, x1, x2, x3, x4) -> (x0, x1, x2, x3, x4)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]} ins(%v : tensor<2x6x2x4xf32>) outs(%v_init : tensor<2x6x2x2x4xf32>) {
  ^bb0(%a: f32, %out: f32):
  linalg.yield %a : f32
  } -> tensor<2x6x2x2x4xf32>
  %v_all = tensor.collapse_shape %v_each [[0], [1], [2, 3], [4]] : tensor<2x6x2x2x4xf32> into tensor<2x6x4x4xf32>
  %pairs = tensor.empty() : tensor<2x4x6x6xf32>
  %blank = linalg.fill ins(%zero : f32) outs(%pairs : tensor<2x4x6x6xf32>) -> tensor<2x4x6x6xf32>
  %scores = linalg.generic #scores ins(%q, %k_all : tensor<2x6x4x4xf32>, tensor<2x6x4x4xf32>) outs(%blank : tensor<2x4x6x6xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %r = arith.addf %out, %p : f32
    linalg.yield %r : f32
  } -> tensor<2x4x6x6xf32>
  %masked = linalg.generic #pairs ins(%scores : tensor<2x4x6x6xf32>) outs(%pairs : tensor<2x4x6x6xf32>) {
  ^bb0(%s: f32, %out: f32):
    %far = arith.constant 0xFF800000 : f32
    %i = linalg.index 2 : index
    %j = linalg.index 3 : index
    %seen = arith.cmpi sge, %i, %j : index
    %w = arith.select %seen, %s, %far : f32
    linalg.yield %w : f32
  } -> tensor<2x4x6x6xf32>
  %rows = tensor.empty() : tensor<2x4x6xf32>
  %no_sums = linalg.fill ins(%zero : f32) outs(%rows : tensor<2x4x6xf32>) -> tensor<2x4x6xf32>
  %sums = linalg.generic #sums ins(%masked : tensor<2x4x6x6xf32>) outs(%no_sums : tensor<2x4x6xf32>) {
  ^bb0(%s: f32, %out: f32):
    %e = math.exp %s : f32
    %r = arith.addf %out, %e : f32
    linalg.yield %r : f32
  } -> tensor<2x4x6xf32>
  %weights = linalg.generic #quotients ins(%masked, %sums : tensor<2x4x6x6xf32>, tensor<2x4x6xf32>) outs(%pairs : tensor<2x4x6x6xf32>) {
  ^bb0(%s: f32, %sum: f32, %out: f32):
    %e = math.exp %s : f32
    %w = arith.divf %e, %sum : f32
    linalg.yield %w : f32
  } -> tensor<2x4x6x6xf32>
  %init = tensor.empty() : tensor<2x6x4x4xf32>
  %nothing = linalg.fill ins(%zero : f32) outs(%init : tensor<2x6x4x4xf32>) -> tensor<2x6x4x4xf32>
  %mixed = linalg.generic #mixing ins(%weights, %v_all : tensor<2x4x6x6xf32>, tensor<2x6x4x4xf32>) outs(%nothing : tensor<2x6x4x4xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %r = arith.addf %out, %p : f32
    linalg.yield %r : f32
  } -> tensor<2x6x4x4xf32>
  return %mixed : tensor<2x6x4x4xf32>
}

// Heads 0 and 2 share the first key head: the query heads are sorted for the mixer, and its output back.
// CHECK-LABEL: func.func @repeat_of_all(
// CHECK:         linalg.transpose {{.*}} permutation = [0, 1, 3, 2, 4]
// CHECK:         mixer.mix query(%{{.*}} : tensor<2x6x4x4xf32>) key(%arg1 : tensor<2x6x2x4xf32>) value(%arg2 : tensor<2x6x2x4xf32>)
// CHECK-SAME:      support = #mixer.causal
// CHECK:         linalg.transpose {{.*}} permutation = [0, 1, 3, 2, 4]
// CHECK:         return
func.func @repeat_of_all(%q: tensor<2x6x4x4xf32>, %k: tensor<2x6x2x4xf32>, %v: tensor<2x6x2x4xf32>) -> tensor<2x6x4x4xf32> {
  %zero = arith.constant 0.0 : f32
  %k_init = tensor.empty() : tensor<2x6x2x2x4xf32>
  %k_each = linalg.generic {indexing_maps = [affine_map<(b, t, r, g, d) -> (b, t, g, d)>, affine_map<(x0, x1, x2, x3, x4) -> (x0, x1, x2, x3, x4)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]} ins(%k : tensor<2x6x2x4xf32>) outs(%k_init : tensor<2x6x2x2x4xf32>) {
  ^bb0(%a: f32, %out: f32):
  linalg.yield %a : f32
  } -> tensor<2x6x2x2x4xf32>
  %k_all = tensor.collapse_shape %k_each [[0], [1], [2, 3], [4]] : tensor<2x6x2x2x4xf32> into tensor<2x6x4x4xf32>
  %v_init = tensor.empty() : tensor<2x6x2x2x4xf32>
  %v_each = linalg.generic {indexing_maps = [affine_map<(b, t, r, g, d) -> (b, t, g, d)>, affine_map<(x0, x1, x2, x3, x4) -> (x0, x1, x2, x3, x4)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]} ins(%v : tensor<2x6x2x4xf32>) outs(%v_init : tensor<2x6x2x2x4xf32>) {
  ^bb0(%a: f32, %out: f32):
  linalg.yield %a : f32
  } -> tensor<2x6x2x2x4xf32>
  %v_all = tensor.collapse_shape %v_each [[0], [1], [2, 3], [4]] : tensor<2x6x2x2x4xf32> into tensor<2x6x4x4xf32>
  %pairs = tensor.empty() : tensor<2x4x6x6xf32>
  %blank = linalg.fill ins(%zero : f32) outs(%pairs : tensor<2x4x6x6xf32>) -> tensor<2x4x6x6xf32>
  %scores = linalg.generic #scores ins(%q, %k_all : tensor<2x6x4x4xf32>, tensor<2x6x4x4xf32>) outs(%blank : tensor<2x4x6x6xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %r = arith.addf %out, %p : f32
    linalg.yield %r : f32
  } -> tensor<2x4x6x6xf32>
  %masked = linalg.generic #pairs ins(%scores : tensor<2x4x6x6xf32>) outs(%pairs : tensor<2x4x6x6xf32>) {
  ^bb0(%s: f32, %out: f32):
    %far = arith.constant 0xFF800000 : f32
    %i = linalg.index 2 : index
    %j = linalg.index 3 : index
    %seen = arith.cmpi sge, %i, %j : index
    %w = arith.select %seen, %s, %far : f32
    linalg.yield %w : f32
  } -> tensor<2x4x6x6xf32>
  %rows = tensor.empty() : tensor<2x4x6xf32>
  %no_sums = linalg.fill ins(%zero : f32) outs(%rows : tensor<2x4x6xf32>) -> tensor<2x4x6xf32>
  %sums = linalg.generic #sums ins(%masked : tensor<2x4x6x6xf32>) outs(%no_sums : tensor<2x4x6xf32>) {
  ^bb0(%s: f32, %out: f32):
    %e = math.exp %s : f32
    %r = arith.addf %out, %e : f32
    linalg.yield %r : f32
  } -> tensor<2x4x6xf32>
  %weights = linalg.generic #quotients ins(%masked, %sums : tensor<2x4x6x6xf32>, tensor<2x4x6xf32>) outs(%pairs : tensor<2x4x6x6xf32>) {
  ^bb0(%s: f32, %sum: f32, %out: f32):
    %e = math.exp %s : f32
    %w = arith.divf %e, %sum : f32
    linalg.yield %w : f32
  } -> tensor<2x4x6x6xf32>
  %init = tensor.empty() : tensor<2x6x4x4xf32>
  %nothing = linalg.fill ins(%zero : f32) outs(%init : tensor<2x6x4x4xf32>) -> tensor<2x6x4x4xf32>
  %mixed = linalg.generic #mixing ins(%weights, %v_all : tensor<2x4x6x6xf32>, tensor<2x6x4x4xf32>) outs(%nothing : tensor<2x6x4x4xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %r = arith.addf %out, %p : f32
    linalg.yield %r : f32
  } -> tensor<2x6x4x4xf32>
  return %mixed : tensor<2x6x4x4xf32>
}

// Keys by neighbours, values by tiles: no order of the query heads suits both.
// CHECK-LABEL: func.func @repeat_of_keys_and_tiled_values(
// CHECK-NOT:     mixer.mix
// CHECK:         return
// REMARK:        not raised to {{.*}}its heads are shared in an order that the mixer does not have
func.func @repeat_of_keys_and_tiled_values(%q: tensor<2x6x4x4xf32>, %k: tensor<2x6x2x4xf32>, %v: tensor<2x6x2x4xf32>) -> tensor<2x6x4x4xf32> {
  %zero = arith.constant 0.0 : f32
  %k_init = tensor.empty() : tensor<2x6x2x2x4xf32>
  %k_each = linalg.generic {indexing_maps = [affine_map<(b, t, g, r, d) -> (b, t, g, d)>, affine_map<(x0, x1, x2, x3, x4) -> (x0, x1, x2, x3, x4)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]} ins(%k : tensor<2x6x2x4xf32>) outs(%k_init : tensor<2x6x2x2x4xf32>) {
  ^bb0(%a: f32, %out: f32):
  linalg.yield %a : f32
  } -> tensor<2x6x2x2x4xf32>
  %k_all = tensor.collapse_shape %k_each [[0], [1], [2, 3], [4]] : tensor<2x6x2x2x4xf32> into tensor<2x6x4x4xf32>
  %v_init = tensor.empty() : tensor<2x6x2x2x4xf32>
  %v_each = linalg.generic {indexing_maps = [affine_map<(b, t, r, g, d) -> (b, t, g, d)>, affine_map<(x0, x1, x2, x3, x4) -> (x0, x1, x2, x3, x4)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]} ins(%v : tensor<2x6x2x4xf32>) outs(%v_init : tensor<2x6x2x2x4xf32>) {
  ^bb0(%a: f32, %out: f32):
  linalg.yield %a : f32
  } -> tensor<2x6x2x2x4xf32>
  %v_all = tensor.collapse_shape %v_each [[0], [1], [2, 3], [4]] : tensor<2x6x2x2x4xf32> into tensor<2x6x4x4xf32>
  %pairs = tensor.empty() : tensor<2x4x6x6xf32>
  %blank = linalg.fill ins(%zero : f32) outs(%pairs : tensor<2x4x6x6xf32>) -> tensor<2x4x6x6xf32>
  %scores = linalg.generic #scores ins(%q, %k_all : tensor<2x6x4x4xf32>, tensor<2x6x4x4xf32>) outs(%blank : tensor<2x4x6x6xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %r = arith.addf %out, %p : f32
    linalg.yield %r : f32
  } -> tensor<2x4x6x6xf32>
  %masked = linalg.generic #pairs ins(%scores : tensor<2x4x6x6xf32>) outs(%pairs : tensor<2x4x6x6xf32>) {
  ^bb0(%s: f32, %out: f32):
    %far = arith.constant 0xFF800000 : f32
    %i = linalg.index 2 : index
    %j = linalg.index 3 : index
    %seen = arith.cmpi sge, %i, %j : index
    %w = arith.select %seen, %s, %far : f32
    linalg.yield %w : f32
  } -> tensor<2x4x6x6xf32>
  %rows = tensor.empty() : tensor<2x4x6xf32>
  %no_sums = linalg.fill ins(%zero : f32) outs(%rows : tensor<2x4x6xf32>) -> tensor<2x4x6xf32>
  %sums = linalg.generic #sums ins(%masked : tensor<2x4x6x6xf32>) outs(%no_sums : tensor<2x4x6xf32>) {
  ^bb0(%s: f32, %out: f32):
    %e = math.exp %s : f32
    %r = arith.addf %out, %e : f32
    linalg.yield %r : f32
  } -> tensor<2x4x6xf32>
  %weights = linalg.generic #quotients ins(%masked, %sums : tensor<2x4x6x6xf32>, tensor<2x4x6xf32>) outs(%pairs : tensor<2x4x6x6xf32>) {
  ^bb0(%s: f32, %sum: f32, %out: f32):
    %e = math.exp %s : f32
    %w = arith.divf %e, %sum : f32
    linalg.yield %w : f32
  } -> tensor<2x4x6x6xf32>
  %init = tensor.empty() : tensor<2x6x4x4xf32>
  %nothing = linalg.fill ins(%zero : f32) outs(%init : tensor<2x6x4x4xf32>) -> tensor<2x6x4x4xf32>
  %mixed = linalg.generic #mixing ins(%weights, %v_all : tensor<2x4x6x6xf32>, tensor<2x6x4x4xf32>) outs(%nothing : tensor<2x6x4x4xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %r = arith.addf %out, %p : f32
    linalg.yield %r : f32
  } -> tensor<2x6x4x4xf32>
  return %mixed : tensor<2x6x4x4xf32>
}
