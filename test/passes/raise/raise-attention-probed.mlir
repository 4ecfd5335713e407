// Attention that no pair of contractions is: chunks that overlap, blocks that are gathered, rows of several softmaxes
// put together. It is read off by probing; the proof decides.
// RUN: heddle-opt %s --heddle-raise-attention=verify=always --canonicalize --cse | FileCheck %s
// RUN: heddle-opt %s --heddle-raise-attention=verify=always --mlir-disable-threading --remarks-filter='raise-attention' \
// RUN:   -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

#scores = {indexing_maps = [affine_map<(b, n, i, j, d) -> (b, n, i, d)>, affine_map<(b, n, i, j, d) -> (b, n, j, d)>, affine_map<(b, n, i, j, d) -> (b, n, i, j)>],
           iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
#pairs = {indexing_maps = [affine_map<(b, n, i, j) -> (b, n, i, j)>, affine_map<(b, n, i, j) -> (b, n, i, j)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
#sums = {indexing_maps = [affine_map<(b, n, i, j) -> (b, n, i, j)>, affine_map<(b, n, i, j) -> (b, n, i)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
#quotients = {indexing_maps = [affine_map<(b, n, i, j) -> (b, n, i, j)>, affine_map<(b, n, i, j) -> (b, n, i)>, affine_map<(b, n, i, j) -> (b, n, i, j)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
#mixing = {indexing_maps = [affine_map<(b, n, i, d, j) -> (b, n, i, j)>, affine_map<(b, n, i, d, j) -> (b, n, j, d)>, affine_map<(b, n, i, d, j) -> (b, n, i, d)>],
           iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}

// Chunks of four with the chunks beside them, and a mask that leaves three tokens on either side.
// CHECK-LABEL: func.func @sliding_chunks(
// CHECK:         mixer.mix query(%{{.*}} : tensor<2x16x1x3xf32>)
// CHECK-SAME:      score = #mixer.softmax<scale = 5.000000e-01>, support = #mixer.window<left = 3, right = 3>
// CHECK-NOT:     math.exp
// REMARK:        raised to {{.*}}attention with support #mixer.window<left = 3, right = 3>
func.func @sliding_chunks(%q: tensor<2x16x3xf32>, %k: tensor<2x16x3xf32>, %v: tensor<2x16x3xf32>) -> tensor<2x16x3xf32> {
  %zero = arith.constant 0.0 : f32
  %q_chunks = tensor.expand_shape %q [[0], [1, 2], [3]] output_shape [2, 4, 4, 3] : tensor<2x16x3xf32> into tensor<2x4x4x3xf32>
  %k_padded = tensor.pad %k low[0, 4, 0] high[0, 4, 0] {
  ^bb0(%b: index, %t: index, %d: index):
    tensor.yield %zero : f32
  } : tensor<2x16x3xf32> to tensor<2x24x3xf32>
  %k_init = tensor.empty() : tensor<2x4x12x3xf32>
  %k_chunks = linalg.generic {indexing_maps = [affine_map<(b, n, j, d) -> (b, n, j, d)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} outs(%k_init : tensor<2x4x12x3xf32>) {
  ^bb0(%out: f32):
    %four = arith.constant 4 : index
    %b = linalg.index 0 : index
    %n = linalg.index 1 : index
    %j = linalg.index 2 : index
    %d = linalg.index 3 : index
    %first = arith.muli %n, %four : index
    %place = arith.addi %first, %j : index
    %e = tensor.extract %k_padded[%b, %place, %d] : tensor<2x24x3xf32>
    linalg.yield %e : f32
  } -> tensor<2x4x12x3xf32>
  %v_padded = tensor.pad %v low[0, 4, 0] high[0, 4, 0] {
  ^bb0(%b: index, %t: index, %d: index):
    tensor.yield %zero : f32
  } : tensor<2x16x3xf32> to tensor<2x24x3xf32>
  %v_init = tensor.empty() : tensor<2x4x12x3xf32>
  %v_chunks = linalg.generic {indexing_maps = [affine_map<(b, n, j, d) -> (b, n, j, d)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} outs(%v_init : tensor<2x4x12x3xf32>) {
  ^bb0(%out: f32):
    %four = arith.constant 4 : index
    %b = linalg.index 0 : index
    %n = linalg.index 1 : index
    %j = linalg.index 2 : index
    %d = linalg.index 3 : index
    %first = arith.muli %n, %four : index
    %place = arith.addi %first, %j : index
    %e = tensor.extract %v_padded[%b, %place, %d] : tensor<2x24x3xf32>
    linalg.yield %e : f32
  } -> tensor<2x4x12x3xf32>
  %chunk_pairs = tensor.empty() : tensor<2x4x4x12xf32>
  %chunk_blank = linalg.fill ins(%zero : f32) outs(%chunk_pairs : tensor<2x4x4x12xf32>) -> tensor<2x4x4x12xf32>
  %chunk_scores = linalg.generic #scores ins(%q_chunks, %k_chunks : tensor<2x4x4x3xf32>, tensor<2x4x12x3xf32>) outs(%chunk_blank : tensor<2x4x4x12xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %out, %m : f32
    linalg.yield %s : f32
  } -> tensor<2x4x4x12xf32>
  %chunk_masked = linalg.generic #pairs ins(%chunk_scores : tensor<2x4x4x12xf32>) outs(%chunk_pairs : tensor<2x4x4x12xf32>) {
  ^bb0(%s: f32, %out: f32):
    %far = arith.constant 0xFF800000 : f32
    %half = arith.constant 0.5 : f32
    %four = arith.constant 4 : index
    %width = arith.constant 3 : index
    %last = arith.constant 16 : index
    %n = linalg.index 1 : index
    %i = linalg.index 2 : index
    %j = linalg.index 3 : index
    %chunk = arith.muli %n, %four : index
    %query = arith.addi %chunk, %i : index
    %moved = arith.addi %chunk, %j : index
    %key = arith.subi %moved, %four : index
    %low = arith.subi %query, %width : index
    %high = arith.addi %query, %width : index
    %after = arith.cmpi sge, %key, %low : index
    %before = arith.cmpi sle, %key, %high : index
    %exists = arith.cmpi ult, %key, %last : index
    %near = arith.andi %after, %before : i1
    %seen = arith.andi %near, %exists : i1
    %scaled = arith.mulf %s, %half : f32
    %w = arith.select %seen, %scaled, %far : f32
    linalg.yield %w : f32
  } -> tensor<2x4x4x12xf32>
  %chunk_rows = tensor.empty() : tensor<2x4x4xf32>
  %chunk_no_sums = linalg.fill ins(%zero : f32) outs(%chunk_rows : tensor<2x4x4xf32>) -> tensor<2x4x4xf32>
  %chunk_sums = linalg.generic #sums ins(%chunk_masked : tensor<2x4x4x12xf32>) outs(%chunk_no_sums : tensor<2x4x4xf32>) {
  ^bb0(%s: f32, %out: f32):
    %e = math.exp %s : f32
    %r = arith.addf %out, %e : f32
    linalg.yield %r : f32
  } -> tensor<2x4x4xf32>
  %chunk_weights = linalg.generic #quotients ins(%chunk_masked, %chunk_sums : tensor<2x4x4x12xf32>, tensor<2x4x4xf32>) outs(%chunk_pairs : tensor<2x4x4x12xf32>) {
  ^bb0(%s: f32, %sum: f32, %out: f32):
    %e = math.exp %s : f32
    %w = arith.divf %e, %sum : f32
    linalg.yield %w : f32
  } -> tensor<2x4x4x12xf32>
  %chunk_init = tensor.empty() : tensor<2x4x4x3xf32>
  %chunk_nothing = linalg.fill ins(%zero : f32) outs(%chunk_init : tensor<2x4x4x3xf32>) -> tensor<2x4x4x3xf32>
  %chunk = linalg.generic #mixing ins(%chunk_weights, %v_chunks : tensor<2x4x4x12xf32>, tensor<2x4x12x3xf32>) outs(%chunk_nothing : tensor<2x4x4x3xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %out, %m : f32
    linalg.yield %s : f32
  } -> tensor<2x4x4x3xf32>
  %y = tensor.collapse_shape %chunk [[0], [1, 2], [3]] : tensor<2x4x4x3xf32> into tensor<2x16x3xf32>
  return %y : tensor<2x16x3xf32>
}

