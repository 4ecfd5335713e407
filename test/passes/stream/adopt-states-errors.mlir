// RUN: heddle-opt %s --heddle-derive-stream --split-input-file --verify-diagnostics

#rows = affine_map<()[b, t] -> (b, 4)>
#tokens = affine_map<()[b, t] -> (b, t, 4)>

// Two outputs of one shape, and a name that says neither.
// expected-error@+1 {{state 'cached', expected one output but got 'a', 'b' by shape; name one with --state cached=OUTPUT}}
func.func @forward(%x: tensor<?x?x4xf32> {heddle.name = "x", heddle.shape = #tokens}, %past: tensor<?x4xf32> {heddle.name = "cached", heddle.shape = #rows})
    -> (tensor<?x4xf32> {heddle.name = "a", heddle.shape = #rows}, tensor<?x4xf32> {heddle.name = "b", heddle.shape = #rows})
    attributes {heddle.symbols = ["B", "T"]} {
  return %past, %past : tensor<?x4xf32>, tensor<?x4xf32>
}

// -----

#past = affine_map<()[b, t, p] -> (b, p, 4)>
#present = affine_map<()[b, t, p] -> (b, p + p, 4)>
#tokens = affine_map<()[b, t, p] -> (b, t, 4)>

// A cache that doubles.
// expected-error@+1 {{a state has one size in front of and behind each call, or grows by its tokens}}
func.func @forward(%x: tensor<?x?x4xf32> {heddle.name = "x", heddle.shape = #tokens}, %past: tensor<?x?x4xf32> {heddle.name = "past_key", heddle.shape = #past})
    -> (tensor<?x?x4xf32> {heddle.name = "present_key", heddle.shape = #present}) attributes {heddle.symbols = ["B", "T", "P"]} {
  %joined = tensor.concat dim(1) %past, %past : (tensor<?x?x4xf32>, tensor<?x?x4xf32>) -> tensor<?x?x4xf32>
  return %joined : tensor<?x?x4xf32>
}

// -----

#rows = affine_map<()[b, t] -> (b, 4)>
#tokens = affine_map<()[b, t] -> (b, t, 4)>

// Names that lie: the sum is of this call alone.
// expected-error@+1 {{calls one after the other differ from one call in output 2 at 9 tokens}}
func.func @forward(%x: tensor<?x?x4xf32> {heddle.name = "x", heddle.shape = #tokens}, %past: tensor<?x4xf32> {heddle.name = "past.sum", heddle.shape = #rows})
    -> (tensor<?x?x4xf32> {heddle.name = "y", heddle.shape = #tokens}, tensor<?x4xf32> {heddle.name = "present.sum", heddle.shape = #rows})
    attributes {heddle.symbols = ["B", "T"]} {
  %zero = arith.constant 0.0 : f32
  %zeros = linalg.fill ins(%zero : f32) outs(%past : tensor<?x4xf32>) -> tensor<?x4xf32>
  %sum = linalg.generic {indexing_maps = [affine_map<(b, d, t) -> (b, t, d)>, affine_map<(b, d, t) -> (b, d)>],
                         iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x : tensor<?x?x4xf32>) outs(%zeros : tensor<?x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.addf %in, %out : f32
    linalg.yield %0 : f32
  } -> tensor<?x4xf32>
  return %x, %sum : tensor<?x?x4xf32>, tensor<?x4xf32>
}
