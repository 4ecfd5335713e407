// Every slot value prints and reads back as it was.
// RUN: heddle-opt %s | FileCheck %s
// RUN: heddle-opt %s | heddle-opt | FileCheck %s
// RUN: heddle-opt %s --mlir-print-op-generic | heddle-opt | FileCheck %s

// --- supports ---

// CHECK-LABEL: @supports
// CHECK-SAME: all_of = #mixer.all_of<#mixer.causal, #mixer.window<left = 3, right = 0>>
// CHECK-SAME: any_of = #mixer.any_of<#mixer.sinks<4>, #mixer.all_of<#mixer.causal, #mixer.global<[0]>>>
// CHECK-SAME: block_causal = #mixer.block_causal<16>
// CHECK-SAME: block_list = #mixer.block_list<64, offsets = [0, 1, 3], blocks = [0, 0, 1]>
// CHECK-SAME: causal = #mixer.causal
// CHECK-SAME: dilated = #mixer.dilated<left = 8, right = 8, step = 2>
// CHECK-SAME: full = #mixer.full
// CHECK-SAME: global = #mixer.global<[0, 7, 100]>
// CHECK-SAME: groups = #mixer.groups<128, shift = 64>
// CHECK-SAME: per_head = #mixer.per_head<[0, 1, 1, 0], [#mixer.causal, #mixer.window<left = 7, right = 7>]>
// CHECK-SAME: sinks = #mixer.sinks<4>
// CHECK-SAME: window = #mixer.window<left = 255, right = 0>
// CHECK-SAME: window_2d = #mixer.window_2d<width = 32, rows = 3, cols = 4>
func.func private @supports() attributes {
  full = #mixer.full, causal = #mixer.causal, block_causal = #mixer.block_causal<16>,
  window = #mixer.window<left = 255, right = 0>, sinks = #mixer.sinks<4>, global = #mixer.global<[0, 7, 100]>,
  dilated = #mixer.dilated<left = 8, right = 8, step = 2>,
  block_list = #mixer.block_list<64, offsets = [0, 1, 3], blocks = [0, 0, 1]>,
  groups = #mixer.groups<128, shift = 64>, window_2d = #mixer.window_2d<width = 32, rows = 3, cols = 4>,
  per_head = #mixer.per_head<[0, 1, 1, 0], [#mixer.causal, #mixer.window<left = 7, right = 7>]>,
  any_of = #mixer.any_of<#mixer.sinks<4>, #mixer.all_of<#mixer.causal, #mixer.global<[0]>>>,
  all_of = #mixer.all_of<#mixer.causal, #mixer.window<left = 3, right = 0>>}

// --- transports ---

// CHECK-LABEL: @transports
// CHECK-SAME: complex_diagonal = #mixer.complex_diagonal
// CHECK-SAME: constant = #mixer.constant
// CHECK-SAME: cosine = #mixer.structured<cosine>
// CHECK-SAME: delta = #mixer.delta
// CHECK-SAME: dense = #mixer.structured<dense>
// CHECK-SAME: elementwise = #mixer.elementwise
// CHECK-SAME: factored = #mixer.elementwise<factored = true>
// CHECK-SAME: gated_delta = #mixer.delta<gated = true>
// CHECK-SAME: identity = #mixer.identity
// CHECK-SAME: key_channel = #mixer.key_channel
// CHECK-SAME: region = #mixer.region
// CHECK-SAME: scalar = #mixer.scalar
// CHECK-SAME: sine = #mixer.structured<sine>
// CHECK-SAME: toeplitz = #mixer.toeplitz
// CHECK-SAME: toeplitz_center = #mixer.toeplitz<center = 5>
func.func private @transports() attributes {
  identity = #mixer.identity, scalar = #mixer.scalar, key_channel = #mixer.key_channel, elementwise = #mixer.elementwise,
  factored = #mixer.elementwise<factored = true>, complex_diagonal = #mixer.complex_diagonal, delta = #mixer.delta,
  gated_delta = #mixer.delta<gated = true>, constant = #mixer.constant, toeplitz = #mixer.toeplitz,
  toeplitz_center = #mixer.toeplitz<center = 5>, dense = #mixer.structured<dense>, cosine = #mixer.structured<cosine>,
  sine = #mixer.structured<sine>, region = #mixer.region}

// --- layouts, scores, norms, forms ---

// CHECK-LABEL: @others
// CHECK-SAME: alibi = #mixer.softmax<scale = 1.250000e-01, bias = alibi>
// CHECK-SAME: bidirectional = #mixer.layout<bidirectional>
// CHECK-SAME: capped = #mixer.softmax<scale = 0.088388347648318447, soft_cap = 5.000000e+01>
// CHECK-SAME: chunked = #mixer.form<chunked, chunk = 64>
// CHECK-SAME: dense_bias = #mixer.softmax<scale = 1.000000e+00, bias = dense>
// CHECK-SAME: end = #mixer.layout<forward, align = end>
// CHECK-SAME: fft = #mixer.form<fft>
// CHECK-SAME: linear = #mixer.linear
// CHECK-SAME: log_keys = #mixer.linear<log_keys = true>
// CHECK-SAME: none = #mixer.norm<none>
// CHECK-SAME: relative = #mixer.softmax<scale = 1.000000e+00, bias = relative>
// CHECK-SAME: reverse = #mixer.layout<reverse>
// CHECK-SAME: row_sum = #mixer.norm<row_sum, epsilon = 9.9999999999999995E-7>
// CHECK-SAME: running = #mixer.norm<running>
// CHECK-SAME: scaled = #mixer.linear<scale = -5.000000e-01>
func.func private @others() attributes {
  end = #mixer.layout<forward, align = end>, reverse = #mixer.layout<reverse>, bidirectional = #mixer.layout<bidirectional>,
  linear = #mixer.linear, scaled = #mixer.linear<scale = -0.5>, log_keys = #mixer.linear<scale = 1.0, log_keys = true>,
  capped = #mixer.softmax<scale = 0.088388347648318447, soft_cap = 50.0>, alibi = #mixer.softmax<scale = 0.125, bias = alibi>,
  relative = #mixer.softmax<scale = 1.0, bias = relative>, dense_bias = #mixer.softmax<scale = 1.0, bias = dense>,
  none = #mixer.norm<none>, row_sum = #mixer.norm<row_sum, epsilon = 1.0e-6>, running = #mixer.norm<running>,
  chunked = #mixer.form<chunked, chunk = 64>, fft = #mixer.form<fft, chunk = 0>}

// --- operands ---

// CHECK-LABEL: @attention
// CHECK: mixer.mix query(%{{.*}} : tensor<?x?x8x64xbf16>) key(%{{.*}} : tensor<?x?x2x64xbf16>) value(%{{.*}} : tensor<?x?x2x32xbf16>) bias(%{{.*}} : tensor<8xf32>) segments(%{{.*}} : tensor<?x?xi32>) outs(%{{.*}} : tensor<?x?x8x32xbf16>) {
// CHECK-SAME: form = #mixer.form<flash, chunk = 128>
// CHECK-SAME: } -> tensor<?x?x8x32xbf16>
func.func @attention(%query: tensor<?x?x8x64xbf16>, %key: tensor<?x?x2x64xbf16>, %value: tensor<?x?x2x32xbf16>,
                     %slopes: tensor<8xf32>, %segments: tensor<?x?xi32>, %init: tensor<?x?x8x32xbf16>)
    -> tensor<?x?x8x32xbf16> {
  %mixed = mixer.mix query(%query : tensor<?x?x8x64xbf16>) key(%key : tensor<?x?x2x64xbf16>)
    value(%value : tensor<?x?x2x32xbf16>) bias(%slopes : tensor<8xf32>) segments(%segments : tensor<?x?xi32>)
    outs(%init : tensor<?x?x8x32xbf16>)
    {support = #mixer.causal, transport = #mixer.identity, score = #mixer.softmax<scale = 0.125, bias = alibi>,
     norm = #mixer.norm<row_sum>, form = #mixer.form<flash, chunk = 128>} -> tensor<?x?x8x32xbf16>
  return %mixed : tensor<?x?x8x32xbf16>
}

// CHECK-LABEL: @rwkv
// CHECK: mixer.mix query({{.*}}) key({{.*}}) value({{.*}}) transport({{.*}} : tensor<1x1x4x16xf32>) current({{.*}} : tensor<4x16xf32>) state({{.*}} : tensor<?x4x16x16xf32>, tensor<?x4x16xf32>, tensor<?x4x16xf32>) outs({{.*}} : tensor<?x?x4x16xf32>, tensor<?x4x16x16xf32>, tensor<?x4x16xf32>, tensor<?x4x16xf32>) {layout = #mixer.layout<reverse>
// CHECK-SAME: -> tensor<?x?x4x16xf32>, tensor<?x4x16x16xf32>, tensor<?x4x16xf32>, tensor<?x4x16xf32>
func.func @rwkv(%x: tensor<?x?x4x16xf32>, %decay: tensor<1x1x4x16xf32>, %bonus: tensor<4x16xf32>,
                %state: tensor<?x4x16x16xf32>, %sum: tensor<?x4x16xf32>, %max: tensor<?x4x16xf32>) {
  %results:4 = mixer.mix query(%x : tensor<?x?x4x16xf32>) key(%x : tensor<?x?x4x16xf32>) value(%x : tensor<?x?x4x16xf32>)
    transport(%decay : tensor<1x1x4x16xf32>) current(%bonus : tensor<4x16xf32>)
    state(%state, %sum, %max : tensor<?x4x16x16xf32>, tensor<?x4x16xf32>, tensor<?x4x16xf32>)
    outs(%x, %state, %sum, %max : tensor<?x?x4x16xf32>, tensor<?x4x16x16xf32>, tensor<?x4x16xf32>, tensor<?x4x16xf32>)
    {layout = #mixer.layout<reverse>, support = #mixer.causal, transport = #mixer.key_channel,
     score = #mixer.linear<log_keys = true>, norm = #mixer.norm<running>}
    -> tensor<?x?x4x16xf32>, tensor<?x4x16x16xf32>, tensor<?x4x16xf32>, tensor<?x4x16xf32>
  return
}

// --- buffers ---

// CHECK-LABEL: @fourier
// CHECK: mixer.mix value({{.*}} : memref<2x8x1x16xf32>) outs({{.*}} : memref<2x8x1x16xf32>) {
// CHECK-NOT: ->
func.func @fourier(%value: memref<2x8x1x16xf32>, %out: memref<2x8x1x16xf32>) {
  mixer.mix value(%value : memref<2x8x1x16xf32>) outs(%out : memref<2x8x1x16xf32>)
    {support = #mixer.full, transport = #mixer.structured<cosine>, score = #mixer.linear, norm = #mixer.norm<none>}
  return
}

// --- regions ---

// CHECK-LABEL: @score_region
// CHECK: score_region {
// CHECK-NEXT: ^bb0(%[[SCORE:.*]]: f32, %{{.*}}: index, %{{.*}}: index, %{{.*}}: index, %{{.*}}: index):
// CHECK: mixer.yield %{{.*}} : f32
// CHECK-NEXT: } -> tensor<2x8x4x16xf32>
func.func @score_region(%x: tensor<2x8x4x16xf32>) -> tensor<2x8x4x16xf32> {
  %mixed = mixer.mix query(%x : tensor<2x8x4x16xf32>) key(%x : tensor<2x8x4x16xf32>) value(%x : tensor<2x8x4x16xf32>)
    outs(%x : tensor<2x8x4x16xf32>)
    {support = #mixer.full, transport = #mixer.identity, score = #mixer.linear, norm = #mixer.norm<row_sum>}
    score_region {
    ^bb0(%score: f32, %b: index, %h: index, %i: index, %j: index):
      %square = arith.mulf %score, %score : f32
      mixer.yield %square : f32
    } -> tensor<2x8x4x16xf32>
  return %mixed : tensor<2x8x4x16xf32>
}

// CHECK-LABEL: @transport_region
// CHECK: transport({{.*}} : tensor<2x?x16xf32>) outs
// CHECK: transport_region {
// CHECK-NEXT: ^bb0(%{{.*}}: tensor<2x1x1x16xf32>, %{{.*}}: tensor<2x16xf32>):
// CHECK-NEXT: mixer.yield %{{.*}} : tensor<2x1x1x16xf32>
func.func @transport_region(%value: tensor<2x?x1x16xf32>, %gate: tensor<2x?x16xf32>) -> tensor<2x?x1x16xf32> {
  %mixed = mixer.mix value(%value : tensor<2x?x1x16xf32>) transport(%gate : tensor<2x?x16xf32>)
    outs(%value : tensor<2x?x1x16xf32>)
    {support = #mixer.causal, transport = #mixer.region, score = #mixer.linear, norm = #mixer.norm<none>}
    transport_region {
    ^bb0(%state: tensor<2x1x1x16xf32>, %now: tensor<2x16xf32>):
      mixer.yield %state : tensor<2x1x1x16xf32>
    } -> tensor<2x?x1x16xf32>
  return %mixed : tensor<2x?x1x16xf32>
}

// CHECK-LABEL: @positions
// CHECK: value(%{{.*}} : tensor<?x?x1x8xf32>) positions(%{{.*}} : tensor<?xi64>) outs
func.func @positions(%x: tensor<?x?x1x8xf32>, %seen: tensor<?xi64>, %cache: tensor<?x?x1x8xf32>) -> tensor<?x?x1x8xf32> {
  %mixed = mixer.mix query(%x : tensor<?x?x1x8xf32>) key(%cache : tensor<?x?x1x8xf32>) value(%cache : tensor<?x?x1x8xf32>)
    positions(%seen : tensor<?xi64>) outs(%x : tensor<?x?x1x8xf32>)
    {support = #mixer.causal, transport = #mixer.identity, score = #mixer.softmax<scale = 1.000000e+00>,
     norm = #mixer.norm<row_sum>} -> tensor<?x?x1x8xf32>
  return %mixed : tensor<?x?x1x8xf32>
}

// --- other ops ---

// CHECK-LABEL: @append
// CHECK: mixer.append %{{.*}} at(%{{.*}} : tensor<?xi32>) outs(%{{.*}} : tensor<?x64x8xf16>) : tensor<?x?x8xf16> -> tensor<?x64x8xf16>
func.func @append(%x: tensor<?x?x8xf16>, %seen: tensor<?xi32>, %cache: tensor<?x64x8xf16>) -> tensor<?x64x8xf16> {
  %kept = mixer.append %x at(%seen : tensor<?xi32>) outs(%cache : tensor<?x64x8xf16>) : tensor<?x?x8xf16> -> tensor<?x64x8xf16>
  return %kept : tensor<?x64x8xf16>
}


// CHECK-LABEL: @unsupported
// CHECK: mixer.unsupported "onnx.Mystery"(%{{.*}}, %{{.*}}) details {depth = 3 : i64} : (tensor<4xf32>, i64) -> (tensor<4xf32>, f32)
// CHECK: mixer.unsupported "onnx.Other"() : () -> ()
func.func @unsupported(%x: tensor<4xf32>, %n: i64) {
  %results:2 = mixer.unsupported "onnx.Mystery"(%x, %n) details {depth = 3 : i64} : (tensor<4xf32>, i64) -> (tensor<4xf32>, f32)
  mixer.unsupported "onnx.Other"() : () -> ()
  return
}