// The same with all keys of the three chunks: blocks and their neighbours.
// CHECK-LABEL: func.func @overlapping_blocks(
// CHECK:         mixer.mix query(%{{.*}} : tensor<2x16x1x3xf32>)
// CHECK-SAME:      score = #mixer.softmax<scale = 5.000000e-01>, support = #mixer.block_list<4, offsets = [0, 2, 5, 8, 10], blocks = [0, 1, 0, 1, 2, 1, 2, 3, 2, 3]>
// CHECK-NOT:     math.exp
func.func @overlapping_blocks(%q: tensor<2x16x3xf32>, %k: tensor<2x16x3xf32>, %v: tensor<2x16x3xf32>) -> tensor<2x16x3xf32> {
  %zero = arith.constant 0.0 : f32
  %q_chunks = tensor.expand_shape %q [[0], [1, 2], [3]] output_shape [2, 4, 4, 3] : tensor<2x16x3xf32> into tensor<2x4x4x3xf32>
  %k_padded = tensor.pad %k low[0, 4, 0] high[0, 4, 0] {
  ^bb0(%b: index, %t: index, %d: index):
    tensor.yield %zero : f32
  } : tensor<2x16x3xf32> to tensor<2x24x3xf32>
  %k_init = tensor.empty() : tensor<2x4x12x3xf32>
  %k_chunks = linalg.generic {indexing_maps = [affine_map<(b, n, j, d) -> (b, n, j, d)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} outs(%k_init : tensor<2x4x12x3xf32>) {
  ^bb0(%out: f32):
    %four = arith.constant 4 : index
    %b = linalg.index 0 : index
    %n = linalg.index 1 : index
    %j = linalg.index 2 : index
    %d = linalg.index 3 : index
    %first = arith.muli %n, %four : index
    %place = arith.addi %first, %j : index
    %e = tensor.extract %k_padded[%b, %place, %d] : tensor<2x24x3xf32>
    linalg.yield %e : f32
  } -> tensor<2x4x12x3xf32>
  %v_padded = tensor.pad %v low[0, 4, 0] high[0, 4, 0] {
  ^bb0(%b: index, %t: index, %d: index):
    tensor.yield %zero : f32
  } : tensor<2x16x3xf32> to tensor<2x24x3xf32>
  %v_init = tensor.empty() : tensor<2x4x12x3xf32>
  %v_chunks = linalg.generic {indexing_maps = [affine_map<(b, n, j, d) -> (b, n, j, d)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} outs(%v_init : tensor<2x4x12x3xf32>) {
  ^bb0(%out: f32):
    %four = arith.constant 4 : index
    %b = linalg.index 0 : index
    %n = linalg.index 1 : index
    %j = linalg.index 2 : index
    %d = linalg.index 3 : index
    %first = arith.muli %n, %four : index
    %place = arith.addi %first, %j : index
    %e = tensor.extract %v_padded[%b, %place, %d] : tensor<2x24x3xf32>
    linalg.yield %e : f32
  } -> tensor<2x4x12x3xf32>
  %chunk_pairs = tensor.empty() : tensor<2x4x4x12xf32>
  %chunk_blank = linalg.fill ins(%zero : f32) outs(%chunk_pairs : tensor<2x4x4x12xf32>) -> tensor<2x4x4x12xf32>
  %chunk_scores = linalg.generic #scores ins(%q_chunks, %k_chunks : tensor<2x4x4x3xf32>, tensor<2x4x12x3xf32>) outs(%chunk_blank : tensor<2x4x4x12xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %out, %m : f32
    linalg.yield %s : f32
  } -> tensor<2x4x4x12xf32>
  %chunk_masked = linalg.generic #pairs ins(%chunk_scores : tensor<2x4x4x12xf32>) outs(%chunk_pairs : tensor<2x4x4x12xf32>) {
  ^bb0(%s: f32, %out: f32):
    %far = arith.constant 0xFF800000 : f32
    %half = arith.constant 0.5 : f32
    %four = arith.constant 4 : index
    %width = arith.constant 3 : index
    %last = arith.constant 16 : index
    %n = linalg.index 1 : index
    %i = linalg.index 2 : index
    %j = linalg.index 3 : index
    %chunk = arith.muli %n, %four : index
    %query = arith.addi %chunk, %i : index
    %moved = arith.addi %chunk, %j : index
    %key = arith.subi %moved, %four : index
    %low = arith.subi %query, %width : index
    %high = arith.addi %query, %width : index
    %after = arith.cmpi sge, %key, %low : index
    %before = arith.cmpi sle, %key, %high : index
    %exists = arith.cmpi ult, %key, %last : index
    %near = arith.andi %after, %before : i1
    
    %scaled = arith.mulf %s, %half : f32
    %w = arith.select %exists, %scaled, %far : f32
    linalg.yield %w : f32
  } -> tensor<2x4x4x12xf32>
  %chunk_rows = tensor.empty() : tensor<2x4x4xf32>
  %chunk_no_sums = linalg.fill ins(%zero : f32) outs(%chunk_rows : tensor<2x4x4xf32>) -> tensor<2x4x4xf32>
  %chunk_sums = linalg.generic #sums ins(%chunk_masked : tensor<2x4x4x12xf32>) outs(%chunk_no_sums : tensor<2x4x4xf32>) {
  ^bb0(%s: f32, %out: f32):
    %e = math.exp %s : f32
    %r = arith.addf %out, %e : f32
    linalg.yield %r : f32
  } -> tensor<2x4x4xf32>
  %chunk_weights = linalg.generic #quotients ins(%chunk_masked, %chunk_sums : tensor<2x4x4x12xf32>, tensor<2x4x4xf32>) outs(%chunk_pairs : tensor<2x4x4x12xf32>) {
  ^bb0(%s: f32, %sum: f32, %out: f32):
    %e = math.exp %s : f32
    %w = arith.divf %e, %sum : f32
    linalg.yield %w : f32
  } -> tensor<2x4x4x12xf32>
  %chunk_init = tensor.empty() : tensor<2x4x4x3xf32>
  %chunk_nothing = linalg.fill ins(%zero : f32) outs(%chunk_init : tensor<2x4x4x3xf32>) -> tensor<2x4x4x3xf32>
  %chunk = linalg.generic #mixing ins(%chunk_weights, %v_chunks : tensor<2x4x4x12xf32>, tensor<2x4x12x3xf32>) outs(%chunk_nothing : tensor<2x4x4x3xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %out, %m : f32
    linalg.yield %s : f32
  } -> tensor<2x4x4x3xf32>
  %y = tensor.collapse_shape %chunk [[0], [1, 2], [3]] : tensor<2x4x4x3xf32> into tensor<2x16x3xf32>
  return %y : tensor<2x16x3xf32>
}

