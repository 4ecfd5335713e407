// RUN: heddle-opt %s --heddle-expand-mix --canonicalize --cse | FileCheck %s

// The selective scan: 16 rows of 16 lanes stay in registers over all tokens, and the decay product is never stored.
// CHECK-LABEL: func.func @selective_scan
// CHECK-NOT:     memref.alloc(
// CHECK:         scf.parallel
// CHECK-NOT:       memref.alloca
// CHECK:           scf.for {{.*}} -> (vector<16xf32>, {{(vector<16xf32>(, )?)+}})
// CHECK-COUNT-16:    math.exp %{{.+}} : vector<16xf32>
// CHECK-NOT:         math.exp
// CHECK:             vector.store
// CHECK:         heddle.kernel = "mix_recurrent", heddle.work =
func.func @selective_scan(%query: memref<?x?x1x16xf32>, %key: memref<?x?x1x16xf32>, %value: memref<?x?x1x64xf32>,
                          %step: memref<?x?x1x64xf32>, %rate: memref<1x16x64xf32>, %output: memref<?x?x1x64xf32>) {
  mixer.mix query(%query : memref<?x?x1x16xf32>) key(%key : memref<?x?x1x16xf32>) value(%value : memref<?x?x1x64xf32>)
    transport(%step, %rate : memref<?x?x1x64xf32>, memref<1x16x64xf32>) outs(%output : memref<?x?x1x64xf32>)
    {support = #mixer.causal, transport = #mixer.elementwise<factored = true>, score = #mixer.linear,
     norm = #mixer.norm<none>, form = #mixer.form<recurrent>}
  return
}

// A tall state lives on the stack; bf16 is extended as it is loaded and rounded as it is stored.
// CHECK-LABEL: func.func @tall_state_bf16
// CHECK:         scf.parallel
// CHECK:           %[[STATE:.+]] = memref.alloca() {{.*}} : memref<64x16xf32>
// CHECK:           arith.extf %{{.+}} : vector<16xbf16> to vector<16xf32>
// CHECK:           vector.store %{{.+}}, %[[STATE]]
// CHECK:           arith.truncf %{{.+}} : vector<16xf32> to vector<16xbf16>
func.func @tall_state_bf16(%query: memref<?x?x4x64xbf16>, %decay: memref<?x?x4xf32>, %output: memref<?x?x4x64xbf16>) {
  mixer.mix query(%query : memref<?x?x4x64xbf16>) key(%query : memref<?x?x4x64xbf16>) value(%query : memref<?x?x4x64xbf16>)
    transport(%decay : memref<?x?x4xf32>) outs(%output : memref<?x?x4x64xbf16>)
    {support = #mixer.causal, transport = #mixer.scalar, score = #mixer.linear, norm = #mixer.norm<none>,
     form = #mixer.form<recurrent>}
  return
}

// Two sweeps; the first one leaves its sums in the arena.
// CHECK-LABEL: func.func @bidirectional
// CHECK:         %[[SUMS:.+]] = memref.alloc({{.+}}) {{.*}} : memref<?x?x1x4xf32>
// CHECK:         scf.parallel
// CHECK:           scf.for
// CHECK:             vector.store %{{.+}}, %[[SUMS]]
// CHECK:           scf.for
// CHECK:             vector.load %[[SUMS]]
func.func @bidirectional(%query: memref<?x?x1x4xf32>, %output: memref<?x?x1x4xf32>) {
  mixer.mix query(%query : memref<?x?x1x4xf32>) key(%query : memref<?x?x1x4xf32>) value(%query : memref<?x?x1x4xf32>)
    outs(%output : memref<?x?x1x4xf32>)
    {layout = #mixer.layout<bidirectional>, support = #mixer.causal, transport = #mixer.identity, score = #mixer.linear,
     norm = #mixer.norm<none>, form = #mixer.form<recurrent>}
  return
}

// One value feature: 16 heads side by side make a vector, the last 5 of 21 a narrower one; no scalar is left.
// CHECK-LABEL: func.func @channels_as_lanes
// CHECK:         scf.parallel
// CHECK-NOT:       memref.load
// CHECK:           scf.for {{.*}} -> (vector<16xf32>)
// CHECK:             vector.load %{{.+}} : memref<?x?x21xf32>, vector<16xf32>
// CHECK:             math.exp %{{.+}} : vector<16xf32>
// CHECK:             vector.store %{{.+}} : memref<?x?x21xf32>, vector<16xf32>
// CHECK:           scf.for {{.*}} -> (vector<5xf32>)
// CHECK:             vector.store %{{.+}} : memref<?x?x21xf32>, vector<5xf32>
func.func @channels_as_lanes(%key: memref<?x?x21x1xf32>, %value: memref<?x?x21x1xf32>, %decay: memref<?x?x21xf32>,
                             %output: memref<?x?x21x1xf32>) {
  mixer.mix query(%key : memref<?x?x21x1xf32>) key(%key : memref<?x?x21x1xf32>) value(%value : memref<?x?x21x1xf32>)
    transport(%decay : memref<?x?x21xf32>) outs(%output : memref<?x?x21x1xf32>)
    {support = #mixer.causal, transport = #mixer.scalar, score = #mixer.linear, norm = #mixer.norm<none>,
     form = #mixer.form<recurrent>}
  return
}

// Modes that are the same at every token: decays, keys and queries are gathered into rows of lanes before the loop.
// CHECK-LABEL: func.func @constant_modes
// CHECK:         scf.parallel
// CHECK:           math.cos
// CHECK:           scf.for
// CHECK-NOT:         math.{{exp|cos|sin}}
// CHECK-NOT:         memref.load
// CHECK:             vector.store %{{.+}} : memref<?x?x16xf32>, vector<16xf32>
func.func @constant_modes(%query: memref<1x1x16x8xf32>, %value: memref<?x?x16x1xf32>, %modulus: memref<1x1x16x4xf32>,
                          %output: memref<?x?x16x1xf32>) {
  mixer.mix query(%query : memref<1x1x16x8xf32>) key(%query : memref<1x1x16x8xf32>) value(%value : memref<?x?x16x1xf32>)
    transport(%modulus, %modulus : memref<1x1x16x4xf32>, memref<1x1x16x4xf32>) outs(%output : memref<?x?x16x1xf32>)
    {support = #mixer.causal, transport = #mixer.complex_diagonal, score = #mixer.linear, norm = #mixer.norm<none>,
     form = #mixer.form<recurrent>}
  return
}

// Two sweeps keep their sums by feature: one head at a time.
// CHECK-LABEL: func.func @no_lanes_bidirectional
// CHECK-NOT:     vector<
// CHECK:         return
func.func @no_lanes_bidirectional(%x: memref<?x?x16x1xf32>, %output: memref<?x?x16x1xf32>) {
  mixer.mix query(%x : memref<?x?x16x1xf32>) key(%x : memref<?x?x16x1xf32>) value(%x : memref<?x?x16x1xf32>)
    outs(%output : memref<?x?x16x1xf32>)
    {layout = #mixer.layout<bidirectional>, support = #mixer.causal, transport = #mixer.identity, score = #mixer.linear,
     norm = #mixer.norm<none>, form = #mixer.form<recurrent>}
  return
}

// Value features share the decays of key channels: two vectors of exponentials for a token, not one number per row.
// CHECK-LABEL: func.func @channel_decays
// CHECK:         scf.for
// CHECK:           math.exp %{{.+}} : vector<16xf32>
// CHECK-NOT:       math.exp
// CHECK:         heddle.kernel = "mix_recurrent"
func.func @channel_decays(%query: memref<?x?x1x32xf32>, %decay: memref<?x?x1x32xf32>, %output: memref<?x?x1x32xf32>) {
  mixer.mix query(%query : memref<?x?x1x32xf32>) key(%query : memref<?x?x1x32xf32>) value(%query : memref<?x?x1x32xf32>)
    transport(%decay : memref<?x?x1x32xf32>) outs(%output : memref<?x?x1x32xf32>)
    {support = #mixer.causal, transport = #mixer.key_channel, score = #mixer.linear, norm = #mixer.norm<none>,
     form = #mixer.form<recurrent>}
  return
}

// A single token reads each row of the state where it is given and writes its successor where it goes: no copy.
// CHECK-LABEL: func.func @one_token
// CHECK:         scf.parallel
// CHECK-NOT:       memref.alloca
// CHECK:         heddle.kernel = "mix_recurrent"
func.func @one_token(%query: memref<1x1x16x128xf32>, %rate: memref<1x1x16xf32>, %state: memref<1x16x128x128xf32>,
                     %output: memref<1x1x16x128xf32>, %next: memref<1x16x128x128xf32>) {
  mixer.mix query(%query : memref<1x1x16x128xf32>) key(%query : memref<1x1x16x128xf32>)
    value(%query : memref<1x1x16x128xf32>) transport(%rate : memref<1x1x16xf32>) state(%state : memref<1x16x128x128xf32>)
    outs(%output, %next : memref<1x1x16x128xf32>, memref<1x16x128x128xf32>)
    {support = #mixer.causal, transport = #mixer.delta, score = #mixer.linear, norm = #mixer.norm<none>,
     form = #mixer.form<recurrent>}
  return
}

// CHECK-LABEL: func.func @one_token_or_more
// CHECK-SAME:    %[[NEXT:[a-z0-9]+]]: memref<?x4x32x32xf32>) {
// CHECK:         %[[ONE:.+]] = arith.cmpi eq, %{{.+}}, %c1
// CHECK:         scf.if %[[ONE]] {
// CHECK:           vector.store %{{.+}}, %[[NEXT]]
// CHECK:         } else {
// CHECK:           scf.for
// CHECK:             vector.store %{{.+}}, %[[NEXT]]
func.func @one_token_or_more(%query: memref<?x?x4x32xf32>, %decay: memref<?x?x4xf32>, %state: memref<?x4x32x32xf32>,
                             %output: memref<?x?x4x32xf32>, %next: memref<?x4x32x32xf32>) {
  mixer.mix query(%query : memref<?x?x4x32xf32>) key(%query : memref<?x?x4x32xf32>) value(%query : memref<?x?x4x32xf32>)
    transport(%decay : memref<?x?x4xf32>) state(%state : memref<?x4x32x32xf32>)
    outs(%output, %next : memref<?x?x4x32xf32>, memref<?x4x32x32xf32>)
    {support = #mixer.causal, transport = #mixer.scalar, score = #mixer.linear, norm = #mixer.norm<none>,
     form = #mixer.form<recurrent>}
  return
}
