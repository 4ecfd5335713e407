// RUN: heddle-opt %s --heddle-derive-stream=lookahead=3 --canonicalize --cse --split-input-file | FileCheck %s
// Outputs that depend on tokens which follow come late. Each step is proved against its entry.

#shape = affine_map<()[b, t] -> (b, t, 1, 4)>

// A kernel centred on its token: one token late. Values in front of the first token and behind the end are zeros.
// CHECK-LABEL: func.func @step
// CHECK-SAME:    %[[SEEN:[^:]*]]: tensor<?xi64> {heddle.name = "position"
// CHECK-SAME:    %[[END:[^:]*]]: tensor<?xi64> {heddle.end, heddle.name = "end", heddle.range = array<i64: 0, 1099511627777>, {{.*}}heddle.state = 1099511627776 : i64}
// CHECK-SAME:    tensor<?x2x1x4xf32> {heddle.name = "value"
// CHECK-SAME:    -> (tensor<?x?x1x4xf32> {heddle.latency = 1 : i64
// CHECK-SAME:    attributes {heddle.latency = 1 : i64
// CHECK:         tensor.extract %[[END]]
// CHECK:         arith.minsi
// CHECK:         mixer.mix value({{.*}} transport = #mixer.toeplitz<center = 2>
// CHECK:         return %{{.*}}, %{{.*}}, %[[END]], %{{.*}}
func.func @forward(%x: tensor<?x?x1x4xf32> {heddle.shape = #shape}) -> (tensor<?x?x1x4xf32> {heddle.shape = #shape})
    attributes {heddle.symbols = ["B", "T"]} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %b = tensor.dim %x, %c0 : tensor<?x?x1x4xf32>
  %t = tensor.dim %x, %c1 : tensor<?x?x1x4xf32>
  %init = tensor.empty(%b, %t) : tensor<?x?x1x4xf32>
  %kernel = arith.constant dense<[[[1.0, 2.0, 3.0]]]> : tensor<1x1x3xf32>
  %mixed = mixer.mix value(%x : tensor<?x?x1x4xf32>) transport(%kernel : tensor<1x1x3xf32>) outs(%init : tensor<?x?x1x4xf32>)
      {support = #mixer.full, transport = #mixer.toeplitz<center = 1>, score = #mixer.linear, norm = #mixer.norm<none>} -> tensor<?x?x1x4xf32>
  return %mixed : tensor<?x?x1x4xf32>
}

// -----

#shape = affine_map<()[b, t] -> (b, t, 1, 4)>

// A window with a right reach: the queries stand among their keys, and a bias hides keys that do not exist. The input
// beside it is as late as it; an output of its own is not.
// CHECK-LABEL: func.func @step
// CHECK-SAME:    tensor<?x5x1x4xf32> {heddle.name = "key"
// CHECK-SAME:    -> (tensor<?x?x1x4xf32> {heddle.latency = 2 : i64, {{.*}}}, tensor<?x?x1x4xf32> {heddle.latency = 0 : i64
// CHECK:         mixer.mix {{.*}} bias(%{{.*}} : tensor<?x1x1x?xf32>) positions(%{{.*}} : tensor<1xi64>)
// CHECK-SAME:      support = #mixer.window<left = 3, right = 2>
func.func @forward(%x: tensor<?x?x1x4xf32> {heddle.shape = #shape})
    -> (tensor<?x?x1x4xf32> {heddle.shape = #shape}, tensor<?x?x1x4xf32> {heddle.shape = #shape})
    attributes {heddle.symbols = ["B", "T"]} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %b = tensor.dim %x, %c0 : tensor<?x?x1x4xf32>
  %t = tensor.dim %x, %c1 : tensor<?x?x1x4xf32>
  %init = tensor.empty(%b, %t) : tensor<?x?x1x4xf32>
  %mixed = mixer.mix query(%x : tensor<?x?x1x4xf32>) key(%x : tensor<?x?x1x4xf32>) value(%x : tensor<?x?x1x4xf32>) outs(%init : tensor<?x?x1x4xf32>)
      {support = #mixer.window<left = 3, right = 2>, transport = #mixer.identity, score = #mixer.softmax<scale = 5.000000e-01>, norm = #mixer.norm<row_sum>} -> tensor<?x?x1x4xf32>
  %sum = linalg.add ins(%x, %mixed : tensor<?x?x1x4xf32>, tensor<?x?x1x4xf32>) outs(%init : tensor<?x?x1x4xf32>) -> tensor<?x?x1x4xf32>
  %twice = linalg.add ins(%x, %x : tensor<?x?x1x4xf32>, tensor<?x?x1x4xf32>) outs(%init : tensor<?x?x1x4xf32>) -> tensor<?x?x1x4xf32>
  return %sum, %twice : tensor<?x?x1x4xf32>, tensor<?x?x1x4xf32>
}

// -----

#shape = affine_map<()[b, t] -> (b, t, 1, 4)>

// A window on the past in front of one that looks ahead: the first one is not late, and keeps its keys in a ring, what is
// fed behind the end being zeros there; the other one keeps them newest last.
// CHECK-LABEL: func.func @step
// CHECK-SAME:    {heddle.name = "position"{{.*}} {heddle.name = "place"{{.*}} {heddle.end
// CHECK-SAME:    tensor<?x?x1x4xf32> {heddle.append, heddle.name = "key"
// CHECK-SAME:    tensor<?x3x1x4xf32> {heddle.name = "key.1"
// CHECK-SAME:    heddle.latency = 1 : i64, heddle.ring = 2 : i64, heddle.ring_tokens = 2 : i64
// CHECK:         mixer.append %[[EXISTING:[^ ]*]] at(
// CHECK:         mixer.mix {{.*}} key(%[[EXISTING]] {{.*}} past({{.*}} support = #mixer.window<left = 2, right = 0>
// CHECK:         mixer.mix {{.*}} bias({{.*}} support = #mixer.window<left = 2, right = 1>
func.func @forward(%x: tensor<?x?x1x4xf32> {heddle.shape = #shape}) -> (tensor<?x?x1x4xf32> {heddle.shape = #shape})
    attributes {heddle.symbols = ["B", "T"]} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %b = tensor.dim %x, %c0 : tensor<?x?x1x4xf32>
  %t = tensor.dim %x, %c1 : tensor<?x?x1x4xf32>
  %init = tensor.empty(%b, %t) : tensor<?x?x1x4xf32>
  %past = mixer.mix query(%x : tensor<?x?x1x4xf32>) key(%x : tensor<?x?x1x4xf32>) value(%x : tensor<?x?x1x4xf32>) outs(%init : tensor<?x?x1x4xf32>)
      {support = #mixer.window<left = 2, right = 0>, transport = #mixer.identity, score = #mixer.softmax<scale = 5.000000e-01>, norm = #mixer.norm<row_sum>} -> tensor<?x?x1x4xf32>
  %mixed = mixer.mix query(%past : tensor<?x?x1x4xf32>) key(%past : tensor<?x?x1x4xf32>) value(%past : tensor<?x?x1x4xf32>) outs(%init : tensor<?x?x1x4xf32>)
      {support = #mixer.window<left = 2, right = 1>, transport = #mixer.identity, score = #mixer.softmax<scale = 5.000000e-01>, norm = #mixer.norm<row_sum>} -> tensor<?x?x1x4xf32>
  return %mixed : tensor<?x?x1x4xf32>
}

// -----

#shape = affine_map<()[b, t] -> (b, t, 1, 4)>
#state = affine_map<()[b, t] -> (b, 1, 4, 4)>

// A memory behind the token that follows: what it is given in front of the first token, and behind the end, leaves it as
// it is, and so the final state is that of the last token.
// CHECK-LABEL: func.func @step
// CHECK-SAME:    tensor<?x1x4x4xf32> {heddle.name = "state"
// CHECK:         %[[MIX:.*]]:2 = mixer.mix query(%{{.*}}) key(%{{.*}}) value(%{{.*}}) transport(%{{.*}} : tensor<?x?x1xf32>) state(
// CHECK:         return %[[MIX]]#0, %[[MIX]]#1, %{{.*}}, %{{.*}}, %[[MIX]]#1
func.func @forward(%x: tensor<?x?x1x4xf32> {heddle.shape = #shape})
    -> (tensor<?x?x1x4xf32> {heddle.shape = #shape}, tensor<?x1x4x4xf32> {heddle.shape = #state})
    attributes {heddle.symbols = ["B", "T"]} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %b = tensor.dim %x, %c0 : tensor<?x?x1x4xf32>
  %t = tensor.dim %x, %c1 : tensor<?x?x1x4xf32>
  %init = tensor.empty(%b, %t) : tensor<?x?x1x4xf32>
  %zero = arith.constant 0.0 : f32
  %less = affine.apply affine_map<()[t] -> (t - 1)>()[%t]
  %next = tensor.extract_slice %x[0, 1, 0, 0] [%b, %less, 1, 4] [1, 1, 1, 1] : tensor<?x?x1x4xf32> to tensor<?x?x1x4xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%init : tensor<?x?x1x4xf32>) -> tensor<?x?x1x4xf32>
  %ahead = tensor.insert_slice %next into %zeros[0, 0, 0, 0] [%b, %less, 1, 4] [1, 1, 1, 1] : tensor<?x?x1x4xf32> into tensor<?x?x1x4xf32>
  %after = tensor.empty(%b) : tensor<?x1x4x4xf32>
  %before = linalg.fill ins(%zero : f32) outs(%after : tensor<?x1x4x4xf32>) -> tensor<?x1x4x4xf32>
  %decay = arith.constant dense<-0.1> : tensor<1x1x1xf32>
  %mixed:2 = mixer.mix query(%ahead : tensor<?x?x1x4xf32>) key(%ahead : tensor<?x?x1x4xf32>) value(%ahead : tensor<?x?x1x4xf32>)
      transport(%decay : tensor<1x1x1xf32>) state(%before : tensor<?x1x4x4xf32>) outs(%init, %after : tensor<?x?x1x4xf32>, tensor<?x1x4x4xf32>)
      {support = #mixer.causal, transport = #mixer.scalar, score = #mixer.linear, norm = #mixer.norm<none>} -> tensor<?x?x1x4xf32>, tensor<?x1x4x4xf32>
  return %mixed#0, %mixed#1 : tensor<?x?x1x4xf32>, tensor<?x1x4x4xf32>
}
