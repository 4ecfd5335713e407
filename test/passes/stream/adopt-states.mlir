// RUN: heddle-opt %s --heddle-derive-stream --canonicalize --cse --split-input-file | FileCheck %s
// RUN: heddle-opt %s --heddle-derive-stream --split-input-file --remarks-filter=derive-stream --remark-policy=all --remark-format=emitRemark 2>&1 | FileCheck %s --check-prefix=REMARK

#rows = affine_map<()[b, t] -> (b, 4)>
#tokens = affine_map<()[b, t] -> (b, t, 4)>

// Names pair what comes in with what leaves; the entry itself is the step, and counts the tokens of each row.
// REMARK: state 'past_sum' is what output 'present_sum' leaves, by name
// CHECK-LABEL: func.func @step
// CHECK-SAME:    (%[[X:.*]]: tensor<?x?x4xf32> {heddle.name = "x",
// CHECK-SAME:     %[[SEEN:[^:]*]]: tensor<?xi64> {heddle.name = "position", {{.*}}heddle.state = 0 : i64},
// CHECK-SAME:     %[[PAST:[^:]*]]: tensor<?x4xf32> {heddle.name = "past_sum", {{.*}}heddle.state = 0.000000e+00 : f32})
// CHECK-SAME:    -> (tensor<?x?x4xf32> {heddle.name = "y", {{.*}}}, tensor<?xi64> {heddle.name = "position", {{.*}}}, tensor<?x4xf32> {heddle.name = "past_sum", {{.*}}})
// CHECK-SAME:    heddle.stream_of = "forward"{{.*}}heddle.tokens = 1 : i64
// CHECK:         %[[SUM:.*]] = linalg.generic {{.*}} ins(%[[X]] : {{.*}} outs(%[[PAST]] :
// CHECK:         return %[[X]], %{{.*}}, %[[SUM]]
func.func @forward(%x: tensor<?x?x4xf32> {heddle.name = "x", heddle.shape = #tokens},
                   %past: tensor<?x4xf32> {heddle.name = "past_sum", heddle.shape = #rows})
    -> (tensor<?x4xf32> {heddle.name = "present_sum", heddle.shape = #rows}, tensor<?x?x4xf32> {heddle.name = "y", heddle.shape = #tokens})
    attributes {heddle.symbols = ["B", "T"]} {
  %sum = linalg.generic {indexing_maps = [affine_map<(b, d, t) -> (b, t, d)>, affine_map<(b, d, t) -> (b, d)>],
                         iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x : tensor<?x?x4xf32>) outs(%past : tensor<?x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.addf %in, %out : f32
    linalg.yield %0 : f32
  } -> tensor<?x4xf32>
  return %sum, %x : tensor<?x4xf32>, tensor<?x?x4xf32>
}

// -----

#rows = affine_map<()[b, t] -> (2, b, 4)>
#tokens = affine_map<()[b, t] -> (b, t, 4)>

// h0 and hn, c0 and cn; rows are wherever every state has them.
// REMARK: state 'h0' is what output 'hn' leaves, by name
// REMARK: state 'c_0' is what output 'c_n' leaves, by name
// REMARK: state 'cached.rest' is what output 'z' leaves, by shape
// CHECK-LABEL: func.func @step
// CHECK-SAME: tensor<?xi64> {heddle.name = "position"
// CHECK-SAME: heddle.name = "h0"
// CHECK-SAME: heddle.name = "c_0"
// CHECK-SAME: heddle.name = "cached.rest"
func.func @forward(%x: tensor<?x?x4xf32> {heddle.name = "x", heddle.shape = #tokens}, %h: tensor<2x?x4xf32> {heddle.name = "h0", heddle.shape = #rows},
                   %c: tensor<2x?x4xf32> {heddle.name = "c_0", heddle.shape = #rows}, %r: tensor<2x?x4xf32> {heddle.name = "cached.rest", heddle.shape = #rows})
    -> (tensor<?x?x4xf32> {heddle.name = "y", heddle.shape = #tokens}, tensor<2x?x4xf32> {heddle.name = "hn", heddle.shape = #rows},
        tensor<2x?x4xf32> {heddle.name = "c_n", heddle.shape = #rows}, tensor<2x?x4xf32> {heddle.name = "z", heddle.shape = #rows})
    attributes {heddle.symbols = ["B", "T"]} {
  return %x, %h, %c, %r : tensor<?x?x4xf32>, tensor<2x?x4xf32>, tensor<2x?x4xf32>, tensor<2x?x4xf32>
}

// -----

#rows = affine_map<()[b, t] -> (b, 4)>
#tokens = affine_map<()[b, t] -> (b, t, 4)>

// What has tokens is no state, whatever it is called: this entry has its step derived.
// CHECK-LABEL: func.func @step
// CHECK-SAME:    (%{{[^:]*}}: tensor<?x?x1x4xf32> {heddle.name = "hidden_states_in", heddle.shape = #{{[a-z0-9]*}}}, %{{[^:]*}}: tensor<?xi64> {heddle.name = "position"
func.func @forward(%x: tensor<?x?x1x4xf32> {heddle.name = "hidden_states_in", heddle.shape = affine_map<()[b, t] -> (b, t, 1, 4)>})
    -> (tensor<?x?x1x4xf32> {heddle.name = "hidden_states_out", heddle.shape = affine_map<()[b, t] -> (b, t, 1, 4)>}) attributes {heddle.symbols = ["B", "T"]} {
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

// A cache that is written in place, where the caller says, and no output beside it.
// REMARK: state 'past_cache' is what output 'present_cache' leaves, by name
// REMARK: not compared with itself: input 'w' has no tokens, so each call may have its own
// CHECK-LABEL: func.func @step
// CHECK-SAME:    heddle.name = "past_cache"
// CHECK-SAME:    attributes {heddle.caller_places, heddle.capacity = 2 : i64, {{.*}}heddle.stream_of = "forward", heddle.symbols = ["B", "T", "S"], heddle.tokens = 1 : i64}
func.func @forward(%x: tensor<?x?x4xf32> {heddle.name = "x", heddle.shape = affine_map<()[b, t, s] -> (b, t, 4)>},
                   %w: tensor<?xi64> {heddle.name = "w", heddle.shape = affine_map<()[b, t, s] -> (b)>},
                   %cache: tensor<?x?x4xf32> {heddle.name = "past_cache", heddle.shape = affine_map<()[b, t, s] -> (b, s, 4)>})
    -> (tensor<?x?x4xf32> {heddle.name = "present_cache", heddle.shape = affine_map<()[b, t, s] -> (b, s, 4)>}) attributes {heddle.symbols = ["B", "T", "S"]} {
  return %cache : tensor<?x?x4xf32>
}

// -----

#past = affine_map<()[b, t, p] -> (b, p, 4)>
#present = affine_map<()[b, t, p] -> (b, p + t, 4)>
#tokens = affine_map<()[b, t, p] -> (b, t, 4)>
#mask = affine_map<()[b, t, p] -> (p + t)>
#rows = affine_map<()[b, t, p] -> (b, 4)>

// A sum over all keys has no step from an empty past: the entry is its own, with a past that may be empty and leaves longer.
// REMARK: warning: each call of the step copies its past, and all rows stand at one position: cannot run token by token
// CHECK-LABEL: func.func @step
// CHECK-SAME:    %{{[^:]*}}: tensor<?x?x4xf32> {heddle.grows, heddle.name = "past_key", {{.*}}heddle.state = 0.000000e+00 : f32})
// CHECK-SAME:    tensor<?x?x4xf32> {heddle.name = "past_key"
// CHECK-SAME:    heddle.capacity = 2 : i64
// CHECK-SAME:    heddle.symbol_ranges = array<i64: 1, 9223372036854775807, 1, 9223372036854775807, 0, 9223372036854775807>
func.func @forward(%x: tensor<?x?x4xf32> {heddle.name = "x", heddle.shape = #tokens}, %mask: tensor<?xf32> {heddle.name = "mask", heddle.shape = #mask},
                   %past: tensor<?x?x4xf32> {heddle.name = "past_key", heddle.shape = #past})
    -> (tensor<?x4xf32> {heddle.name = "y", heddle.shape = #rows}, tensor<?x?x4xf32> {heddle.name = "present_key", heddle.shape = #present})
    attributes {heddle.symbols = ["B", "T", "P"]} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %b = tensor.dim %x, %c0 : tensor<?x?x4xf32>
  %t = tensor.dim %x, %c1 : tensor<?x?x4xf32>
  %p = tensor.dim %past, %c1 : tensor<?x?x4xf32>
  %all = arith.addi %p, %t : index
  %empty = tensor.empty(%b, %all) : tensor<?x?x4xf32>
  %front = tensor.insert_slice %past into %empty[0, 0, 0] [%b, %p, 4] [1, 1, 1] : tensor<?x?x4xf32> into tensor<?x?x4xf32>
  %keys = tensor.insert_slice %x into %front[0, %p, 0] [%b, %t, 4] [1, 1, 1] : tensor<?x?x4xf32> into tensor<?x?x4xf32>
  %zero = arith.constant 0.0 : f32
  %init = tensor.empty(%b) : tensor<?x4xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%init : tensor<?x4xf32>) -> tensor<?x4xf32>
  %sum = linalg.generic {indexing_maps = [affine_map<(b, d, k) -> (b, k, d)>, affine_map<(b, d, k) -> (k)>, affine_map<(b, d, k) -> (b, d)>],
                         iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%keys, %mask : tensor<?x?x4xf32>, tensor<?xf32>) outs(%zeros : tensor<?x4xf32>) {
  ^bb0(%key: f32, %weight: f32, %out: f32):
    %0 = arith.mulf %key, %weight : f32
    %1 = arith.addf %0, %out : f32
    linalg.yield %1 : f32
  } -> tensor<?x4xf32>
  return %sum, %keys : tensor<?x4xf32>, tensor<?x?x4xf32>
}
