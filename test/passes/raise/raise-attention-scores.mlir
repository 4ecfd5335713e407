// What stands between the products and the exponentials beside masks: tables of relative positions, arithmetic on
// positions, supports of heads and lists of blocks.
// RUN: heddle-opt %s --heddle-raise-attention=verify=always --canonicalize --cse | FileCheck %s

#shape = affine_map<()[T] -> (2, T, 2, 4)>
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
#of_positions = affine_map<(b, h, i, j) -> (i, j)>
#of_heads = affine_map<(b, h, i, j) -> (h, i, j)>

// A score divided by a distance is none of the other slots: a region over score and positions.
// CHECK-LABEL: func.func @score_region(
// CHECK:         mixer.mix query(%arg0
// CHECK-SAME:      score = #mixer.softmax<scale = 1.000000e+00>, support = #mixer.causal
// CHECK-SAME:      score_region
// CHECK-NEXT:    ^bb0(%[[SCORE:[^ :]+]]: f32, %{{.*}}: index, %{{.*}}: index, %[[I:[^ :]+]]: index, %[[J:[^ :]+]]: index):
// CHECK:           arith.subi %[[I]], %[[J]] : index
// CHECK:           arith.divf %[[SCORE]],
// CHECK:           mixer.yield
// CHECK-NOT:     linalg.generic
func.func @score_region(%q: tensor<2x6x2x4xf32>, %k: tensor<2x6x2x4xf32>, %v: tensor<2x6x2x4xf32>) -> tensor<2x6x2x4xf32> {
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
    %distance = arith.subi %i, %j : index
    %steps = arith.index_cast %distance : index to i32
    %real = arith.sitofp %steps : i32 to f32
    %one = arith.constant 1.0 : f32
    %divisor = arith.addf %real, %one : f32
    %nearby = arith.divf %s, %divisor : f32
    %w = arith.select %seen, %nearby, %far : f32
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

// A number for each distance, one table for each head; distances that are hidden have none.
// CHECK-LABEL: func.func @relative(
// CHECK-DAG:     %[[TABLE:.*]] = arith.constant dense<{{\[\[}}5.000000e-01, -1.000000e+00, 2.500000e-01, 3.000000e+00, -2.000000e+00, 7.500000e-01, 0.000000e+00, 0.000000e+00, 0.000000e+00, 0.000000e+00, 0.000000e+00],
// CHECK:         mixer.mix query(%arg0 {{.*}} bias(%[[TABLE]] : tensor<2x11xf32>)
// CHECK-SAME:      score = #mixer.softmax<scale = 5.000000e-01, bias = relative>, support = #mixer.causal
// CHECK-NOT:     linalg.generic
func.func @relative(%q: tensor<2x6x2x4xf32>, %k: tensor<2x6x2x4xf32>, %v: tensor<2x6x2x4xf32>) -> tensor<2x6x2x4xf32> {
  %zero = arith.constant 0.0 : f32
  %c0 = arith.constant 0 : index
  %table = arith.constant dense<[[0.75, 1.0], [-2.0, -1.5], [3.0, 0.125], [0.25, 4.0], [-1.0, 2.0], [0.5, -0.25]]> : tensor<6x2xf32>
  %biases = tensor.empty() : tensor<2x6x6xf32>
  %bias = linalg.generic {indexing_maps = [affine_map<(h, i, j) -> (h, i, j)>], iterator_types = ["parallel", "parallel", "parallel"]} outs(%biases : tensor<2x6x6xf32>) {
  ^bb0(%out: f32):
  %h = linalg.index 0 : index
  %i = linalg.index 1 : index
  %j = linalg.index 2 : index
  %distance = arith.subi %i, %j : index
  %place = arith.maxsi %distance, %c0 : index
  %entry = tensor.extract %table[%place, %h] : tensor<6x2xf32>
  linalg.yield %entry : f32
  } -> tensor<2x6x6xf32>
  %pairs = tensor.empty() : tensor<2x2x6x6xf32>
  %blank = linalg.fill ins(%zero : f32) outs(%pairs : tensor<2x2x6x6xf32>) -> tensor<2x2x6x6xf32>
  %scores = linalg.generic #scores ins(%q, %k : tensor<2x6x2x4xf32>, tensor<2x6x2x4xf32>) outs(%blank : tensor<2x2x6x6xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %r = arith.addf %out, %p : f32
    linalg.yield %r : f32
  } -> tensor<2x2x6x6xf32>
  %masked = linalg.generic {indexing_maps = [#pair, #of_heads, #pair], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%scores, %bias : tensor<2x2x6x6xf32>, tensor<2x6x6xf32>) outs(%pairs : tensor<2x2x6x6xf32>) {
  ^bb0(%s: f32, %bias_of_pair: f32, %out: f32):
    %far = arith.constant 0xFF800000 : f32
    %i = linalg.index 2 : index
    %j = linalg.index 3 : index
    %seen = arith.cmpi sge, %i, %j : index
    %half = arith.constant 0.5 : f32
    %scaled = arith.mulf %s, %half : f32
    %sum = arith.addf %scaled, %bias_of_pair : f32
    %w = arith.select %seen, %sum, %far : f32
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

// Where one distance has two numbers it is a bias for each pair.
// CHECK-LABEL: func.func @no_relative(
// CHECK:         mixer.mix query(%arg0 {{.*}} bias(%{{.*}} : tensor<1x2x6x6xf32>)
// CHECK-SAME:      score = #mixer.softmax<scale = 5.000000e-01, bias = dense>, support = #mixer.causal
func.func @no_relative(%q: tensor<2x6x2x4xf32>, %k: tensor<2x6x2x4xf32>, %v: tensor<2x6x2x4xf32>) -> tensor<2x6x2x4xf32> {
  %zero = arith.constant 0.0 : f32
  %c5 = arith.constant 5 : index
  %c0 = arith.constant 0 : index
  %table = arith.constant dense<[[0.75, 1.0], [-2.0, -1.5], [3.0, 0.125], [0.25, 4.0], [-1.0, 2.0], [0.5, -0.25]]> : tensor<6x2xf32>
  %biases = tensor.empty() : tensor<2x6x6xf32>
  %bias = linalg.generic {indexing_maps = [affine_map<(h, i, j) -> (h, i, j)>], iterator_types = ["parallel", "parallel", "parallel"]} outs(%biases : tensor<2x6x6xf32>) {
  ^bb0(%out: f32):
  %h = linalg.index 0 : index
  %i = linalg.index 1 : index
  %j = linalg.index 2 : index
  %distance = arith.subi %i, %j : index
  %lag = arith.maxsi %distance, %c0 : index
  %is_last = arith.cmpi eq, %i, %c5 : index
  %place = arith.select %is_last, %c0, %lag : index
  %entry = tensor.extract %table[%place, %h] : tensor<6x2xf32>
  linalg.yield %entry : f32
  } -> tensor<2x6x6xf32>
  %pairs = tensor.empty() : tensor<2x2x6x6xf32>
  %blank = linalg.fill ins(%zero : f32) outs(%pairs : tensor<2x2x6x6xf32>) -> tensor<2x2x6x6xf32>
  %scores = linalg.generic #scores ins(%q, %k : tensor<2x6x2x4xf32>, tensor<2x6x2x4xf32>) outs(%blank : tensor<2x2x6x6xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %r = arith.addf %out, %p : f32
    linalg.yield %r : f32
  } -> tensor<2x2x6x6xf32>
  %masked = linalg.generic {indexing_maps = [#pair, #of_heads, #pair], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%scores, %bias : tensor<2x2x6x6xf32>, tensor<2x6x6xf32>) outs(%pairs : tensor<2x2x6x6xf32>) {
  ^bb0(%s: f32, %bias_of_pair: f32, %out: f32):
    %far = arith.constant 0xFF800000 : f32
    %i = linalg.index 2 : index
    %j = linalg.index 3 : index
    %seen = arith.cmpi sge, %i, %j : index
    %half = arith.constant 0.5 : f32
    %scaled = arith.mulf %s, %half : f32
    %sum = arith.addf %scaled, %bias_of_pair : f32
    %w = arith.select %seen, %sum, %far : f32
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

// The first head sees the whole past, the second two tokens.
// CHECK-LABEL: func.func @per_head(
// CHECK:         mixer.mix query(%arg0
// CHECK-SAME:      support = #mixer.per_head<[0, 1], [#mixer.causal, #mixer.window<left = 1, right = 0>]>
// CHECK-NOT:     linalg.generic
func.func @per_head(%q: tensor<2x6x2x4xf32>, %k: tensor<2x6x2x4xf32>, %v: tensor<2x6x2x4xf32>) -> tensor<2x6x2x4xf32> {
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
    %h = linalg.index 1 : index
    %two = arith.constant 2 : index
    %zeroth = arith.constant 0 : index
    %distance = arith.subi %i, %j : index
    %near = arith.cmpi slt, %distance, %two : index
    %is_first = arith.cmpi eq, %h, %zeroth : index
    %reach = arith.ori %is_first, %near : i1
    %both = arith.andi %seen, %reach : i1
    %w = arith.select %both, %s, %far : f32
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

// Blocks of two that follow no rule, at a length that is fixed.
// CHECK-LABEL: func.func @block_list(
// CHECK:         mixer.mix query(%arg0
// CHECK-SAME:      support = #mixer.block_list<2, offsets = [0, 2, 4, 6, 8], blocks = [0, 3, 0, 1, 2, 3, 1, 3]>
// CHECK-NOT:     linalg.generic
func.func @block_list(%q: tensor<2x8x2x4xf32>, %k: tensor<2x8x2x4xf32>, %v: tensor<2x8x2x4xf32>) -> tensor<2x8x2x4xf32> {
  %zero = arith.constant 0.0 : f32
  %two = arith.constant 2 : index
  %table = arith.constant dense<[[true, false, false, true], [true, true, false, false], [false, false, true, true], [false, true, false, true]]> : tensor<4x4xi1>
  %masks = tensor.empty() : tensor<8x8xi1>
  %mask = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} outs(%masks : tensor<8x8xi1>) {
  ^bb0(%out: i1):
  %i = linalg.index 0 : index
  %j = linalg.index 1 : index
  %row = arith.divui %i, %two : index
  %column = arith.divui %j, %two : index
  %listed = tensor.extract %table[%row, %column] : tensor<4x4xi1>
  linalg.yield %listed : i1
  } -> tensor<8x8xi1>
  %pairs = tensor.empty() : tensor<2x2x8x8xf32>
  %blank = linalg.fill ins(%zero : f32) outs(%pairs : tensor<2x2x8x8xf32>) -> tensor<2x2x8x8xf32>
  %scores = linalg.generic #scores ins(%q, %k : tensor<2x8x2x4xf32>, tensor<2x8x2x4xf32>) outs(%blank : tensor<2x2x8x8xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %r = arith.addf %out, %p : f32
    linalg.yield %r : f32
  } -> tensor<2x2x8x8xf32>
  %masked = linalg.generic {indexing_maps = [#pair, #of_positions, #pair], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%scores, %mask : tensor<2x2x8x8xf32>, tensor<8x8xi1>) outs(%pairs : tensor<2x2x8x8xf32>) {
  ^bb0(%s: f32, %seen: i1, %out: f32):
    %far = arith.constant 0xFF800000 : f32
    %w = arith.select %seen, %s, %far : f32
    linalg.yield %w : f32
  } -> tensor<2x2x8x8xf32>
  %rows = tensor.empty() : tensor<2x2x8xf32>
  %no_sums = linalg.fill ins(%zero : f32) outs(%rows : tensor<2x2x8xf32>) -> tensor<2x2x8xf32>
  %sums = linalg.generic #sums ins(%masked : tensor<2x2x8x8xf32>) outs(%no_sums : tensor<2x2x8xf32>) {
  ^bb0(%s: f32, %out: f32):
    %e = math.exp %s : f32
    %r = arith.addf %out, %e : f32
    linalg.yield %r : f32
  } -> tensor<2x2x8xf32>
  %weights = linalg.generic #quotients ins(%masked, %sums : tensor<2x2x8x8xf32>, tensor<2x2x8xf32>) outs(%pairs : tensor<2x2x8x8xf32>) {
  ^bb0(%s: f32, %sum: f32, %out: f32):
    %e = math.exp %s : f32
    %w = arith.divf %e, %sum : f32
    linalg.yield %w : f32
  } -> tensor<2x2x8x8xf32>
  %init = tensor.empty() : tensor<2x8x2x4xf32>
  %nothing = linalg.fill ins(%zero : f32) outs(%init : tensor<2x8x2x4xf32>) -> tensor<2x8x2x4xf32>
  %mixed = linalg.generic #mixing ins(%weights, %v : tensor<2x2x8x8xf32>, tensor<2x8x2x4xf32>) outs(%nothing : tensor<2x8x2x4xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %r = arith.addf %out, %p : f32
    linalg.yield %r : f32
  } -> tensor<2x8x2x4xf32>
  return %mixed : tensor<2x8x2x4xf32>
}

// The same without the last pair: no list of blocks and no rule leaves it out, so the mask is a bias.
// CHECK-LABEL: func.func @no_block_list(
// CHECK:         mixer.mix query(%arg0 {{.*}} bias(%{{.*}} : tensor<1x1x8x8xf32>)
// CHECK-SAME:      score = #mixer.softmax<scale = 1.000000e+00, bias = dense>, support = #mixer.full
func.func @no_block_list(%q: tensor<2x8x2x4xf32>, %k: tensor<2x8x2x4xf32>, %v: tensor<2x8x2x4xf32>) -> tensor<2x8x2x4xf32> {
  %zero = arith.constant 0.0 : f32
  %two = arith.constant 2 : index
  %fourteen = arith.constant 14 : index
  %true = arith.constant true
  %table = arith.constant dense<[[true, false, false, true], [true, true, false, false], [false, false, true, true], [false, true, false, true]]> : tensor<4x4xi1>
  %masks = tensor.empty() : tensor<8x8xi1>
  %mask = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} outs(%masks : tensor<8x8xi1>) {
  ^bb0(%out: i1):
  %i = linalg.index 0 : index
  %j = linalg.index 1 : index
  %row = arith.divui %i, %two : index
  %column = arith.divui %j, %two : index
  %listed = tensor.extract %table[%row, %column] : tensor<4x4xi1>
  %corner = arith.addi %i, %j : index
  %is_last = arith.cmpi eq, %corner, %fourteen : index
  %others = arith.xori %is_last, %true : i1
  %kept = arith.andi %listed, %others : i1
  linalg.yield %kept : i1
  } -> tensor<8x8xi1>
  %pairs = tensor.empty() : tensor<2x2x8x8xf32>
  %blank = linalg.fill ins(%zero : f32) outs(%pairs : tensor<2x2x8x8xf32>) -> tensor<2x2x8x8xf32>
  %scores = linalg.generic #scores ins(%q, %k : tensor<2x8x2x4xf32>, tensor<2x8x2x4xf32>) outs(%blank : tensor<2x2x8x8xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %r = arith.addf %out, %p : f32
    linalg.yield %r : f32
  } -> tensor<2x2x8x8xf32>
  %masked = linalg.generic {indexing_maps = [#pair, #of_positions, #pair], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%scores, %mask : tensor<2x2x8x8xf32>, tensor<8x8xi1>) outs(%pairs : tensor<2x2x8x8xf32>) {
  ^bb0(%s: f32, %seen: i1, %out: f32):
    %far = arith.constant 0xFF800000 : f32
    %w = arith.select %seen, %s, %far : f32
    linalg.yield %w : f32
  } -> tensor<2x2x8x8xf32>
  %rows = tensor.empty() : tensor<2x2x8xf32>
  %no_sums = linalg.fill ins(%zero : f32) outs(%rows : tensor<2x2x8xf32>) -> tensor<2x2x8xf32>
  %sums = linalg.generic #sums ins(%masked : tensor<2x2x8x8xf32>) outs(%no_sums : tensor<2x2x8xf32>) {
  ^bb0(%s: f32, %out: f32):
    %e = math.exp %s : f32
    %r = arith.addf %out, %e : f32
    linalg.yield %r : f32
  } -> tensor<2x2x8xf32>
  %weights = linalg.generic #quotients ins(%masked, %sums : tensor<2x2x8x8xf32>, tensor<2x2x8xf32>) outs(%pairs : tensor<2x2x8x8xf32>) {
  ^bb0(%s: f32, %sum: f32, %out: f32):
    %e = math.exp %s : f32
    %w = arith.divf %e, %sum : f32
    linalg.yield %w : f32
  } -> tensor<2x2x8x8xf32>
  %init = tensor.empty() : tensor<2x8x2x4xf32>
  %nothing = linalg.fill ins(%zero : f32) outs(%init : tensor<2x8x2x4xf32>) -> tensor<2x8x2x4xf32>
  %mixed = linalg.generic #mixing ins(%weights, %v : tensor<2x2x8x8xf32>, tensor<2x8x2x4xf32>) outs(%nothing : tensor<2x8x2x4xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %r = arith.addf %out, %p : f32
    linalg.yield %r : f32
  } -> tensor<2x8x2x4xf32>
  return %mixed : tensor<2x8x2x4xf32>
}

