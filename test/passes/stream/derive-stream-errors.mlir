// RUN: heddle-opt %s --heddle-derive-stream --split-input-file --verify-diagnostics
// What has no step is refused at the op that is in the way.

#shape = affine_map<()[b, t] -> (b, t, 1, 4)>
// Half of the output comes from tokens that follow.
func.func @forward(%x: tensor<?x?x1x4xf32> {heddle.shape = #shape}) -> (tensor<?x?x1x4xf32> {heddle.shape = #shape})
    attributes {heddle.symbols = ["B", "T"]} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %b = tensor.dim %x, %c0 : tensor<?x?x1x4xf32>
  %t = tensor.dim %x, %c1 : tensor<?x?x1x4xf32>
  %init = tensor.empty(%b, %t) : tensor<?x?x1x4xf32>
  // expected-error @below {{cannot run token by token: layout #mixer.layout<bidirectional>: half of the output comes from tokens that follow}}
  %mixed = mixer.mix query(%x : tensor<?x?x1x4xf32>) key(%x : tensor<?x?x1x4xf32>) value(%x : tensor<?x?x1x4xf32>) outs(%init : tensor<?x?x1x4xf32>)
      {layout = #mixer.layout<bidirectional>, support = #mixer.causal, transport = #mixer.identity, score = #mixer.linear, norm = #mixer.norm<none>} -> tensor<?x?x1x4xf32>
  return %mixed : tensor<?x?x1x4xf32>
}

// -----

#shape = affine_map<()[b, t] -> (b, t, 1, 4)>
// The recurrence runs from the end.
func.func @forward(%x: tensor<?x?x1x4xf32> {heddle.shape = #shape}) -> (tensor<?x?x1x4xf32> {heddle.shape = #shape})
    attributes {heddle.symbols = ["B", "T"]} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %b = tensor.dim %x, %c0 : tensor<?x?x1x4xf32>
  %t = tensor.dim %x, %c1 : tensor<?x?x1x4xf32>
  %init = tensor.empty(%b, %t) : tensor<?x?x1x4xf32>
  // expected-error @below {{cannot run token by token: layout: the tokens are visited from the last to the first}}
  %mixed = mixer.mix query(%x : tensor<?x?x1x4xf32>) key(%x : tensor<?x?x1x4xf32>) value(%x : tensor<?x?x1x4xf32>) outs(%init : tensor<?x?x1x4xf32>)
      {layout = #mixer.layout<reverse>, support = #mixer.causal, transport = #mixer.identity, score = #mixer.linear, norm = #mixer.norm<none>} -> tensor<?x?x1x4xf32>
  return %mixed : tensor<?x?x1x4xf32>
}

// -----

#shape = affine_map<()[b, t] -> (b, t, 1, 4)>
// Attention to all tokens.
func.func @forward(%x: tensor<?x?x1x4xf32> {heddle.shape = #shape}) -> (tensor<?x?x1x4xf32> {heddle.shape = #shape})
    attributes {heddle.symbols = ["B", "T"]} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %b = tensor.dim %x, %c0 : tensor<?x?x1x4xf32>
  %t = tensor.dim %x, %c1 : tensor<?x?x1x4xf32>
  %init = tensor.empty(%b, %t) : tensor<?x?x1x4xf32>
  // expected-error @below {{cannot run token by token: support #mixer.full: a token sees tokens that follow, without a bound}}
  %mixed = mixer.mix query(%x : tensor<?x?x1x4xf32>) key(%x : tensor<?x?x1x4xf32>) value(%x : tensor<?x?x1x4xf32>) outs(%init : tensor<?x?x1x4xf32>)
      {support = #mixer.full, transport = #mixer.identity, score = #mixer.softmax<scale = 5.000000e-01>, norm = #mixer.norm<row_sum>} -> tensor<?x?x1x4xf32>
  return %mixed : tensor<?x?x1x4xf32>
}

// -----

#shape = affine_map<()[b, t] -> (b, t, 1, 4)>
// A window with a look ahead.
func.func @forward(%x: tensor<?x?x1x4xf32> {heddle.shape = #shape}) -> (tensor<?x?x1x4xf32> {heddle.shape = #shape})
    attributes {heddle.symbols = ["B", "T"]} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %b = tensor.dim %x, %c0 : tensor<?x?x1x4xf32>
  %t = tensor.dim %x, %c1 : tensor<?x?x1x4xf32>
  %init = tensor.empty(%b, %t) : tensor<?x?x1x4xf32>
  // expected-error @below {{cannot run token by token: needs 1 token of look-ahead, 0 are allowed: --lookahead=1}}
  %mixed = mixer.mix query(%x : tensor<?x?x1x4xf32>) key(%x : tensor<?x?x1x4xf32>) value(%x : tensor<?x?x1x4xf32>) outs(%init : tensor<?x?x1x4xf32>)
      {support = #mixer.window<left = 3, right = 1>, transport = #mixer.identity, score = #mixer.softmax<scale = 5.000000e-01>, norm = #mixer.norm<row_sum>} -> tensor<?x?x1x4xf32>
  return %mixed : tensor<?x?x1x4xf32>
}

// -----

#shape = affine_map<()[b, t] -> (b, t, 1, 4)>
// A transform of all tokens.
func.func @forward(%x: tensor<?x?x1x4xf32> {heddle.shape = #shape}) -> (tensor<?x?x1x4xf32> {heddle.shape = #shape})
    attributes {heddle.symbols = ["B", "T"]} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %b = tensor.dim %x, %c0 : tensor<?x?x1x4xf32>
  %t = tensor.dim %x, %c1 : tensor<?x?x1x4xf32>
  %init = tensor.empty(%b, %t) : tensor<?x?x1x4xf32>
  // expected-error @below {{cannot run token by token: transport #mixer.structured<cosine>: weights of positions alone leave no state}}
  %mixed = mixer.mix value(%x : tensor<?x?x1x4xf32>) outs(%init : tensor<?x?x1x4xf32>)
      {support = #mixer.full, transport = #mixer.structured<cosine>, score = #mixer.linear, norm = #mixer.norm<none>} -> tensor<?x?x1x4xf32>
  return %mixed : tensor<?x?x1x4xf32>
}

// -----

#shape = affine_map<()[b, t] -> (b, t, 1, 4)>
// Blocks that are no power of two.
func.func @forward(%x: tensor<?x?x1x4xf32> {heddle.shape = #shape}) -> (tensor<?x?x1x4xf32> {heddle.shape = #shape})
    attributes {heddle.symbols = ["B", "T"], heddle.convolution_block = 3 : i64} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %b = tensor.dim %x, %c0 : tensor<?x?x1x4xf32>
  %t = tensor.dim %x, %c1 : tensor<?x?x1x4xf32>
  %init = tensor.empty(%b, %t) : tensor<?x?x1x4xf32>
  %kernel = arith.constant dense<1.0> : tensor<1x1x5xf32>
  // expected-error @below {{cannot run token by token: heddle.convolution_block, expected a power of two but got 3}}
  %mixed = mixer.mix value(%x : tensor<?x?x1x4xf32>) transport(%kernel : tensor<1x1x5xf32>) outs(%init : tensor<?x?x1x4xf32>)
      {support = #mixer.causal, transport = #mixer.toeplitz, score = #mixer.linear, norm = #mixer.norm<none>} -> tensor<?x?x1x4xf32>
  return %mixed : tensor<?x?x1x4xf32>
}

// -----

#shape = affine_map<()[b, t] -> (b, t, 1, 4)>
// A convolution centred on its token.
func.func @forward(%x: tensor<?x?x1x4xf32> {heddle.shape = #shape}) -> (tensor<?x?x1x4xf32> {heddle.shape = #shape})
    attributes {heddle.symbols = ["B", "T"]} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %b = tensor.dim %x, %c0 : tensor<?x?x1x4xf32>
  %t = tensor.dim %x, %c1 : tensor<?x?x1x4xf32>
  %init = tensor.empty(%b, %t) : tensor<?x?x1x4xf32>
  %kernel = arith.constant dense<1.0> : tensor<1x1x3xf32>
  // expected-error @below {{cannot run token by token: needs 1 token of look-ahead, 0 are allowed: --lookahead=1}}
  %mixed = mixer.mix value(%x : tensor<?x?x1x4xf32>) transport(%kernel : tensor<1x1x3xf32>) outs(%init : tensor<?x?x1x4xf32>)
      {support = #mixer.full, transport = #mixer.toeplitz<center = 1>, score = #mixer.linear, norm = #mixer.norm<none>} -> tensor<?x?x1x4xf32>
  return %mixed : tensor<?x?x1x4xf32>
}

// -----

#shape = affine_map<()[b, t] -> (b, t, 1, 4)>
#ids = affine_map<()[b, t] -> (b, t)>
// Documents by ids, in a window without a softmax.
func.func @forward(%x: tensor<?x?x1x4xf32> {heddle.shape = #shape}, %ids: tensor<?x?xi32> {heddle.shape = #ids}) -> (tensor<?x?x1x4xf32> {heddle.shape = #shape})
    attributes {heddle.symbols = ["B", "T"]} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %b = tensor.dim %x, %c0 : tensor<?x?x1x4xf32>
  %t = tensor.dim %x, %c1 : tensor<?x?x1x4xf32>
  %init = tensor.empty(%b, %t) : tensor<?x?x1x4xf32>
  // expected-error @below {{cannot run token by token: segments: keys of other ids are hidden by a bias, which a softmax without a bias or a score region has room for}}
  %mixed = mixer.mix query(%x : tensor<?x?x1x4xf32>) key(%x : tensor<?x?x1x4xf32>) value(%x : tensor<?x?x1x4xf32>)
      segments(%ids : tensor<?x?xi32>) outs(%init : tensor<?x?x1x4xf32>)
      {support = #mixer.window<left = 3, right = 0>, transport = #mixer.identity, score = #mixer.linear, norm = #mixer.norm<none>} -> tensor<?x?x1x4xf32>
  return %mixed : tensor<?x?x1x4xf32>
}

// -----

#shape = affine_map<()[b, t] -> (b, t, 1, 4)>
// A function of each pair that counts all tokens.
func.func @forward(%x: tensor<?x?x1x4xf32> {heddle.shape = #shape}) -> (tensor<?x?x1x4xf32> {heddle.shape = #shape})
    attributes {heddle.symbols = ["B", "T"]} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %b = tensor.dim %x, %c0 : tensor<?x?x1x4xf32>
  %t = tensor.dim %x, %c1 : tensor<?x?x1x4xf32>
  %init = tensor.empty(%b, %t) : tensor<?x?x1x4xf32>
  // expected-error @below {{cannot run token by token: score_region: it reads tokens that are no operands}}
  %mixed = mixer.mix query(%x : tensor<?x?x1x4xf32>) key(%x : tensor<?x?x1x4xf32>) value(%x : tensor<?x?x1x4xf32>) outs(%init : tensor<?x?x1x4xf32>)
      {support = #mixer.causal, transport = #mixer.identity, score = #mixer.softmax<scale = 5.000000e-01>, norm = #mixer.norm<row_sum>}
      score_region {
      ^bb0(%score: f32, %batch: index, %head: index, %i: index, %j: index):
        %left = arith.subi %t, %i : index
        %count = arith.index_cast %left : index to i32
        %factor = arith.sitofp %count : i32 to f32
        %less = arith.mulf %score, %factor : f32
        mixer.yield %less : f32
      } -> tensor<?x?x1x4xf32>
  return %mixed : tensor<?x?x1x4xf32>
}

// -----

#shape = affine_map<()[b, t] -> (b, t, 1, 4)>
// A state that begins with what another mixer leaves behind all tokens.
func.func @forward(%x: tensor<?x?x1x4xf32> {heddle.shape = #shape}) -> (tensor<?x?x1x4xf32> {heddle.shape = #shape})
    attributes {heddle.symbols = ["B", "T"]} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %b = tensor.dim %x, %c0 : tensor<?x?x1x4xf32>
  %t = tensor.dim %x, %c1 : tensor<?x?x1x4xf32>
  %init = tensor.empty(%b, %t) : tensor<?x?x1x4xf32>
  %left = tensor.empty(%b) : tensor<?x1x4x4xf32>
  %zero = arith.constant 0.0 : f32
  %first = linalg.fill ins(%zero : f32) outs(%left : tensor<?x1x4x4xf32>) -> tensor<?x1x4x4xf32>
  %all:2 = mixer.mix query(%x : tensor<?x?x1x4xf32>) key(%x : tensor<?x?x1x4xf32>) value(%x : tensor<?x?x1x4xf32>)
      state(%first : tensor<?x1x4x4xf32>) outs(%init, %left : tensor<?x?x1x4xf32>, tensor<?x1x4x4xf32>)
      {support = #mixer.causal, transport = #mixer.identity, score = #mixer.linear, norm = #mixer.norm<none>} -> tensor<?x?x1x4xf32>, tensor<?x1x4x4xf32>
  // expected-error @below {{cannot run token by token: state: what it begins with is not known in front of the first token}}
  %mixed = mixer.mix query(%x : tensor<?x?x1x4xf32>) key(%x : tensor<?x?x1x4xf32>) value(%x : tensor<?x?x1x4xf32>)
      state(%all#1 : tensor<?x1x4x4xf32>) outs(%init : tensor<?x?x1x4xf32>)
      {support = #mixer.causal, transport = #mixer.identity, score = #mixer.linear, norm = #mixer.norm<none>} -> tensor<?x?x1x4xf32>
  return %mixed : tensor<?x?x1x4xf32>
}

// -----

#shape = affine_map<()[b, t] -> (b, t, 1, 4)>
#all = affine_map<(b, t, h, d) -> (b, t, h, d)>
#rows = affine_map<(b, t, h, d) -> (b, h, d)>
// A sum over all tokens.
func.func @forward(%x: tensor<?x?x1x4xf32> {heddle.shape = #shape}) -> (tensor<?x1x4xf32> {heddle.shape = affine_map<()[b, t] -> (b, 1, 4)>})
    attributes {heddle.symbols = ["B", "T"]} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %b = tensor.dim %x, %c0 : tensor<?x?x1x4xf32>
  %t = tensor.dim %x, %c1 : tensor<?x?x1x4xf32>
  %init = tensor.empty(%b, %t) : tensor<?x?x1x4xf32>
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty(%b) : tensor<?x1x4xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%empty : tensor<?x1x4xf32>) -> tensor<?x1x4xf32>
  // expected-error @below {{cannot run token by token: it sums over all tokens, or takes one of them}}
  %mixed = linalg.generic {indexing_maps = [#all, #rows], iterator_types = ["parallel", "reduction", "parallel", "parallel"]}
      ins(%x : tensor<?x?x1x4xf32>) outs(%zeros : tensor<?x1x4xf32>) {
  ^bb0(%a: f32, %sum: f32):
    %more = arith.addf %a, %sum : f32
    linalg.yield %more : f32
  } -> tensor<?x1x4xf32>
  return %mixed : tensor<?x1x4xf32>
}

// -----

#shape = affine_map<()[b, t] -> (b, t, 1, 4)>
// The first token.
func.func @forward(%x: tensor<?x?x1x4xf32> {heddle.shape = #shape}) -> (tensor<?x1x4xf32> {heddle.shape = affine_map<()[b, t] -> (b, 1, 4)>})
    attributes {heddle.symbols = ["B", "T"]} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %b = tensor.dim %x, %c0 : tensor<?x?x1x4xf32>
  %t = tensor.dim %x, %c1 : tensor<?x?x1x4xf32>
  %init = tensor.empty(%b, %t) : tensor<?x?x1x4xf32>
  // expected-error @below {{cannot run token by token: it takes tokens at fixed positions}}
  %mixed = tensor.extract_slice %x[0, 0, 0, 0] [%b, 1, 1, 4] [1, 1, 1, 1] : tensor<?x?x1x4xf32> to tensor<?x1x4xf32>
  return %mixed : tensor<?x1x4xf32>
}

// -----

#shape = affine_map<()[b, t] -> (b, t, 1, 4)>
// The token that follows.
func.func @forward(%x: tensor<?x?x1x4xf32> {heddle.shape = #shape}) -> (tensor<?x?x1x4xf32> {heddle.shape = #shape})
    attributes {heddle.symbols = ["B", "T"]} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %b = tensor.dim %x, %c0 : tensor<?x?x1x4xf32>
  %t = tensor.dim %x, %c1 : tensor<?x?x1x4xf32>
  %init = tensor.empty(%b, %t) : tensor<?x?x1x4xf32>
  %zero = arith.constant 0.0 : f32
  %less = affine.apply affine_map<()[t] -> (t - 1)>()[%t]
  // expected-error @below {{cannot run token by token: needs 1 token of look-ahead, 0 are allowed: --lookahead=1}}
  %next = tensor.extract_slice %x[0, 1, 0, 0] [%b, %less, 1, 4] [1, 1, 1, 1] : tensor<?x?x1x4xf32> to tensor<?x?x1x4xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%init : tensor<?x?x1x4xf32>) -> tensor<?x?x1x4xf32>
  %mixed = tensor.insert_slice %next into %zeros[0, 0, 0, 0] [%b, %less, 1, 4] [1, 1, 1, 1] : tensor<?x?x1x4xf32> into tensor<?x?x1x4xf32>
  return %mixed : tensor<?x?x1x4xf32>
}

// -----

#shape = affine_map<()[b, n] -> (b, n * 4, 4)>
// Every fourth part of the sequence beside the others: the first tokens of all parts come last.
func.func @forward(%x: tensor<?x?x4xf32> {heddle.shape = #shape}) -> (tensor<?x?x4xf32> {heddle.shape = #shape})
    attributes {heddle.symbols = ["B", "T_by_4"]} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %b = tensor.dim %x, %c0 : tensor<?x?x4xf32>
  %t = tensor.dim %x, %c1 : tensor<?x?x4xf32>
  %n = affine.apply affine_map<()[t] -> (t floordiv 4)>()[%t]
  // expected-error @below {{cannot run token by token: it takes every so many-th token}}
  %parts = tensor.expand_shape %x [[0], [1, 2], [3]] output_shape [%b, 4, %n, 4] : tensor<?x?x4xf32> into tensor<?x4x?x4xf32>
  %init = tensor.empty(%b, %n) : tensor<?x4x?x4xf32>
  %twice = linalg.generic {indexing_maps = [affine_map<(b, p, n, d) -> (b, p, n, d)>, affine_map<(b, p, n, d) -> (b, p, n, d)>],
                           iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%parts : tensor<?x4x?x4xf32>) outs(%init : tensor<?x4x?x4xf32>) {
  ^bb0(%element: f32, %old: f32):
    %sum = arith.addf %element, %element : f32
    linalg.yield %sum : f32
  } -> tensor<?x4x?x4xf32>
  %y = tensor.collapse_shape %twice [[0], [1, 2], [3]] : tensor<?x4x?x4xf32> into tensor<?x?x4xf32>
  return %y : tensor<?x?x4xf32>
}

// -----

#shape = affine_map<()[b, t] -> (b, t, 4)>
// A window of three tokens for every two: the last of them is in the next block.
func.func @forward(%x: tensor<?x?x4xf32> {heddle.shape = #shape})
    -> (tensor<?x?x4xf32> {heddle.shape = affine_map<()[b, t] -> (b, t floordiv 2, 4)>})
    attributes {heddle.symbols = ["B", "T"]} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  %taps = arith.constant dense<1.0> : tensor<3xf32>
  %b = tensor.dim %x, %c0 : tensor<?x?x4xf32>
  %t = tensor.dim %x, %c1 : tensor<?x?x4xf32>
  %more = affine.apply affine_map<()[t] -> (t + 1)>()[%t]
  %room = tensor.empty(%b, %more) : tensor<?x?x4xf32>
  %padding = linalg.fill ins(%zero : f32) outs(%room : tensor<?x?x4xf32>) -> tensor<?x?x4xf32>
  %padded = tensor.insert_slice %x into %padding[0, 0, 0] [%b, %t, 4] [1, 1, 1] : tensor<?x?x4xf32> into tensor<?x?x4xf32>
  %n = affine.apply affine_map<()[t] -> (t floordiv 2)>()[%t]
  %init = tensor.empty(%b, %n) : tensor<?x?x4xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%init : tensor<?x?x4xf32>) -> tensor<?x?x4xf32>
  // expected-error @below {{cannot run token by token: needs 2 tokens of look-ahead, 0 are allowed: --lookahead=2}}
  %sums = linalg.generic {indexing_maps = [affine_map<(b, n, d, r) -> (b, n * 2 + r, d)>, affine_map<(b, n, d, r) -> (r)>,
                                           affine_map<(b, n, d, r) -> (b, n, d)>],
                          iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%padded, %taps : tensor<?x?x4xf32>, tensor<3xf32>) outs(%zeros : tensor<?x?x4xf32>) {
  ^bb0(%element: f32, %tap: f32, %sum: f32):
    %product = arith.mulf %element, %tap : f32
    %next = arith.addf %sum, %product : f32
    linalg.yield %next : f32
  } -> tensor<?x?x4xf32>
  return %sums : tensor<?x?x4xf32>
}

// -----

#shape = affine_map<()[b, t] -> (b, t, 1, 4)>
#left = affine_map<(b, i, j) -> (b, i, 0, 0)>
#right = affine_map<(b, i, j) -> (b, j, 0, 0)>
#pairs = affine_map<(b, i, j) -> (b, i, j)>
// Pairs of tokens that are no mixer.
func.func @forward(%x: tensor<?x?x1x4xf32> {heddle.shape = #shape}) -> (tensor<?x?x?xf32> {heddle.shape = affine_map<()[b, t] -> (b, t, t)>})
    attributes {heddle.symbols = ["B", "T"]} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %b = tensor.dim %x, %c0 : tensor<?x?x1x4xf32>
  %t = tensor.dim %x, %c1 : tensor<?x?x1x4xf32>
  %init = tensor.empty(%b, %t) : tensor<?x?x1x4xf32>
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty(%b, %t, %t) : tensor<?x?x?xf32>
  // expected-error @below {{cannot run token by token: it has pairs of tokens}}
  %mixed = linalg.generic {indexing_maps = [#left, #right, #pairs], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%x, %x : tensor<?x?x1x4xf32>, tensor<?x?x1x4xf32>) outs(%empty : tensor<?x?x?xf32>) {
  ^bb0(%q: f32, %k: f32, %none: f32):
    %score = arith.mulf %q, %k : f32
    linalg.yield %score : f32
  } -> tensor<?x?x?xf32>
  return %mixed : tensor<?x?x?xf32>
}

// -----

#shape = affine_map<()[b, t] -> (b, t, 1, 4)>
#all = affine_map<(b, t, h, d) -> (b, t, h, d)>
// A mean divides by the number of tokens.
func.func @forward(%x: tensor<?x?x1x4xf32> {heddle.shape = #shape}) -> (tensor<?x?x1x4xf32> {heddle.shape = #shape})
    attributes {heddle.symbols = ["B", "T"]} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %b = tensor.dim %x, %c0 : tensor<?x?x1x4xf32>
  %t = tensor.dim %x, %c1 : tensor<?x?x1x4xf32>
  %init = tensor.empty(%b, %t) : tensor<?x?x1x4xf32>
  // expected-error @below {{cannot run token by token: its result depends on how many tokens there are}}
  %number = arith.index_cast %t : index to i64
  %count = arith.sitofp %number : i64 to f32
  %mixed = linalg.generic {indexing_maps = [#all, #all], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%x : tensor<?x?x1x4xf32>) outs(%init : tensor<?x?x1x4xf32>) {
  ^bb0(%a: f32, %none: f32):
    %less = arith.divf %a, %count : f32
    linalg.yield %less : f32
  } -> tensor<?x?x1x4xf32>
  return %mixed : tensor<?x?x1x4xf32>
}

// -----

#shape = affine_map<()[b, t] -> (b, t, 1, 4)>
#all = affine_map<(b, t, h, d) -> (b, t, h, d)>
// The tokens from the last to the first.
func.func @forward(%x: tensor<?x?x1x4xf32> {heddle.shape = #shape}) -> (tensor<?x?x1x4xf32> {heddle.shape = #shape})
    attributes {heddle.symbols = ["B", "T"]} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %b = tensor.dim %x, %c0 : tensor<?x?x1x4xf32>
  %t = tensor.dim %x, %c1 : tensor<?x?x1x4xf32>
  %init = tensor.empty(%b, %t) : tensor<?x?x1x4xf32>
  %last = affine.apply affine_map<()[t] -> (t - 1)>()[%t]
  // expected-error @below {{cannot run token by token: it reads tokens at positions without a bound}}
  %mixed = linalg.generic {indexing_maps = [#all], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      outs(%init : tensor<?x?x1x4xf32>) {
  ^bb0(%none: f32):
    %i0 = linalg.index 0 : index
    %i1 = linalg.index 1 : index
    %i3 = linalg.index 3 : index
    %at = arith.subi %last, %i1 : index
    %c = arith.constant 0 : index
    %element = tensor.extract %x[%i0, %at, %c, %i3] : tensor<?x?x1x4xf32>
    linalg.yield %element : f32
  } -> tensor<?x?x1x4xf32>
  return %mixed : tensor<?x?x1x4xf32>
}

// -----

#shape = affine_map<()[b, t] -> (b, t, 1, 4)>
#all = affine_map<(b, t, h, d) -> (b, t, h, d)>
#rows = affine_map<(b, t, h, d) -> (b, h, d)>
// Differences from the last token.
func.func @forward(%x: tensor<?x?x1x4xf32> {heddle.shape = #shape}) -> (tensor<?x?x1x4xf32> {heddle.shape = #shape})
    attributes {heddle.symbols = ["B", "T"]} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %b = tensor.dim %x, %c0 : tensor<?x?x1x4xf32>
  %t = tensor.dim %x, %c1 : tensor<?x?x1x4xf32>
  %init = tensor.empty(%b, %t) : tensor<?x?x1x4xf32>
  %at = affine.apply affine_map<()[t] -> (t - 1)>()[%t]
  %last = tensor.extract_slice %x[0, %at, 0, 0] [%b, 1, 1, 4] [1, 1, 1, 1] : tensor<?x?x1x4xf32> to tensor<?x1x4xf32>
  // expected-error @below {{cannot run token by token: every token would see what the last token leaves}}
  %mixed = linalg.generic {indexing_maps = [#all, #rows, #all], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%x, %last : tensor<?x?x1x4xf32>, tensor<?x1x4xf32>) outs(%init : tensor<?x?x1x4xf32>) {
  ^bb0(%a: f32, %c: f32, %none: f32):
    %less = arith.subf %a, %c : f32
    linalg.yield %less : f32
  } -> tensor<?x?x1x4xf32>
  return %mixed : tensor<?x?x1x4xf32>
}

// -----

#shape = affine_map<()[b, t] -> (b, t, 1, 4)>
#all = affine_map<(b, t, h, d) -> (b, t, h, d)>
// Positions counted from the end.
func.func @forward(%x: tensor<?x?x1x4xf32> {heddle.shape = #shape}) -> (tensor<?x?x1x4xf32> {heddle.shape = #shape})
    attributes {heddle.symbols = ["B", "T"]} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %b = tensor.dim %x, %c0 : tensor<?x?x1x4xf32>
  %t = tensor.dim %x, %c1 : tensor<?x?x1x4xf32>
  %init = tensor.empty(%b, %t) : tensor<?x?x1x4xf32>
  // expected-error @below {{cannot run token by token: its result depends on how many tokens there are}}
  %mixed = linalg.generic {indexing_maps = [#all, #all], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%x : tensor<?x?x1x4xf32>) outs(%init : tensor<?x?x1x4xf32>) {
  ^bb0(%a: f32, %none: f32):
    %i = linalg.index 1 : index
    %left = arith.subi %t, %i : index
    %integer = arith.index_cast %left : index to i64
    %weight = arith.sitofp %integer : i64 to f32
    %product = arith.mulf %a, %weight : f32
    linalg.yield %product : f32
  } -> tensor<?x?x1x4xf32>
  return %mixed : tensor<?x?x1x4xf32>
}

// -----

#shape = affine_map<() -> (2, 8, 1, 4)>
// Tokens in groups of four, as they were traced.
func.func @forward(%x: tensor<2x8x1x4xf32> {heddle.shape = #shape}) -> (tensor<2x8x1x4xf32> {heddle.shape = #shape})
    attributes {heddle.symbols = []} {
  %init = tensor.empty() : tensor<2x8x1x4xf32>
  %chunks = tensor.expand_shape %x [[0], [1, 2], [3], [4]] output_shape [2, 2, 4, 1, 4] : tensor<2x8x1x4xf32> into tensor<2x2x4x1x4xf32>
  %power = math.exp %chunks : tensor<2x2x4x1x4xf32>
  // expected-error @below {{cannot run token by token: this only makes sense at length 8}}
  %whole = tensor.collapse_shape %power [[0], [1, 2], [3], [4]] : tensor<2x2x4x1x4xf32> into tensor<2x8x1x4xf32>
  %mixed = mixer.mix query(%whole : tensor<2x8x1x4xf32>) key(%whole : tensor<2x8x1x4xf32>) value(%whole : tensor<2x8x1x4xf32>) outs(%init : tensor<2x8x1x4xf32>)
      {support = #mixer.causal, transport = #mixer.identity, score = #mixer.linear, norm = #mixer.norm<none>} -> tensor<2x8x1x4xf32>
  return %mixed : tensor<2x8x1x4xf32>
}

// -----

#shape = affine_map<() -> (2, 8, 1, 4)>
// A matrix of the traced tokens.
func.func @forward(%x: tensor<2x8x1x4xf32> {heddle.shape = #shape}) -> (tensor<2x3x1x4xf32> {heddle.shape = affine_map<() -> (2, 3, 1, 4)>})
    attributes {heddle.symbols = []} {
  %weights = arith.constant dense<0.5> : tensor<1x3x8xf32>
  %init = tensor.empty() : tensor<2x3x1x4xf32>
  // expected-error @below {{cannot run token by token: transport #mixer.structured<dense>: weights of positions alone leave no state}}
  %mixed = mixer.mix value(%x : tensor<2x8x1x4xf32>) transport(%weights : tensor<1x3x8xf32>) outs(%init : tensor<2x3x1x4xf32>)
      {support = #mixer.full, transport = #mixer.structured<dense>, score = #mixer.linear, norm = #mixer.norm<none>} -> tensor<2x3x1x4xf32>
  return %mixed : tensor<2x3x1x4xf32>
}

// -----

// Nothing that could be tokens.
// expected-error @below {{entry has no symbol, expected one that counts the tokens}}
func.func @forward(%x: tensor<2x8xf32> {heddle.shape = affine_map<() -> (2, 8)>}) -> (tensor<2x8xf32> {heddle.shape = affine_map<() -> (2, 8)>})
    attributes {heddle.symbols = []} {
  %y = math.exp %x : tensor<2x8xf32>
  return %y : tensor<2x8xf32>
}

// -----

#shape = affine_map<() -> (2, 3, 1, 4)>
// A matrix over the traced tokens that sees tokens that follow.
func.func @forward(%x: tensor<2x3x1x4xf32> {heddle.shape = #shape}) -> (tensor<2x3x1x4xf32> {heddle.shape = #shape})
    attributes {heddle.symbols = []} {
  %weights = arith.constant dense<[[[0.0, 1.0, 0.5], [0.25, 2.0, 0.0], [1.0, 0.5, 0.75]]]> : tensor<1x3x3xf32>
  %init = tensor.empty() : tensor<2x3x1x4xf32>
  // expected-error @below {{cannot run token by token: transport: its matrix has weights on tokens that follow}}
  %mixed = mixer.mix value(%x : tensor<2x3x1x4xf32>) transport(%weights : tensor<1x3x3xf32>) outs(%init : tensor<2x3x1x4xf32>)
      {support = #mixer.full, transport = #mixer.structured<dense>, score = #mixer.linear, norm = #mixer.norm<none>} -> tensor<2x3x1x4xf32>
  return %mixed : tensor<2x3x1x4xf32>
}

// -----

#shape = affine_map<()[b, t] -> (b, t, 1, 4)>
// A kernel that the tokens decide.
func.func @forward(%x: tensor<?x?x1x4xf32> {heddle.shape = #shape}, %kernel: tensor<1x1x?xf32> {heddle.shape = affine_map<()[b, t] -> (1, 1, t)>})
    -> (tensor<?x?x1x4xf32> {heddle.shape = #shape}) attributes {heddle.symbols = ["B", "T"]} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %b = tensor.dim %x, %c0 : tensor<?x?x1x4xf32>
  %t = tensor.dim %x, %c1 : tensor<?x?x1x4xf32>
  %init = tensor.empty(%b, %t) : tensor<?x?x1x4xf32>
  // expected-error @below {{cannot run token by token: transport: its kernel depends on the tokens, or on how many there are}}
  %mixed = mixer.mix value(%x : tensor<?x?x1x4xf32>) transport(%kernel : tensor<1x1x?xf32>) outs(%init : tensor<?x?x1x4xf32>)
      {support = #mixer.causal, transport = #mixer.toeplitz, score = #mixer.linear, norm = #mixer.norm<none>} -> tensor<?x?x1x4xf32>
  return %mixed : tensor<?x?x1x4xf32>
}
