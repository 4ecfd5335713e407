// RUN: heddle-opt %s --heddle-free-length --canonicalize --cse | FileCheck %s
// RUN: heddle-opt %s --heddle-free-length=keep=true | FileCheck %s --check-prefix=KEEP

#shape = affine_map<() -> (2, 8, 4)>
#square = affine_map<() -> (2, 4, 4)>
#identity = affine_map<(b, t, d) -> (b, t, d)>
#table = affine_map<(b, t, d) -> (t, d)>

// The tokens are collapsed with the batch, projected, and mixed: all sizes follow.
// CHECK-DAG:   #[[SHAPE:.*]] = affine_map<()[s0] -> (2, s0, 4)>
// CHECK-DAG:   #[[ROWS:.*]] = affine_map<()[s0] -> (s0 * 2)>
// CHECK-LABEL: func.func @free_length
// CHECK-SAME:    (%[[X:.*]]: tensor<2x?x4xf32> {heddle.shape = #[[SHAPE]]}) -> (tensor<2x?x4xf32> {heddle.shape = #[[SHAPE]]})
// CHECK-SAME:    heddle.symbols = ["T"]
// CHECK:         %[[T:.*]] = tensor.dim %[[X]], %{{.*}}
// CHECK:         %[[N:.*]] = affine.apply #[[ROWS]]()[%[[T]]]
// CHECK:         tensor.empty(%[[N]]) : tensor<?x4xf32>
// CHECK:         linalg.matmul ins(%{{.*}}, %{{.*}} : tensor<?x4xf32>, tensor<4x4xf32>)
// CHECK:         tensor.expand_shape %{{.*}} output_shape [2, %[[T]], 1, 4]
// CHECK:         mixer.mix {{.*}} -> tensor<2x?x1x4xf32>
// KEEP-LABEL:  func.func @free_length(%{{.*}}: tensor<2x8x4xf32>
func.func @free_length(%x: tensor<2x8x4xf32> {heddle.shape = #shape}) -> (tensor<2x8x4xf32> {heddle.shape = #shape})
    attributes {heddle.symbols = []} {
  %w = arith.constant dense<[[1.0, 2.0, 0.0, 0.5], [0.0, 1.0, 0.5, 0.0], [0.25, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]]> : tensor<4x4xf32>
  %zero = arith.constant 0.0 : f32
  %rows = tensor.collapse_shape %x [[0, 1], [2]] : tensor<2x8x4xf32> into tensor<16x4xf32>
  %empty = tensor.empty() : tensor<16x4xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%empty : tensor<16x4xf32>) -> tensor<16x4xf32>
  %projected = linalg.matmul ins(%rows, %w : tensor<16x4xf32>, tensor<4x4xf32>) outs(%zeros : tensor<16x4xf32>) -> tensor<16x4xf32>
  %heads = tensor.expand_shape %projected [[0, 1, 2], [3]] output_shape [2, 8, 1, 4] : tensor<16x4xf32> into tensor<2x8x1x4xf32>
  %init = tensor.empty() : tensor<2x8x1x4xf32>
  %mixed = mixer.mix query(%heads : tensor<2x8x1x4xf32>) key(%heads : tensor<2x8x1x4xf32>) value(%heads : tensor<2x8x1x4xf32>)
      outs(%init : tensor<2x8x1x4xf32>)
      {support = #mixer.causal, transport = #mixer.identity, score = #mixer.linear, norm = #mixer.norm<none>} -> tensor<2x8x1x4xf32>
  %y = tensor.collapse_shape %mixed [[0], [1], [2, 3]] : tensor<2x8x1x4xf32> into tensor<2x8x4xf32>
  return %y : tensor<2x8x4xf32>
}

// As many tokens as features: only those of the tokens are free.
// CHECK-LABEL: func.func @free_length_of_square
// CHECK-SAME:    (%{{.*}}: tensor<2x?x4xf32>
func.func @free_length_of_square(%x: tensor<2x4x4xf32> {heddle.shape = #square}) -> (tensor<2x4x4xf32> {heddle.shape = #square})
    attributes {heddle.symbols = []} {
  %heads = tensor.expand_shape %x [[0], [1], [2, 3]] output_shape [2, 4, 1, 4] : tensor<2x4x4xf32> into tensor<2x4x1x4xf32>
  %init = tensor.empty() : tensor<2x4x1x4xf32>
  %mixed = mixer.mix query(%heads : tensor<2x4x1x4xf32>) key(%heads : tensor<2x4x1x4xf32>) value(%heads : tensor<2x4x1x4xf32>)
      outs(%init : tensor<2x4x1x4xf32>)
      {support = #mixer.causal, transport = #mixer.identity, score = #mixer.linear, norm = #mixer.norm<none>} -> tensor<2x4x1x4xf32>
  %y = tensor.collapse_shape %mixed [[0], [1], [2, 3]] : tensor<2x4x1x4xf32> into tensor<2x4x4xf32>
  return %y : tensor<2x4x4xf32>
}

// A table of positions has a row for each of the eight tokens.
// CHECK-LABEL: func.func @no_free_length_with_table
// CHECK-SAME:    tensor<2x8x4xf32>
// CHECK-SAME:    heddle.frozen_length = [{locations = ["{{.*}}free-length.mlir{{.*}}"], size = 8 : i64}]
func.func @no_free_length_with_table(%x: tensor<2x8x4xf32> {heddle.shape = #shape}) -> (tensor<2x8x4xf32> {heddle.shape = #shape})
    attributes {heddle.symbols = []} {
  %positions = arith.constant dense<[[0.0, 1.0, 0.0, 0.5], [1.0, 1.0, 0.0, 0.5], [2.0, 1.0, 0.0, 0.5], [3.0, 1.0, 0.0, 0.5],
                                     [4.0, 1.0, 0.0, 0.5], [5.0, 1.0, 0.0, 0.5], [6.0, 1.0, 0.0, 0.5], [7.0, 1.0, 0.0, 0.5]]> : tensor<8x4xf32>
  %empty = tensor.empty() : tensor<2x8x4xf32>
  %placed = linalg.generic {indexing_maps = [#identity, #table, #identity], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%x, %positions : tensor<2x8x4xf32>, tensor<8x4xf32>) outs(%empty : tensor<2x8x4xf32>) {
  ^bb0(%in: f32, %position: f32, %out: f32):
    %sum = arith.addf %in, %position : f32
    linalg.yield %sum : f32
  } -> tensor<2x8x4xf32>
  %heads = tensor.expand_shape %placed [[0], [1], [2, 3]] output_shape [2, 8, 1, 4] : tensor<2x8x4xf32> into tensor<2x8x1x4xf32>
  %init = tensor.empty() : tensor<2x8x1x4xf32>
  %mixed = mixer.mix query(%heads : tensor<2x8x1x4xf32>) key(%heads : tensor<2x8x1x4xf32>) value(%heads : tensor<2x8x1x4xf32>)
      outs(%init : tensor<2x8x1x4xf32>)
      {support = #mixer.causal, transport = #mixer.identity, score = #mixer.linear, norm = #mixer.norm<none>} -> tensor<2x8x1x4xf32>
  %y = tensor.collapse_shape %mixed [[0], [1], [2, 3]] : tensor<2x8x1x4xf32> into tensor<2x8x4xf32>
  return %y : tensor<2x8x4xf32>
}

// Positions that are written out count on, at any length.
// CHECK-LABEL: func.func @free_length_with_count
// CHECK-SAME:    (%[[X:.*]]: tensor<2x?x4xf32>
// CHECK:         %[[COUNT:.*]] = linalg.generic {{.*}} outs(%{{.*}} : tensor<1x?xi64>)
// CHECK:           %[[AT:.*]] = linalg.index 1
// CHECK:           %[[DOUBLE:.*]] = arith.muli %[[AT]], %{{.*}} : index
// CHECK:           arith.addi %[[DOUBLE]], %{{.*}} : index
// CHECK:         linalg.generic {{.*}} ins(%[[X]], %[[COUNT]] : tensor<2x?x4xf32>, tensor<1x?xi64>)
func.func @free_length_with_count(%x: tensor<2x8x4xf32> {heddle.shape = #shape}) -> (tensor<2x8x4xf32> {heddle.shape = #shape})
    attributes {heddle.symbols = []} {
  %positions = arith.constant dense<[[1, 3, 5, 7, 9, 11, 13, 15]]> : tensor<1x8xi64>
  %empty = tensor.empty() : tensor<2x8x4xf32>
  %placed = linalg.generic {indexing_maps = [#identity, affine_map<(b, t, d) -> (0, t)>, #identity], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%x, %positions : tensor<2x8x4xf32>, tensor<1x8xi64>) outs(%empty : tensor<2x8x4xf32>) {
  ^bb0(%in: f32, %position: i64, %out: f32):
    %number = arith.sitofp %position : i64 to f32
    %sum = arith.addf %in, %number : f32
    linalg.yield %sum : f32
  } -> tensor<2x8x4xf32>
  %heads = tensor.expand_shape %placed [[0], [1], [2, 3]] output_shape [2, 8, 1, 4] : tensor<2x8x4xf32> into tensor<2x8x1x4xf32>
  %init = tensor.empty() : tensor<2x8x1x4xf32>
  %mixed = mixer.mix query(%heads : tensor<2x8x1x4xf32>) key(%heads : tensor<2x8x1x4xf32>) value(%heads : tensor<2x8x1x4xf32>)
      outs(%init : tensor<2x8x1x4xf32>)
      {support = #mixer.causal, transport = #mixer.identity, score = #mixer.linear, norm = #mixer.norm<none>} -> tensor<2x8x1x4xf32>
  %y = tensor.collapse_shape %mixed [[0], [1], [2, 3]] : tensor<2x8x1x4xf32> into tensor<2x8x4xf32>
  return %y : tensor<2x8x4xf32>
}

// Nothing mixes along this dimension: a batch stays as it was traced.
// CHECK-LABEL: func.func @no_free_length_without_mixer
// CHECK-SAME:    tensor<2x8x4xf32>
func.func @no_free_length_without_mixer(%x: tensor<2x8x4xf32> {heddle.shape = #shape}) -> (tensor<2x8x4xf32> {heddle.shape = #shape})
    attributes {heddle.symbols = []} {
  %y = math.exp %x : tensor<2x8x4xf32>
  return %y : tensor<2x8x4xf32>
}

// A list of blocks for these eight tokens, and a bound that eight tokens do not show.
// CHECK-LABEL: func.func @no_free_length_with_block_list
// CHECK-SAME:    tensor<2x8x4xf32>
func.func @no_free_length_with_block_list(%x: tensor<2x8x4xf32> {heddle.shape = #shape}) -> (tensor<2x8x4xf32> {heddle.shape = #shape})
    attributes {heddle.symbols = []} {
  %heads = tensor.expand_shape %x [[0], [1], [2, 3]] output_shape [2, 8, 1, 4] : tensor<2x8x4xf32> into tensor<2x8x1x4xf32>
  %init = tensor.empty() : tensor<2x8x1x4xf32>
  %mixed = mixer.mix query(%heads : tensor<2x8x1x4xf32>) key(%heads : tensor<2x8x1x4xf32>) value(%heads : tensor<2x8x1x4xf32>)
      outs(%init : tensor<2x8x1x4xf32>)
      {support = #mixer.block_list<4, offsets = [0, 1, 3], blocks = [0, 0, 1]>, transport = #mixer.identity, score = #mixer.softmax<scale = 1.0>, norm = #mixer.norm<row_sum>} -> tensor<2x8x1x4xf32>
  %y = tensor.collapse_shape %mixed [[0], [1], [2, 3]] : tensor<2x8x1x4xf32> into tensor<2x8x4xf32>
  return %y : tensor<2x8x4xf32>
}

// CHECK-LABEL: func.func @no_free_length_with_unseen_bound
// CHECK-SAME:    tensor<2x8x4xf32>
func.func @no_free_length_with_unseen_bound(%x: tensor<2x8x4xf32> {heddle.shape = #shape}) -> (tensor<2x8x4xf32> {heddle.shape = #shape})
    attributes {heddle.symbols = []} {
  %heads = tensor.expand_shape %x [[0], [1], [2, 3]] output_shape [2, 8, 1, 4] : tensor<2x8x4xf32> into tensor<2x8x1x4xf32>
  %init = tensor.empty() : tensor<2x8x1x4xf32>
  %mixed = mixer.mix query(%heads : tensor<2x8x1x4xf32>) key(%heads : tensor<2x8x1x4xf32>) value(%heads : tensor<2x8x1x4xf32>)
      outs(%init : tensor<2x8x1x4xf32>)
      {support = #mixer.window<left = 7, right = 1>, transport = #mixer.identity, score = #mixer.softmax<scale = 1.0>, norm = #mixer.norm<row_sum>} -> tensor<2x8x1x4xf32>
  %y = tensor.collapse_shape %mixed [[0], [1], [2, 3]] : tensor<2x8x1x4xf32> into tensor<2x8x4xf32>
  return %y : tensor<2x8x4xf32>
}

// CHECK-LABEL: func.func @free_length_with_seen_bound
// CHECK-SAME:    tensor<2x?x4xf32>
func.func @free_length_with_seen_bound(%x: tensor<2x8x4xf32> {heddle.shape = #shape}) -> (tensor<2x8x4xf32> {heddle.shape = #shape})
    attributes {heddle.symbols = []} {
  %heads = tensor.expand_shape %x [[0], [1], [2, 3]] output_shape [2, 8, 1, 4] : tensor<2x8x4xf32> into tensor<2x8x1x4xf32>
  %init = tensor.empty() : tensor<2x8x1x4xf32>
  %mixed = mixer.mix query(%heads : tensor<2x8x1x4xf32>) key(%heads : tensor<2x8x1x4xf32>) value(%heads : tensor<2x8x1x4xf32>)
      outs(%init : tensor<2x8x1x4xf32>)
      {support = #mixer.window<left = 6, right = 1>, transport = #mixer.identity, score = #mixer.softmax<scale = 1.0>, norm = #mixer.norm<row_sum>} -> tensor<2x8x1x4xf32>
  %y = tensor.collapse_shape %mixed [[0], [1], [2, 3]] : tensor<2x8x1x4xf32> into tensor<2x8x4xf32>
  return %y : tensor<2x8x4xf32>
}