// A table of clamped distances at a length that is open: what is further away than the table reaches is all alike.
// CHECK-LABEL: func.func @relative_open_length(
// CHECK:         mixer.mix query(%arg0 {{.*}} bias(%{{.*}} : tensor<2x19xf32>)
// CHECK-SAME:      score = #mixer.softmax<scale = 1.000000e+00, bias = relative>, support = #mixer.full
// CHECK-NOT:     linalg.generic
func.func @relative_open_length(%q: tensor<2x?x2x4xf32> {heddle.shape = #shape}, %k: tensor<2x?x2x4xf32> {heddle.shape = #shape}, %v: tensor<2x?x2x4xf32> {heddle.shape = #shape})
    -> tensor<2x?x2x4xf32> attributes {heddle.symbols = ["T"]} {
  %zero = arith.constant 0.0 : f32
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c_2 = arith.constant -2 : index
  %table = arith.constant dense<[[0.75, 1.0], [-2.0, -1.5], [3.0, 0.125], [0.25, 4.0], [-1.0, 2.0]]> : tensor<5x2xf32>
  %length = tensor.dim %q, %c1 : tensor<2x?x2x4xf32>
  %biases = tensor.empty(%length, %length) : tensor<2x?x?xf32>
  %bias = linalg.generic {indexing_maps = [affine_map<(h, i, j) -> (h, i, j)>], iterator_types = ["parallel", "parallel", "parallel"]} outs(%biases : tensor<2x?x?xf32>) {
  ^bb0(%out: f32):
    %h = linalg.index 0 : index
    %i = linalg.index 1 : index
    %j = linalg.index 2 : index
    %distance = arith.subi %j, %i : index
    %low = arith.maxsi %distance, %c_2 : index
    %near = arith.minsi %low, %c2 : index
    %place = arith.addi %near, %c2 : index
    %entry = tensor.extract %table[%place, %h] : tensor<5x2xf32>
    linalg.yield %entry : f32
  } -> tensor<2x?x?xf32>
  %pairs = tensor.empty(%length, %length) : tensor<2x2x?x?xf32>
  %blank = linalg.fill ins(%zero : f32) outs(%pairs : tensor<2x2x?x?xf32>) -> tensor<2x2x?x?xf32>
  %scores = linalg.generic #scores ins(%q, %k : tensor<2x?x2x4xf32>, tensor<2x?x2x4xf32>) outs(%blank : tensor<2x2x?x?xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %r = arith.addf %out, %p : f32
    linalg.yield %r : f32
  } -> tensor<2x2x?x?xf32>
  %masked = linalg.generic {indexing_maps = [#pair, #of_heads, #pair], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%scores, %bias : tensor<2x2x?x?xf32>, tensor<2x?x?xf32>) outs(%pairs : tensor<2x2x?x?xf32>) {
  ^bb0(%s: f32, %bias_of_pair: f32, %out: f32):
    %w = arith.addf %s, %bias_of_pair : f32
    linalg.yield %w : f32
  } -> tensor<2x2x?x?xf32>
  %rows = tensor.empty(%length) : tensor<2x2x?xf32>
  %no_sums = linalg.fill ins(%zero : f32) outs(%rows : tensor<2x2x?xf32>) -> tensor<2x2x?xf32>
  %sums = linalg.generic #sums ins(%masked : tensor<2x2x?x?xf32>) outs(%no_sums : tensor<2x2x?xf32>) {
  ^bb0(%s: f32, %out: f32):
    %e = math.exp %s : f32
    %r = arith.addf %out, %e : f32
    linalg.yield %r : f32
  } -> tensor<2x2x?xf32>
  %weights = linalg.generic #quotients ins(%masked, %sums : tensor<2x2x?x?xf32>, tensor<2x2x?xf32>) outs(%pairs : tensor<2x2x?x?xf32>) {
  ^bb0(%s: f32, %sum: f32, %out: f32):
    %e = math.exp %s : f32
    %w = arith.divf %e, %sum : f32
    linalg.yield %w : f32
  } -> tensor<2x2x?x?xf32>
  %init = tensor.empty(%length) : tensor<2x?x2x4xf32>
  %nothing = linalg.fill ins(%zero : f32) outs(%init : tensor<2x?x2x4xf32>) -> tensor<2x?x2x4xf32>
  %mixed = linalg.generic #mixing ins(%weights, %v : tensor<2x2x?x?xf32>, tensor<2x?x2x4xf32>) outs(%nothing : tensor<2x?x2x4xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %r = arith.addf %out, %p : f32
    linalg.yield %r : f32
  } -> tensor<2x?x2x4xf32>
  return %mixed : tensor<2x?x2x4xf32>
}
