// RUN: heddle-opt %s --heddle-pair-states --split-input-file | FileCheck %s
// RUN: heddle-opt %s --heddle-pair-states=states=a=z=-2 --split-input-file | FileCheck %s --check-prefix=SAID

#rows = affine_map<()[b, t, p] -> (b, 4)>
#past = affine_map<()[b, t, p] -> (b, p, 4)>
#present = affine_map<()[b, t, p] -> (b, p + t, 4)>
#tokens = affine_map<()[b, t, p] -> (b, t, 4)>

// By name and by shape; a cache that grows is as large as its past.
// CHECK-LABEL: func.func @forward
// CHECK-SAME:  heddle.state_pairs = [
// CHECK-SAME:  {bytes = "16*B*P", evidence = "name", initial = 0.000000e+00 : f64, input = "past_key", output = "present_key"},
// CHECK-SAME:  {bytes = "16*B", evidence = "shape", initial = 0.000000e+00 : f64, input = "carry", output = "z"}]
func.func @forward(%x: tensor<?x?x4xf32> {heddle.name = "x", heddle.shape = #tokens}, %past: tensor<?x?x4xf32> {heddle.name = "past_key", heddle.shape = #past},
                   %carry: tensor<?x4xf32> {heddle.name = "carry", heddle.shape = #rows})
    -> (tensor<?x?x4xf32> {heddle.name = "present_key", heddle.shape = #present}, tensor<?x4xf32> {heddle.name = "z", heddle.shape = #rows})
    attributes {heddle.symbols = ["B", "T", "P"]} {
  %joined = tensor.concat dim(1) %past, %x : (tensor<?x?x4xf32>, tensor<?x?x4xf32>) -> tensor<?x?x4xf32>
  return %joined, %carry : tensor<?x?x4xf32>, tensor<?x4xf32>
}

// -----

// What nothing but the caller knows.
// CHECK-LABEL: func.func @forward
// CHECK-NOT:   heddle.state_pairs
// SAID:        heddle.state_pairs = [{bytes = "8*B", evidence = "given", initial = -2.000000e+00 : f64, input = "a", output = "z"}]
func.func @forward(%a: tensor<?x2xf32> {heddle.name = "a", heddle.shape = affine_map<()[b] -> (b, 2)>})
    -> (tensor<?x2xf32> {heddle.name = "z", heddle.shape = affine_map<()[b] -> (b, 2)>}) attributes {heddle.symbols = ["B"]} {
  return %a : tensor<?x2xf32>
}

// -----

// Two candidates are no error where nobody has asked for a step.
// CHECK-LABEL: func.func @forward
// CHECK-NOT:   heddle.state_pairs
func.func @forward(%a: tensor<?x2xf32> {heddle.name = "cached", heddle.shape = affine_map<()[b] -> (b, 2)>})
    -> (tensor<?x2xf32> {heddle.name = "y", heddle.shape = affine_map<()[b] -> (b, 2)>}, tensor<?x2xf32> {heddle.name = "z", heddle.shape = affine_map<()[b] -> (b, 2)>})
    attributes {heddle.symbols = ["B"]} {
  return %a, %a : tensor<?x2xf32>, tensor<?x2xf32>
}