// Zeros around the sequence that nothing hides: rows at its ends weigh keys that no token has, so that each chunk is a
// mixer over its own keys.
// CHECK-LABEL: func.func @no_mask_for_the_padding(
// CHECK:         mixer.mix query(%{{.*}} : tensor<2x4x4x3xf32>) key(%{{.*}} : tensor<2x12x4x3xf32>)
// CHECK-SAME:      support = #mixer.full
// CHECK-NOT:     math.exp
// REMARK:        not raised to {{.*}}attention with support #mixer.block_list<{{.*}}differs by
func.func @no_mask_for_the_padding(%q: tensor<2x16x3xf32>, %k: tensor<2x16x3xf32>, %v: tensor<2x16x3xf32>) -> tensor<2x16x3xf32> {
  %zero = arith.constant 0.0 : f32
  %q_chunks = tensor.expand_shape %q [[0], [1, 2], [3]] output_shape [2, 4, 4, 3] : tensor<2x16x3xf32> into tensor<2x4x4x3xf32>
  %k_padded = tensor.pad %k low[0, 4, 0] high[0, 4, 0] {
  ^bb0(%b: index, %t: index, %d: index):
    tensor.yield %zero : f32
  } : tensor<2x16x3xf32> to tensor<2x24x3xf32>
  %k_init = tensor.empty() : tensor<2x4x12x3xf32>
  %k_chunks = linalg.generic {indexing_maps = [affine_map<(b, n, j, d) -> (b, n, j, d)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} outs(%k_init : tensor<2x4x12x3xf32>) {
  ^bb0(%out: f32):
    %four = arith.constant 4 : index
    %b = linalg.index 0 : index
    %n = linalg.index 1 : index
    %j = linalg.index 2 : index
    %d = linalg.index 3 : index
    %first = arith.muli %n, %four : index
    %place = arith.addi %first, %j : index
    %e = tensor.extract %k_padded[%b, %place, %d] : tensor<2x24x3xf32>
    linalg.yield %e : f32
  } -> tensor<2x4x12x3xf32>
  %v_padded = tensor.pad %v low[0, 4, 0] high[0, 4, 0] {
  ^bb0(%b: index, %t: index, %d: index):
    tensor.yield %zero : f32
  } : tensor<2x16x3xf32> to tensor<2x24x3xf32>
  %v_init = tensor.empty() : tensor<2x4x12x3xf32>
  %v_chunks = linalg.generic {indexing_maps = [affine_map<(b, n, j, d) -> (b, n, j, d)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} outs(%v_init : tensor<2x4x12x3xf32>) {
  ^bb0(%out: f32):
    %four = arith.constant 4 : index
    %b = linalg.index 0 : index
    %n = linalg.index 1 : index
    %j = linalg.index 2 : index
    %d = linalg.index 3 : index
    %first = arith.muli %n, %four : index
    %place = arith.addi %first, %j : index
    %e = tensor.extract %v_padded[%b, %place, %d] : tensor<2x24x3xf32>
    linalg.yield %e : f32
  } -> tensor<2x4x12x3xf32>
  %chunk_pairs = tensor.empty() : tensor<2x4x4x12xf32>
  %chunk_blank = linalg.fill ins(%zero : f32) outs(%chunk_pairs : tensor<2x4x4x12xf32>) -> tensor<2x4x4x12xf32>
  %chunk_scores = linalg.generic #scores ins(%q_chunks, %k_chunks : tensor<2x4x4x3xf32>, tensor<2x4x12x3xf32>) outs(%chunk_blank : tensor<2x4x4x12xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %out, %m : f32
    linalg.yield %s : f32
  } -> tensor<2x4x4x12xf32>
  %chunk_masked = linalg.generic #pairs ins(%chunk_scores : tensor<2x4x4x12xf32>) outs(%chunk_pairs : tensor<2x4x4x12xf32>) {
  ^bb0(%s: f32, %out: f32):
    %half = arith.constant 0.5 : f32
    %w = arith.mulf %s, %half : f32
    linalg.yield %w : f32
  } -> tensor<2x4x4x12xf32>
  %chunk_rows = tensor.empty() : tensor<2x4x4xf32>
  %chunk_no_sums = linalg.fill ins(%zero : f32) outs(%chunk_rows : tensor<2x4x4xf32>) -> tensor<2x4x4xf32>
  %chunk_sums = linalg.generic #sums ins(%chunk_masked : tensor<2x4x4x12xf32>) outs(%chunk_no_sums : tensor<2x4x4xf32>) {
  ^bb0(%s: f32, %out: f32):
    %e = math.exp %s : f32
    %r = arith.addf %out, %e : f32
    linalg.yield %r : f32
  } -> tensor<2x4x4xf32>
  %chunk_weights = linalg.generic #quotients ins(%chunk_masked, %chunk_sums : tensor<2x4x4x12xf32>, tensor<2x4x4xf32>) outs(%chunk_pairs : tensor<2x4x4x12xf32>) {
  ^bb0(%s: f32, %sum: f32, %out: f32):
    %e = math.exp %s : f32
    %w = arith.divf %e, %sum : f32
    linalg.yield %w : f32
  } -> tensor<2x4x4x12xf32>
  %chunk_init = tensor.empty() : tensor<2x4x4x3xf32>
  %chunk_nothing = linalg.fill ins(%zero : f32) outs(%chunk_init : tensor<2x4x4x3xf32>) -> tensor<2x4x4x3xf32>
  %chunk = linalg.generic #mixing ins(%chunk_weights, %v_chunks : tensor<2x4x4x12xf32>, tensor<2x4x12x3xf32>) outs(%chunk_nothing : tensor<2x4x4x3xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %out, %m : f32
    linalg.yield %s : f32
  } -> tensor<2x4x4x3xf32>
  %y = tensor.collapse_shape %chunk [[0], [1, 2], [3]] : tensor<2x4x4x3xf32> into tensor<2x16x3xf32>
  return %y : tensor<2x16x3xf32>
}

