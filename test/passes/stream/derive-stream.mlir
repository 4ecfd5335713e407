// RUN: heddle-opt %s --heddle-derive-stream --canonicalize --cse --split-input-file | FileCheck %s

#shape = affine_map<()[b, t] -> (b, t, 1, 4)>

// The state of the mixer comes in and leaves, behind the position of each row.
// CHECK-LABEL: func.func @step
// CHECK-SAME:    (%[[X:.*]]: tensor<?x?x1x4xf32> {{{.*}}}, %[[SEEN:.*]]: tensor<?xi64> {heddle.name = "position", heddle.range = array<i64: 0, {{[0-9]+}}>, heddle.shape = #{{.*}}, heddle.state = 0 : i64},
// CHECK-SAME:     %[[STATE:.*]]: tensor<?x1x4x4xf32> {heddle.name = "state", {{.*}}heddle.state = 0.000000e+00 : f32})
// CHECK-SAME:    attributes {heddle.stream_of = "forward", heddle.symbols = ["B", "T"], heddle.tokens = 1 : i64}
// CHECK:         %[[MIX:.*]]:2 = mixer.mix query(%[[X]] {{.*}} state(%[[STATE]] : tensor<?x1x4x4xf32>)
// CHECK:         return %[[MIX]]#0, %{{.*}}, %[[MIX]]#1
func.func @forward(%x: tensor<?x?x1x4xf32> {heddle.shape = #shape}) -> (tensor<?x?x1x4xf32> {heddle.shape = #shape})
    attributes {heddle.symbols = ["B", "T"]} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %b = tensor.dim %x, %c0 : tensor<?x?x1x4xf32>
  %t = tensor.dim %x, %c1 : tensor<?x?x1x4xf32>
  %init = tensor.empty(%b, %t) : tensor<?x?x1x4xf32>
  %mixed = mixer.mix query(%x : tensor<?x?x1x4xf32>) key(%x : tensor<?x?x1x4xf32>) value(%x : tensor<?x?x1x4xf32>)
      outs(%init : tensor<?x?x1x4xf32>)
      {support = #mixer.causal, transport = #mixer.identity, score = #mixer.linear, norm = #mixer.norm<none>}
      -> tensor<?x?x1x4xf32>
  return %mixed : tensor<?x?x1x4xf32>
}

// -----

#mask = affine_map<()[b, t] -> (b, 2, 1, t)>

// A bias with a number for each key, as a mask of padding is: it is kept beside the keys, each number at its position.
// CHECK-LABEL: func.func @step
// CHECK-SAME:    (%[[X:[^:]*]]: tensor<?x?x2x4xf32> {{{[^}]*}}}, %[[MASK:[^:]*]]: tensor<?x2x1x?xf32>
// CHECK-SAME:    %[[SEEN:[^:]*]]: tensor<?xi64> {heddle.name = "position"
// CHECK-SAME:    %[[KEPT:[^:]*]]: tensor<?x?x1x2xf32> {heddle.append, heddle.name = "bias"
// CHECK:         %[[NEW:.*]] = linalg.generic {{.*}} ins(%[[MASK]] : tensor<?x2x1x?xf32>)
// CHECK:         %[[ALL:.*]] = mixer.append %[[NEW]] at(%[[SEEN]] : tensor<?xi64>) outs(%[[KEPT]] : tensor<?x?x1x2xf32>)
// CHECK:         %[[BIAS:.*]] = linalg.generic {{.*}} ins(%[[ALL]] : tensor<?x?x1x2xf32>)
// CHECK:         mixer.mix {{.*}} bias(%[[BIAS]] : tensor<?x2x1x?xf32>) positions(%[[SEEN]] : tensor<?xi64>)
func.func @forward(%x: tensor<?x?x2x4xf32> {heddle.shape = affine_map<()[b, t] -> (b, t, 2, 4)>}, %mask: tensor<?x2x1x?xf32> {heddle.shape = #mask})
    -> (tensor<?x?x2x4xf32> {heddle.shape = affine_map<()[b, t] -> (b, t, 2, 4)>}) attributes {heddle.symbols = ["B", "T"]} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %b = tensor.dim %x, %c0 : tensor<?x?x2x4xf32>
  %t = tensor.dim %x, %c1 : tensor<?x?x2x4xf32>
  %init = tensor.empty(%b, %t) : tensor<?x?x2x4xf32>
  %mixed = mixer.mix query(%x : tensor<?x?x2x4xf32>) key(%x : tensor<?x?x2x4xf32>) value(%x : tensor<?x?x2x4xf32>) bias(%mask : tensor<?x2x1x?xf32>) outs(%init : tensor<?x?x2x4xf32>)
      {support = #mixer.causal, transport = #mixer.identity, score = #mixer.softmax<scale = 5.000000e-01, bias = dense>, norm = #mixer.norm<row_sum>} -> tensor<?x?x2x4xf32>
  return %mixed : tensor<?x?x2x4xf32>
}

// -----

#shape = affine_map<()[b, t] -> (b, t, 1, 4)>

// A window of 4: three keys are kept in a ring. Nothing is moved, and nothing is hidden by a bias.
// CHECK-LABEL: func.func @step
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x?x1x4xf32>
// CHECK-SAME:    %[[SEEN:[^:]*]]: tensor<?xi64> {heddle.name = "position",
// CHECK-SAME:    %[[PLACE:[^:]*]]: tensor<?xi64> {heddle.name = "place",
// CHECK-SAME:    %[[KEPT:[^:]*]]: tensor<?x?x1x4xf32> {heddle.append, heddle.name = "key",
// CHECK-SAME:    heddle.ring = 2 : i64, heddle.ring_tokens = 3 : i64
// CHECK-SAME:    heddle.symbol_ranges = array<i64: 1, 9223372036854775807, 1, 9223372036854775807, 6, 9223372036854775807>
// CHECK-SAME:    heddle.symbols = ["B", "T", "ring"]
// CHECK-NOT:     tensor.insert_slice
// CHECK:         %[[ALL:.*]] = mixer.append %[[X]] at(%[[PLACE]] : tensor<?xi64>) outs(%[[KEPT]] : tensor<?x?x1x4xf32>) {ring = 3 : i64}
// CHECK-NOT:     tensor.insert_slice
// CHECK:         mixer.mix query(%[[X]] {{.*}} key(%[[X]] {{.*}} value(%[[X]] : tensor<?x?x1x4xf32>) positions(%[[SEEN]] : tensor<?xi64>)
// CHECK-SAME:      past(%[[ALL]] : tensor<?x?x1x4xf32>, %[[ALL]] : tensor<?x?x1x4xf32> at %[[PLACE]] : tensor<?xi64>) outs(
// CHECK-SAME:      score = #mixer.softmax<scale = 5.000000e-01>, support = #mixer.window<left = 3, right = 0>
func.func @forward(%x: tensor<?x?x1x4xf32> {heddle.shape = #shape}) -> (tensor<?x?x1x4xf32> {heddle.shape = #shape})
    attributes {heddle.symbols = ["B", "T"]} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %b = tensor.dim %x, %c0 : tensor<?x?x1x4xf32>
  %t = tensor.dim %x, %c1 : tensor<?x?x1x4xf32>
  %init = tensor.empty(%b, %t) : tensor<?x?x1x4xf32>
  %mixed = mixer.mix query(%x : tensor<?x?x1x4xf32>) key(%x : tensor<?x?x1x4xf32>) value(%x : tensor<?x?x1x4xf32>)
      outs(%init : tensor<?x?x1x4xf32>)
      {support = #mixer.window<left = 3, right = 0>, transport = #mixer.identity,
       score = #mixer.softmax<scale = 5.000000e-01>, norm = #mixer.norm<row_sum>} -> tensor<?x?x1x4xf32>
  return %mixed : tensor<?x?x1x4xf32>
}

// -----

#shape = affine_map<()[b, t] -> (b, t, 1, 4)>

// The whole past: as many keys are kept as the caller has room for, each at its position. The new ones are written there;
// nothing is moved, and nothing is hidden by a bias.
// CHECK-LABEL: func.func @step
// CHECK-SAME:    (%[[X:[^:]*]]: tensor<?x?x1x4xf32> {{.*}}, %[[SEEN:[^:]*]]: tensor<?xi64>
// CHECK-SAME:    %[[KEPT:[^:]*]]: tensor<?x?x1x4xf32> {heddle.append, heddle.name = "key", heddle.shape = #{{.*}}, heddle.state
// CHECK-SAME:    -> ({{.*}}, tensor<?x?x1x4xf32> {heddle.append, heddle.name = "key",
// CHECK-SAME:    heddle.capacity = 2 : i64
// CHECK-SAME:    heddle.symbols = ["B", "T", "capacity"]
// CHECK-NOT:     tensor.insert_slice
// CHECK:         %[[ALL:.*]] = mixer.append %[[X]] at(%[[SEEN]] : tensor<?xi64>) outs(%[[KEPT]] : tensor<?x?x1x4xf32>)
// CHECK:         mixer.mix query(%[[X]] {{.*}} key(%[[ALL]] {{.*}} value(%[[ALL]] {{.*}} positions(%[[SEEN]] : tensor<?xi64>) outs
// CHECK-SAME:      score = #mixer.softmax<scale = 5.000000e-01>, support = #mixer.causal
// CHECK:         return %{{.*}}, %{{.*}}, %[[ALL]]
func.func @forward(%x: tensor<?x?x1x4xf32> {heddle.shape = #shape}) -> (tensor<?x?x1x4xf32> {heddle.shape = #shape})
    attributes {heddle.symbols = ["B", "T"]} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %b = tensor.dim %x, %c0 : tensor<?x?x1x4xf32>
  %t = tensor.dim %x, %c1 : tensor<?x?x1x4xf32>
  %init = tensor.empty(%b, %t) : tensor<?x?x1x4xf32>
  %mixed = mixer.mix query(%x : tensor<?x?x1x4xf32>) key(%x : tensor<?x?x1x4xf32>) value(%x : tensor<?x?x1x4xf32>)
      outs(%init : tensor<?x?x1x4xf32>)
      {support = #mixer.causal, transport = #mixer.identity, score = #mixer.softmax<scale = 5.000000e-01>,
       norm = #mixer.norm<row_sum>} -> tensor<?x?x1x4xf32>
  return %mixed : tensor<?x?x1x4xf32>
}

// -----

#shape = affine_map<()[b, t] -> (b, t, 1, 4)>

// The region of a recurrence reads a weight of the step, not of the entry.
// CHECK-LABEL: func.func @step
// CHECK:         %[[WEIGHT:.*]] = arith.constant dense<{{.*}}> : tensor<2x1x1x4xf32>
// CHECK:         mixer.mix {{.*}} transport_region
// CHECK:         arith.mulf %{{.*}}, %[[WEIGHT]]
func.func @forward(%x: tensor<2x?x1x4xf32> {heddle.shape = affine_map<()[t] -> (2, t, 1, 4)>})
    -> (tensor<2x?x1x4xf32> {heddle.shape = affine_map<()[t] -> (2, t, 1, 4)>}) attributes {heddle.symbols = ["T"]} {
  %c1 = arith.constant 1 : index
  %weight = arith.constant dense<[[[[9.000000e-01, 8.000000e-01, 7.000000e-01, 6.000000e-01]]],
                                 [[[9.000000e-01, 8.000000e-01, 7.000000e-01, 6.000000e-01]]]]> : tensor<2x1x1x4xf32>
  %zero = arith.constant dense<0.0> : tensor<1x1x1x4xf32>
  %t = tensor.dim %x, %c1 : tensor<2x?x1x4xf32>
  %init = tensor.empty(%t) : tensor<2x?x1x4xf32>
  %mixed = mixer.mix value(%zero : tensor<1x1x1x4xf32>) transport(%x : tensor<2x?x1x4xf32>) outs(%init : tensor<2x?x1x4xf32>)
      {support = #mixer.causal, transport = #mixer.region, score = #mixer.linear, norm = #mixer.norm<none>}
      transport_region {
      ^bb0(%state: tensor<2x1x1x4xf32>, %now: tensor<2x1x4xf32>):
        %wide = tensor.expand_shape %now [[0], [1, 2], [3]] output_shape [2, 1, 1, 4] : tensor<2x1x4xf32> into tensor<2x1x1x4xf32>
        %faded = arith.mulf %state, %weight : tensor<2x1x1x4xf32>
        %next = arith.maximumf %faded, %wide : tensor<2x1x1x4xf32>
        mixer.yield %next : tensor<2x1x1x4xf32>
      } -> tensor<2x?x1x4xf32>
  return %mixed : tensor<2x?x1x4xf32>
}

// -----

#shape = affine_map<()[b, t] -> (b, t, 1, 4)>
#zero = affine_map<(b, h, k, v) -> ()>
#all = affine_map<(b, h, k, v) -> (b, h, k, v)>

// A state that begins with a constant, spread over the batch, is one that begins with its value.
// CHECK-LABEL: func.func @step
// CHECK-SAME:    %{{[^:]*}}: tensor<?x1x4x4xf32> {heddle.name = "state", {{.*}}heddle.state = 2.500000e-01 : f32}
func.func @forward(%x: tensor<?x?x1x4xf32> {heddle.shape = #shape}) -> (tensor<?x?x1x4xf32> {heddle.shape = #shape})
    attributes {heddle.symbols = ["B", "T"]} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %quarter = arith.constant dense<2.500000e-01> : tensor<f32>
  %b = tensor.dim %x, %c0 : tensor<?x?x1x4xf32>
  %t = tensor.dim %x, %c1 : tensor<?x?x1x4xf32>
  %init = tensor.empty(%b, %t) : tensor<?x?x1x4xf32>
  %empty = tensor.empty(%b) : tensor<?x1x4x4xf32>
  %before = linalg.generic {indexing_maps = [#zero, #all], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%quarter : tensor<f32>) outs(%empty : tensor<?x1x4x4xf32>) {
  ^bb0(%value: f32, %none: f32):
    linalg.yield %value : f32
  } -> tensor<?x1x4x4xf32>
  %mixed = mixer.mix query(%x : tensor<?x?x1x4xf32>) key(%x : tensor<?x?x1x4xf32>) value(%x : tensor<?x?x1x4xf32>)
      state(%before : tensor<?x1x4x4xf32>) outs(%init : tensor<?x?x1x4xf32>)
      {support = #mixer.causal, transport = #mixer.identity, score = #mixer.linear, norm = #mixer.norm<none>}
      -> tensor<?x?x1x4xf32>
  return %mixed : tensor<?x?x1x4xf32>
}

// -----

#shape = affine_map<() -> (2, 8, 1, 4)>
#identity = affine_map<(b, t, h, d) -> (b, t, h, d)>
#table = affine_map<(b, t, h, d) -> (t, d)>

// A length that a table pins: the step reads the rows at the positions, of which there are eight in all.
// CHECK-LABEL: func.func @forward(%{{.*}}: tensor<2x8x1x4xf32>
// CHECK-LABEL: func.func @step(%{{.*}}: tensor<2x?x1x4xf32>
// CHECK-SAME:    heddle.positions = 8 : i64, heddle.stream_of = "forward", heddle.symbol_ranges = array<i64: 1, 8>, heddle.symbols = ["T"], heddle.tokens = 0 : i64
// CHECK:         tensor.extract %{{.*}} : tensor<8x4xf32>
// CHECK-NOT:   @forward.limited
func.func @forward(%x: tensor<2x8x1x4xf32> {heddle.shape = #shape}) -> (tensor<2x8x1x4xf32> {heddle.shape = #shape})
    attributes {heddle.symbols = []} {
  %positions = arith.constant dense<[[0.0, 1.0, 0.0, 0.5], [1.0, 1.0, 0.0, 0.5], [2.0, 1.0, 0.0, 0.5], [3.0, 1.0, 0.0, 0.5],
                                     [4.0, 1.0, 0.0, 0.5], [5.0, 1.0, 0.0, 0.5], [6.0, 1.0, 0.0, 0.5], [9.0, 1.0, 0.0, 0.5]]> : tensor<8x4xf32>
  %empty = tensor.empty() : tensor<2x8x1x4xf32>
  %placed = linalg.generic {indexing_maps = [#identity, #table, #identity], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%x, %positions : tensor<2x8x1x4xf32>, tensor<8x4xf32>) outs(%empty : tensor<2x8x1x4xf32>) {
  ^bb0(%in: f32, %position: f32, %out: f32):
    %sum = arith.addf %in, %position : f32
    linalg.yield %sum : f32
  } -> tensor<2x8x1x4xf32>
  %mixed = mixer.mix query(%placed : tensor<2x8x1x4xf32>) key(%placed : tensor<2x8x1x4xf32>) value(%placed : tensor<2x8x1x4xf32>) outs(%empty : tensor<2x8x1x4xf32>)
      {support = #mixer.causal, transport = #mixer.identity, score = #mixer.linear, norm = #mixer.norm<none>} -> tensor<2x8x1x4xf32>
  return %mixed : tensor<2x8x1x4xf32>
}

// -----

#shape = affine_map<()[b, t] -> (b, t, 1, 4)>
#state = affine_map<()[b, t] -> (b, 1, 4, 4)>
#ids = affine_map<()[b, t] -> (b, t)>

// A state that is given is read in front of the first token; an id says to which segment a state belongs.
// CHECK-LABEL: func.func @step
// CHECK-SAME:    (%[[X:.*]]: tensor<?x?x1x4xf32> {{{.*}}}, %[[GIVEN:.*]]: tensor<?x1x4x4xf32> {{{.*}}}, %[[IDS:.*]]: tensor<?x?xi32> {{{.*}}}, %[[SEEN:.*]]: tensor<?xi64>
// CHECK-SAME:     %[[LAST:[^:]*]]: tensor<?xi32> {heddle.name = "segment", {{.*}}heddle.state = 0 : i32}
// CHECK-SAME:     %[[STATE:[^:]*]]: tensor<?x1x4x4xf32> {heddle.name = "state", {{.*}}heddle.state = 0.000000e+00 : f32}
// CHECK:         %[[APART:.*]] = linalg.generic {{.*}} ins(%[[LAST]], %[[IDS]] : tensor<?xi32>, tensor<?x?xi32>)
// CHECK:           arith.subi
// CHECK:         %[[BEFORE:.*]] = linalg.generic {{.*}} ins(%[[STATE]] : tensor<?x1x4x4xf32>)
// CHECK:           tensor.extract %[[SEEN]]
// CHECK:           arith.cmpi eq
// CHECK:           tensor.extract %[[GIVEN]]
// CHECK:         mixer.mix {{.*}} segments(%[[APART]] : tensor<?x?xi32>) state(%[[BEFORE]] : tensor<?x1x4x4xf32>)
func.func @forward(%x: tensor<?x?x1x4xf32> {heddle.shape = #shape}, %s: tensor<?x1x4x4xf32> {heddle.shape = #state},
                   %ids: tensor<?x?xi32> {heddle.shape = #ids}) -> (tensor<?x?x1x4xf32> {heddle.shape = #shape})
    attributes {heddle.symbols = ["B", "T"]} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %b = tensor.dim %x, %c0 : tensor<?x?x1x4xf32>
  %t = tensor.dim %x, %c1 : tensor<?x?x1x4xf32>
  %init = tensor.empty(%b, %t) : tensor<?x?x1x4xf32>
  %mixed = mixer.mix query(%x : tensor<?x?x1x4xf32>) key(%x : tensor<?x?x1x4xf32>) value(%x : tensor<?x?x1x4xf32>)
      segments(%ids : tensor<?x?xi32>) state(%s : tensor<?x1x4x4xf32>) outs(%init : tensor<?x?x1x4xf32>)
      {support = #mixer.causal, transport = #mixer.identity, score = #mixer.linear, norm = #mixer.norm<none>} -> tensor<?x?x1x4xf32>
  return %mixed : tensor<?x?x1x4xf32>
}

// -----

#shape = affine_map<()[b, t] -> (b, t, 4)>
#front = affine_map<()[b, t] -> (b, 2, 4)>

// Tokens that are given stand in front of the first one.
// CHECK-LABEL: func.func @step
// CHECK-SAME:    (%[[X:.*]]: tensor<?x?x4xf32> {{{.*}}}, %[[GIVEN:.*]]: tensor<?x2x4xf32> {{{.*}}}, %[[SEEN:.*]]: tensor<?xi64> {{{.*}}}, %[[TAIL:.*]]: tensor<?x2x4xf32> {heddle.name = "tail"
// CHECK:         linalg.generic
// CHECK:           tensor.extract %[[SEEN]]
// CHECK:           arith.cmpi slt
// CHECK:           tensor.extract %[[GIVEN]]
func.func @forward(%x: tensor<?x?x4xf32> {heddle.shape = #shape}, %front: tensor<?x2x4xf32> {heddle.shape = #front})
    -> (tensor<?x?x4xf32> {heddle.shape = #shape}) attributes {heddle.symbols = ["B", "T"]} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %b = tensor.dim %x, %c0 : tensor<?x?x4xf32>
  %t = tensor.dim %x, %c1 : tensor<?x?x4xf32>
  %more = affine.apply affine_map<()[t] -> (t + 2)>()[%t]
  %empty = tensor.empty(%b, %more) : tensor<?x?x4xf32>
  %begun = tensor.insert_slice %front into %empty[0, 0, 0] [%b, 2, 4] [1, 1, 1] : tensor<?x2x4xf32> into tensor<?x?x4xf32>
  %all = tensor.insert_slice %x into %begun[0, 2, 0] [%b, %t, 4] [1, 1, 1] : tensor<?x?x4xf32> into tensor<?x?x4xf32>
  %before = tensor.extract_slice %all[0, 0, 0] [%b, %t, 4] [1, 1, 1] : tensor<?x?x4xf32> to tensor<?x?x4xf32>
  return %before : tensor<?x?x4xf32>
}

// -----

#shape = affine_map<()[b, t] -> (b, t, 1, 4)>

// A kernel that positions decide, as long as the sequence: evaluated as far as rows that enter a block need it. All values
// are kept; chunks of them are convolved for a row that enters a block, and what a call adds to the rest of it is left.
// CHECK-LABEL: func.func @step
// CHECK-SAME:    (%[[X:.*]]: tensor<?x?x1x4xf32> {{{.*}}}, %[[SEEN:.*]]: tensor<?xi64> {{{.*}}}, %[[KEPT:.*]]: tensor<?x?x1x4xf32> {heddle.append, heddle.name = "value"
// CHECK-SAME:    %[[AHEAD:[^:]*]]: tensor<?x512x1x4xf32> {heddle.name = "ahead", {{.*}} heddle.state = 0.0
// CHECK:         %[[ALL:.*]] = mixer.append %[[X]] at(%[[SEEN]] : tensor<?xi64>) outs(%[[KEPT]]
// CHECK:         %[[ENTERING:.*]] = linalg.generic {{.*}} ins(%[[SEEN]] : tensor<?xi64>)
// CHECK:         %[[FARTHEST:.*]] = linalg.generic {{.*}}["reduction"]} ins(%[[ENTERING]] : tensor<?xi64>)
// CHECK:         tensor.extract %[[FARTHEST]]
// CHECK:         %[[CHUNKS:.*]] = arith.ceildivsi
// CHECK:         %[[KERNEL:.*]] = linalg.generic {{.*}} outs(%{{.*}} : tensor<1x1x?xf32>)
// CHECK:         %[[PAST:.*]] = scf.for {{.*}} to %[[CHUNKS]]
// CHECK:           %[[CHUNK:.*]] = linalg.generic {{.*}} outs(%{{.*}} : tensor<?x2048x1x4xf32>)
// CHECK:             tensor.extract %[[ALL]]
// CHECK:             arith.select
// CHECK:           mixer.mix value(%[[CHUNK]] : tensor<?x2048x1x4xf32>) {{.*}} transport = #mixer.toeplitz<center = 2048>
// CHECK:         %[[TAPS:.*]] = tensor.extract_slice %[[KERNEL]]
// CHECK:         %[[OWN:.*]] = mixer.mix value(%[[X]] : tensor<?x?x1x4xf32>) transport(%[[TAPS]]
// CHECK:         %[[SUMS:.*]] = linalg.generic {{.*}} ins(%[[OWN]] : tensor<?x?x1x4xf32>) outs(%[[PAST]]
// CHECK:         linalg.generic {{.*}} ins(%[[AHEAD]] : tensor<?x512x1x4xf32>)
// CHECK:           tensor.extract %[[SUMS]]
func.func @forward(%x: tensor<?x?x1x4xf32> {heddle.shape = #shape}) -> (tensor<?x?x1x4xf32> {heddle.shape = #shape})
    attributes {heddle.symbols = ["B", "T"]} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %b = tensor.dim %x, %c0 : tensor<?x?x1x4xf32>
  %t = tensor.dim %x, %c1 : tensor<?x?x1x4xf32>
  %init = tensor.empty(%b, %t) : tensor<?x?x1x4xf32>
  %blank = tensor.empty(%t) : tensor<1x1x?xf32>
  %kernel = linalg.generic {indexing_maps = [affine_map<(h, d, k) -> (h, d, k)>], iterator_types = ["parallel", "parallel", "parallel"]}
      outs(%blank : tensor<1x1x?xf32>) {
  ^bb0(%none: f32):
    %k = linalg.index 2 : index
    %integer = arith.index_cast %k : index to i64
    %number = arith.sitofp %integer : i64 to f32
    %less = arith.negf %number : f32
    %tap = math.exp %less : f32
    linalg.yield %tap : f32
  } -> tensor<1x1x?xf32>
  %mixed = mixer.mix value(%x : tensor<?x?x1x4xf32>) transport(%kernel : tensor<1x1x?xf32>) outs(%init : tensor<?x?x1x4xf32>)
      {support = #mixer.causal, transport = #mixer.toeplitz, score = #mixer.linear, norm = #mixer.norm<none>} -> tensor<?x?x1x4xf32>
  return %mixed : tensor<?x?x1x4xf32>
}

// -----

#shape = affine_map<()[b, t] -> (b, t, 1, 4)>

// A kernel of many taps: the same, and no value behind its last tap is looked at.
// CHECK-LABEL: func.func @step
// CHECK-SAME:    tensor<?x?x1x4xf32> {heddle.append, heddle.name = "value"
// CHECK-SAME:    tensor<?x256x1x4xf32> {heddle.name = "ahead"
// CHECK:         %[[CHUNKS:.*]] = arith.ceildivsi
// CHECK:         arith.minsi %[[CHUNKS]], %c10
// CHECK:         mixer.mix {{.*}} transport = #mixer.toeplitz<center = 1024>
func.func @forward(%x: tensor<?x?x1x4xf32> {heddle.shape = #shape}) -> (tensor<?x?x1x4xf32> {heddle.shape = #shape})
    attributes {heddle.symbols = ["B", "T"]} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %b = tensor.dim %x, %c0 : tensor<?x?x1x4xf32>
  %t = tensor.dim %x, %c1 : tensor<?x?x1x4xf32>
  %init = tensor.empty(%b, %t) : tensor<?x?x1x4xf32>
  %kernel = arith.constant dense<0.5> : tensor<1x1x10000xf32>
  %mixed = mixer.mix value(%x : tensor<?x?x1x4xf32>) transport(%kernel : tensor<1x1x10000xf32>) outs(%init : tensor<?x?x1x4xf32>)
      {support = #mixer.causal, transport = #mixer.toeplitz, score = #mixer.linear, norm = #mixer.norm<none>} -> tensor<?x?x1x4xf32>
  return %mixed : tensor<?x?x1x4xf32>
}

// -----

#shape = affine_map<()[b, t] -> (b, t, 1, 4)>
#gates = affine_map<()[b, t] -> (b, t, 1)>

// A decaying memory of four tokens: it runs again on three kept tokens of every operand.
// CHECK-LABEL: func.func @step
// CHECK-SAME:    %{{[^:]*}}: tensor<?x3x1x4xf32> {heddle.name = "tail"
// CHECK-SAME:    %{{[^:]*}}: tensor<?x3x1xf32> {heddle.name = "tail.1"
// CHECK:         %[[ALL:.*]] = mixer.mix {{.*}} support = #mixer.window<left = 3, right = 0>, transport = #mixer.scalar
// CHECK:         %[[NEW:.*]] = tensor.extract_slice %[[ALL]][0, 3, 0, 0]
// CHECK:         return %[[NEW]]
func.func @forward(%x: tensor<?x?x1x4xf32> {heddle.shape = #shape}, %g: tensor<?x?x1xf32> {heddle.shape = #gates})
    -> (tensor<?x?x1x4xf32> {heddle.shape = #shape}) attributes {heddle.symbols = ["B", "T"]} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %b = tensor.dim %x, %c0 : tensor<?x?x1x4xf32>
  %t = tensor.dim %x, %c1 : tensor<?x?x1x4xf32>
  %init = tensor.empty(%b, %t) : tensor<?x?x1x4xf32>
  %mixed = mixer.mix query(%x : tensor<?x?x1x4xf32>) key(%x : tensor<?x?x1x4xf32>) value(%x : tensor<?x?x1x4xf32>)
      transport(%g : tensor<?x?x1xf32>) outs(%init : tensor<?x?x1x4xf32>)
      {support = #mixer.window<left = 3, right = 0>, transport = #mixer.scalar, score = #mixer.linear, norm = #mixer.norm<none>} -> tensor<?x?x1x4xf32>
  return %mixed : tensor<?x?x1x4xf32>
}

// -----

#shape = affine_map<() -> (2, 3, 1, 4)>

// A number for each pair of the traced tokens: rows of the table at the positions.
// CHECK-LABEL: func.func @step
// CHECK:         %[[BIAS:.*]] = linalg.generic {{.*}} outs(%{{.*}} : tensor<1x1x?x?xf32>)
// CHECK:           tensor.extract %{{.*}} : tensor<1x1x3x3xf32>
// CHECK:         mixer.mix {{.*}} bias(%[[BIAS]] : tensor<1x1x?x?xf32>) positions(
func.func @forward(%x: tensor<2x3x1x4xf32> {heddle.shape = #shape}) -> (tensor<2x3x1x4xf32> {heddle.shape = #shape})
    attributes {heddle.symbols = []} {
  %table = arith.constant dense<[[[[0.0, 1.0, 0.5], [0.25, 2.0, 0.0], [1.0, 0.5, 0.75]]]]> : tensor<1x1x3x3xf32>
  %init = tensor.empty() : tensor<2x3x1x4xf32>
  %mixed = mixer.mix query(%x : tensor<2x3x1x4xf32>) key(%x : tensor<2x3x1x4xf32>) value(%x : tensor<2x3x1x4xf32>)
      bias(%table : tensor<1x1x3x3xf32>) outs(%init : tensor<2x3x1x4xf32>)
      {support = #mixer.causal, transport = #mixer.identity, score = #mixer.softmax<scale = 5.000000e-01, bias = dense>, norm = #mixer.norm<row_sum>} -> tensor<2x3x1x4xf32>
  return %mixed : tensor<2x3x1x4xf32>
}
