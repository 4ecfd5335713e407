// One failing mixer for every constraint of mixer.mix.
// RUN: heddle-opt %s --split-input-file --verify-diagnostics

func.func @mix_c1(%query: tensor<2x8x4x16xf32>, %key: memref<2x8x4x16xf32>, %value: tensor<2x8x4x16xf32>, %init: tensor<2x8x4x16xf32>) {
  // expected-error@+1 {{key, expected a tensor like value but got 'memref<2x8x4x16xf32>'}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%key : memref<2x8x4x16xf32>) value(%value : tensor<2x8x4x16xf32>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.causal, transport = #mixer.identity, score = #mixer.linear, norm = #mixer.norm<none>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c2(%query: tensor<2x8x4x16xf32>, %key: tensor<2x8x4xf32>, %value: tensor<2x8x4x16xf32>, %init: tensor<2x8x4x16xf32>) {
  // expected-error@+1 {{rank of key, expected 4 but got 3}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%key : tensor<2x8x4xf32>) value(%value : tensor<2x8x4x16xf32>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.causal, transport = #mixer.identity, score = #mixer.linear, norm = #mixer.norm<none>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c2_transport(%query: tensor<2x8x4x16xf32>, %key: tensor<2x8x4x16xf32>, %value: tensor<2x8x4x16xf32>, %transport: tensor<2x8x4x16xf32>, %init: tensor<2x8x4x16xf32>) {
  // expected-error@+1 {{rank of transport operand 0, expected 3 but got 4}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%key : tensor<2x8x4x16xf32>) value(%value : tensor<2x8x4x16xf32>) transport(%transport : tensor<2x8x4x16xf32>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.causal, transport = #mixer.scalar, score = #mixer.linear, norm = #mixer.norm<none>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c3(%query: tensor<2x8x4x16xf32>, %key: tensor<2x8x?x16xf32>, %value: tensor<2x8x4x16xf32>, %init: tensor<2x8x4x16xf32>) {
  // expected-error@+1 {{dimension 2 of key, expected a static positive size but got ?}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%key : tensor<2x8x?x16xf32>) value(%value : tensor<2x8x4x16xf32>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.causal, transport = #mixer.identity, score = #mixer.linear, norm = #mixer.norm<none>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c3_zero(%query: tensor<2x8x4x16xf32>, %key: tensor<2x8x4x16xf32>, %value: tensor<2x8x4x0xf32>, %init: tensor<2x8x4x16xf32>) {
  // expected-error@+1 {{dimension 3 of value, expected a static positive size but got 0}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%key : tensor<2x8x4x16xf32>) value(%value : tensor<2x8x4x0xf32>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.causal, transport = #mixer.identity, score = #mixer.linear, norm = #mixer.norm<none>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c4(%query: tensor<2x8x4x16xf32>, %key: tensor<3x8x4x16xf32>, %value: tensor<2x8x4x16xf32>, %init: tensor<2x8x4x16xf32>) {
  // expected-error@+1 {{batch of key (dimension 0), expected 2 or 1 but got 3}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%key : tensor<3x8x4x16xf32>) value(%value : tensor<2x8x4x16xf32>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.causal, transport = #mixer.identity, score = #mixer.linear, norm = #mixer.norm<none>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c4_segments(%query: tensor<2x8x4x16xf32>, %key: tensor<2x8x4x16xf32>, %value: tensor<2x8x4x16xf32>, %segments: tensor<1x8xi32>, %init: tensor<2x8x4x16xf32>) {
  // expected-error@+1 {{batch of segments (dimension 0), expected 2 but got 1}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%key : tensor<2x8x4x16xf32>) value(%value : tensor<2x8x4x16xf32>) segments(%segments : tensor<1x8xi32>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.causal, transport = #mixer.identity, score = #mixer.linear, norm = #mixer.norm<none>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c5(%query: tensor<2x7x4x16xf32>, %key: tensor<2x8x4x16xf32>, %value: tensor<2x8x4x16xf32>, %init: tensor<2x8x4x16xf32>) {
  // expected-error@+1 {{query tokens of query (dimension 1), expected 8 or 1 but got 7}}
  %mixed = mixer.mix query(%query : tensor<2x7x4x16xf32>) key(%key : tensor<2x8x4x16xf32>) value(%value : tensor<2x8x4x16xf32>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.causal, transport = #mixer.identity, score = #mixer.linear, norm = #mixer.norm<none>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c5_carried(%query: tensor<2x8x4x16xf32>, %key: tensor<2x9x4x16xf32>, %value: tensor<2x9x4x16xf32>, %init: tensor<2x8x4x16xf32>) {
  // expected-error@+1 {{key tokens of key (dimension 1), expected 8 or 1 but got 9}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%key : tensor<2x9x4x16xf32>) value(%value : tensor<2x9x4x16xf32>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.causal, transport = #mixer.identity, score = #mixer.linear, norm = #mixer.norm<none>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c5_value(%query: tensor<2x8x4x16xf32>, %key: tensor<2x9x4x16xf32>, %value: tensor<2x8x4x16xf32>, %init: tensor<2x8x4x16xf32>) {
  // expected-error@+1 {{key tokens of value (dimension 1), expected 9 or 1 but got 8}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%key : tensor<2x9x4x16xf32>) value(%value : tensor<2x8x4x16xf32>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.causal, transport = #mixer.identity, score = #mixer.softmax<scale = 1.0>, norm = #mixer.norm<row_sum>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c6(%query: tensor<2x8x4x16xf32>, %key: tensor<2x8x3x16xf32>, %value: tensor<2x8x4x16xf32>, %init: tensor<2x8x4x16xf32>) {
  // expected-error@+1 {{heads of key (dimension 2), expected a divisor of 4 but got 3}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%key : tensor<2x8x3x16xf32>) value(%value : tensor<2x8x4x16xf32>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.causal, transport = #mixer.identity, score = #mixer.linear, norm = #mixer.norm<none>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c6_query(%query: tensor<2x8x3x16xf32>, %key: tensor<2x8x4x16xf32>, %value: tensor<2x8x4x16xf32>, %init: tensor<2x8x4x16xf32>) {
  // expected-error@+1 {{heads of query (dimension 2), expected a divisor of 4 but got 3}}
  %mixed = mixer.mix query(%query : tensor<2x8x3x16xf32>) key(%key : tensor<2x8x4x16xf32>) value(%value : tensor<2x8x4x16xf32>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.causal, transport = #mixer.identity, score = #mixer.linear, norm = #mixer.norm<none>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c6_transport(%query: tensor<2x8x4x16xf32>, %key: tensor<2x8x4x16xf32>, %value: tensor<2x8x4x16xf32>, %transport: tensor<2x8x3xf32>, %init: tensor<2x8x4x16xf32>) {
  // expected-error@+1 {{heads of transport operand 0 (dimension 2), expected a divisor of 4 but got 3}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%key : tensor<2x8x4x16xf32>) value(%value : tensor<2x8x4x16xf32>) transport(%transport : tensor<2x8x3xf32>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.causal, transport = #mixer.scalar, score = #mixer.linear, norm = #mixer.norm<none>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c7(%query: tensor<2x8x4x16xf32>, %key: tensor<2x8x4x16xf32>, %value: tensor<2x8x4x16xf32>, %init: tensor<2x8x8x16xf32>) {
  // expected-error@+1 {{heads of init 0 (dimension 2), expected 4 but got 8}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%key : tensor<2x8x4x16xf32>) value(%value : tensor<2x8x4x16xf32>) outs(%init : tensor<2x8x8x16xf32>)
    {support = #mixer.causal, transport = #mixer.identity, score = #mixer.linear, norm = #mixer.norm<none>}
    -> tensor<2x8x8x16xf32>
  return
}

// -----

func.func @mix_c7_bias(%query: tensor<2x8x4x16xf32>, %key: tensor<2x8x4x16xf32>, %value: tensor<2x8x4x16xf32>, %bias: tensor<2xf32>, %init: tensor<2x8x4x16xf32>) {
  // expected-error@+1 {{heads of bias (dimension 0), expected 4 or 1 but got 2}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%key : tensor<2x8x4x16xf32>) value(%value : tensor<2x8x4x16xf32>) bias(%bias : tensor<2xf32>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.causal, transport = #mixer.identity, score = #mixer.softmax<scale = 1.0, bias = alibi>, norm = #mixer.norm<row_sum>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c7_current(%query: tensor<2x8x4x16xf32>, %key: tensor<2x8x4x16xf32>, %value: tensor<2x8x4x16xf32>, %current: tensor<2x16xf32>, %init: tensor<2x8x4x16xf32>) {
  // expected-error@+1 {{heads of current (dimension 0), expected 4 or 1 but got 2}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%key : tensor<2x8x4x16xf32>) value(%value : tensor<2x8x4x16xf32>) current(%current : tensor<2x16xf32>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.causal, transport = #mixer.identity, score = #mixer.linear, norm = #mixer.norm<none>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c8(%query: tensor<2x8x4x8xf32>, %key: tensor<2x8x4x16xf32>, %value: tensor<2x8x4x16xf32>, %init: tensor<2x8x4x16xf32>) {
  // expected-error@+1 {{key features of query (dimension 3), expected 16 but got 8}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x8xf32>) key(%key : tensor<2x8x4x16xf32>) value(%value : tensor<2x8x4x16xf32>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.causal, transport = #mixer.identity, score = #mixer.linear, norm = #mixer.norm<none>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c8_transport(%query: tensor<2x8x4x16xf32>, %key: tensor<2x8x4x16xf32>, %value: tensor<2x8x4x16xf32>, %transport: tensor<2x8x4x1xf32>, %init: tensor<2x8x4x16xf32>) {
  // expected-error@+1 {{key features of transport operand 0 (dimension 3), expected 16 but got 1}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%key : tensor<2x8x4x16xf32>) value(%value : tensor<2x8x4x16xf32>) transport(%transport : tensor<2x8x4x1xf32>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.causal, transport = #mixer.key_channel, score = #mixer.linear, norm = #mixer.norm<none>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c9(%query: tensor<2x8x4x16xf32>, %key: tensor<2x8x4x16xf32>, %value: tensor<2x8x4x16xf32>, %init: tensor<2x8x4x8xf32>) {
  // expected-error@+1 {{value features of init 0 (dimension 3), expected 16 but got 8}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%key : tensor<2x8x4x16xf32>) value(%value : tensor<2x8x4x16xf32>) outs(%init : tensor<2x8x4x8xf32>)
    {support = #mixer.causal, transport = #mixer.identity, score = #mixer.linear, norm = #mixer.norm<none>}
    -> tensor<2x8x4x8xf32>
  return
}

// -----

func.func @mix_c10(%query: tensor<2x8x4x16xf32>, %key: tensor<2x8x4x16xf32>, %value: tensor<2x8x4x16xi32>, %init: tensor<2x8x4x16xf32>) {
  // expected-error@+1 {{element type of value, expected f16, bf16, f32 or f64 but got 'i32'}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%key : tensor<2x8x4x16xf32>) value(%value : tensor<2x8x4x16xi32>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.causal, transport = #mixer.identity, score = #mixer.linear, norm = #mixer.norm<none>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c11(%query: tensor<2x8x4x16xf32>, %key: tensor<2x8x4x16xf32>, %value: tensor<2x8x4x16xbf16>, %init: tensor<2x8x4x16xf32>) {
  // expected-error@+1 {{element type of query, expected 'bf16' but got 'f32'}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%key : tensor<2x8x4x16xf32>) value(%value : tensor<2x8x4x16xbf16>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.causal, transport = #mixer.identity, score = #mixer.linear, norm = #mixer.norm<none>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c11_transport(%query: tensor<2x8x4x16xbf16>, %key: tensor<2x8x4x16xbf16>, %value: tensor<2x8x4x16xbf16>, %transport: tensor<2x8x4xf16>, %init: tensor<2x8x4x16xbf16>) {
  // expected-error@+1 {{element type of transport operand 0, expected 'bf16' or 'f32' but got 'f16'}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xbf16>) key(%key : tensor<2x8x4x16xbf16>) value(%value : tensor<2x8x4x16xbf16>) transport(%transport : tensor<2x8x4xf16>) outs(%init : tensor<2x8x4x16xbf16>)
    {support = #mixer.causal, transport = #mixer.scalar, score = #mixer.linear, norm = #mixer.norm<none>}
    -> tensor<2x8x4x16xbf16>
  return
}

// -----

func.func @mix_c12(%query: tensor<2x8x4x16xf32>, %key: tensor<2x8x4x16xf32>, %value: tensor<2x8x4x16xf32>, %segments: tensor<2x8xi64>, %init: tensor<2x8x4x16xf32>) {
  // expected-error@+1 {{element type of segments, expected i32 but got 'i64'}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%key : tensor<2x8x4x16xf32>) value(%value : tensor<2x8x4x16xf32>) segments(%segments : tensor<2x8xi64>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.causal, transport = #mixer.identity, score = #mixer.linear, norm = #mixer.norm<none>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c13(%query: tensor<2x8x4x16xf32>, %value: tensor<2x8x4x16xf32>, %init: tensor<2x8x4x16xf32>) {
  // expected-error@+1 {{key, expected one with #mixer.identity but got none}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) value(%value : tensor<2x8x4x16xf32>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.causal, transport = #mixer.identity, score = #mixer.linear, norm = #mixer.norm<none>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c13_toeplitz(%query: tensor<2x8x4x16xf32>, %value: tensor<2x8x4x16xf32>, %transport: tensor<1x16x8xf32>, %init: tensor<2x8x4x16xf32>) {
  // expected-error@+1 {{query, expected none with #mixer.toeplitz but got one}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) value(%value : tensor<2x8x4x16xf32>) transport(%transport : tensor<1x16x8xf32>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.causal, transport = #mixer.toeplitz, score = #mixer.linear, norm = #mixer.norm<none>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c14(%query: tensor<2x8x4x16xf32>, %key: tensor<2x8x4x16xf32>, %value: tensor<2x8x4x16xf32>, %transport: tensor<2x8x4xf32>, %init: tensor<2x8x4x16xf32>) {
  // expected-error@+1 {{transport operands of #mixer.delta<gated = true>, expected 2 but got 1}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%key : tensor<2x8x4x16xf32>) value(%value : tensor<2x8x4x16xf32>) transport(%transport : tensor<2x8x4xf32>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.causal, transport = #mixer.delta<gated = true>, score = #mixer.linear, norm = #mixer.norm<none>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c15(%query: tensor<2x8x4x16xf32>, %key: tensor<2x8x4x16xf32>, %value: tensor<2x8x4x16xf32>, %init: tensor<2x8x4x16xf32>) {
  // expected-error@+1 {{bias operand, expected one with bias kind dense but got none}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%key : tensor<2x8x4x16xf32>) value(%value : tensor<2x8x4x16xf32>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.causal, transport = #mixer.identity, score = #mixer.softmax<scale = 1.0, bias = dense>, norm = #mixer.norm<row_sum>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c15_linear(%query: tensor<2x8x4x16xf32>, %key: tensor<2x8x4x16xf32>, %value: tensor<2x8x4x16xf32>, %bias: tensor<4xf32>, %init: tensor<2x8x4x16xf32>) {
  // expected-error@+1 {{bias operand, expected none with bias kind none but got one}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%key : tensor<2x8x4x16xf32>) value(%value : tensor<2x8x4x16xf32>) bias(%bias : tensor<4xf32>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.causal, transport = #mixer.identity, score = #mixer.linear, norm = #mixer.norm<none>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c16(%query: tensor<2x8x4x15xf32>, %key: tensor<2x8x4x15xf32>, %value: tensor<2x8x4x16xf32>, %transport0: tensor<2x8x4x7xf32>, %transport1: tensor<2x8x4x7xf32>, %init: tensor<2x8x4x16xf32>) {
  // expected-error@+1 {{key features of a complex transport, expected an even number (real block, imaginary block) but got 15}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x15xf32>) key(%key : tensor<2x8x4x15xf32>) value(%value : tensor<2x8x4x16xf32>) transport(%transport0, %transport1 : tensor<2x8x4x7xf32>, tensor<2x8x4x7xf32>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.causal, transport = #mixer.complex_diagonal, score = #mixer.linear, norm = #mixer.norm<none>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c17(%query: tensor<2x8x4x16xf32>, %key: tensor<2x8x4x16xf32>, %value: tensor<2x8x4x16xf32>, %transport: tensor<2x8x4xf32>, %init: tensor<2x8x4x16xf32>) {
  // expected-error@+1 {{transport of a softmax score, expected #mixer.identity but got #mixer.scalar}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%key : tensor<2x8x4x16xf32>) value(%value : tensor<2x8x4x16xf32>) transport(%transport : tensor<2x8x4xf32>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.causal, transport = #mixer.scalar, score = #mixer.softmax<scale = 1.0>, norm = #mixer.norm<row_sum>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c18(%query: tensor<2x8x4x16xf32>, %key: tensor<2x8x4x16xf32>, %value: tensor<2x8x4x16xf32>, %init: tensor<2x8x4x16xf32>) {
  // expected-error@+1 {{norm of a softmax score, expected row_sum but got #mixer.norm<none>}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%key : tensor<2x8x4x16xf32>) value(%value : tensor<2x8x4x16xf32>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.causal, transport = #mixer.identity, score = #mixer.softmax<scale = 1.0>, norm = #mixer.norm<none>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c19(%value: tensor<2x8x4x16xf32>, %init: tensor<2x8x4x16xf32>) {
  // expected-error@+1 {{score with #mixer.structured<cosine>, expected #mixer.linear but got #mixer.linear<scale = 2.000000e+00>}}
  %mixed = mixer.mix value(%value : tensor<2x8x4x16xf32>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.full, transport = #mixer.structured<cosine>, score = #mixer.linear<scale = 2.0>, norm = #mixer.norm<none>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c20(%value: tensor<2x8x4x16xf32>, %init: tensor<2x8x4x16xf32>) {
  // expected-error@+1 {{support with #mixer.structured<cosine>, expected full or the whole past but got #mixer.sinks<1>}}
  %mixed = mixer.mix value(%value : tensor<2x8x4x16xf32>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.sinks<1>, transport = #mixer.structured<cosine>, score = #mixer.linear, norm = #mixer.norm<none>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c20_region(%query: tensor<2x8x4x16xf32>, %key: tensor<2x8x4x16xf32>, %value: tensor<2x8x4x16xf32>, %init: tensor<2x8x4x16xf32>) {
  // expected-error@+1 {{support with #mixer.region, expected the whole past but got #mixer.full}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%key : tensor<2x8x4x16xf32>) value(%value : tensor<2x8x4x16xf32>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.full, transport = #mixer.region, score = #mixer.linear, norm = #mixer.norm<none>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c21(%query: tensor<2x8x4x16xf32>, %key: tensor<2x8x4x16xf32>, %value: tensor<2x8x4x16xf32>, %transport: tensor<2x8x4xf32>, %init: tensor<2x8x4x16xf32>) {
  // expected-error@+1 {{transport with log_keys, expected #mixer.identity, #mixer.scalar or #mixer.key_channel but got #mixer.delta}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%key : tensor<2x8x4x16xf32>) value(%value : tensor<2x8x4x16xf32>) transport(%transport : tensor<2x8x4xf32>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.causal, transport = #mixer.delta, score = #mixer.linear<log_keys = true>, norm = #mixer.norm<row_sum>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c22(%query: tensor<2x8x4x16xf32>, %key: tensor<2x8x4x16xf32>, %value: tensor<2x8x4x16xf32>, %init: tensor<2x8x4x16xf32>) {
  // expected-error@+1 {{norm with log_keys, expected row_sum or running but got #mixer.norm<none>}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%key : tensor<2x8x4x16xf32>) value(%value : tensor<2x8x4x16xf32>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.causal, transport = #mixer.identity, score = #mixer.linear<log_keys = true>, norm = #mixer.norm<none>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c23(%query: tensor<2x8x4x16xf32>, %key: tensor<2x8x4x16xf32>, %value: tensor<2x8x4x16xf32>, %init: tensor<2x8x4x16xf32>) {
  // expected-error@+1 {{support with log_keys, expected the whole past but got #mixer.full}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%key : tensor<2x8x4x16xf32>) value(%value : tensor<2x8x4x16xf32>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.full, transport = #mixer.identity, score = #mixer.linear<log_keys = true>, norm = #mixer.norm<row_sum>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c24(%query: tensor<2x8x4x16xf32>, %key: tensor<2x8x4x16xf32>, %value: tensor<2x8x4x16xf32>, %init: tensor<2x8x4x16xf32>) {
  // expected-error@+1 {{order with log_keys, expected forward or reverse but got bidirectional}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%key : tensor<2x8x4x16xf32>) value(%value : tensor<2x8x4x16xf32>) outs(%init : tensor<2x8x4x16xf32>)
    {layout = #mixer.layout<bidirectional>, support = #mixer.causal, transport = #mixer.identity, score = #mixer.linear<log_keys = true>, norm = #mixer.norm<row_sum>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c25(%query: tensor<2x8x4x16xf32>, %key: tensor<2x8x4x16xf32>, %value: tensor<2x8x4x16xf32>, %transport: tensor<2x8x4x16x16xf32>, %init: tensor<2x8x4x16xf32>) {
  // expected-error@+1 {{norm with #mixer.elementwise, expected none but got #mixer.norm<row_sum>}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%key : tensor<2x8x4x16xf32>) value(%value : tensor<2x8x4x16xf32>) transport(%transport : tensor<2x8x4x16x16xf32>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.causal, transport = #mixer.elementwise, score = #mixer.linear, norm = #mixer.norm<row_sum>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c26(%query: tensor<2x8x4x16xf32>, %key: tensor<2x8x4x16xf32>, %value: tensor<2x8x4x16xf32>, %init: tensor<2x8x4x16xf32>) {
  // expected-error@+1 {{support with norm running, expected the whole past but got #mixer.full}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%key : tensor<2x8x4x16xf32>) value(%value : tensor<2x8x4x16xf32>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.full, transport = #mixer.identity, score = #mixer.linear, norm = #mixer.norm<running>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c27(%query: tensor<2x8x4x16xf32>, %key: tensor<2x8x4x16xf32>, %value: tensor<2x8x4x16xf32>, %init: tensor<2x8x4x16xf32>) {
  // expected-error@+1 {{order with norm running, expected forward or reverse but got bidirectional}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%key : tensor<2x8x4x16xf32>) value(%value : tensor<2x8x4x16xf32>) outs(%init : tensor<2x8x4x16xf32>)
    {layout = #mixer.layout<bidirectional>, support = #mixer.causal, transport = #mixer.identity, score = #mixer.linear, norm = #mixer.norm<running>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c28(%query: tensor<2x8x4x16xf32>, %key: tensor<2x8x4x16xf32>, %value: tensor<2x8x4x16xf32>, %transport: tensor<2x8x4xf32>, %init: tensor<2x8x4x16xf32>) {
  // expected-error@+1 {{transport with align = end, expected #mixer.identity but got #mixer.scalar}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%key : tensor<2x8x4x16xf32>) value(%value : tensor<2x8x4x16xf32>) transport(%transport : tensor<2x8x4xf32>) outs(%init : tensor<2x8x4x16xf32>)
    {layout = #mixer.layout<forward, align = end>, support = #mixer.causal, transport = #mixer.scalar, score = #mixer.linear, norm = #mixer.norm<none>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c29(%query: tensor<2x8x4x16xf32>, %key: tensor<2x8x4x16xf32>, %value: tensor<2x8x4x16xf32>, %init: tensor<2x8x4x16xf32>) {
  // expected-error@+1 {{order bidirectional, expected a linear score and an affine transport but got #mixer.softmax<scale = 1.000000e+00> and #mixer.identity}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%key : tensor<2x8x4x16xf32>) value(%value : tensor<2x8x4x16xf32>) outs(%init : tensor<2x8x4x16xf32>)
    {layout = #mixer.layout<bidirectional>, support = #mixer.causal, transport = #mixer.identity, score = #mixer.softmax<scale = 1.0>, norm = #mixer.norm<row_sum>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c30(%query: tensor<2x8x4x16xf32>, %key: tensor<2x8x4x16xf32>, %value: tensor<2x8x4x16xf32>, %init: tensor<2x8x4x16xf32>) {
  // expected-error@+1 {{support of order bidirectional, expected a causal one but got #mixer.full}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%key : tensor<2x8x4x16xf32>) value(%value : tensor<2x8x4x16xf32>) outs(%init : tensor<2x8x4x16xf32>)
    {layout = #mixer.layout<bidirectional>, support = #mixer.full, transport = #mixer.identity, score = #mixer.linear, norm = #mixer.norm<none>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c31(%query: tensor<2x8x4x16xf32>, %key: tensor<2x8x4x16xf32>, %value: tensor<2x8x4x16xf32>, %current: tensor<4x16xf32>, %init: tensor<2x8x4x16xf32>) {
  // expected-error@+1 {{current operand, expected a linear score without region and a real affine transport but got #mixer.softmax<scale = 1.000000e+00> and #mixer.identity}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%key : tensor<2x8x4x16xf32>) value(%value : tensor<2x8x4x16xf32>) current(%current : tensor<4x16xf32>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.causal, transport = #mixer.identity, score = #mixer.softmax<scale = 1.0>, norm = #mixer.norm<row_sum>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c32(%query: tensor<2x8x4x16xf32>, %key: tensor<2x8x4x16xf32>, %value: tensor<2x8x4x16xf32>, %current: tensor<4x16xf32>, %init: tensor<2x8x4x16xf32>) {
  // expected-error@+1 {{support with a current operand, expected the whole past but got #mixer.full}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%key : tensor<2x8x4x16xf32>) value(%value : tensor<2x8x4x16xf32>) current(%current : tensor<4x16xf32>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.full, transport = #mixer.identity, score = #mixer.linear, norm = #mixer.norm<none>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c33(%value: tensor<2x8x4x16xf32>, %transport: tensor<1x16x8xf32>, %segments: tensor<2x8xi32>, %init: tensor<2x8x4x16xf32>) {
  // expected-error@+1 {{segments operand with #mixer.toeplitz, expected none but got one}}
  %mixed = mixer.mix value(%value : tensor<2x8x4x16xf32>) transport(%transport : tensor<1x16x8xf32>) segments(%segments : tensor<2x8xi32>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.causal, transport = #mixer.toeplitz, score = #mixer.linear, norm = #mixer.norm<none>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c34(%query: tensor<2x8x4x16xf32>, %key: tensor<2x8x4x16xf32>, %value: tensor<2x8x4x16xf32>, %init: tensor<2x8x4x16xf32>) {
  // expected-error@+1 {{heads of per_head, expected 4 but got 2}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%key : tensor<2x8x4x16xf32>) value(%value : tensor<2x8x4x16xf32>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.per_head<[0, 0], [#mixer.causal]>, transport = #mixer.identity, score = #mixer.linear, norm = #mixer.norm<none>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c35(%query: tensor<2x8x4x16xf32>, %key: tensor<2x8x4x16xf32>, %value: tensor<2x8x4x16xf32>, %state: tensor<2x4x16x16xf32>, %init: tensor<2x8x4x16xf32>) {
  // expected-error@+1 {{state operands, expected none where no state is carried (score #mixer.linear, support #mixer.full, transport #mixer.identity) but got 1 initial and 0 final}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%key : tensor<2x8x4x16xf32>) value(%value : tensor<2x8x4x16xf32>) state(%state : tensor<2x4x16x16xf32>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.full, transport = #mixer.identity, score = #mixer.linear, norm = #mixer.norm<none>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c36(%query: tensor<2x8x4x16xf32>, %key: tensor<2x8x4x16xf32>, %value: tensor<2x8x4x16xf32>, %state: tensor<2x4x16x16xf32>, %init: tensor<2x8x4x16xf32>) {
  // expected-error@+1 {{norm with state operands, expected none or running but got #mixer.norm<row_sum>}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%key : tensor<2x8x4x16xf32>) value(%value : tensor<2x8x4x16xf32>) state(%state : tensor<2x4x16x16xf32>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.causal, transport = #mixer.identity, score = #mixer.linear, norm = #mixer.norm<row_sum>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c37(%query: tensor<2x8x4x16xf32>, %key: tensor<2x8x4x16xf32>, %value: tensor<2x8x4x16xf32>, %state: tensor<2x4x16x16xf32>, %init: tensor<2x8x4x16xf32>) {
  // expected-error@+1 {{number of initial states, expected 2 but got 1}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%key : tensor<2x8x4x16xf32>) value(%value : tensor<2x8x4x16xf32>) state(%state : tensor<2x4x16x16xf32>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.causal, transport = #mixer.identity, score = #mixer.linear, norm = #mixer.norm<running>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c37_final(%query: tensor<2x8x4x16xf32>, %key: tensor<2x8x4x16xf32>, %value: tensor<2x8x4x16xf32>, %init0: tensor<2x8x4x16xf32>, %init1: tensor<2x4x16x16xf32>, %init2: tensor<2x4x16xf32>) {
  // expected-error@+1 {{number of final states, expected 1 but got 2}}
  %mixed:3 = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%key : tensor<2x8x4x16xf32>) value(%value : tensor<2x8x4x16xf32>) outs(%init0, %init1, %init2 : tensor<2x8x4x16xf32>, tensor<2x4x16x16xf32>, tensor<2x4x16xf32>)
    {support = #mixer.causal, transport = #mixer.identity, score = #mixer.linear, norm = #mixer.norm<none>}
    -> tensor<2x8x4x16xf32>, tensor<2x4x16x16xf32>, tensor<2x4x16xf32>
  return
}

// -----

func.func @mix_c38(%query: tensor<2x8x4x16xbf16>, %key: tensor<2x8x4x16xbf16>, %value: tensor<2x8x4x16xbf16>, %state: tensor<2x4x16x16xbf16>, %init: tensor<2x8x4x16xbf16>) {
  // expected-error@+1 {{initial state `state`, expected 'tensor<2x4x16x16xf32>' but got 'tensor<2x4x16x16xbf16>'}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xbf16>) key(%key : tensor<2x8x4x16xbf16>) value(%value : tensor<2x8x4x16xbf16>) state(%state : tensor<2x4x16x16xbf16>) outs(%init : tensor<2x8x4x16xbf16>)
    {support = #mixer.causal, transport = #mixer.identity, score = #mixer.linear, norm = #mixer.norm<none>}
    -> tensor<2x8x4x16xbf16>
  return
}

// -----

func.func @mix_c38_final(%query: tensor<2x8x4x16xf32>, %key: tensor<2x8x4x16xf32>, %value: tensor<2x8x4x16xf32>, %init0: tensor<2x8x4x16xf32>, %init1: tensor<2x4x16x16xf32>, %init2: tensor<2x4x8xf32>) {
  // expected-error@+1 {{final state `sum`, expected 'tensor<2x4x16xf32>' but got 'tensor<2x4x8xf32>'}}
  %mixed:3 = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%key : tensor<2x8x4x16xf32>) value(%value : tensor<2x8x4x16xf32>) outs(%init0, %init1, %init2 : tensor<2x8x4x16xf32>, tensor<2x4x16x16xf32>, tensor<2x4x8xf32>)
    {support = #mixer.causal, transport = #mixer.identity, score = #mixer.linear, norm = #mixer.norm<running>}
    -> tensor<2x8x4x16xf32>, tensor<2x4x16x16xf32>, tensor<2x4x8xf32>
  return
}

// -----

func.func @mix_c39(%query: tensor<2x8x4x16xf32>, %key: tensor<2x8x4x16xf32>, %value: tensor<2x8x4x16xf32>, %init: tensor<2x8x4x16xf32>) {
  // expected-error@+1 {{score region, expected none with #mixer.linear<log_keys = true> but got one}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%key : tensor<2x8x4x16xf32>) value(%value : tensor<2x8x4x16xf32>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.causal, transport = #mixer.identity, score = #mixer.linear<log_keys = true>, norm = #mixer.norm<row_sum>}
    score_region {
    ^bb0(%score: f32, %b: index, %h: index, %i: index, %j: index):
      mixer.yield %score : f32
    }
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c40(%query: tensor<2x8x4x16xf32>, %key: tensor<2x8x4x16xf32>, %value: tensor<2x8x4x16xf32>, %init: tensor<2x8x4x16xf32>) {
  // expected-error@+1 {{arguments of score region, expected (f32, index, index, index, index) but got (f32, index)}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%key : tensor<2x8x4x16xf32>) value(%value : tensor<2x8x4x16xf32>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.causal, transport = #mixer.identity, score = #mixer.linear, norm = #mixer.norm<none>}
    score_region {
    ^bb0(%score: f32, %i: index):
      mixer.yield %score : f32
    }
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c41(%query: tensor<2x8x4x16xf32>, %key: tensor<2x8x4x16xf32>, %value: tensor<2x8x4x16xf32>, %init: tensor<2x8x4x16xf32>) {
  // expected-error@+1 {{mixer.yield of score region, expected (f32) but got (index)}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%key : tensor<2x8x4x16xf32>) value(%value : tensor<2x8x4x16xf32>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.causal, transport = #mixer.identity, score = #mixer.linear, norm = #mixer.norm<none>}
    score_region {
    ^bb0(%score: f32, %b: index, %h: index, %i: index, %j: index):
      mixer.yield %i : index
    }
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c42(%query: tensor<2x8x4x16xf32>, %key: tensor<2x8x4x16xf32>, %value: tensor<2x8x4x16xf32>, %init: tensor<2x8x4x16xf32>) {
  // expected-error@+1 {{value in score region, expected a scalar but got 'tensor<1xf32>'}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%key : tensor<2x8x4x16xf32>) value(%value : tensor<2x8x4x16xf32>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.causal, transport = #mixer.identity, score = #mixer.linear, norm = #mixer.norm<none>}
    score_region {
    ^bb0(%score: f32, %b: index, %h: index, %i: index, %j: index):
      %table = tensor.empty() : tensor<1xf32>
      mixer.yield %score : f32
    }
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c43(%value: tensor<2x8x4x16xf32>, %init: tensor<2x8x4x16xf32>) {
  // expected-error@+1 {{transport region, expected one with #mixer.region but got none}}
  %mixed = mixer.mix value(%value : tensor<2x8x4x16xf32>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.causal, transport = #mixer.region, score = #mixer.linear, norm = #mixer.norm<none>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c43_identity(%query: tensor<2x8x4x16xf32>, %key: tensor<2x8x4x16xf32>, %value: tensor<2x8x4x16xf32>, %init: tensor<2x8x4x16xf32>) {
  // expected-error@+1 {{transport region, expected none with #mixer.identity but got one}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%key : tensor<2x8x4x16xf32>) value(%value : tensor<2x8x4x16xf32>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.causal, transport = #mixer.identity, score = #mixer.linear, norm = #mixer.norm<none>}
    transport_region {
    ^bb0(%state: tensor<2x4x1x16xf32>, %gate: tensor<2x16xf32>):
      mixer.yield %state : tensor<2x4x1x16xf32>
    }
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c44(%value: memref<2x8x4x16xf32>, %transport: memref<2x8x16xf32>, %init: memref<2x8x4x16xf32>) {
  // expected-error@+1 {{mixer with a transport region, expected tensors (it is expanded before bufferization) but got 'memref<2x8x4x16xf32>'}}
  mixer.mix value(%value : memref<2x8x4x16xf32>) transport(%transport : memref<2x8x16xf32>) outs(%init : memref<2x8x4x16xf32>)
    {support = #mixer.causal, transport = #mixer.region, score = #mixer.linear, norm = #mixer.norm<none>}
    transport_region {
    ^bb0(%state: tensor<2x4x1x16xf32>, %gate: tensor<2x16xf32>):
      mixer.yield %state : tensor<2x4x1x16xf32>
    }
  return
}

// -----

func.func @mix_c45(%value: tensor<2x8x4x16xf32>, %transport: tensor<2x8x32xf32>, %init: tensor<2x8x4x16xf32>) {
  // expected-error@+1 {{arguments of transport region, expected (tensor<2x4x1x16xf32>, tensor<2x32xf32>) but got (tensor<2x4x1x16xf32>, tensor<2x16xf32>)}}
  %mixed = mixer.mix value(%value : tensor<2x8x4x16xf32>) transport(%transport : tensor<2x8x32xf32>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.causal, transport = #mixer.region, score = #mixer.linear, norm = #mixer.norm<none>}
    transport_region {
    ^bb0(%state: tensor<2x4x1x16xf32>, %gate: tensor<2x16xf32>):
      mixer.yield %state : tensor<2x4x1x16xf32>
    }
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c46(%value: tensor<2x8x4x16xf32>, %transport: tensor<2x8x16xf32>, %init: tensor<2x8x4x16xf32>) {
  // expected-error@+1 {{mixer.yield of transport region, expected (tensor<2x4x1x16xf32>) but got (tensor<2x16xf32>)}}
  %mixed = mixer.mix value(%value : tensor<2x8x4x16xf32>) transport(%transport : tensor<2x8x16xf32>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.causal, transport = #mixer.region, score = #mixer.linear, norm = #mixer.norm<none>}
    transport_region {
    ^bb0(%state: tensor<2x4x1x16xf32>, %gate: tensor<2x16xf32>):
      mixer.yield %gate : tensor<2x16xf32>
    }
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c47(%value: tensor<2x8x4x16xf32>, %transport: tensor<2x8x16xf32>, %init: tensor<2x8x4x16xf32>) {
  // expected-error@+1 {{key features of the state without a query, expected 1 but got 2}}
  %mixed = mixer.mix value(%value : tensor<2x8x4x16xf32>) transport(%transport : tensor<2x8x16xf32>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.causal, transport = #mixer.region, score = #mixer.linear, norm = #mixer.norm<none>}
    transport_region {
    ^bb0(%state: tensor<2x4x2x16xf32>, %gate: tensor<2x16xf32>):
      mixer.yield %state : tensor<2x4x2x16xf32>
    }
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c48(%query: tensor<2x8x4x16xf32>, %key: tensor<2x8x4x16xf32>, %value: tensor<2x8x4x16xf32>, %init: tensor<2x8x4x16xf32>) {
  // expected-error@+1 {{form, expected one of dense, recurrent, chunked but got flash}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%key : tensor<2x8x4x16xf32>) value(%value : tensor<2x8x4x16xf32>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.causal, transport = #mixer.identity, score = #mixer.linear, norm = #mixer.norm<none>, form = #mixer.form<flash>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c49(%value: tensor<2x8x4x16xf32>) {
  // expected-error@+1 {{outs, expected the output and its final states but got none}}
  "mixer.mix"(%value) <{operandSegmentSizes = array<i32: 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0>, norm = #mixer.norm<none>,
    score = #mixer.linear, support = #mixer.full, transport = #mixer.structured<cosine>}> ({}, {}) : (tensor<2x8x4x16xf32>) -> ()
  return
}

// -----

func.func @mix_c50(%query: tensor<2x8x4x16xf32>, %key: tensor<2x8x4x16xf32>, %value: tensor<2x8x4x16xf32>, %init: tensor<2x8x4x16xf32>) {
  // expected-error@+1 {{score, expected #mixer.linear or #mixer.softmax but got #mixer.causal}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%key : tensor<2x8x4x16xf32>) value(%value : tensor<2x8x4x16xf32>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.causal, transport = #mixer.identity, score = #mixer.causal, norm = #mixer.norm<none>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c51(%query: tensor<2x8x4x16xf32>, %key: tensor<2x8x4x16xf32>, %value: tensor<2x8x4x16xf32>, %decay: tensor<2x8x4xf32>, %init: tensor<2x8x4x16xf32>) {
  // expected-error@+1 {{support with #mixer.scalar, expected a causal one but got #mixer.full}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%key : tensor<2x8x4x16xf32>) value(%value : tensor<2x8x4x16xf32>) transport(%decay : tensor<2x8x4xf32>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.full, transport = #mixer.scalar, score = #mixer.linear, norm = #mixer.norm<none>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c51_reverse(%query: tensor<2x8x4x16xf32>, %key: tensor<2x8x4x16xf32>, %value: tensor<2x8x4x16xf32>, %beta: tensor<2x8x4xf32>, %init: tensor<2x8x4x16xf32>) {
  // expected-error@+1 {{support with #mixer.delta, expected a causal one but got #mixer.window<left = 3, right = 1>}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%key : tensor<2x8x4x16xf32>) value(%value : tensor<2x8x4x16xf32>) transport(%beta : tensor<2x8x4xf32>) outs(%init : tensor<2x8x4x16xf32>)
    {layout = #mixer.layout<reverse>, support = #mixer.window<left = 3, right = 1>, transport = #mixer.delta, score = #mixer.linear, norm = #mixer.norm<none>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c2_positions(%query: tensor<2x8x4x16xf32>, %key: tensor<2x32x4x16xf32>, %init: tensor<2x8x4x16xf32>, %positions: tensor<2x1xi64>) {
  // expected-error@+1 {{rank of positions, expected 1 but got 2}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%key : tensor<2x32x4x16xf32>) value(%key : tensor<2x32x4x16xf32>) positions(%positions : tensor<2x1xi64>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.causal, transport = #mixer.identity, score = #mixer.softmax<scale = 1.0>, norm = #mixer.norm<row_sum>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c4_positions(%query: tensor<2x8x4x16xf32>, %key: tensor<2x32x4x16xf32>, %init: tensor<2x8x4x16xf32>, %positions: tensor<3xi64>) {
  // expected-error@+1 {{batch of positions (dimension 0), expected 2 or 1 but got 3}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%key : tensor<2x32x4x16xf32>) value(%key : tensor<2x32x4x16xf32>) positions(%positions : tensor<3xi64>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.causal, transport = #mixer.identity, score = #mixer.softmax<scale = 1.0>, norm = #mixer.norm<row_sum>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c12_positions(%query: tensor<2x8x4x16xf32>, %key: tensor<2x32x4x16xf32>, %init: tensor<2x8x4x16xf32>, %positions: tensor<2xi16>) {
  // expected-error@+1 {{element type of positions, expected i32 or i64 but got 'i16'}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%key : tensor<2x32x4x16xf32>) value(%key : tensor<2x32x4x16xf32>) positions(%positions : tensor<2xi16>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.causal, transport = #mixer.identity, score = #mixer.softmax<scale = 1.0>, norm = #mixer.norm<row_sum>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c52(%query: tensor<2x8x4x16xf32>, %key: tensor<2x32x4x16xf32>, %init: tensor<2x8x4x16xf32>, %positions: tensor<2xi64>) {
  // expected-error@+1 {{positions operand, expected #mixer.identity, order forward and align = start but got #mixer.identity and #mixer.layout<forward, align = end>}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%key : tensor<2x32x4x16xf32>) value(%key : tensor<2x32x4x16xf32>) positions(%positions : tensor<2xi64>) outs(%init : tensor<2x8x4x16xf32>)
    {layout = #mixer.layout<forward, align = end>, support = #mixer.causal, transport = #mixer.identity, score = #mixer.softmax<scale = 1.0>, norm = #mixer.norm<row_sum>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c52_transport(%query: tensor<2x8x4x16xf32>, %key: tensor<2x32x4x16xf32>, %init: tensor<2x8x4x16xf32>, %positions: tensor<2xi64>, %decay: tensor<2x8x4xf32>) {
  // expected-error@+1 {{positions operand, expected #mixer.identity, order forward and align = start but got #mixer.scalar and}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%query : tensor<2x8x4x16xf32>) value(%query : tensor<2x8x4x16xf32>) transport(%decay : tensor<2x8x4xf32>) positions(%positions : tensor<2xi64>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.causal, transport = #mixer.scalar, score = #mixer.linear, norm = #mixer.norm<none>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c53(%query: tensor<2x8x4x16xf32>, %key: tensor<2x32x4x16xf32>, %init: tensor<2x8x4x16xf32>, %positions: tensor<2xi64>, %segments: tensor<2x8xi32>) {
  // expected-error@+1 {{positions operand, expected no segments beside it but got both}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%query : tensor<2x8x4x16xf32>) value(%query : tensor<2x8x4x16xf32>) segments(%segments : tensor<2x8xi32>) positions(%positions : tensor<2xi64>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.causal, transport = #mixer.identity, score = #mixer.softmax<scale = 1.0>, norm = #mixer.norm<row_sum>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c53_log_keys(%query: tensor<2x8x4x16xf32>, %key: tensor<2x32x4x16xf32>, %init: tensor<2x8x4x16xf32>, %positions: tensor<2xi64>) {
  // expected-error@+1 {{positions operand, expected no log_keys beside it but got both}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%key : tensor<2x32x4x16xf32>) value(%key : tensor<2x32x4x16xf32>) positions(%positions : tensor<2xi64>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.causal, transport = #mixer.identity, score = #mixer.linear<log_keys = true>, norm = #mixer.norm<row_sum>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c35_positions(%query: tensor<2x8x4x16xf32>, %key: tensor<2x32x4x16xf32>, %init: tensor<2x8x4x16xf32>, %positions: tensor<2xi64>, %state: tensor<2x4x16x16xf32>) {
  // expected-error@+1 {{state operands, expected none where no state is carried}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%key : tensor<2x32x4x16xf32>) value(%key : tensor<2x32x4x16xf32>) positions(%positions : tensor<2xi64>) state(%state : tensor<2x4x16x16xf32>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.causal, transport = #mixer.identity, score = #mixer.linear, norm = #mixer.norm<none>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c48_positions(%query: tensor<2x8x4x16xf32>, %key: tensor<2x32x4x16xf32>, %init: tensor<2x8x4x16xf32>, %positions: tensor<2xi64>) {
  // expected-error@+1 {{form, expected one of dense but got recurrent}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%key : tensor<2x32x4x16xf32>) value(%key : tensor<2x32x4x16xf32>) positions(%positions : tensor<2xi64>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.causal, transport = #mixer.identity, score = #mixer.linear, norm = #mixer.norm<none>, form = #mixer.form<recurrent>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c54(%query: tensor<2x8x4x16xf32>, %past: tensor<2x6x4x16xf32>, %init: tensor<2x8x4x16xf32>, %positions: tensor<2xi64>) {
  // expected-error@+1 {{past, expected key, value, places and positions but got no positions}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%query : tensor<2x8x4x16xf32>) value(%query : tensor<2x8x4x16xf32>)  past(%past : tensor<2x6x4x16xf32>, %past : tensor<2x6x4x16xf32> at %positions : tensor<2xi64>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.window<left = 3, right = 0>, transport = #mixer.identity, score = #mixer.softmax<scale = 1.0>, norm = #mixer.norm<row_sum>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c55(%query: tensor<2x8x4x16xf32>, %past: tensor<2x6x4x16xf32>, %init: tensor<2x8x4x16xf32>, %positions: tensor<2xi64>) {
  // expected-error@+1 {{support with a past, expected a causal one of some reach but got #mixer.causal}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%query : tensor<2x8x4x16xf32>) value(%query : tensor<2x8x4x16xf32>) positions(%positions : tensor<2xi64>) past(%past : tensor<2x6x4x16xf32>, %past : tensor<2x6x4x16xf32> at %positions : tensor<2xi64>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.causal, transport = #mixer.identity, score = #mixer.softmax<scale = 1.0>, norm = #mixer.norm<row_sum>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c55_bias(%query: tensor<2x8x4x16xf32>, %past: tensor<2x6x4x16xf32>, %init: tensor<2x8x4x16xf32>, %positions: tensor<2xi64>, %bias: tensor<2x4x8x8xf32>) {
  // expected-error@+1 {{bias with a past, expected one by distance but got a dense one}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%query : tensor<2x8x4x16xf32>) value(%query : tensor<2x8x4x16xf32>) bias(%bias : tensor<2x4x8x8xf32>) positions(%positions : tensor<2xi64>) past(%past : tensor<2x6x4x16xf32>, %past : tensor<2x6x4x16xf32> at %positions : tensor<2xi64>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.window<left = 3, right = 0>, transport = #mixer.identity, score = #mixer.softmax<scale = 1.0, bias = dense>, norm = #mixer.norm<row_sum>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c56(%query: tensor<2x8x4x16xf32>, %past: tensor<2x6x4x16xf32>, %init: tensor<2x8x4x16xf32>, %positions: tensor<2xi64>, %other: tensor<2x6x2x16xf32>) {
  // expected-error@+1 {{heads of past key (dimension 2), expected 4 but got 2}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%query : tensor<2x8x4x16xf32>) value(%query : tensor<2x8x4x16xf32>) positions(%positions : tensor<2xi64>) past(%other : tensor<2x6x2x16xf32>, %past : tensor<2x6x4x16xf32> at %positions : tensor<2xi64>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.window<left = 3, right = 0>, transport = #mixer.identity, score = #mixer.softmax<scale = 1.0>, norm = #mixer.norm<row_sum>}
    -> tensor<2x8x4x16xf32>
  return
}

// -----

func.func @mix_c56_places(%query: tensor<2x8x4x16xf32>, %past: tensor<2x6x4x16xf32>, %init: tensor<2x8x4x16xf32>, %positions: tensor<2xi64>, %other: tensor<2x7x4x16xf32>) {
  // expected-error@+1 {{places of past value (dimension 1), expected 6 or 1 but got 7}}
  %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%query : tensor<2x8x4x16xf32>) value(%query : tensor<2x8x4x16xf32>) positions(%positions : tensor<2xi64>) past(%past : tensor<2x6x4x16xf32>, %other : tensor<2x7x4x16xf32> at %positions : tensor<2xi64>) outs(%init : tensor<2x8x4x16xf32>)
    {support = #mixer.window<left = 3, right = 0>, transport = #mixer.identity, score = #mixer.softmax<scale = 1.0>, norm = #mixer.norm<row_sum>}
    -> tensor<2x8x4x16xf32>
  return
}