// The first block sees all, the others themselves and the first one twice: what is read twice weighs twice.
// CHECK-LABEL: func.func @blocks_gathered_twice(
// CHECK:         mixer.mix query(%{{.*}} : tensor<2x16x1x3xf32>)
// CHECK-SAME:      score = #mixer.softmax<scale = 5.000000e-01>, support = #mixer.block_list<4, offsets = [0, 4, 6, 8, 10], blocks = [0, 1, 2, 3, 0, 1, 0, 2, 0, 3]>
// CHECK-SAME:      score_region
// CHECK:           arith.constant 0.693147{{[0-9]*}} : f32
// CHECK:           arith.addf
// CHECK:           arith.select
// CHECK:           mixer.yield
// CHECK-NOT:     math.exp
func.func @blocks_gathered_twice(%q: tensor<2x16x3xf32>, %k: tensor<2x16x3xf32>, %v: tensor<2x16x3xf32>) -> tensor<2x16x3xf32> {
  %zero = arith.constant 0.0 : f32
  %q_blocks = tensor.expand_shape %q [[0], [1, 2], [3]] output_shape [2, 4, 4, 3] : tensor<2x16x3xf32> into tensor<2x4x4x3xf32>
  %k_blocks = tensor.expand_shape %k [[0], [1, 2], [3]] output_shape [2, 4, 4, 3] : tensor<2x16x3xf32> into tensor<2x4x4x3xf32>
  %v_blocks = tensor.expand_shape %v [[0], [1, 2], [3]] output_shape [2, 4, 4, 3] : tensor<2x16x3xf32> into tensor<2x4x4x3xf32>
  %q_first = tensor.extract_slice %q_blocks[0, 0, 0, 0] [2, 1, 4, 3] [1, 1, 1, 1] : tensor<2x4x4x3xf32> to tensor<2x1x4x3xf32>
  %q_rest = tensor.extract_slice %q_blocks[0, 1, 0, 0] [2, 3, 4, 3] [1, 1, 1, 1] : tensor<2x4x4x3xf32> to tensor<2x3x4x3xf32>
  %k_all = tensor.expand_shape %k [[0], [1, 2], [3]] output_shape [2, 1, 16, 3] : tensor<2x16x3xf32> into tensor<2x1x16x3xf32>
  %k_init = tensor.empty() : tensor<2x3x12x3xf32>
  %k_some = linalg.generic {indexing_maps = [affine_map<(b, n, j, d) -> (b, n, j, d)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} outs(%k_init : tensor<2x3x12x3xf32>) {
  ^bb0(%out: f32):
    %zeroth = arith.constant 0 : index
    %one = arith.constant 1 : index
    %four = arith.constant 4 : index
    %b = linalg.index 0 : index
    %n = linalg.index 1 : index
    %j = linalg.index 2 : index
    %d = linalg.index 3 : index
    %part = arith.divui %j, %four : index
    %inside = arith.remui %j, %four : index
    %own = arith.addi %n, %one : index
    %is_own = arith.cmpi eq, %part, %zeroth : index
    %block = arith.select %is_own, %own, %zeroth : index
    %e = tensor.extract %k_blocks[%b, %block, %inside, %d] : tensor<2x4x4x3xf32>
    linalg.yield %e : f32
  } -> tensor<2x3x12x3xf32>
  %v_all = tensor.expand_shape %v [[0], [1, 2], [3]] output_shape [2, 1, 16, 3] : tensor<2x16x3xf32> into tensor<2x1x16x3xf32>
  %v_init = tensor.empty() : tensor<2x3x12x3xf32>
  %v_some = linalg.generic {indexing_maps = [affine_map<(b, n, j, d) -> (b, n, j, d)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} outs(%v_init : tensor<2x3x12x3xf32>) {
  ^bb0(%out: f32):
    %zeroth = arith.constant 0 : index
    %one = arith.constant 1 : index
    %four = arith.constant 4 : index
    %b = linalg.index 0 : index
    %n = linalg.index 1 : index
    %j = linalg.index 2 : index
    %d = linalg.index 3 : index
    %part = arith.divui %j, %four : index
    %inside = arith.remui %j, %four : index
    %own = arith.addi %n, %one : index
    %is_own = arith.cmpi eq, %part, %zeroth : index
    %block = arith.select %is_own, %own, %zeroth : index
    %e = tensor.extract %v_blocks[%b, %block, %inside, %d] : tensor<2x4x4x3xf32>
    linalg.yield %e : f32
  } -> tensor<2x3x12x3xf32>
  %first_pairs = tensor.empty() : tensor<2x1x4x16xf32>
  %first_blank = linalg.fill ins(%zero : f32) outs(%first_pairs : tensor<2x1x4x16xf32>) -> tensor<2x1x4x16xf32>
  %first_scores = linalg.generic #scores ins(%q_first, %k_all : tensor<2x1x4x3xf32>, tensor<2x1x16x3xf32>) outs(%first_blank : tensor<2x1x4x16xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %out, %m : f32
    linalg.yield %s : f32
  } -> tensor<2x1x4x16xf32>
  %first_masked = linalg.generic #pairs ins(%first_scores : tensor<2x1x4x16xf32>) outs(%first_pairs : tensor<2x1x4x16xf32>) {
  ^bb0(%s: f32, %out: f32):
    %half = arith.constant 0.5 : f32
    %w = arith.mulf %s, %half : f32
    linalg.yield %w : f32
  } -> tensor<2x1x4x16xf32>
  %first_rows = tensor.empty() : tensor<2x1x4xf32>
  %first_no_sums = linalg.fill ins(%zero : f32) outs(%first_rows : tensor<2x1x4xf32>) -> tensor<2x1x4xf32>
  %first_sums = linalg.generic #sums ins(%first_masked : tensor<2x1x4x16xf32>) outs(%first_no_sums : tensor<2x1x4xf32>) {
  ^bb0(%s: f32, %out: f32):
    %e = math.exp %s : f32
    %r = arith.addf %out, %e : f32
    linalg.yield %r : f32
  } -> tensor<2x1x4xf32>
  %first_weights = linalg.generic #quotients ins(%first_masked, %first_sums : tensor<2x1x4x16xf32>, tensor<2x1x4xf32>) outs(%first_pairs : tensor<2x1x4x16xf32>) {
  ^bb0(%s: f32, %sum: f32, %out: f32):
    %e = math.exp %s : f32
    %w = arith.divf %e, %sum : f32
    linalg.yield %w : f32
  } -> tensor<2x1x4x16xf32>
  %first_init = tensor.empty() : tensor<2x1x4x3xf32>
  %first_nothing = linalg.fill ins(%zero : f32) outs(%first_init : tensor<2x1x4x3xf32>) -> tensor<2x1x4x3xf32>
  %first = linalg.generic #mixing ins(%first_weights, %v_all : tensor<2x1x4x16xf32>, tensor<2x1x16x3xf32>) outs(%first_nothing : tensor<2x1x4x3xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %out, %m : f32
    linalg.yield %s : f32
  } -> tensor<2x1x4x3xf32>
  %rest_pairs = tensor.empty() : tensor<2x3x4x12xf32>
  %rest_blank = linalg.fill ins(%zero : f32) outs(%rest_pairs : tensor<2x3x4x12xf32>) -> tensor<2x3x4x12xf32>
  %rest_scores = linalg.generic #scores ins(%q_rest, %k_some : tensor<2x3x4x3xf32>, tensor<2x3x12x3xf32>) outs(%rest_blank : tensor<2x3x4x12xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %out, %m : f32
    linalg.yield %s : f32
  } -> tensor<2x3x4x12xf32>
  %rest_masked = linalg.generic #pairs ins(%rest_scores : tensor<2x3x4x12xf32>) outs(%rest_pairs : tensor<2x3x4x12xf32>) {
  ^bb0(%s: f32, %out: f32):
    %half = arith.constant 0.5 : f32
    %w = arith.mulf %s, %half : f32
    linalg.yield %w : f32
  } -> tensor<2x3x4x12xf32>
  %rest_rows = tensor.empty() : tensor<2x3x4xf32>
  %rest_no_sums = linalg.fill ins(%zero : f32) outs(%rest_rows : tensor<2x3x4xf32>) -> tensor<2x3x4xf32>
  %rest_sums = linalg.generic #sums ins(%rest_masked : tensor<2x3x4x12xf32>) outs(%rest_no_sums : tensor<2x3x4xf32>) {
  ^bb0(%s: f32, %out: f32):
    %e = math.exp %s : f32
    %r = arith.addf %out, %e : f32
    linalg.yield %r : f32
  } -> tensor<2x3x4xf32>
  %rest_weights = linalg.generic #quotients ins(%rest_masked, %rest_sums : tensor<2x3x4x12xf32>, tensor<2x3x4xf32>) outs(%rest_pairs : tensor<2x3x4x12xf32>) {
  ^bb0(%s: f32, %sum: f32, %out: f32):
    %e = math.exp %s : f32
    %w = arith.divf %e, %sum : f32
    linalg.yield %w : f32
  } -> tensor<2x3x4x12xf32>
  %rest_init = tensor.empty() : tensor<2x3x4x3xf32>
  %rest_nothing = linalg.fill ins(%zero : f32) outs(%rest_init : tensor<2x3x4x3xf32>) -> tensor<2x3x4x3xf32>
  %rest = linalg.generic #mixing ins(%rest_weights, %v_some : tensor<2x3x4x12xf32>, tensor<2x3x12x3xf32>) outs(%rest_nothing : tensor<2x3x4x3xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %out, %m : f32
    linalg.yield %s : f32
  } -> tensor<2x3x4x3xf32>
  %empty = tensor.empty() : tensor<2x4x4x3xf32>
  %front = tensor.insert_slice %first into %empty[0, 0, 0, 0] [2, 1, 4, 3] [1, 1, 1, 1] : tensor<2x1x4x3xf32> into tensor<2x4x4x3xf32>
  %both = tensor.insert_slice %rest into %front[0, 1, 0, 0] [2, 3, 4, 3] [1, 1, 1, 1] : tensor<2x3x4x3xf32> into tensor<2x4x4x3xf32>
  %y = tensor.collapse_shape %both [[0], [1, 2], [3]] : tensor<2x4x4x3xf32> into tensor<2x16x3xf32>
  return %y : tensor<2x16x3xf32>
}

