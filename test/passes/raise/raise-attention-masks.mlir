// Masks that are data beside masks of positions: the positions name the support, the data is a bias.
// RUN: heddle-opt %s --heddle-raise-attention=verify=always --canonicalize --cse | FileCheck %s

#q = affine_map<(b, i, j, d) -> (b, i, d)>
#k = affine_map<(b, i, j, d) -> (b, j, d)>
#pair_of_features = affine_map<(b, i, j, d) -> (b, i, j)>
#pair = affine_map<(b, i, j) -> (b, i, j)>
#row = affine_map<(b, i, j) -> (b, i)>
#key = affine_map<(b, i, j) -> (b, j)>

// A row whose keys are all padding is the mean of all values, those behind it included.
// CHECK-LABEL: func.func @lowest_number_chosen(
// CHECK:         mixer.mix {{.*}}bias(%{{.*}} : tensor<1x2x1x?xf32>)
// CHECK-SAME:      score = #mixer.softmax<scale = 1.000000e+00, bias = dense>, support = #mixer.causal
// CHECK:         arith.maximumf
// CHECK:         arith.divf
// CHECK:         arith.select
// CHECK-NOT:     linalg.batch_matmul
func.func @lowest_number_chosen(%q: tensor<2x?x4xf32> {heddle.shape = affine_map<()[s0] -> (2, s0, 4)>}, %k: tensor<2x?x4xf32> {heddle.shape = affine_map<()[s0] -> (2, s0, 4)>}, %v: tensor<2x?x4xf32> {heddle.shape = affine_map<()[s0] -> (2, s0, 4)>}, %pad: tensor<2x?xi64> {heddle.shape = affine_map<()[s0] -> (2, s0)>}) -> (tensor<2x?x4xf32> {heddle.shape = affine_map<()[s0] -> (2, s0, 4)>})
    attributes {heddle.symbols = ["T"]} {
  %c1 = arith.constant 1 : index
  %n = tensor.dim %q, %c1 : tensor<2x?x4xf32>
  %zero = arith.constant 0.0 : f32
  %none = arith.constant 0 : i64
  %low = arith.constant 0xFF7FFFFF : f32
  %least = arith.constant 0xFF800000 : f32
  %pairs = tensor.empty(%n, %n) : tensor<2x?x?xf32>
  %blank = linalg.fill ins(%zero : f32) outs(%pairs : tensor<2x?x?xf32>) -> tensor<2x?x?xf32>
  %scores = linalg.generic {indexing_maps = [#q, #k, #pair_of_features], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%q, %k : tensor<2x?x4xf32>, tensor<2x?x4xf32>) outs(%blank : tensor<2x?x?xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %out, %m : f32
    linalg.yield %s : f32
  } -> tensor<2x?x?xf32>
  %masked = linalg.generic {indexing_maps = [#pair, #key, #pair], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%scores, %pad : tensor<2x?x?xf32>, tensor<2x?xi64>) outs(%pairs : tensor<2x?x?xf32>) {
  ^bb0(%s: f32, %flag: i64, %out: f32):
    %i = linalg.index 1 : index
    %j = linalg.index 2 : index
    %past = arith.cmpi sle, %j, %i : index
    %real = arith.cmpi ne, %flag, %none : i64
    %seen = arith.andi %past, %real : i1
    %result = arith.select %seen, %s, %low : f32
    linalg.yield %result : f32
  } -> tensor<2x?x?xf32>
  %rows = tensor.empty(%n) : tensor<2x?xf32>
  %leasts = linalg.fill ins(%least : f32) outs(%rows : tensor<2x?xf32>) -> tensor<2x?xf32>
  %tops = linalg.generic {indexing_maps = [#pair, #row], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%masked : tensor<2x?x?xf32>) outs(%leasts : tensor<2x?xf32>) {
  ^bb0(%s: f32, %out: f32):
    %top = arith.maximumf %out, %s : f32
    linalg.yield %top : f32
  } -> tensor<2x?xf32>
  %weights = linalg.generic {indexing_maps = [#pair, #row, #pair], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%masked, %tops : tensor<2x?x?xf32>, tensor<2x?xf32>) outs(%pairs : tensor<2x?x?xf32>) {
  ^bb0(%s: f32, %top: f32, %out: f32):
    %shifted = arith.subf %s, %top : f32
    %e = math.exp %shifted : f32
    linalg.yield %e : f32
  } -> tensor<2x?x?xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%rows : tensor<2x?xf32>) -> tensor<2x?xf32>
  %sums = linalg.generic {indexing_maps = [#pair, #row], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%weights : tensor<2x?x?xf32>) outs(%zeros : tensor<2x?xf32>) {
  ^bb0(%w: f32, %out: f32):
    %s = arith.addf %out, %w : f32
    linalg.yield %s : f32
  } -> tensor<2x?xf32>
  %normed = linalg.generic {indexing_maps = [#pair, #row, #pair], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%weights, %sums : tensor<2x?x?xf32>, tensor<2x?xf32>) outs(%pairs : tensor<2x?x?xf32>) {
  ^bb0(%w: f32, %s: f32, %out: f32):
    %share = arith.divf %w, %s : f32
    linalg.yield %share : f32
  } -> tensor<2x?x?xf32>
  %init = tensor.empty(%n) : tensor<2x?x4xf32>
  %start = linalg.fill ins(%zero : f32) outs(%init : tensor<2x?x4xf32>) -> tensor<2x?x4xf32>
  %y = linalg.batch_matmul ins(%normed, %v : tensor<2x?x?xf32>, tensor<2x?x4xf32>) outs(%start : tensor<2x?x4xf32>) -> tensor<2x?x4xf32>
  return %y : tensor<2x?x4xf32>
}

// By chance no row of nine keys is all padding, in front of a sequence many are.
// CHECK-LABEL: func.func @window_of_padding(
// CHECK:         mixer.mix {{.*}}bias(%{{.*}} : tensor<1x2x1x?xf32>)
// CHECK-SAME:      score = #mixer.softmax<scale = 1.000000e+00, bias = dense>, support = #mixer.window<left = 4, right = 4>
// CHECK:         arith.maximumf
// CHECK:         arith.divf
// CHECK:         arith.select
// CHECK-NOT:     linalg.batch_matmul
func.func @window_of_padding(%q: tensor<2x?x4xf32> {heddle.shape = affine_map<()[s0] -> (2, s0, 4)>}, %k: tensor<2x?x4xf32> {heddle.shape = affine_map<()[s0] -> (2, s0, 4)>}, %v: tensor<2x?x4xf32> {heddle.shape = affine_map<()[s0] -> (2, s0, 4)>}, %pad: tensor<2x?xi64> {heddle.shape = affine_map<()[s0] -> (2, s0)>}) -> (tensor<2x?x4xf32> {heddle.shape = affine_map<()[s0] -> (2, s0, 4)>})
    attributes {heddle.symbols = ["T"]} {
  %c1 = arith.constant 1 : index
  %n = tensor.dim %q, %c1 : tensor<2x?x4xf32>
  %zero = arith.constant 0.0 : f32
  %none = arith.constant 0 : i64
  %low = arith.constant 0xFF7FFFFF : f32
  %least = arith.constant 0xFF800000 : f32
  %pairs = tensor.empty(%n, %n) : tensor<2x?x?xf32>
  %blank = linalg.fill ins(%zero : f32) outs(%pairs : tensor<2x?x?xf32>) -> tensor<2x?x?xf32>
  %scores = linalg.generic {indexing_maps = [#q, #k, #pair_of_features], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%q, %k : tensor<2x?x4xf32>, tensor<2x?x4xf32>) outs(%blank : tensor<2x?x?xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %out, %m : f32
    linalg.yield %s : f32
  } -> tensor<2x?x?xf32>
  %masked = linalg.generic {indexing_maps = [#pair, #key, #pair], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%scores, %pad : tensor<2x?x?xf32>, tensor<2x?xi64>) outs(%pairs : tensor<2x?x?xf32>) {
  ^bb0(%s: f32, %flag: i64, %out: f32):
    %i = linalg.index 1 : index
    %j = linalg.index 2 : index
    %c4 = arith.constant 4 : index
    %distance = arith.subi %i, %j : index
    %way = math.absi %distance : index
    %near = arith.cmpi sle, %way, %c4 : index
    %real = arith.cmpi ne, %flag, %none : i64
    %seen = arith.andi %near, %real : i1
    %result = arith.select %seen, %s, %low : f32
    linalg.yield %result : f32
  } -> tensor<2x?x?xf32>
  %rows = tensor.empty(%n) : tensor<2x?xf32>
  %leasts = linalg.fill ins(%least : f32) outs(%rows : tensor<2x?xf32>) -> tensor<2x?xf32>
  %tops = linalg.generic {indexing_maps = [#pair, #row], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%masked : tensor<2x?x?xf32>) outs(%leasts : tensor<2x?xf32>) {
  ^bb0(%s: f32, %out: f32):
    %top = arith.maximumf %out, %s : f32
    linalg.yield %top : f32
  } -> tensor<2x?xf32>
  %weights = linalg.generic {indexing_maps = [#pair, #row, #pair], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%masked, %tops : tensor<2x?x?xf32>, tensor<2x?xf32>) outs(%pairs : tensor<2x?x?xf32>) {
  ^bb0(%s: f32, %top: f32, %out: f32):
    %shifted = arith.subf %s, %top : f32
    %e = math.exp %shifted : f32
    linalg.yield %e : f32
  } -> tensor<2x?x?xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%rows : tensor<2x?xf32>) -> tensor<2x?xf32>
  %sums = linalg.generic {indexing_maps = [#pair, #row], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%weights : tensor<2x?x?xf32>) outs(%zeros : tensor<2x?xf32>) {
  ^bb0(%w: f32, %out: f32):
    %s = arith.addf %out, %w : f32
    linalg.yield %s : f32
  } -> tensor<2x?xf32>
  %normed = linalg.generic {indexing_maps = [#pair, #row, #pair], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%weights, %sums : tensor<2x?x?xf32>, tensor<2x?xf32>) outs(%pairs : tensor<2x?x?xf32>) {
  ^bb0(%w: f32, %s: f32, %out: f32):
    %share = arith.divf %w, %s : f32
    linalg.yield %share : f32
  } -> tensor<2x?x?xf32>
  %init = tensor.empty(%n) : tensor<2x?x4xf32>
  %start = linalg.fill ins(%zero : f32) outs(%init : tensor<2x?x4xf32>) -> tensor<2x?x4xf32>
  %y = linalg.batch_matmul ins(%normed, %v : tensor<2x?x?xf32>, tensor<2x?x4xf32>) outs(%start : tensor<2x?x4xf32>) -> tensor<2x?x4xf32>
  return %y : tensor<2x?x4xf32>
}

// The lowest number swallows every score that it is added to.
// CHECK-LABEL: func.func @lowest_number_added(
// CHECK:         mixer.mix {{.*}}bias(%{{.*}} : tensor<1x2x1x?xf32>)
// CHECK-SAME:      score = #mixer.softmax<scale = 1.000000e+00, bias = dense>, support = #mixer.causal
// CHECK:         arith.maximumf
// CHECK:         arith.divf
// CHECK:         arith.select
// CHECK-NOT:     linalg.batch_matmul
func.func @lowest_number_added(%q: tensor<2x?x4xf32> {heddle.shape = affine_map<()[s0] -> (2, s0, 4)>}, %k: tensor<2x?x4xf32> {heddle.shape = affine_map<()[s0] -> (2, s0, 4)>}, %v: tensor<2x?x4xf32> {heddle.shape = affine_map<()[s0] -> (2, s0, 4)>}, %pad: tensor<2x?xi64> {heddle.shape = affine_map<()[s0] -> (2, s0)>}) -> (tensor<2x?x4xf32> {heddle.shape = affine_map<()[s0] -> (2, s0, 4)>})
    attributes {heddle.symbols = ["T"]} {
  %c1 = arith.constant 1 : index
  %n = tensor.dim %q, %c1 : tensor<2x?x4xf32>
  %zero = arith.constant 0.0 : f32
  %none = arith.constant 0 : i64
  %low = arith.constant 0xFF7FFFFF : f32
  %least = arith.constant 0xFF800000 : f32
  %pairs = tensor.empty(%n, %n) : tensor<2x?x?xf32>
  %blank = linalg.fill ins(%zero : f32) outs(%pairs : tensor<2x?x?xf32>) -> tensor<2x?x?xf32>
  %scores = linalg.generic {indexing_maps = [#q, #k, #pair_of_features], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%q, %k : tensor<2x?x4xf32>, tensor<2x?x4xf32>) outs(%blank : tensor<2x?x?xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %out, %m : f32
    linalg.yield %s : f32
  } -> tensor<2x?x?xf32>
  %masked = linalg.generic {indexing_maps = [#pair, #key, #pair], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%scores, %pad : tensor<2x?x?xf32>, tensor<2x?xi64>) outs(%pairs : tensor<2x?x?xf32>) {
  ^bb0(%s: f32, %flag: i64, %out: f32):
    %i = linalg.index 1 : index
    %j = linalg.index 2 : index
    %past = arith.cmpi sle, %j, %i : index
    %real = arith.cmpi ne, %flag, %none : i64
    %seen = arith.andi %past, %real : i1
    %mask = arith.select %seen, %zero, %low : f32
    %result = arith.addf %s, %mask : f32
    linalg.yield %result : f32
  } -> tensor<2x?x?xf32>
  %rows = tensor.empty(%n) : tensor<2x?xf32>
  %leasts = linalg.fill ins(%least : f32) outs(%rows : tensor<2x?xf32>) -> tensor<2x?xf32>
  %tops = linalg.generic {indexing_maps = [#pair, #row], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%masked : tensor<2x?x?xf32>) outs(%leasts : tensor<2x?xf32>) {
  ^bb0(%s: f32, %out: f32):
    %top = arith.maximumf %out, %s : f32
    linalg.yield %top : f32
  } -> tensor<2x?xf32>
  %weights = linalg.generic {indexing_maps = [#pair, #row, #pair], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%masked, %tops : tensor<2x?x?xf32>, tensor<2x?xf32>) outs(%pairs : tensor<2x?x?xf32>) {
  ^bb0(%s: f32, %top: f32, %out: f32):
    %shifted = arith.subf %s, %top : f32
    %e = math.exp %shifted : f32
    linalg.yield %e : f32
  } -> tensor<2x?x?xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%rows : tensor<2x?xf32>) -> tensor<2x?xf32>
  %sums = linalg.generic {indexing_maps = [#pair, #row], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%weights : tensor<2x?x?xf32>) outs(%zeros : tensor<2x?xf32>) {
  ^bb0(%w: f32, %out: f32):
    %s = arith.addf %out, %w : f32
    linalg.yield %s : f32
  } -> tensor<2x?xf32>
  %normed = linalg.generic {indexing_maps = [#pair, #row, #pair], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%weights, %sums : tensor<2x?x?xf32>, tensor<2x?xf32>) outs(%pairs : tensor<2x?x?xf32>) {
  ^bb0(%w: f32, %s: f32, %out: f32):
    %share = arith.divf %w, %s : f32
    linalg.yield %share : f32
  } -> tensor<2x?x?xf32>
  %init = tensor.empty(%n) : tensor<2x?x4xf32>
  %start = linalg.fill ins(%zero : f32) outs(%init : tensor<2x?x4xf32>) -> tensor<2x?x4xf32>
  %y = linalg.batch_matmul ins(%normed, %v : tensor<2x?x?xf32>, tensor<2x?x4xf32>) outs(%start : tensor<2x?x4xf32>) -> tensor<2x?x4xf32>
  return %y : tensor<2x?x4xf32>
}

// A bound that no score comes near is none.
// CHECK-LABEL: func.func @bounded_below(
// CHECK:         mixer.mix {{.*}}bias(%{{.*}} : tensor<1x2x1x?xf32>)
// CHECK-SAME:      score = #mixer.softmax<scale = 1.000000e+00, bias = dense>, support = #mixer.causal
// CHECK:         arith.maximumf
// CHECK:         arith.divf
// CHECK:         arith.select
// CHECK-NOT:     linalg.batch_matmul
func.func @bounded_below(%q: tensor<2x?x4xf32> {heddle.shape = affine_map<()[s0] -> (2, s0, 4)>}, %k: tensor<2x?x4xf32> {heddle.shape = affine_map<()[s0] -> (2, s0, 4)>}, %v: tensor<2x?x4xf32> {heddle.shape = affine_map<()[s0] -> (2, s0, 4)>}, %pad: tensor<2x?xi64> {heddle.shape = affine_map<()[s0] -> (2, s0)>}) -> (tensor<2x?x4xf32> {heddle.shape = affine_map<()[s0] -> (2, s0, 4)>})
    attributes {heddle.symbols = ["T"]} {
  %c1 = arith.constant 1 : index
  %n = tensor.dim %q, %c1 : tensor<2x?x4xf32>
  %zero = arith.constant 0.0 : f32
  %none = arith.constant 0 : i64
  %low = arith.constant 0xFF7FFFFF : f32
  %least = arith.constant 0xFF800000 : f32
  %pairs = tensor.empty(%n, %n) : tensor<2x?x?xf32>
  %blank = linalg.fill ins(%zero : f32) outs(%pairs : tensor<2x?x?xf32>) -> tensor<2x?x?xf32>
  %scores = linalg.generic {indexing_maps = [#q, #k, #pair_of_features], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%q, %k : tensor<2x?x4xf32>, tensor<2x?x4xf32>) outs(%blank : tensor<2x?x?xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %out, %m : f32
    linalg.yield %s : f32
  } -> tensor<2x?x?xf32>
  %masked = linalg.generic {indexing_maps = [#pair, #key, #pair], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%scores, %pad : tensor<2x?x?xf32>, tensor<2x?xi64>) outs(%pairs : tensor<2x?x?xf32>) {
  ^bb0(%s: f32, %flag: i64, %out: f32):
    %i = linalg.index 1 : index
    %j = linalg.index 2 : index
    %past = arith.cmpi sle, %j, %i : index
    %real = arith.cmpi ne, %flag, %none : i64
    %seen = arith.andi %past, %real : i1
    %mask = arith.select %seen, %zero, %low : f32
    %sum = arith.addf %s, %mask : f32
    %result = arith.maximumf %sum, %low : f32
    linalg.yield %result : f32
  } -> tensor<2x?x?xf32>
  %rows = tensor.empty(%n) : tensor<2x?xf32>
  %leasts = linalg.fill ins(%least : f32) outs(%rows : tensor<2x?xf32>) -> tensor<2x?xf32>
  %tops = linalg.generic {indexing_maps = [#pair, #row], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%masked : tensor<2x?x?xf32>) outs(%leasts : tensor<2x?xf32>) {
  ^bb0(%s: f32, %out: f32):
    %top = arith.maximumf %out, %s : f32
    linalg.yield %top : f32
  } -> tensor<2x?xf32>
  %weights = linalg.generic {indexing_maps = [#pair, #row, #pair], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%masked, %tops : tensor<2x?x?xf32>, tensor<2x?xf32>) outs(%pairs : tensor<2x?x?xf32>) {
  ^bb0(%s: f32, %top: f32, %out: f32):
    %shifted = arith.subf %s, %top : f32
    %e = math.exp %shifted : f32
    linalg.yield %e : f32
  } -> tensor<2x?x?xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%rows : tensor<2x?xf32>) -> tensor<2x?xf32>
  %sums = linalg.generic {indexing_maps = [#pair, #row], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%weights : tensor<2x?x?xf32>) outs(%zeros : tensor<2x?xf32>) {
  ^bb0(%w: f32, %out: f32):
    %s = arith.addf %out, %w : f32
    linalg.yield %s : f32
  } -> tensor<2x?xf32>
  %normed = linalg.generic {indexing_maps = [#pair, #row, #pair], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%weights, %sums : tensor<2x?x?xf32>, tensor<2x?xf32>) outs(%pairs : tensor<2x?x?xf32>) {
  ^bb0(%w: f32, %s: f32, %out: f32):
    %share = arith.divf %w, %s : f32
    linalg.yield %share : f32
  } -> tensor<2x?x?xf32>
  %init = tensor.empty(%n) : tensor<2x?x4xf32>
  %start = linalg.fill ins(%zero : f32) outs(%init : tensor<2x?x4xf32>) -> tensor<2x?x4xf32>
  %y = linalg.batch_matmul ins(%normed, %v : tensor<2x?x?xf32>, tensor<2x?x4xf32>) outs(%start : tensor<2x?x4xf32>) -> tensor<2x?x4xf32>
  return %y : tensor<2x?x4xf32>
}

// Rows without a key have no value that a mixer could differ from.
// CHECK-LABEL: func.func @infinity(
// CHECK:         mixer.mix {{.*}}bias(%{{.*}} : tensor<1x2x1x?xf32>)
// CHECK-SAME:      score = #mixer.softmax<scale = 1.000000e+00, bias = dense>, support = #mixer.causal
// CHECK-NOT:     arith.divf
func.func @infinity(%q: tensor<2x?x4xf32> {heddle.shape = affine_map<()[s0] -> (2, s0, 4)>}, %k: tensor<2x?x4xf32> {heddle.shape = affine_map<()[s0] -> (2, s0, 4)>}, %v: tensor<2x?x4xf32> {heddle.shape = affine_map<()[s0] -> (2, s0, 4)>}, %pad: tensor<2x?xi64> {heddle.shape = affine_map<()[s0] -> (2, s0)>}) -> (tensor<2x?x4xf32> {heddle.shape = affine_map<()[s0] -> (2, s0, 4)>})
    attributes {heddle.symbols = ["T"]} {
  %c1 = arith.constant 1 : index
  %n = tensor.dim %q, %c1 : tensor<2x?x4xf32>
  %zero = arith.constant 0.0 : f32
  %none = arith.constant 0 : i64
  %low = arith.constant 0xFF800000 : f32
  %least = arith.constant 0xFF800000 : f32
  %pairs = tensor.empty(%n, %n) : tensor<2x?x?xf32>
  %blank = linalg.fill ins(%zero : f32) outs(%pairs : tensor<2x?x?xf32>) -> tensor<2x?x?xf32>
  %scores = linalg.generic {indexing_maps = [#q, #k, #pair_of_features], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%q, %k : tensor<2x?x4xf32>, tensor<2x?x4xf32>) outs(%blank : tensor<2x?x?xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %out, %m : f32
    linalg.yield %s : f32
  } -> tensor<2x?x?xf32>
  %masked = linalg.generic {indexing_maps = [#pair, #key, #pair], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%scores, %pad : tensor<2x?x?xf32>, tensor<2x?xi64>) outs(%pairs : tensor<2x?x?xf32>) {
  ^bb0(%s: f32, %flag: i64, %out: f32):
    %i = linalg.index 1 : index
    %j = linalg.index 2 : index
    %past = arith.cmpi sle, %j, %i : index
    %real = arith.cmpi ne, %flag, %none : i64
    %seen = arith.andi %past, %real : i1
    %result = arith.select %seen, %s, %low : f32
    linalg.yield %result : f32
  } -> tensor<2x?x?xf32>
  %rows = tensor.empty(%n) : tensor<2x?xf32>
  %leasts = linalg.fill ins(%least : f32) outs(%rows : tensor<2x?xf32>) -> tensor<2x?xf32>
  %tops = linalg.generic {indexing_maps = [#pair, #row], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%masked : tensor<2x?x?xf32>) outs(%leasts : tensor<2x?xf32>) {
  ^bb0(%s: f32, %out: f32):
    %top = arith.maximumf %out, %s : f32
    linalg.yield %top : f32
  } -> tensor<2x?xf32>
  %weights = linalg.generic {indexing_maps = [#pair, #row, #pair], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%masked, %tops : tensor<2x?x?xf32>, tensor<2x?xf32>) outs(%pairs : tensor<2x?x?xf32>) {
  ^bb0(%s: f32, %top: f32, %out: f32):
    %shifted = arith.subf %s, %top : f32
    %e = math.exp %shifted : f32
    linalg.yield %e : f32
  } -> tensor<2x?x?xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%rows : tensor<2x?xf32>) -> tensor<2x?xf32>
  %sums = linalg.generic {indexing_maps = [#pair, #row], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%weights : tensor<2x?x?xf32>) outs(%zeros : tensor<2x?xf32>) {
  ^bb0(%w: f32, %out: f32):
    %s = arith.addf %out, %w : f32
    linalg.yield %s : f32
  } -> tensor<2x?xf32>
  %normed = linalg.generic {indexing_maps = [#pair, #row, #pair], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%weights, %sums : tensor<2x?x?xf32>, tensor<2x?xf32>) outs(%pairs : tensor<2x?x?xf32>) {
  ^bb0(%w: f32, %s: f32, %out: f32):
    %share = arith.divf %w, %s : f32
    linalg.yield %share : f32
  } -> tensor<2x?x?xf32>
  %init = tensor.empty(%n) : tensor<2x?x4xf32>
  %start = linalg.fill ins(%zero : f32) outs(%init : tensor<2x?x4xf32>) -> tensor<2x?x4xf32>
  %y = linalg.batch_matmul ins(%normed, %v : tensor<2x?x?xf32>, tensor<2x?x4xf32>) outs(%start : tensor<2x?x4xf32>) -> tensor<2x?x4xf32>
  return %y : tensor<2x?x4xf32>
}

// What swallows no score leaves attention over everything in such a row.
// CHECK-LABEL: func.func @small_number_added(
// CHECK:         mixer.mix {{.*}}bias(%{{.*}} : tensor<1x2x?x?xf32>)
// CHECK-SAME:      score = #mixer.softmax<scale = 1.000000e+00, bias = dense>, support = #mixer.full
// CHECK-NOT:     arith.divf
func.func @small_number_added(%q: tensor<2x?x4xf32> {heddle.shape = affine_map<()[s0] -> (2, s0, 4)>}, %k: tensor<2x?x4xf32> {heddle.shape = affine_map<()[s0] -> (2, s0, 4)>}, %v: tensor<2x?x4xf32> {heddle.shape = affine_map<()[s0] -> (2, s0, 4)>}, %pad: tensor<2x?xi64> {heddle.shape = affine_map<()[s0] -> (2, s0)>}) -> (tensor<2x?x4xf32> {heddle.shape = affine_map<()[s0] -> (2, s0, 4)>})
    attributes {heddle.symbols = ["T"]} {
  %c1 = arith.constant 1 : index
  %n = tensor.dim %q, %c1 : tensor<2x?x4xf32>
  %zero = arith.constant 0.0 : f32
  %none = arith.constant 0 : i64
  %low = arith.constant -1.0e+04 : f32
  %least = arith.constant 0xFF800000 : f32
  %pairs = tensor.empty(%n, %n) : tensor<2x?x?xf32>
  %blank = linalg.fill ins(%zero : f32) outs(%pairs : tensor<2x?x?xf32>) -> tensor<2x?x?xf32>
  %scores = linalg.generic {indexing_maps = [#q, #k, #pair_of_features], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%q, %k : tensor<2x?x4xf32>, tensor<2x?x4xf32>) outs(%blank : tensor<2x?x?xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %out, %m : f32
    linalg.yield %s : f32
  } -> tensor<2x?x?xf32>
  %masked = linalg.generic {indexing_maps = [#pair, #key, #pair], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%scores, %pad : tensor<2x?x?xf32>, tensor<2x?xi64>) outs(%pairs : tensor<2x?x?xf32>) {
  ^bb0(%s: f32, %flag: i64, %out: f32):
    %i = linalg.index 1 : index
    %j = linalg.index 2 : index
    %past = arith.cmpi sle, %j, %i : index
    %real = arith.cmpi ne, %flag, %none : i64
    %seen = arith.andi %past, %real : i1
    %mask = arith.select %seen, %zero, %low : f32
    %result = arith.addf %s, %mask : f32
    linalg.yield %result : f32
  } -> tensor<2x?x?xf32>
  %rows = tensor.empty(%n) : tensor<2x?xf32>
  %leasts = linalg.fill ins(%least : f32) outs(%rows : tensor<2x?xf32>) -> tensor<2x?xf32>
  %tops = linalg.generic {indexing_maps = [#pair, #row], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%masked : tensor<2x?x?xf32>) outs(%leasts : tensor<2x?xf32>) {
  ^bb0(%s: f32, %out: f32):
    %top = arith.maximumf %out, %s : f32
    linalg.yield %top : f32
  } -> tensor<2x?xf32>
  %weights = linalg.generic {indexing_maps = [#pair, #row, #pair], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%masked, %tops : tensor<2x?x?xf32>, tensor<2x?xf32>) outs(%pairs : tensor<2x?x?xf32>) {
  ^bb0(%s: f32, %top: f32, %out: f32):
    %shifted = arith.subf %s, %top : f32
    %e = math.exp %shifted : f32
    linalg.yield %e : f32
  } -> tensor<2x?x?xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%rows : tensor<2x?xf32>) -> tensor<2x?xf32>
  %sums = linalg.generic {indexing_maps = [#pair, #row], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%weights : tensor<2x?x?xf32>) outs(%zeros : tensor<2x?xf32>) {
  ^bb0(%w: f32, %out: f32):
    %s = arith.addf %out, %w : f32
    linalg.yield %s : f32
  } -> tensor<2x?xf32>
  %normed = linalg.generic {indexing_maps = [#pair, #row, #pair], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%weights, %sums : tensor<2x?x?xf32>, tensor<2x?xf32>) outs(%pairs : tensor<2x?x?xf32>) {
  ^bb0(%w: f32, %s: f32, %out: f32):
    %share = arith.divf %w, %s : f32
    linalg.yield %share : f32
  } -> tensor<2x?x?xf32>
  %init = tensor.empty(%n) : tensor<2x?x4xf32>
  %start = linalg.fill ins(%zero : f32) outs(%init : tensor<2x?x4xf32>) -> tensor<2x?x4xf32>
  %y = linalg.batch_matmul ins(%normed, %v : tensor<2x?x?xf32>, tensor<2x?x4xf32>) outs(%start : tensor<2x?x4xf32>) -> tensor<2x?x4xf32>
  return %y : tensor<2x?x4xf32>
}
