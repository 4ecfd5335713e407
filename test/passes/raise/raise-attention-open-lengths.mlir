// Bounds of supports at open lengths: only those that the lengths at which a mask is looked at show are named.
// RUN: heddle-opt %s --heddle-raise-attention=verify=always --canonicalize --cse | FileCheck %s

#q = affine_map<(b, i, j, d) -> (b, i, d)>
#k = affine_map<(b, i, j, d) -> (b, j, d)>
#pair_of_features = affine_map<(b, i, j, d) -> (b, i, j)>
#pair = affine_map<(b, i, j) -> (b, i, j)>
#row = affine_map<(b, i, j) -> (b, i)>

// The past is all of the past, however long the mask was that showed it.
// CHECK-LABEL: func.func @prefix(
// CHECK:         mixer.mix
// CHECK-SAME:      support = #mixer.any_of<#mixer.causal, #mixer.sinks<6>>
func.func @prefix(%q: tensor<2x?x4xf32> {heddle.shape = affine_map<()[s0] -> (2, s0, 4)>}, %k: tensor<2x?x4xf32> {heddle.shape = affine_map<()[s0] -> (2, s0, 4)>}, %v: tensor<2x?x4xf32> {heddle.shape = affine_map<()[s0] -> (2, s0, 4)>}) -> (tensor<2x?x4xf32> {heddle.shape = affine_map<()[s0] -> (2, s0, 4)>})
    attributes {heddle.symbols = ["T"]} {
  %c1 = arith.constant 1 : index
  %n = tensor.dim %q, %c1 : tensor<2x?x4xf32>
  %zero = arith.constant 0.0 : f32
  %lowest = arith.constant 0xFF800000 : f32
  %pairs = tensor.empty(%n, %n) : tensor<2x?x?xf32>
  %blank = linalg.fill ins(%zero : f32) outs(%pairs : tensor<2x?x?xf32>) -> tensor<2x?x?xf32>
  %scores = linalg.generic {indexing_maps = [#q, #k, #pair_of_features], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%q, %k : tensor<2x?x4xf32>, tensor<2x?x4xf32>) outs(%blank : tensor<2x?x?xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %out, %m : f32
    linalg.yield %s : f32
  } -> tensor<2x?x?xf32>
  %weights = linalg.generic {indexing_maps = [#pair, #pair], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%scores : tensor<2x?x?xf32>) outs(%pairs : tensor<2x?x?xf32>) {
  ^bb0(%s: f32, %out: f32):
    %i = linalg.index 1 : index
    %j = linalg.index 2 : index
    %c6 = arith.constant 6 : index
    %past = arith.cmpi sle, %j, %i : index
    %first = arith.cmpi slt, %j, %c6 : index
    %seen = arith.ori %past, %first : i1
    %masked = arith.select %seen, %s, %lowest : f32
    %e = math.exp %masked : f32
    linalg.yield %e : f32
  } -> tensor<2x?x?xf32>
  %rows = tensor.empty(%n) : tensor<2x?xf32>
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

// The same at one length.
// CHECK-LABEL: func.func @prefix_of_fixed_length(
// CHECK:         mixer.mix
// CHECK-SAME:      support = #mixer.any_of<#mixer.causal, #mixer.sinks<6>>
func.func @prefix_of_fixed_length(%q: tensor<2x24x4xf32> {heddle.shape = affine_map<() -> (2, 24, 4)>}, %k: tensor<2x24x4xf32> {heddle.shape = affine_map<() -> (2, 24, 4)>}, %v: tensor<2x24x4xf32> {heddle.shape = affine_map<() -> (2, 24, 4)>}) -> (tensor<2x24x4xf32> {heddle.shape = affine_map<() -> (2, 24, 4)>})
    attributes {heddle.symbols = []} {
  %zero = arith.constant 0.0 : f32
  %lowest = arith.constant 0xFF800000 : f32
  %pairs = tensor.empty() : tensor<2x24x24xf32>
  %blank = linalg.fill ins(%zero : f32) outs(%pairs : tensor<2x24x24xf32>) -> tensor<2x24x24xf32>
  %scores = linalg.generic {indexing_maps = [#q, #k, #pair_of_features], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%q, %k : tensor<2x24x4xf32>, tensor<2x24x4xf32>) outs(%blank : tensor<2x24x24xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %out, %m : f32
    linalg.yield %s : f32
  } -> tensor<2x24x24xf32>
  %weights = linalg.generic {indexing_maps = [#pair, #pair], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%scores : tensor<2x24x24xf32>) outs(%pairs : tensor<2x24x24xf32>) {
  ^bb0(%s: f32, %out: f32):
    %i = linalg.index 1 : index
    %j = linalg.index 2 : index
    %c6 = arith.constant 6 : index
    %past = arith.cmpi sle, %j, %i : index
    %first = arith.cmpi slt, %j, %c6 : index
    %seen = arith.ori %past, %first : i1
    %masked = arith.select %seen, %s, %lowest : f32
    %e = math.exp %masked : f32
    linalg.yield %e : f32
  } -> tensor<2x24x24xf32>
  %rows = tensor.empty() : tensor<2x24xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%rows : tensor<2x24xf32>) -> tensor<2x24xf32>
  %sums = linalg.generic {indexing_maps = [#pair, #row], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%weights : tensor<2x24x24xf32>) outs(%zeros : tensor<2x24xf32>) {
  ^bb0(%w: f32, %out: f32):
    %s = arith.addf %out, %w : f32
    linalg.yield %s : f32
  } -> tensor<2x24xf32>
  %normed = linalg.generic {indexing_maps = [#pair, #row, #pair], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%weights, %sums : tensor<2x24x24xf32>, tensor<2x24xf32>) outs(%pairs : tensor<2x24x24xf32>) {
  ^bb0(%w: f32, %s: f32, %out: f32):
    %share = arith.divf %w, %s : f32
    linalg.yield %share : f32
  } -> tensor<2x24x24xf32>
  %init = tensor.empty() : tensor<2x24x4xf32>
  %start = linalg.fill ins(%zero : f32) outs(%init : tensor<2x24x4xf32>) -> tensor<2x24x4xf32>
  %y = linalg.batch_matmul ins(%normed, %v : tensor<2x24x24xf32>, tensor<2x24x4xf32>) outs(%start : tensor<2x24x4xf32>) -> tensor<2x24x4xf32>
  return %y : tensor<2x24x4xf32>
}

// A window that all lengths show.
// CHECK-LABEL: func.func @window(
// CHECK:         mixer.mix
// CHECK-SAME:      support = #mixer.window<left = 5, right = 0>
func.func @window(%q: tensor<2x?x4xf32> {heddle.shape = affine_map<()[s0] -> (2, s0, 4)>}, %k: tensor<2x?x4xf32> {heddle.shape = affine_map<()[s0] -> (2, s0, 4)>}, %v: tensor<2x?x4xf32> {heddle.shape = affine_map<()[s0] -> (2, s0, 4)>}) -> (tensor<2x?x4xf32> {heddle.shape = affine_map<()[s0] -> (2, s0, 4)>})
    attributes {heddle.symbols = ["T"]} {
  %c1 = arith.constant 1 : index
  %n = tensor.dim %q, %c1 : tensor<2x?x4xf32>
  %zero = arith.constant 0.0 : f32
  %lowest = arith.constant 0xFF800000 : f32
  %pairs = tensor.empty(%n, %n) : tensor<2x?x?xf32>
  %blank = linalg.fill ins(%zero : f32) outs(%pairs : tensor<2x?x?xf32>) -> tensor<2x?x?xf32>
  %scores = linalg.generic {indexing_maps = [#q, #k, #pair_of_features], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%q, %k : tensor<2x?x4xf32>, tensor<2x?x4xf32>) outs(%blank : tensor<2x?x?xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %out, %m : f32
    linalg.yield %s : f32
  } -> tensor<2x?x?xf32>
  %weights = linalg.generic {indexing_maps = [#pair, #pair], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%scores : tensor<2x?x?xf32>) outs(%pairs : tensor<2x?x?xf32>) {
  ^bb0(%s: f32, %out: f32):
    %i = linalg.index 1 : index
    %j = linalg.index 2 : index
    %c5 = arith.constant 5 : index
    %distance = arith.subi %i, %j : index
    %past = arith.cmpi sle, %j, %i : index
    %near = arith.cmpi sle, %distance, %c5 : index
    %seen = arith.andi %past, %near : i1
    %masked = arith.select %seen, %s, %lowest : f32
    %e = math.exp %masked : f32
    linalg.yield %e : f32
  } -> tensor<2x?x?xf32>
  %rows = tensor.empty(%n) : tensor<2x?xf32>
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

// All of the past and five tokens of the future: no support says so, and no window that is as long as the mask does.
// CHECK-LABEL: func.func @no_window_from_the_length(
// CHECK-NOT:     #mixer.window
// CHECK:         return
func.func @no_window_from_the_length(%q: tensor<2x?x4xf32> {heddle.shape = affine_map<()[s0] -> (2, s0, 4)>}, %k: tensor<2x?x4xf32> {heddle.shape = affine_map<()[s0] -> (2, s0, 4)>}, %v: tensor<2x?x4xf32> {heddle.shape = affine_map<()[s0] -> (2, s0, 4)>}) -> (tensor<2x?x4xf32> {heddle.shape = affine_map<()[s0] -> (2, s0, 4)>})
    attributes {heddle.symbols = ["T"]} {
  %c1 = arith.constant 1 : index
  %n = tensor.dim %q, %c1 : tensor<2x?x4xf32>
  %zero = arith.constant 0.0 : f32
  %lowest = arith.constant 0xFF800000 : f32
  %pairs = tensor.empty(%n, %n) : tensor<2x?x?xf32>
  %blank = linalg.fill ins(%zero : f32) outs(%pairs : tensor<2x?x?xf32>) -> tensor<2x?x?xf32>
  %scores = linalg.generic {indexing_maps = [#q, #k, #pair_of_features], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%q, %k : tensor<2x?x4xf32>, tensor<2x?x4xf32>) outs(%blank : tensor<2x?x?xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %out, %m : f32
    linalg.yield %s : f32
  } -> tensor<2x?x?xf32>
  %weights = linalg.generic {indexing_maps = [#pair, #pair], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%scores : tensor<2x?x?xf32>) outs(%pairs : tensor<2x?x?xf32>) {
  ^bb0(%s: f32, %out: f32):
    %i = linalg.index 1 : index
    %j = linalg.index 2 : index
    %c5 = arith.constant 5 : index
    %end = arith.addi %i, %c5 : index
    %seen = arith.cmpi sle, %j, %end : index
    %masked = arith.select %seen, %s, %lowest : f32
    %e = math.exp %masked : f32
    linalg.yield %e : f32
  } -> tensor<2x?x?xf32>
  %rows = tensor.empty(%n) : tensor<2x?xf32>
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

// Positions that a loop counts depend on no data.
// CHECK-LABEL: func.func @positions_counted_by_a_loop(
// CHECK:         mixer.mix
// CHECK-SAME:      support = #mixer.causal
func.func @positions_counted_by_a_loop(%q: tensor<2x?x4xf32> {heddle.shape = affine_map<()[s0] -> (2, s0, 4)>}, %k: tensor<2x?x4xf32> {heddle.shape = affine_map<()[s0] -> (2, s0, 4)>}, %v: tensor<2x?x4xf32> {heddle.shape = affine_map<()[s0] -> (2, s0, 4)>}) -> (tensor<2x?x4xf32> {heddle.shape = affine_map<()[s0] -> (2, s0, 4)>})
    attributes {heddle.symbols = ["T"]} {
  %c1 = arith.constant 1 : index
  %n = tensor.dim %q, %c1 : tensor<2x?x4xf32>
  %zero = arith.constant 0.0 : f32
  %lowest = arith.constant 0xFF800000 : f32
  %c0 = arith.constant 0 : index
  %one = arith.constant 1.0 : f32
  %counts = tensor.empty(%n) : tensor<?xf32>
  %last, %numbers = scf.for %t = %c0 to %n step %c1 iter_args(%sum = %zero, %written = %counts) -> (f32, tensor<?xf32>) {
    %next = arith.addf %sum, %one : f32
    %more = tensor.insert %next into %written[%t] : tensor<?xf32>
    scf.yield %next, %more : f32, tensor<?xf32>
  }
  %pairs = tensor.empty(%n, %n) : tensor<2x?x?xf32>
  %blank = linalg.fill ins(%zero : f32) outs(%pairs : tensor<2x?x?xf32>) -> tensor<2x?x?xf32>
  %scores = linalg.generic {indexing_maps = [#q, #k, #pair_of_features], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%q, %k : tensor<2x?x4xf32>, tensor<2x?x4xf32>) outs(%blank : tensor<2x?x?xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %out, %m : f32
    linalg.yield %s : f32
  } -> tensor<2x?x?xf32>
  %weights = linalg.generic {indexing_maps = [#pair, #pair], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%scores : tensor<2x?x?xf32>) outs(%pairs : tensor<2x?x?xf32>) {
  ^bb0(%s: f32, %out: f32):
    %i = linalg.index 1 : index
    %j = linalg.index 2 : index
    %count_i = tensor.extract %numbers[%i] : tensor<?xf32>
    %count_j = tensor.extract %numbers[%j] : tensor<?xf32>
    %seen = arith.cmpf ole, %count_j, %count_i : f32
    %masked = arith.select %seen, %s, %lowest : f32
    %e = math.exp %masked : f32
    linalg.yield %e : f32
  } -> tensor<2x?x?xf32>
  %rows = tensor.empty(%n) : tensor<2x?xf32>
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