// The others have another scale than the first: not one attention but two, over gathered keys.
// CHECK-LABEL: func.func @two_scales(
// CHECK:         mixer.mix query(%{{.*}} : tensor<2x4x1x3xf32>) key(%{{.*}} : tensor<2x16x1x3xf32>)
// CHECK-SAME:      score = #mixer.softmax<scale = 5.000000e-01>, support = #mixer.full
// CHECK:         mixer.mix query(%{{.*}} : tensor<2x4x3x3xf32>) key(%{{.*}} : tensor<2x12x3x3xf32>)
// CHECK-SAME:      score = #mixer.softmax<scale = 2.000000e+00>, support = #mixer.full
// CHECK-NOT:     math.exp
// REMARK:        not raised to {{.*}}attention with support #mixer.block_list<{{.*}}differs by
func.func @two_scales(%q: tensor<2x16x3xf32>, %k: tensor<2x16x3xf32>, %v: tensor<2x16x3xf32>) -> tensor<2x16x3xf32> {
  %zero = arith.constant 0.0 : f32
  %q_blocks = tensor.expand_shape %q [[0], [1, 2], [3]] output_shape [2, 4, 4, 3] : tensor<2x16x3xf32> into tensor<2x4x4x3xf32>
  %k_blocks = tensor.expand_shape %k [[0], [1, 2], [3]] output_shape [2, 4, 4, 3] : tensor<2x16x3xf32> into tensor<2x4x4x3xf32>
  %v_blocks = tensor.expand_shape %v [[0], [1, 2], [3]] output_shape [2, 4, 4, 3] : tensor<2x16x3xf32> into tensor<2x4x4x3xf32>
  %q_first = tensor.extract_slice %q_blocks[0, 0, 0, 0] [2, 1, 4, 3] [1, 1, 1, 1] : tensor<2x4x4x3xf32> to tensor<2x1x4x3xf32>
  %q_rest = tensor.extract_slice %q_blocks[0, 1, 0, 0] [2, 3, 4, 3] [1, 1, 1, 1] : tensor<2x4x4x3xf32> to tensor<2x3x4x3xf32>
  %k_all = tensor.expand_shape %k [[0], [1, 2], [3]] output_shape [2, 1, 16, 3] : tensor<2x16x3xf32> into tensor<2x1x16x3xf32>
  %k_init = tensor.empty() : tensor<2x3x12x3xf32>
  %k_some = linalg.generic {indexing_maps = [affine_map<(b, n, j, d) -> (b, n, j, d)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} outs(%k_init : tensor<2x3x12x3xf32>) {
  ^bb0(%out: f32):
    %zeroth = arith.constant 0 : index
    %one = arith.constant 1 : index
    %four = arith.constant 4 : index
    %b = linalg.index 0 : index
    %n = linalg.index 1 : index
    %j = linalg.index 2 : index
    %d = linalg.index 3 : index
    %part = arith.divui %j, %four : index
    %inside = arith.remui %j, %four : index
    %own = arith.addi %n, %one : index
    %is_own = arith.cmpi eq, %part, %zeroth : index
    %block = arith.select %is_own, %own, %zeroth : index
    %e = tensor.extract %k_blocks[%b, %block, %inside, %d] : tensor<2x4x4x3xf32>
    linalg.yield %e : f32
  } -> tensor<2x3x12x3xf32>
  %v_all = tensor.expand_shape %v [[0], [1, 2], [3]] output_shape [2, 1, 16, 3] : tensor<2x16x3xf32> into tensor<2x1x16x3xf32>
  %v_init = tensor.empty() : tensor<2x3x12x3xf32>
  %v_some = linalg.generic {indexing_maps = [affine_map<(b, n, j, d) -> (b, n, j, d)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} outs(%v_init : tensor<2x3x12x3xf32>) {
  ^bb0(%out: f32):
    %zeroth = arith.constant 0 : index
    %one = arith.constant 1 : index
    %four = arith.constant 4 : index
    %b = linalg.index 0 : index
    %n = linalg.index 1 : index
    %j = linalg.index 2 : index
    %d = linalg.index 3 : index
    %part = arith.divui %j, %four : index
    %inside = arith.remui %j, %four : index
    %own = arith.addi %n, %one : index
    %is_own = arith.cmpi eq, %part, %zeroth : index
    %block = arith.select %is_own, %own, %zeroth : index
    %e = tensor.extract %v_blocks[%b, %block, %inside, %d] : tensor<2x4x4x3xf32>
    linalg.yield %e : f32
  } -> tensor<2x3x12x3xf32>
  %first_pairs = tensor.empty() : tensor<2x1x4x16xf32>
  %first_blank = linalg.fill ins(%zero : f32) outs(%first_pairs : tensor<2x1x4x16xf32>) -> tensor<2x1x4x16xf32>
  %first_scores = linalg.generic #scores ins(%q_first, %k_all : tensor<2x1x4x3xf32>, tensor<2x1x16x3xf32>) outs(%first_blank : tensor<2x1x4x16xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %out, %m : f32
    linalg.yield %s : f32
  } -> tensor<2x1x4x16xf32>
  %first_masked = linalg.generic #pairs ins(%first_scores : tensor<2x1x4x16xf32>) outs(%first_pairs : tensor<2x1x4x16xf32>) {
  ^bb0(%s: f32, %out: f32):
    %half = arith.constant 0.5 : f32
    %w = arith.mulf %s, %half : f32
    linalg.yield %w : f32
  } -> tensor<2x1x4x16xf32>
  %first_rows = tensor.empty() : tensor<2x1x4xf32>
  %first_no_sums = linalg.fill ins(%zero : f32) outs(%first_rows : tensor<2x1x4xf32>) -> tensor<2x1x4xf32>
  %first_sums = linalg.generic #sums ins(%first_masked : tensor<2x1x4x16xf32>) outs(%first_no_sums : tensor<2x1x4xf32>) {
  ^bb0(%s: f32, %out: f32):
    %e = math.exp %s : f32
    %r = arith.addf %out, %e : f32
    linalg.yield %r : f32
  } -> tensor<2x1x4xf32>
  %first_weights = linalg.generic #quotients ins(%first_masked, %first_sums : tensor<2x1x4x16xf32>, tensor<2x1x4xf32>) outs(%first_pairs : tensor<2x1x4x16xf32>) {
  ^bb0(%s: f32, %sum: f32, %out: f32):
    %e = math.exp %s : f32
    %w = arith.divf %e, %sum : f32
    linalg.yield %w : f32
  } -> tensor<2x1x4x16xf32>
  %first_init = tensor.empty() : tensor<2x1x4x3xf32>
  %first_nothing = linalg.fill ins(%zero : f32) outs(%first_init : tensor<2x1x4x3xf32>) -> tensor<2x1x4x3xf32>
  %first = linalg.generic #mixing ins(%first_weights, %v_all : tensor<2x1x4x16xf32>, tensor<2x1x16x3xf32>) outs(%first_nothing : tensor<2x1x4x3xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %out, %m : f32
    linalg.yield %s : f32
  } -> tensor<2x1x4x3xf32>
  %rest_pairs = tensor.empty() : tensor<2x3x4x12xf32>
  %rest_blank = linalg.fill ins(%zero : f32) outs(%rest_pairs : tensor<2x3x4x12xf32>) -> tensor<2x3x4x12xf32>
  %rest_scores = linalg.generic #scores ins(%q_rest, %k_some : tensor<2x3x4x3xf32>, tensor<2x3x12x3xf32>) outs(%rest_blank : tensor<2x3x4x12xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %out, %m : f32
    linalg.yield %s : f32
  } -> tensor<2x3x4x12xf32>
  %rest_masked = linalg.generic #pairs ins(%rest_scores : tensor<2x3x4x12xf32>) outs(%rest_pairs : tensor<2x3x4x12xf32>) {
  ^bb0(%s: f32, %out: f32):
    %two = arith.constant 2.0 : f32
    %w = arith.mulf %s, %two : f32
    linalg.yield %w : f32
  } -> tensor<2x3x4x12xf32>
  %rest_rows = tensor.empty() : tensor<2x3x4xf32>
  %rest_no_sums = linalg.fill ins(%zero : f32) outs(%rest_rows : tensor<2x3x4xf32>) -> tensor<2x3x4xf32>
  %rest_sums = linalg.generic #sums ins(%rest_masked : tensor<2x3x4x12xf32>) outs(%rest_no_sums : tensor<2x3x4xf32>) {
  ^bb0(%s: f32, %out: f32):
    %e = math.exp %s : f32
    %r = arith.addf %out, %e : f32
    linalg.yield %r : f32
  } -> tensor<2x3x4xf32>
  %rest_weights = linalg.generic #quotients ins(%rest_masked, %rest_sums : tensor<2x3x4x12xf32>, tensor<2x3x4xf32>) outs(%rest_pairs : tensor<2x3x4x12xf32>) {
  ^bb0(%s: f32, %sum: f32, %out: f32):
    %e = math.exp %s : f32
    %w = arith.divf %e, %sum : f32
    linalg.yield %w : f32
  } -> tensor<2x3x4x12xf32>
  %rest_init = tensor.empty() : tensor<2x3x4x3xf32>
  %rest_nothing = linalg.fill ins(%zero : f32) outs(%rest_init : tensor<2x3x4x3xf32>) -> tensor<2x3x4x3xf32>
  %rest = linalg.generic #mixing ins(%rest_weights, %v_some : tensor<2x3x4x12xf32>, tensor<2x3x12x3xf32>) outs(%rest_nothing : tensor<2x3x4x3xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %out, %m : f32
    linalg.yield %s : f32
  } -> tensor<2x3x4x3xf32>
  %empty = tensor.empty() : tensor<2x4x4x3xf32>
  %front = tensor.insert_slice %first into %empty[0, 0, 0, 0] [2, 1, 4, 3] [1, 1, 1, 1] : tensor<2x1x4x3xf32> into tensor<2x4x4x3xf32>
  %both = tensor.insert_slice %rest into %front[0, 1, 0, 0] [2, 3, 4, 3] [1, 1, 1, 1] : tensor<2x3x4x3xf32> into tensor<2x4x4x3xf32>
  %y = tensor.collapse_shape %both [[0], [1, 2], [3]] : tensor<2x4x4x3xf32> into tensor<2x16x3xf32>
  return %y : tensor<2x16x3xf32>
}
