// Loops that are almost a known recurrence: each becomes the right mixer, a region, or stays a loop. Every raise is proved
// by the reference evaluator with several seeds, so a wrong one would stay a loop and miss its check.
//
//   off-by-one window            window_of_three, window_off_by_one, decay_of_previous_token, one_token_of_memory
//   decay applied after update   decay_after_update, reset_of_the_new_token, delta_of_undecayed_state
//   wrong axis                   sum_over_the_other_axis, transposed_state
//   leak of later tokens         leak_from_the_end, all_backward
//   state read before update     read_before_update, read_before_and_after, reset_seen_by_the_read_alone
// RUN: heddle-opt %s --heddle-raise-recurrences=verify=always --canonicalize --cse | FileCheck %s

// The decay acts on the new token too: it is a factor of the value.
// CHECK-LABEL: func.func @decay_after_update(
// CHECK:         mixer.mix
// CHECK-SAME:      transport = #mixer.scalar
// CHECK-NOT:     scf.for
func.func @decay_after_update(%x: tensor<2x7x6xf32>, %a: tensor<2x7x6xf32>) -> (tensor<2x7x6xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %zero = arith.constant 0.0 : f32
  %v1 = tensor.empty() : tensor<2x7x6xf32>
  %v2 = linalg.generic {indexing_maps = [affine_map<(b, t, d) -> (b, t, d)>, affine_map<(b, t, d) -> (b, t, d)>], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%a : tensor<2x7x6xf32>) outs(%v1 : tensor<2x7x6xf32>) {
  ^bb0(%e0: f32, %o: f32):
    %unit = arith.constant 1.0 : f32
    %minus = arith.negf %e0 : f32
    %ex = math.exp %minus : f32
    %more = arith.addf %ex, %unit : f32
    %prod = arith.divf %unit, %more : f32
    linalg.yield %prod : f32
  } -> tensor<2x7x6xf32>
  %s0 = arith.constant dense<0.0> : tensor<2x6xf32>
  %empty = tensor.empty() : tensor<2x7x6xf32>
  %r:2 = scf.for %t = %c0 to %c7 step %c1 iter_args(%s = %s0, %out = %empty) -> (tensor<2x6xf32>, tensor<2x7x6xf32>) {
    %v3 = tensor.extract_slice %v2[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %v4 = tensor.extract_slice %x[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %v5 = tensor.empty() : tensor<2x6xf32>
    %v6 = linalg.add ins(%s, %v4 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v5 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v7 = tensor.empty() : tensor<2x6xf32>
    %v8 = linalg.mul ins(%v3, %v6 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v7 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %wrote = tensor.insert_slice %v8 into %out[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x6xf32> into tensor<2x7x6xf32>
    scf.yield %v8, %wrote : tensor<2x6xf32>, tensor<2x7x6xf32>
  }
  return %r#1 : tensor<2x7x6xf32>
}

// The decay of the token before: both sequences are cut, by different amounts.
// CHECK-LABEL: func.func @decay_of_previous_token(
// CHECK-DAG:     tensor.extract_slice %{{[^ ,]+}}[0, 1, 0] [2, 7, 6]
// CHECK-DAG:     tensor.extract_slice %{{[^ ,]+}}[0, 0, 0] [2, 7, 6]
// CHECK:         mixer.mix
// CHECK-SAME:      transport = #mixer.scalar
// CHECK-NOT:     scf.for
func.func @decay_of_previous_token(%x: tensor<2x8x6xf32>, %a: tensor<2x8x6xf32>) -> (tensor<2x7x6xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %zero = arith.constant 0.0 : f32
  %v1 = tensor.empty() : tensor<2x8x6xf32>
  %v2 = linalg.generic {indexing_maps = [affine_map<(b, t, d) -> (b, t, d)>, affine_map<(b, t, d) -> (b, t, d)>], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%a : tensor<2x8x6xf32>) outs(%v1 : tensor<2x8x6xf32>) {
  ^bb0(%e0: f32, %o: f32):
    %unit = arith.constant 1.0 : f32
    %minus = arith.negf %e0 : f32
    %ex = math.exp %minus : f32
    %more = arith.addf %ex, %unit : f32
    %prod = arith.divf %unit, %more : f32
    linalg.yield %prod : f32
  } -> tensor<2x8x6xf32>
  %s0 = arith.constant dense<0.0> : tensor<2x6xf32>
  %empty = tensor.empty() : tensor<2x7x6xf32>
  %r:2 = scf.for %t = %c0 to %c7 step %c1 iter_args(%s = %s0, %out = %empty) -> (tensor<2x6xf32>, tensor<2x7x6xf32>) {
    %next = arith.addi %t, %c1 : index
    %v3 = tensor.extract_slice %v2[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x8x6xf32> to tensor<2x6xf32>
    %v4 = tensor.extract_slice %x[0, %next, 0] [2, 1, 6] [1, 1, 1] : tensor<2x8x6xf32> to tensor<2x6xf32>
    %v5 = tensor.empty() : tensor<2x6xf32>
    %v6 = linalg.mul ins(%v3, %s : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v5 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v7 = tensor.empty() : tensor<2x6xf32>
    %v8 = linalg.add ins(%v6, %v4 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v7 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %wrote = tensor.insert_slice %v8 into %out[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x6xf32> into tensor<2x7x6xf32>
    scf.yield %v8, %wrote : tensor<2x6xf32>, tensor<2x7x6xf32>
  }
  return %r#1 : tensor<2x7x6xf32>
}

// What is written is the state in front of the update: one token later.
// CHECK-LABEL: func.func @read_before_update(
// CHECK:         mixer.mix
// CHECK-SAME:      transport = #mixer.scalar
// CHECK:         tensor.insert_slice %{{[^ ,]+}} into %{{[^ ,]+}}[0, 1, 0] [2, 6, 6]
// CHECK-NOT:     scf.for
func.func @read_before_update(%x: tensor<2x7x6xf32>, %a: tensor<2x7x6xf32>) -> (tensor<2x7x6xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %zero = arith.constant 0.0 : f32
  %v1 = tensor.empty() : tensor<2x7x6xf32>
  %v2 = linalg.generic {indexing_maps = [affine_map<(b, t, d) -> (b, t, d)>, affine_map<(b, t, d) -> (b, t, d)>], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%a : tensor<2x7x6xf32>) outs(%v1 : tensor<2x7x6xf32>) {
  ^bb0(%e0: f32, %o: f32):
    %unit = arith.constant 1.0 : f32
    %minus = arith.negf %e0 : f32
    %ex = math.exp %minus : f32
    %more = arith.addf %ex, %unit : f32
    %prod = arith.divf %unit, %more : f32
    linalg.yield %prod : f32
  } -> tensor<2x7x6xf32>
  %s0 = arith.constant dense<0.0> : tensor<2x6xf32>
  %empty = tensor.empty() : tensor<2x7x6xf32>
  %r:2 = scf.for %t = %c0 to %c7 step %c1 iter_args(%s = %s0, %out = %empty) -> (tensor<2x6xf32>, tensor<2x7x6xf32>) {
    %v3 = tensor.extract_slice %v2[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %v4 = tensor.extract_slice %x[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %v5 = tensor.empty() : tensor<2x6xf32>
    %v6 = linalg.mul ins(%v3, %s : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v5 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v7 = tensor.empty() : tensor<2x6xf32>
    %v8 = linalg.add ins(%v6, %v4 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v7 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %wrote = tensor.insert_slice %s into %out[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x6xf32> into tensor<2x7x6xf32>
    scf.yield %v8, %wrote : tensor<2x6xf32>, tensor<2x7x6xf32>
  }
  return %r#1 : tensor<2x7x6xf32>
}

// Both states are read: one mixer gives both.
// CHECK-LABEL: func.func @read_before_and_after(
// CHECK:         mixer.mix
// CHECK-SAME:      transport = #mixer.scalar
// CHECK-NOT:     mixer.mix
// CHECK-NOT:     scf.for
func.func @read_before_and_after(%x: tensor<2x7x6xf32>, %a: tensor<2x7x6xf32>) -> (tensor<2x7x6xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %zero = arith.constant 0.0 : f32
  %v1 = tensor.empty() : tensor<2x7x6xf32>
  %v2 = linalg.generic {indexing_maps = [affine_map<(b, t, d) -> (b, t, d)>, affine_map<(b, t, d) -> (b, t, d)>], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%a : tensor<2x7x6xf32>) outs(%v1 : tensor<2x7x6xf32>) {
  ^bb0(%e0: f32, %o: f32):
    %unit = arith.constant 1.0 : f32
    %minus = arith.negf %e0 : f32
    %ex = math.exp %minus : f32
    %more = arith.addf %ex, %unit : f32
    %prod = arith.divf %unit, %more : f32
    linalg.yield %prod : f32
  } -> tensor<2x7x6xf32>
  %s0 = arith.constant dense<0.0> : tensor<2x6xf32>
  %empty = tensor.empty() : tensor<2x7x6xf32>
  %r:2 = scf.for %t = %c0 to %c7 step %c1 iter_args(%s = %s0, %out = %empty) -> (tensor<2x6xf32>, tensor<2x7x6xf32>) {
    %v3 = tensor.extract_slice %v2[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %v4 = tensor.extract_slice %x[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %v5 = tensor.empty() : tensor<2x6xf32>
    %v6 = linalg.mul ins(%v3, %s : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v5 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v7 = tensor.empty() : tensor<2x6xf32>
    %v8 = linalg.add ins(%v6, %v4 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v7 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v9 = tensor.empty() : tensor<2x6xf32>
    %v10 = linalg.sub ins(%v8, %s : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v9 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %wrote = tensor.insert_slice %v10 into %out[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x6xf32> into tensor<2x7x6xf32>
    scf.yield %v8, %wrote : tensor<2x6xf32>, tensor<2x7x6xf32>
  }
  return %r#1 : tensor<2x7x6xf32>
}

// The read sums over d, so d is the key dimension whatever the inputs are called.
// CHECK-LABEL: func.func @sum_over_the_other_axis(
// CHECK:         mixer.mix
// CHECK-SAME:      query(%{{[^ ,]+}} : tensor<2x7x1x6xf32>)
// CHECK-SAME:      value(%{{[^ ,]+}} : tensor<2x7x1x4xf32>)
// CHECK-SAME:      transport = #mixer.identity
// CHECK-NOT:     scf.for
func.func @sum_over_the_other_axis(%k: tensor<2x7x4xf32>, %v: tensor<2x7x6xf32>, %q: tensor<2x7x6xf32>) -> (tensor<2x7x4xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %zero = arith.constant 0.0 : f32
  %s0 = arith.constant dense<0.0> : tensor<2x6x4xf32>
  %empty = tensor.empty() : tensor<2x7x4xf32>
  %r:2 = scf.for %t = %c0 to %c7 step %c1 iter_args(%s = %s0, %out = %empty) -> (tensor<2x6x4xf32>, tensor<2x7x4xf32>) {
    %v1 = tensor.extract_slice %k[0, %t, 0] [2, 1, 4] [1, 1, 1] : tensor<2x7x4xf32> to tensor<2x4xf32>
    %v2 = tensor.extract_slice %v[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %v3 = tensor.empty() : tensor<2x6x4xf32>
    %v4 = linalg.generic {indexing_maps = [affine_map<(b, d, n) -> (b, d)>, affine_map<(b, d, n) -> (b, n)>, affine_map<(b, d, n) -> (b, d, n)>], iterator_types = ["parallel", "parallel", "parallel"]}
        ins(%v2, %v1 : tensor<2x6xf32>, tensor<2x4xf32>) outs(%v3 : tensor<2x6x4xf32>) {
    ^bb0(%e0: f32, %e1: f32, %o: f32):
      %prod = arith.mulf %e0, %e1 : f32
      linalg.yield %prod : f32
    } -> tensor<2x6x4xf32>
    %v5 = tensor.empty() : tensor<2x6x4xf32>
    %v6 = linalg.add ins(%s, %v4 : tensor<2x6x4xf32>, tensor<2x6x4xf32>) outs(%v5 : tensor<2x6x4xf32>) -> tensor<2x6x4xf32>
    %v7 = tensor.extract_slice %q[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %v8 = tensor.empty() : tensor<2x4xf32>
    %v9 = linalg.fill ins(%zero : f32) outs(%v8 : tensor<2x4xf32>) -> tensor<2x4xf32>
    %v10 = linalg.generic {indexing_maps = [affine_map<(b, n, d) -> (b, d)>, affine_map<(b, n, d) -> (b, d, n)>, affine_map<(b, n, d) -> (b, n)>], iterator_types = ["parallel", "parallel", "reduction"]}
        ins(%v7, %v6 : tensor<2x6xf32>, tensor<2x6x4xf32>) outs(%v9 : tensor<2x4xf32>) {
    ^bb0(%e0: f32, %e1: f32, %o: f32):
      %prod = arith.mulf %e0, %e1 : f32
      %sum = arith.addf %o, %prod : f32
      linalg.yield %sum : f32
    } -> tensor<2x4xf32>
    %wrote = tensor.insert_slice %v10 into %out[0, %t, 0] [2, 1, 4] [1, 1, 1] : tensor<2x4xf32> into tensor<2x7x4xf32>
    scf.yield %v6, %wrote : tensor<2x6x4xf32>, tensor<2x7x4xf32>
  }
  return %r#1 : tensor<2x7x4xf32>
}

// The state is transposed at each token: no affine transport does that.
// CHECK-LABEL: func.func @transposed_state(
// CHECK:         mixer.mix
// CHECK-SAME:      transport = #mixer.region
// CHECK-NOT:     scf.for
func.func @transposed_state(%x: tensor<2x7x6x6xf32>) -> (tensor<2x7x6x6xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %zero = arith.constant 0.0 : f32
  %s0 = arith.constant dense<0.0> : tensor<2x6x6xf32>
  %empty = tensor.empty() : tensor<2x7x6x6xf32>
  %r:2 = scf.for %t = %c0 to %c7 step %c1 iter_args(%s = %s0, %out = %empty) -> (tensor<2x6x6xf32>, tensor<2x7x6x6xf32>) {
    %v1 = tensor.extract_slice %x[0, %t, 0, 0] [2, 1, 6, 6] [1, 1, 1, 1] : tensor<2x7x6x6xf32> to tensor<2x6x6xf32>
    %v2 = tensor.empty() : tensor<2x6x6xf32>
    %v3 = linalg.generic {indexing_maps = [affine_map<(b, d, e) -> (b, e, d)>, affine_map<(b, d, e) -> (b, d, e)>], iterator_types = ["parallel", "parallel", "parallel"]}
        ins(%s : tensor<2x6x6xf32>) outs(%v2 : tensor<2x6x6xf32>) {
    ^bb0(%e0: f32, %o: f32):
      linalg.yield %e0 : f32
    } -> tensor<2x6x6xf32>
    %v4 = tensor.empty() : tensor<2x6x6xf32>
    %v5 = linalg.generic {indexing_maps = [affine_map<(b, d, e) -> (b, d, e)>, affine_map<(b, d, e) -> (b, d, e)>], iterator_types = ["parallel", "parallel", "parallel"]}
        ins(%v3 : tensor<2x6x6xf32>) outs(%v4 : tensor<2x6x6xf32>) {
    ^bb0(%e0: f32, %o: f32):
      %factor = arith.constant 0.5 : f32
      %prod = arith.mulf %e0, %factor : f32
      linalg.yield %prod : f32
    } -> tensor<2x6x6xf32>
    %v6 = tensor.empty() : tensor<2x6x6xf32>
    %v7 = linalg.add ins(%v5, %v1 : tensor<2x6x6xf32>, tensor<2x6x6xf32>) outs(%v6 : tensor<2x6x6xf32>) -> tensor<2x6x6xf32>
    %wrote = tensor.insert_slice %v7 into %out[0, %t, 0, 0] [2, 1, 6, 6] [1, 1, 1, 1] : tensor<2x6x6xf32> into tensor<2x7x6x6xf32>
    scf.yield %v7, %wrote : tensor<2x6x6xf32>, tensor<2x7x6x6xf32>
  }
  return %r#1 : tensor<2x7x6x6xf32>
}

// One sequence is read forward, one backward: left alone.
// CHECK-LABEL: func.func @leak_from_the_end(
// CHECK:         scf.for
func.func @leak_from_the_end(%x: tensor<2x7x6xf32>, %a: tensor<2x7x6xf32>) -> (tensor<2x7x6xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %zero = arith.constant 0.0 : f32
  %v1 = tensor.empty() : tensor<2x7x6xf32>
  %v2 = linalg.generic {indexing_maps = [affine_map<(b, t, d) -> (b, t, d)>, affine_map<(b, t, d) -> (b, t, d)>], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%a : tensor<2x7x6xf32>) outs(%v1 : tensor<2x7x6xf32>) {
  ^bb0(%e0: f32, %o: f32):
    %unit = arith.constant 1.0 : f32
    %minus = arith.negf %e0 : f32
    %ex = math.exp %minus : f32
    %more = arith.addf %ex, %unit : f32
    %prod = arith.divf %unit, %more : f32
    linalg.yield %prod : f32
  } -> tensor<2x7x6xf32>
  %s0 = arith.constant dense<0.0> : tensor<2x6xf32>
  %empty = tensor.empty() : tensor<2x7x6xf32>
  %r:2 = scf.for %t = %c0 to %c7 step %c1 iter_args(%s = %s0, %out = %empty) -> (tensor<2x6xf32>, tensor<2x7x6xf32>) {
    %c6 = arith.constant 6 : index
    %last = arith.subi %c6, %t : index
    %v3 = tensor.extract_slice %x[0, %last, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %v4 = tensor.extract_slice %v2[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %v5 = tensor.empty() : tensor<2x6xf32>
    %v6 = linalg.mul ins(%v4, %s : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v5 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v7 = tensor.empty() : tensor<2x6xf32>
    %v8 = linalg.add ins(%v6, %v3 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v7 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %wrote = tensor.insert_slice %v8 into %out[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x6xf32> into tensor<2x7x6xf32>
    scf.yield %v8, %wrote : tensor<2x6xf32>, tensor<2x7x6xf32>
  }
  return %r#1 : tensor<2x7x6xf32>
}

// Everything backward is the reverse order.
// CHECK-LABEL: func.func @all_backward(
// CHECK:         mixer.mix
// CHECK-SAME:      layout = #mixer.layout<reverse>
// CHECK-SAME:      transport = #mixer.scalar
// CHECK-NOT:     scf.for
func.func @all_backward(%x: tensor<2x7x6xf32>, %a: tensor<2x7x6xf32>) -> (tensor<2x7x6xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %zero = arith.constant 0.0 : f32
  %v1 = tensor.empty() : tensor<2x7x6xf32>
  %v2 = linalg.generic {indexing_maps = [affine_map<(b, t, d) -> (b, t, d)>, affine_map<(b, t, d) -> (b, t, d)>], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%a : tensor<2x7x6xf32>) outs(%v1 : tensor<2x7x6xf32>) {
  ^bb0(%e0: f32, %o: f32):
    %unit = arith.constant 1.0 : f32
    %minus = arith.negf %e0 : f32
    %ex = math.exp %minus : f32
    %more = arith.addf %ex, %unit : f32
    %prod = arith.divf %unit, %more : f32
    linalg.yield %prod : f32
  } -> tensor<2x7x6xf32>
  %s0 = arith.constant dense<0.0> : tensor<2x6xf32>
  %empty = tensor.empty() : tensor<2x7x6xf32>
  %r:2 = scf.for %t = %c0 to %c7 step %c1 iter_args(%s = %s0, %out = %empty) -> (tensor<2x6xf32>, tensor<2x7x6xf32>) {
    %c6 = arith.constant 6 : index
    %last = arith.subi %c6, %t : index
    %v3 = tensor.extract_slice %x[0, %last, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %v4 = tensor.extract_slice %v2[0, %last, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %v5 = tensor.empty() : tensor<2x6xf32>
    %v6 = linalg.mul ins(%v4, %s : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v5 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v7 = tensor.empty() : tensor<2x6xf32>
    %v8 = linalg.add ins(%v6, %v3 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v7 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %wrote = tensor.insert_slice %v8 into %out[0, %last, 0] [2, 1, 6] [1, 1, 1] : tensor<2x6xf32> into tensor<2x7x6xf32>
    scf.yield %v8, %wrote : tensor<2x6xf32>, tensor<2x7x6xf32>
  }
  return %r#1 : tensor<2x7x6xf32>
}

// The reset clears the token that comes with it.
// CHECK-LABEL: func.func @reset_of_the_new_token(
// CHECK:         mixer.mix
// CHECK-SAME:      transport = #mixer.elementwise
// CHECK-NOT:     scf.for
func.func @reset_of_the_new_token(%x: tensor<2x7x6xf32>, %r_: tensor<2x7x1xf32>) -> (tensor<2x7x6xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %zero = arith.constant 0.0 : f32
  %v1 = tensor.empty() : tensor<2x7x1xf32>
  %v2 = linalg.generic {indexing_maps = [affine_map<(b, t, d) -> (b, t, d)>, affine_map<(b, t, d) -> (b, t, d)>], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%r_ : tensor<2x7x1xf32>) outs(%v1 : tensor<2x7x1xf32>) {
  ^bb0(%e0: f32, %o: f32):
    %is = arith.cmpf ogt, %e0, %zero : f32
    %prod = arith.uitofp %is : i1 to f32
    linalg.yield %prod : f32
  } -> tensor<2x7x1xf32>
  %s0 = arith.constant dense<0.0> : tensor<2x6xf32>
  %empty = tensor.empty() : tensor<2x7x6xf32>
  %r:2 = scf.for %t = %c0 to %c7 step %c1 iter_args(%s = %s0, %out = %empty) -> (tensor<2x6xf32>, tensor<2x7x6xf32>) {
    %v3 = tensor.extract_slice %x[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %v4 = tensor.extract_slice %v2[0, %t, 0] [2, 1, 1] [1, 1, 1] : tensor<2x7x1xf32> to tensor<2x1xf32>
    %v5 = tensor.empty() : tensor<2x1xf32>
    %v6 = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%v4 : tensor<2x1xf32>) outs(%v5 : tensor<2x1xf32>) {
    ^bb0(%e0: f32, %o: f32):
      %factor = arith.constant 1.0 : f32
      %prod = arith.subf %factor, %e0 : f32
      linalg.yield %prod : f32
    } -> tensor<2x1xf32>
    %v7 = tensor.empty() : tensor<2x6xf32>
    %v8 = linalg.add ins(%s, %v3 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v7 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v9 = tensor.empty() : tensor<2x6xf32>
    %v10 = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, 0)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%v8, %v6 : tensor<2x6xf32>, tensor<2x1xf32>) outs(%v9 : tensor<2x6xf32>) {
    ^bb0(%e0: f32, %e1: f32, %o: f32):
      %prod = arith.mulf %e0, %e1 : f32
      linalg.yield %prod : f32
    } -> tensor<2x6xf32>
    %wrote = tensor.insert_slice %v10 into %out[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x6xf32> into tensor<2x7x6xf32>
    scf.yield %v10, %wrote : tensor<2x6xf32>, tensor<2x7x6xf32>
  }
  return %r#1 : tensor<2x7x6xf32>
}

// What is read is reset, what is carried is not.
// CHECK-LABEL: func.func @reset_seen_by_the_read_alone(
// CHECK:         mixer.mix
// CHECK-SAME:      transport = #mixer.identity
// CHECK-NOT:     scf.for
func.func @reset_seen_by_the_read_alone(%x: tensor<2x7x6xf32>, %r_: tensor<2x7x1xf32>) -> (tensor<2x7x6xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %zero = arith.constant 0.0 : f32
  %v1 = tensor.empty() : tensor<2x7x1xf32>
  %v2 = linalg.generic {indexing_maps = [affine_map<(b, t, d) -> (b, t, d)>, affine_map<(b, t, d) -> (b, t, d)>], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%r_ : tensor<2x7x1xf32>) outs(%v1 : tensor<2x7x1xf32>) {
  ^bb0(%e0: f32, %o: f32):
    %is = arith.cmpf ogt, %e0, %zero : f32
    %prod = arith.uitofp %is : i1 to f32
    linalg.yield %prod : f32
  } -> tensor<2x7x1xf32>
  %s0 = arith.constant dense<0.0> : tensor<2x6xf32>
  %empty = tensor.empty() : tensor<2x7x6xf32>
  %r:2 = scf.for %t = %c0 to %c7 step %c1 iter_args(%s = %s0, %out = %empty) -> (tensor<2x6xf32>, tensor<2x7x6xf32>) {
    %v3 = tensor.extract_slice %x[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %v4 = tensor.extract_slice %v2[0, %t, 0] [2, 1, 1] [1, 1, 1] : tensor<2x7x1xf32> to tensor<2x1xf32>
    %v5 = tensor.empty() : tensor<2x1xf32>
    %v6 = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%v4 : tensor<2x1xf32>) outs(%v5 : tensor<2x1xf32>) {
    ^bb0(%e0: f32, %o: f32):
      %factor = arith.constant 1.0 : f32
      %prod = arith.subf %factor, %e0 : f32
      linalg.yield %prod : f32
    } -> tensor<2x1xf32>
    %v7 = tensor.empty() : tensor<2x6xf32>
    %v8 = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, 0)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%s, %v6 : tensor<2x6xf32>, tensor<2x1xf32>) outs(%v7 : tensor<2x6xf32>) {
    ^bb0(%e0: f32, %e1: f32, %o: f32):
      %prod = arith.mulf %e0, %e1 : f32
      linalg.yield %prod : f32
    } -> tensor<2x6xf32>
    %v9 = tensor.empty() : tensor<2x6xf32>
    %v10 = linalg.add ins(%s, %v3 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v9 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %wrote = tensor.insert_slice %v8 into %out[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x6xf32> into tensor<2x7x6xf32>
    scf.yield %v10, %wrote : tensor<2x6xf32>, tensor<2x7x6xf32>
  }
  return %r#1 : tensor<2x7x6xf32>
}

// The state is the last token: a shifted sequence and no mixer.
// CHECK-LABEL: func.func @one_token_of_memory(
// CHECK-NOT:     mixer.mix
// CHECK-NOT:     scf.for
func.func @one_token_of_memory(%x: tensor<2x7x6xf32>) -> (tensor<2x7x6xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %zero = arith.constant 0.0 : f32
  %s0 = arith.constant dense<0.0> : tensor<2x6xf32>
  %empty = tensor.empty() : tensor<2x7x6xf32>
  %r:2 = scf.for %t = %c0 to %c7 step %c1 iter_args(%s = %s0, %out = %empty) -> (tensor<2x6xf32>, tensor<2x7x6xf32>) {
    %v1 = tensor.extract_slice %x[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %v2 = tensor.empty() : tensor<2x6xf32>
    %v3 = linalg.add ins(%v1, %s : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v2 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %wrote = tensor.insert_slice %v3 into %out[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x6xf32> into tensor<2x7x6xf32>
    scf.yield %v1, %wrote : tensor<2x6xf32>, tensor<2x7x6xf32>
  }
  return %r#1 : tensor<2x7x6xf32>
}

// A token's value is what its key does not give yet.
// CHECK-LABEL: func.func @delta(
// CHECK:         mixer.mix
// CHECK-SAME:      transport = #mixer.delta}
// CHECK-NOT:     scf.for
func.func @delta(%q: tensor<2x7x4xf32>, %k: tensor<2x7x4xf32>, %v: tensor<2x7x6xf32>, %beta: tensor<2x7x1xf32>) -> (tensor<2x7x6xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %zero = arith.constant 0.0 : f32
  %s0 = arith.constant dense<0.0> : tensor<2x4x6xf32>
  %empty = tensor.empty() : tensor<2x7x6xf32>
  %r:2 = scf.for %t = %c0 to %c7 step %c1 iter_args(%s = %s0, %out = %empty) -> (tensor<2x4x6xf32>, tensor<2x7x6xf32>) {
    %v1 = tensor.extract_slice %k[0, %t, 0] [2, 1, 4] [1, 1, 1] : tensor<2x7x4xf32> to tensor<2x4xf32>
    %v2 = tensor.extract_slice %k[0, %t, 0] [2, 1, 4] [1, 1, 1] : tensor<2x7x4xf32> to tensor<2x4xf32>
    %v3 = tensor.extract_slice %v[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %v4 = tensor.extract_slice %beta[0, %t, 0] [2, 1, 1] [1, 1, 1] : tensor<2x7x1xf32> to tensor<2x1xf32>
    %v5 = tensor.empty() : tensor<2x6xf32>
    %v6 = linalg.fill ins(%zero : f32) outs(%v5 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v7 = linalg.generic {indexing_maps = [affine_map<(b, d, n) -> (b, n)>, affine_map<(b, d, n) -> (b, n, d)>, affine_map<(b, d, n) -> (b, d)>], iterator_types = ["parallel", "parallel", "reduction"]}
        ins(%v1, %s : tensor<2x4xf32>, tensor<2x4x6xf32>) outs(%v6 : tensor<2x6xf32>) {
    ^bb0(%e0: f32, %e1: f32, %o: f32):
      %prod = arith.mulf %e0, %e1 : f32
      %sum = arith.addf %o, %prod : f32
      linalg.yield %sum : f32
    } -> tensor<2x6xf32>
    %v8 = tensor.empty() : tensor<2x6xf32>
    %v9 = linalg.sub ins(%v3, %v7 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v8 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v10 = tensor.empty() : tensor<2x6xf32>
    %v11 = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, 0)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%v9, %v4 : tensor<2x6xf32>, tensor<2x1xf32>) outs(%v10 : tensor<2x6xf32>) {
    ^bb0(%e0: f32, %e1: f32, %o: f32):
      %prod = arith.mulf %e0, %e1 : f32
      linalg.yield %prod : f32
    } -> tensor<2x6xf32>
    %v12 = tensor.empty() : tensor<2x4x6xf32>
    %v13 = linalg.generic {indexing_maps = [affine_map<(b, n, d) -> (b, n)>, affine_map<(b, n, d) -> (b, d)>, affine_map<(b, n, d) -> (b, n, d)>], iterator_types = ["parallel", "parallel", "parallel"]}
        ins(%v2, %v11 : tensor<2x4xf32>, tensor<2x6xf32>) outs(%v12 : tensor<2x4x6xf32>) {
    ^bb0(%e0: f32, %e1: f32, %o: f32):
      %prod = arith.mulf %e0, %e1 : f32
      linalg.yield %prod : f32
    } -> tensor<2x4x6xf32>
    %v14 = tensor.empty() : tensor<2x4x6xf32>
    %v15 = linalg.add ins(%s, %v13 : tensor<2x4x6xf32>, tensor<2x4x6xf32>) outs(%v14 : tensor<2x4x6xf32>) -> tensor<2x4x6xf32>
    %v16 = tensor.extract_slice %q[0, %t, 0] [2, 1, 4] [1, 1, 1] : tensor<2x7x4xf32> to tensor<2x4xf32>
    %v17 = tensor.empty() : tensor<2x6xf32>
    %v18 = linalg.fill ins(%zero : f32) outs(%v17 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v19 = linalg.generic {indexing_maps = [affine_map<(b, d, n) -> (b, n)>, affine_map<(b, d, n) -> (b, n, d)>, affine_map<(b, d, n) -> (b, d)>], iterator_types = ["parallel", "parallel", "reduction"]}
        ins(%v16, %v15 : tensor<2x4xf32>, tensor<2x4x6xf32>) outs(%v18 : tensor<2x6xf32>) {
    ^bb0(%e0: f32, %e1: f32, %o: f32):
      %prod = arith.mulf %e0, %e1 : f32
      %sum = arith.addf %o, %prod : f32
      linalg.yield %sum : f32
    } -> tensor<2x6xf32>
    %wrote = tensor.insert_slice %v19 into %out[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x6xf32> into tensor<2x7x6xf32>
    scf.yield %v15, %wrote : tensor<2x4x6xf32>, tensor<2x7x6xf32>
  }
  return %r#1 : tensor<2x7x6xf32>
}

// The gate acts in front of the correction.
// CHECK-LABEL: func.func @delta_gated(
// CHECK:         mixer.mix
// CHECK-SAME:      transport = #mixer.delta<gated = true>
// CHECK-NOT:     scf.for
func.func @delta_gated(%q: tensor<2x7x4xf32>, %k: tensor<2x7x4xf32>, %v: tensor<2x7x6xf32>, %beta: tensor<2x7x1xf32>, %a: tensor<2x7x1xf32>) -> (tensor<2x7x6xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %zero = arith.constant 0.0 : f32
  %v1 = tensor.empty() : tensor<2x7x1xf32>
  %v2 = linalg.generic {indexing_maps = [affine_map<(b, t, d) -> (b, t, d)>, affine_map<(b, t, d) -> (b, t, d)>], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%a : tensor<2x7x1xf32>) outs(%v1 : tensor<2x7x1xf32>) {
  ^bb0(%e0: f32, %o: f32):
    %unit = arith.constant 1.0 : f32
    %minus = arith.negf %e0 : f32
    %ex = math.exp %minus : f32
    %more = arith.addf %ex, %unit : f32
    %prod = arith.divf %unit, %more : f32
    linalg.yield %prod : f32
  } -> tensor<2x7x1xf32>
  %s0 = arith.constant dense<0.0> : tensor<2x4x6xf32>
  %empty = tensor.empty() : tensor<2x7x6xf32>
  %r:2 = scf.for %t = %c0 to %c7 step %c1 iter_args(%s = %s0, %out = %empty) -> (tensor<2x4x6xf32>, tensor<2x7x6xf32>) {
    %v3 = tensor.extract_slice %k[0, %t, 0] [2, 1, 4] [1, 1, 1] : tensor<2x7x4xf32> to tensor<2x4xf32>
    %v4 = tensor.extract_slice %k[0, %t, 0] [2, 1, 4] [1, 1, 1] : tensor<2x7x4xf32> to tensor<2x4xf32>
    %v5 = tensor.extract_slice %v[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %v6 = tensor.extract_slice %beta[0, %t, 0] [2, 1, 1] [1, 1, 1] : tensor<2x7x1xf32> to tensor<2x1xf32>
    %v7 = tensor.extract_slice %v2[0, %t, 0] [2, 1, 1] [1, 1, 1] : tensor<2x7x1xf32> to tensor<2x1xf32>
    %v8 = tensor.empty() : tensor<2x4x6xf32>
    %v9 = linalg.generic {indexing_maps = [affine_map<(b, n, d) -> (b, n, d)>, affine_map<(b, n, d) -> (b, 0)>, affine_map<(b, n, d) -> (b, n, d)>], iterator_types = ["parallel", "parallel", "parallel"]}
        ins(%s, %v7 : tensor<2x4x6xf32>, tensor<2x1xf32>) outs(%v8 : tensor<2x4x6xf32>) {
    ^bb0(%e0: f32, %e1: f32, %o: f32):
      %prod = arith.mulf %e0, %e1 : f32
      linalg.yield %prod : f32
    } -> tensor<2x4x6xf32>
    %v10 = tensor.empty() : tensor<2x6xf32>
    %v11 = linalg.fill ins(%zero : f32) outs(%v10 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v12 = linalg.generic {indexing_maps = [affine_map<(b, d, n) -> (b, n)>, affine_map<(b, d, n) -> (b, n, d)>, affine_map<(b, d, n) -> (b, d)>], iterator_types = ["parallel", "parallel", "reduction"]}
        ins(%v3, %v9 : tensor<2x4xf32>, tensor<2x4x6xf32>) outs(%v11 : tensor<2x6xf32>) {
    ^bb0(%e0: f32, %e1: f32, %o: f32):
      %prod = arith.mulf %e0, %e1 : f32
      %sum = arith.addf %o, %prod : f32
      linalg.yield %sum : f32
    } -> tensor<2x6xf32>
    %v13 = tensor.empty() : tensor<2x6xf32>
    %v14 = linalg.sub ins(%v5, %v12 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v13 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v15 = tensor.empty() : tensor<2x6xf32>
    %v16 = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, 0)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%v14, %v6 : tensor<2x6xf32>, tensor<2x1xf32>) outs(%v15 : tensor<2x6xf32>) {
    ^bb0(%e0: f32, %e1: f32, %o: f32):
      %prod = arith.mulf %e0, %e1 : f32
      linalg.yield %prod : f32
    } -> tensor<2x6xf32>
    %v17 = tensor.empty() : tensor<2x4x6xf32>
    %v18 = linalg.generic {indexing_maps = [affine_map<(b, n, d) -> (b, n)>, affine_map<(b, n, d) -> (b, d)>, affine_map<(b, n, d) -> (b, n, d)>], iterator_types = ["parallel", "parallel", "parallel"]}
        ins(%v4, %v16 : tensor<2x4xf32>, tensor<2x6xf32>) outs(%v17 : tensor<2x4x6xf32>) {
    ^bb0(%e0: f32, %e1: f32, %o: f32):
      %prod = arith.mulf %e0, %e1 : f32
      linalg.yield %prod : f32
    } -> tensor<2x4x6xf32>
    %v19 = tensor.empty() : tensor<2x4x6xf32>
    %v20 = linalg.add ins(%v9, %v18 : tensor<2x4x6xf32>, tensor<2x4x6xf32>) outs(%v19 : tensor<2x4x6xf32>) -> tensor<2x4x6xf32>
    %v21 = tensor.extract_slice %q[0, %t, 0] [2, 1, 4] [1, 1, 1] : tensor<2x7x4xf32> to tensor<2x4xf32>
    %v22 = tensor.empty() : tensor<2x6xf32>
    %v23 = linalg.fill ins(%zero : f32) outs(%v22 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v24 = linalg.generic {indexing_maps = [affine_map<(b, d, n) -> (b, n)>, affine_map<(b, d, n) -> (b, n, d)>, affine_map<(b, d, n) -> (b, d)>], iterator_types = ["parallel", "parallel", "reduction"]}
        ins(%v21, %v20 : tensor<2x4xf32>, tensor<2x4x6xf32>) outs(%v23 : tensor<2x6xf32>) {
    ^bb0(%e0: f32, %e1: f32, %o: f32):
      %prod = arith.mulf %e0, %e1 : f32
      %sum = arith.addf %o, %prod : f32
      linalg.yield %sum : f32
    } -> tensor<2x6xf32>
    %wrote = tensor.insert_slice %v24 into %out[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x6xf32> into tensor<2x7x6xf32>
    scf.yield %v20, %wrote : tensor<2x4x6xf32>, tensor<2x7x6xf32>
  }
  return %r#1 : tensor<2x7x6xf32>
}

// The outer product of dimensions of size 1.
// CHECK-LABEL: func.func @delta_through_reshapes(
// CHECK:         mixer.mix
// CHECK-SAME:      transport = #mixer.delta<gated = true>
// CHECK-NOT:     scf.for
func.func @delta_through_reshapes(%q: tensor<2x7x4xf32>, %k: tensor<2x7x4xf32>, %v: tensor<2x7x6xf32>, %beta: tensor<2x7x1xf32>, %a: tensor<2x7x1xf32>) -> (tensor<2x7x6xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %zero = arith.constant 0.0 : f32
  %v1 = tensor.empty() : tensor<2x7x1xf32>
  %v2 = linalg.generic {indexing_maps = [affine_map<(b, t, d) -> (b, t, d)>, affine_map<(b, t, d) -> (b, t, d)>], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%a : tensor<2x7x1xf32>) outs(%v1 : tensor<2x7x1xf32>) {
  ^bb0(%e0: f32, %o: f32):
    %unit = arith.constant 1.0 : f32
    %minus = arith.negf %e0 : f32
    %ex = math.exp %minus : f32
    %more = arith.addf %ex, %unit : f32
    %prod = arith.divf %unit, %more : f32
    linalg.yield %prod : f32
  } -> tensor<2x7x1xf32>
  %s0 = arith.constant dense<0.0> : tensor<2x4x6xf32>
  %empty = tensor.empty() : tensor<2x7x6xf32>
  %r:2 = scf.for %t = %c0 to %c7 step %c1 iter_args(%s = %s0, %out = %empty) -> (tensor<2x4x6xf32>, tensor<2x7x6xf32>) {
    %v3 = tensor.extract_slice %k[0, %t, 0] [2, 1, 4] [1, 1, 1] : tensor<2x7x4xf32> to tensor<2x4xf32>
    %v4 = tensor.extract_slice %k[0, %t, 0] [2, 1, 4] [1, 1, 1] : tensor<2x7x4xf32> to tensor<2x4xf32>
    %v5 = tensor.extract_slice %v[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %v6 = tensor.extract_slice %beta[0, %t, 0] [2, 1, 1] [1, 1, 1] : tensor<2x7x1xf32> to tensor<2x1xf32>
    %v7 = tensor.extract_slice %v2[0, %t, 0] [2, 1, 1] [1, 1, 1] : tensor<2x7x1xf32> to tensor<2x1xf32>
    %v8 = tensor.empty() : tensor<2x4x6xf32>
    %v9 = linalg.generic {indexing_maps = [affine_map<(b, n, d) -> (b, n, d)>, affine_map<(b, n, d) -> (b, 0)>, affine_map<(b, n, d) -> (b, n, d)>], iterator_types = ["parallel", "parallel", "parallel"]}
        ins(%s, %v7 : tensor<2x4x6xf32>, tensor<2x1xf32>) outs(%v8 : tensor<2x4x6xf32>) {
    ^bb0(%e0: f32, %e1: f32, %o: f32):
      %prod = arith.mulf %e0, %e1 : f32
      linalg.yield %prod : f32
    } -> tensor<2x4x6xf32>
    %v10 = tensor.empty() : tensor<2x6xf32>
    %v11 = linalg.fill ins(%zero : f32) outs(%v10 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v12 = linalg.generic {indexing_maps = [affine_map<(b, d, n) -> (b, n)>, affine_map<(b, d, n) -> (b, n, d)>, affine_map<(b, d, n) -> (b, d)>], iterator_types = ["parallel", "parallel", "reduction"]}
        ins(%v3, %v9 : tensor<2x4xf32>, tensor<2x4x6xf32>) outs(%v11 : tensor<2x6xf32>) {
    ^bb0(%e0: f32, %e1: f32, %o: f32):
      %prod = arith.mulf %e0, %e1 : f32
      %sum = arith.addf %o, %prod : f32
      linalg.yield %sum : f32
    } -> tensor<2x6xf32>
    %v13 = tensor.empty() : tensor<2x6xf32>
    %v14 = linalg.sub ins(%v5, %v12 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v13 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v15 = tensor.empty() : tensor<2x6xf32>
    %v16 = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, 0)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%v14, %v6 : tensor<2x6xf32>, tensor<2x1xf32>) outs(%v15 : tensor<2x6xf32>) {
    ^bb0(%e0: f32, %e1: f32, %o: f32):
      %prod = arith.mulf %e0, %e1 : f32
      linalg.yield %prod : f32
    } -> tensor<2x6xf32>
    %v17 = tensor.expand_shape %v4 [[0], [1, 2]] output_shape [2, 4, 1] : tensor<2x4xf32> into tensor<2x4x1xf32>
    %v18 = tensor.expand_shape %v16 [[0], [1, 2]] output_shape [2, 1, 6] : tensor<2x6xf32> into tensor<2x1x6xf32>
    %v19 = tensor.empty() : tensor<2x4x6xf32>
    %v20 = linalg.generic {indexing_maps = [affine_map<(b, n, d) -> (b, n, 0)>, affine_map<(b, n, d) -> (b, 0, d)>, affine_map<(b, n, d) -> (b, n, d)>], iterator_types = ["parallel", "parallel", "parallel"]}
        ins(%v17, %v18 : tensor<2x4x1xf32>, tensor<2x1x6xf32>) outs(%v19 : tensor<2x4x6xf32>) {
    ^bb0(%e0: f32, %e1: f32, %o: f32):
      %prod = arith.mulf %e0, %e1 : f32
      linalg.yield %prod : f32
    } -> tensor<2x4x6xf32>
    %v21 = tensor.empty() : tensor<2x4x6xf32>
    %v22 = linalg.add ins(%v9, %v20 : tensor<2x4x6xf32>, tensor<2x4x6xf32>) outs(%v21 : tensor<2x4x6xf32>) -> tensor<2x4x6xf32>
    %v23 = tensor.extract_slice %q[0, %t, 0] [2, 1, 4] [1, 1, 1] : tensor<2x7x4xf32> to tensor<2x4xf32>
    %v24 = tensor.empty() : tensor<2x6xf32>
    %v25 = linalg.fill ins(%zero : f32) outs(%v24 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v26 = linalg.generic {indexing_maps = [affine_map<(b, d, n) -> (b, n)>, affine_map<(b, d, n) -> (b, n, d)>, affine_map<(b, d, n) -> (b, d)>], iterator_types = ["parallel", "parallel", "reduction"]}
        ins(%v23, %v22 : tensor<2x4xf32>, tensor<2x4x6xf32>) outs(%v25 : tensor<2x6xf32>) {
    ^bb0(%e0: f32, %e1: f32, %o: f32):
      %prod = arith.mulf %e0, %e1 : f32
      %sum = arith.addf %o, %prod : f32
      linalg.yield %sum : f32
    } -> tensor<2x6xf32>
    %wrote = tensor.insert_slice %v26 into %out[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x6xf32> into tensor<2x7x6xf32>
    scf.yield %v22, %wrote : tensor<2x4x6xf32>, tensor<2x7x6xf32>
  }
  return %r#1 : tensor<2x7x6xf32>
}

// The correction is read from the state in front of the gate.
// CHECK-LABEL: func.func @delta_of_undecayed_state(
// CHECK:         mixer.mix
// CHECK-SAME:      transport = #mixer.region
// CHECK-NOT:     scf.for
func.func @delta_of_undecayed_state(%q: tensor<2x7x4xf32>, %k: tensor<2x7x4xf32>, %v: tensor<2x7x6xf32>, %beta: tensor<2x7x1xf32>, %a: tensor<2x7x1xf32>) -> (tensor<2x7x6xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %zero = arith.constant 0.0 : f32
  %v1 = tensor.empty() : tensor<2x7x1xf32>
  %v2 = linalg.generic {indexing_maps = [affine_map<(b, t, d) -> (b, t, d)>, affine_map<(b, t, d) -> (b, t, d)>], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%a : tensor<2x7x1xf32>) outs(%v1 : tensor<2x7x1xf32>) {
  ^bb0(%e0: f32, %o: f32):
    %unit = arith.constant 1.0 : f32
    %minus = arith.negf %e0 : f32
    %ex = math.exp %minus : f32
    %more = arith.addf %ex, %unit : f32
    %prod = arith.divf %unit, %more : f32
    linalg.yield %prod : f32
  } -> tensor<2x7x1xf32>
  %s0 = arith.constant dense<0.0> : tensor<2x4x6xf32>
  %empty = tensor.empty() : tensor<2x7x6xf32>
  %r:2 = scf.for %t = %c0 to %c7 step %c1 iter_args(%s = %s0, %out = %empty) -> (tensor<2x4x6xf32>, tensor<2x7x6xf32>) {
    %v3 = tensor.extract_slice %k[0, %t, 0] [2, 1, 4] [1, 1, 1] : tensor<2x7x4xf32> to tensor<2x4xf32>
    %v4 = tensor.extract_slice %k[0, %t, 0] [2, 1, 4] [1, 1, 1] : tensor<2x7x4xf32> to tensor<2x4xf32>
    %v5 = tensor.extract_slice %v[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %v6 = tensor.extract_slice %beta[0, %t, 0] [2, 1, 1] [1, 1, 1] : tensor<2x7x1xf32> to tensor<2x1xf32>
    %v7 = tensor.extract_slice %v2[0, %t, 0] [2, 1, 1] [1, 1, 1] : tensor<2x7x1xf32> to tensor<2x1xf32>
    %v8 = tensor.empty() : tensor<2x4x6xf32>
    %v9 = linalg.generic {indexing_maps = [affine_map<(b, n, d) -> (b, n, d)>, affine_map<(b, n, d) -> (b, 0)>, affine_map<(b, n, d) -> (b, n, d)>], iterator_types = ["parallel", "parallel", "parallel"]}
        ins(%s, %v7 : tensor<2x4x6xf32>, tensor<2x1xf32>) outs(%v8 : tensor<2x4x6xf32>) {
    ^bb0(%e0: f32, %e1: f32, %o: f32):
      %prod = arith.mulf %e0, %e1 : f32
      linalg.yield %prod : f32
    } -> tensor<2x4x6xf32>
    %v10 = tensor.empty() : tensor<2x6xf32>
    %v11 = linalg.fill ins(%zero : f32) outs(%v10 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v12 = linalg.generic {indexing_maps = [affine_map<(b, d, n) -> (b, n)>, affine_map<(b, d, n) -> (b, n, d)>, affine_map<(b, d, n) -> (b, d)>], iterator_types = ["parallel", "parallel", "reduction"]}
        ins(%v3, %s : tensor<2x4xf32>, tensor<2x4x6xf32>) outs(%v11 : tensor<2x6xf32>) {
    ^bb0(%e0: f32, %e1: f32, %o: f32):
      %prod = arith.mulf %e0, %e1 : f32
      %sum = arith.addf %o, %prod : f32
      linalg.yield %sum : f32
    } -> tensor<2x6xf32>
    %v13 = tensor.empty() : tensor<2x6xf32>
    %v14 = linalg.sub ins(%v5, %v12 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v13 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v15 = tensor.empty() : tensor<2x6xf32>
    %v16 = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, 0)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%v14, %v6 : tensor<2x6xf32>, tensor<2x1xf32>) outs(%v15 : tensor<2x6xf32>) {
    ^bb0(%e0: f32, %e1: f32, %o: f32):
      %prod = arith.mulf %e0, %e1 : f32
      linalg.yield %prod : f32
    } -> tensor<2x6xf32>
    %v17 = tensor.empty() : tensor<2x4x6xf32>
    %v18 = linalg.generic {indexing_maps = [affine_map<(b, n, d) -> (b, n)>, affine_map<(b, n, d) -> (b, d)>, affine_map<(b, n, d) -> (b, n, d)>], iterator_types = ["parallel", "parallel", "parallel"]}
        ins(%v4, %v16 : tensor<2x4xf32>, tensor<2x6xf32>) outs(%v17 : tensor<2x4x6xf32>) {
    ^bb0(%e0: f32, %e1: f32, %o: f32):
      %prod = arith.mulf %e0, %e1 : f32
      linalg.yield %prod : f32
    } -> tensor<2x4x6xf32>
    %v19 = tensor.empty() : tensor<2x4x6xf32>
    %v20 = linalg.add ins(%v9, %v18 : tensor<2x4x6xf32>, tensor<2x4x6xf32>) outs(%v19 : tensor<2x4x6xf32>) -> tensor<2x4x6xf32>
    %v21 = tensor.extract_slice %q[0, %t, 0] [2, 1, 4] [1, 1, 1] : tensor<2x7x4xf32> to tensor<2x4xf32>
    %v22 = tensor.empty() : tensor<2x6xf32>
    %v23 = linalg.fill ins(%zero : f32) outs(%v22 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v24 = linalg.generic {indexing_maps = [affine_map<(b, d, n) -> (b, n)>, affine_map<(b, d, n) -> (b, n, d)>, affine_map<(b, d, n) -> (b, d)>], iterator_types = ["parallel", "parallel", "reduction"]}
        ins(%v21, %v20 : tensor<2x4xf32>, tensor<2x4x6xf32>) outs(%v23 : tensor<2x6xf32>) {
    ^bb0(%e0: f32, %e1: f32, %o: f32):
      %prod = arith.mulf %e0, %e1 : f32
      %sum = arith.addf %o, %prod : f32
      linalg.yield %sum : f32
    } -> tensor<2x6xf32>
    %wrote = tensor.insert_slice %v24 into %out[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x6xf32> into tensor<2x7x6xf32>
    scf.yield %v20, %wrote : tensor<2x4x6xf32>, tensor<2x7x6xf32>
  }
  return %r#1 : tensor<2x7x6xf32>
}

// It reads with one key and writes with another.
// CHECK-LABEL: func.func @delta_with_another_key(
// CHECK:         mixer.mix
// CHECK-SAME:      transport = #mixer.region
// CHECK-NOT:     scf.for
func.func @delta_with_another_key(%q: tensor<2x7x4xf32>, %k: tensor<2x7x4xf32>, %v: tensor<2x7x6xf32>, %beta: tensor<2x7x1xf32>, %k2: tensor<2x7x4xf32>) -> (tensor<2x7x6xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %zero = arith.constant 0.0 : f32
  %s0 = arith.constant dense<0.0> : tensor<2x4x6xf32>
  %empty = tensor.empty() : tensor<2x7x6xf32>
  %r:2 = scf.for %t = %c0 to %c7 step %c1 iter_args(%s = %s0, %out = %empty) -> (tensor<2x4x6xf32>, tensor<2x7x6xf32>) {
    %v1 = tensor.extract_slice %k[0, %t, 0] [2, 1, 4] [1, 1, 1] : tensor<2x7x4xf32> to tensor<2x4xf32>
    %v2 = tensor.extract_slice %k2[0, %t, 0] [2, 1, 4] [1, 1, 1] : tensor<2x7x4xf32> to tensor<2x4xf32>
    %v3 = tensor.extract_slice %v[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %v4 = tensor.extract_slice %beta[0, %t, 0] [2, 1, 1] [1, 1, 1] : tensor<2x7x1xf32> to tensor<2x1xf32>
    %v5 = tensor.empty() : tensor<2x6xf32>
    %v6 = linalg.fill ins(%zero : f32) outs(%v5 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v7 = linalg.generic {indexing_maps = [affine_map<(b, d, n) -> (b, n)>, affine_map<(b, d, n) -> (b, n, d)>, affine_map<(b, d, n) -> (b, d)>], iterator_types = ["parallel", "parallel", "reduction"]}
        ins(%v1, %s : tensor<2x4xf32>, tensor<2x4x6xf32>) outs(%v6 : tensor<2x6xf32>) {
    ^bb0(%e0: f32, %e1: f32, %o: f32):
      %prod = arith.mulf %e0, %e1 : f32
      %sum = arith.addf %o, %prod : f32
      linalg.yield %sum : f32
    } -> tensor<2x6xf32>
    %v8 = tensor.empty() : tensor<2x6xf32>
    %v9 = linalg.sub ins(%v3, %v7 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v8 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v10 = tensor.empty() : tensor<2x6xf32>
    %v11 = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, 0)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%v9, %v4 : tensor<2x6xf32>, tensor<2x1xf32>) outs(%v10 : tensor<2x6xf32>) {
    ^bb0(%e0: f32, %e1: f32, %o: f32):
      %prod = arith.mulf %e0, %e1 : f32
      linalg.yield %prod : f32
    } -> tensor<2x6xf32>
    %v12 = tensor.empty() : tensor<2x4x6xf32>
    %v13 = linalg.generic {indexing_maps = [affine_map<(b, n, d) -> (b, n)>, affine_map<(b, n, d) -> (b, d)>, affine_map<(b, n, d) -> (b, n, d)>], iterator_types = ["parallel", "parallel", "parallel"]}
        ins(%v2, %v11 : tensor<2x4xf32>, tensor<2x6xf32>) outs(%v12 : tensor<2x4x6xf32>) {
    ^bb0(%e0: f32, %e1: f32, %o: f32):
      %prod = arith.mulf %e0, %e1 : f32
      linalg.yield %prod : f32
    } -> tensor<2x4x6xf32>
    %v14 = tensor.empty() : tensor<2x4x6xf32>
    %v15 = linalg.add ins(%s, %v13 : tensor<2x4x6xf32>, tensor<2x4x6xf32>) outs(%v14 : tensor<2x4x6xf32>) -> tensor<2x4x6xf32>
    %v16 = tensor.extract_slice %q[0, %t, 0] [2, 1, 4] [1, 1, 1] : tensor<2x7x4xf32> to tensor<2x4xf32>
    %v17 = tensor.empty() : tensor<2x6xf32>
    %v18 = linalg.fill ins(%zero : f32) outs(%v17 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v19 = linalg.generic {indexing_maps = [affine_map<(b, d, n) -> (b, n)>, affine_map<(b, d, n) -> (b, n, d)>, affine_map<(b, d, n) -> (b, d)>], iterator_types = ["parallel", "parallel", "reduction"]}
        ins(%v16, %v15 : tensor<2x4xf32>, tensor<2x4x6xf32>) outs(%v18 : tensor<2x6xf32>) {
    ^bb0(%e0: f32, %e1: f32, %o: f32):
      %prod = arith.mulf %e0, %e1 : f32
      %sum = arith.addf %o, %prod : f32
      linalg.yield %sum : f32
    } -> tensor<2x6xf32>
    %wrote = tensor.insert_slice %v19 into %out[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x6xf32> into tensor<2x7x6xf32>
    scf.yield %v15, %wrote : tensor<2x4x6xf32>, tensor<2x7x6xf32>
  }
  return %r#1 : tensor<2x7x6xf32>
}

// Twice what the key gives is taken away: a delta rule of twice the step and half the value.
// CHECK-LABEL: func.func @delta_that_overshoots(
// CHECK:         mixer.mix
// CHECK-SAME:      transport = #mixer.delta}
// CHECK-NOT:     scf.for
func.func @delta_that_overshoots(%q: tensor<2x7x4xf32>, %k: tensor<2x7x4xf32>, %v: tensor<2x7x6xf32>, %beta: tensor<2x7x1xf32>) -> (tensor<2x7x6xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %zero = arith.constant 0.0 : f32
  %s0 = arith.constant dense<0.0> : tensor<2x4x6xf32>
  %empty = tensor.empty() : tensor<2x7x6xf32>
  %r:2 = scf.for %t = %c0 to %c7 step %c1 iter_args(%s = %s0, %out = %empty) -> (tensor<2x4x6xf32>, tensor<2x7x6xf32>) {
    %v1 = tensor.extract_slice %k[0, %t, 0] [2, 1, 4] [1, 1, 1] : tensor<2x7x4xf32> to tensor<2x4xf32>
    %v2 = tensor.extract_slice %k[0, %t, 0] [2, 1, 4] [1, 1, 1] : tensor<2x7x4xf32> to tensor<2x4xf32>
    %v3 = tensor.extract_slice %v[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %v4 = tensor.extract_slice %beta[0, %t, 0] [2, 1, 1] [1, 1, 1] : tensor<2x7x1xf32> to tensor<2x1xf32>
    %v5 = tensor.empty() : tensor<2x6xf32>
    %v6 = linalg.fill ins(%zero : f32) outs(%v5 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v7 = linalg.generic {indexing_maps = [affine_map<(b, d, n) -> (b, n)>, affine_map<(b, d, n) -> (b, n, d)>, affine_map<(b, d, n) -> (b, d)>], iterator_types = ["parallel", "parallel", "reduction"]}
        ins(%v1, %s : tensor<2x4xf32>, tensor<2x4x6xf32>) outs(%v6 : tensor<2x6xf32>) {
    ^bb0(%e0: f32, %e1: f32, %o: f32):
      %prod = arith.mulf %e0, %e1 : f32
      %sum = arith.addf %o, %prod : f32
      linalg.yield %sum : f32
    } -> tensor<2x6xf32>
    %v8 = tensor.empty() : tensor<2x6xf32>
    %v9 = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%v7 : tensor<2x6xf32>) outs(%v8 : tensor<2x6xf32>) {
    ^bb0(%e0: f32, %o: f32):
      %factor = arith.constant 2.0 : f32
      %prod = arith.mulf %e0, %factor : f32
      linalg.yield %prod : f32
    } -> tensor<2x6xf32>
    %v10 = tensor.empty() : tensor<2x6xf32>
    %v11 = linalg.sub ins(%v3, %v9 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v10 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v12 = tensor.empty() : tensor<2x6xf32>
    %v13 = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, 0)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%v11, %v4 : tensor<2x6xf32>, tensor<2x1xf32>) outs(%v12 : tensor<2x6xf32>) {
    ^bb0(%e0: f32, %e1: f32, %o: f32):
      %prod = arith.mulf %e0, %e1 : f32
      linalg.yield %prod : f32
    } -> tensor<2x6xf32>
    %v14 = tensor.empty() : tensor<2x4x6xf32>
    %v15 = linalg.generic {indexing_maps = [affine_map<(b, n, d) -> (b, n)>, affine_map<(b, n, d) -> (b, d)>, affine_map<(b, n, d) -> (b, n, d)>], iterator_types = ["parallel", "parallel", "parallel"]}
        ins(%v2, %v13 : tensor<2x4xf32>, tensor<2x6xf32>) outs(%v14 : tensor<2x4x6xf32>) {
    ^bb0(%e0: f32, %e1: f32, %o: f32):
      %prod = arith.mulf %e0, %e1 : f32
      linalg.yield %prod : f32
    } -> tensor<2x4x6xf32>
    %v16 = tensor.empty() : tensor<2x4x6xf32>
    %v17 = linalg.add ins(%s, %v15 : tensor<2x4x6xf32>, tensor<2x4x6xf32>) outs(%v16 : tensor<2x4x6xf32>) -> tensor<2x4x6xf32>
    %v18 = tensor.extract_slice %q[0, %t, 0] [2, 1, 4] [1, 1, 1] : tensor<2x7x4xf32> to tensor<2x4xf32>
    %v19 = tensor.empty() : tensor<2x6xf32>
    %v20 = linalg.fill ins(%zero : f32) outs(%v19 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v21 = linalg.generic {indexing_maps = [affine_map<(b, d, n) -> (b, n)>, affine_map<(b, d, n) -> (b, n, d)>, affine_map<(b, d, n) -> (b, d)>], iterator_types = ["parallel", "parallel", "reduction"]}
        ins(%v18, %v17 : tensor<2x4xf32>, tensor<2x4x6xf32>) outs(%v20 : tensor<2x6xf32>) {
    ^bb0(%e0: f32, %e1: f32, %o: f32):
      %prod = arith.mulf %e0, %e1 : f32
      %sum = arith.addf %o, %prod : f32
      linalg.yield %sum : f32
    } -> tensor<2x6xf32>
    %wrote = tensor.insert_slice %v21 into %out[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x6xf32> into tensor<2x7x6xf32>
    scf.yield %v17, %wrote : tensor<2x4x6xf32>, tensor<2x7x6xf32>
  }
  return %r#1 : tensor<2x7x6xf32>
}

// A decay that changes the sign has no logarithm.
// CHECK-LABEL: func.func @negative_decay(
// CHECK:         mixer.mix
// CHECK-SAME:      transport = #mixer.region
// CHECK-NOT:     scf.for
func.func @negative_decay(%x: tensor<2x7x6xf32>, %a: tensor<2x7x6xf32>) -> (tensor<2x7x6xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %zero = arith.constant 0.0 : f32
  %v1 = tensor.empty() : tensor<2x7x6xf32>
  %v2 = linalg.generic {indexing_maps = [affine_map<(b, t, d) -> (b, t, d)>, affine_map<(b, t, d) -> (b, t, d)>], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%a : tensor<2x7x6xf32>) outs(%v1 : tensor<2x7x6xf32>) {
  ^bb0(%e0: f32, %o: f32):
    %unit = arith.constant 1.0 : f32
    %minus = arith.negf %e0 : f32
    %ex = math.exp %minus : f32
    %more = arith.addf %ex, %unit : f32
    %prod = arith.divf %unit, %more : f32
    linalg.yield %prod : f32
  } -> tensor<2x7x6xf32>
  %s0 = arith.constant dense<0.0> : tensor<2x6xf32>
  %empty = tensor.empty() : tensor<2x7x6xf32>
  %r:2 = scf.for %t = %c0 to %c7 step %c1 iter_args(%s = %s0, %out = %empty) -> (tensor<2x6xf32>, tensor<2x7x6xf32>) {
    %v3 = tensor.extract_slice %v2[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %v4 = tensor.extract_slice %x[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %v5 = tensor.empty() : tensor<2x6xf32>
    %v6 = linalg.mul ins(%v3, %s : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v5 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v7 = tensor.empty() : tensor<2x6xf32>
    %v8 = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%v6 : tensor<2x6xf32>) outs(%v7 : tensor<2x6xf32>) {
    ^bb0(%e0: f32, %o: f32):
      %factor = arith.constant -1.0 : f32
      %prod = arith.mulf %e0, %factor : f32
      linalg.yield %prod : f32
    } -> tensor<2x6xf32>
    %v9 = tensor.empty() : tensor<2x6xf32>
    %v10 = linalg.add ins(%v8, %v4 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v9 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %wrote = tensor.insert_slice %v10 into %out[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x6xf32> into tensor<2x7x6xf32>
    scf.yield %v10, %wrote : tensor<2x6xf32>, tensor<2x7x6xf32>
  }
  return %r#1 : tensor<2x7x6xf32>
}

// The sign of the decay is data: its logarithm would be wrong for half of the tokens.
// CHECK-LABEL: func.func @decay_of_either_sign(
// CHECK:         mixer.mix
// CHECK-SAME:      transport = #mixer.region
// CHECK-NOT:     scf.for
func.func @decay_of_either_sign(%x: tensor<2x7x6xf32>, %a: tensor<2x7x6xf32>) -> (tensor<2x7x6xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %zero = arith.constant 0.0 : f32
  %s0 = arith.constant dense<0.0> : tensor<2x6xf32>
  %empty = tensor.empty() : tensor<2x7x6xf32>
  %r:2 = scf.for %t = %c0 to %c7 step %c1 iter_args(%s = %s0, %out = %empty) -> (tensor<2x6xf32>, tensor<2x7x6xf32>) {
    %v1 = tensor.extract_slice %a[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %v2 = tensor.extract_slice %x[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %v3 = tensor.empty() : tensor<2x6xf32>
    %v4 = linalg.mul ins(%v1, %s : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v3 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v5 = tensor.empty() : tensor<2x6xf32>
    %v6 = linalg.add ins(%v4, %v2 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v5 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %wrote = tensor.insert_slice %v6 into %out[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x6xf32> into tensor<2x7x6xf32>
    scf.yield %v6, %wrote : tensor<2x6xf32>, tensor<2x7x6xf32>
  }
  return %r#1 : tensor<2x7x6xf32>
}

// The update saturates.
// CHECK-LABEL: func.func @saturating_update(
// CHECK:         mixer.mix
// CHECK-SAME:      transport = #mixer.region
// CHECK-NOT:     scf.for
func.func @saturating_update(%x: tensor<2x7x6xf32>, %a: tensor<2x7x6xf32>) -> (tensor<2x7x6xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %zero = arith.constant 0.0 : f32
  %v1 = tensor.empty() : tensor<2x7x6xf32>
  %v2 = linalg.generic {indexing_maps = [affine_map<(b, t, d) -> (b, t, d)>, affine_map<(b, t, d) -> (b, t, d)>], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%a : tensor<2x7x6xf32>) outs(%v1 : tensor<2x7x6xf32>) {
  ^bb0(%e0: f32, %o: f32):
    %unit = arith.constant 1.0 : f32
    %minus = arith.negf %e0 : f32
    %ex = math.exp %minus : f32
    %more = arith.addf %ex, %unit : f32
    %prod = arith.divf %unit, %more : f32
    linalg.yield %prod : f32
  } -> tensor<2x7x6xf32>
  %s0 = arith.constant dense<0.0> : tensor<2x6xf32>
  %empty = tensor.empty() : tensor<2x7x6xf32>
  %r:2 = scf.for %t = %c0 to %c7 step %c1 iter_args(%s = %s0, %out = %empty) -> (tensor<2x6xf32>, tensor<2x7x6xf32>) {
    %v3 = tensor.extract_slice %v2[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %v4 = tensor.extract_slice %x[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %v5 = tensor.empty() : tensor<2x6xf32>
    %v6 = linalg.mul ins(%v3, %s : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v5 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v7 = tensor.empty() : tensor<2x6xf32>
    %v8 = linalg.add ins(%v6, %v4 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v7 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v9 = tensor.empty() : tensor<2x6xf32>
    %v10 = linalg.tanh ins(%v8 : tensor<2x6xf32>) outs(%v9 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %wrote = tensor.insert_slice %v10 into %out[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x6xf32> into tensor<2x7x6xf32>
    scf.yield %v10, %wrote : tensor<2x6xf32>, tensor<2x7x6xf32>
  }
  return %r#1 : tensor<2x7x6xf32>
}

// The decay is computed from the state.
// CHECK-LABEL: func.func @decay_from_the_state(
// CHECK:         mixer.mix
// CHECK-SAME:      transport = #mixer.region
// CHECK-NOT:     scf.for
func.func @decay_from_the_state(%x: tensor<2x7x6xf32>) -> (tensor<2x7x6xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %zero = arith.constant 0.0 : f32
  %s0 = arith.constant dense<0.0> : tensor<2x6xf32>
  %empty = tensor.empty() : tensor<2x7x6xf32>
  %r:2 = scf.for %t = %c0 to %c7 step %c1 iter_args(%s = %s0, %out = %empty) -> (tensor<2x6xf32>, tensor<2x7x6xf32>) {
    %v1 = tensor.extract_slice %x[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %v2 = tensor.empty() : tensor<2x6xf32>
    %v3 = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%s : tensor<2x6xf32>) outs(%v2 : tensor<2x6xf32>) {
    ^bb0(%e0: f32, %o: f32):
      %unit = arith.constant 1.0 : f32
      %minus = arith.negf %e0 : f32
      %ex = math.exp %minus : f32
      %more = arith.addf %ex, %unit : f32
      %prod = arith.divf %unit, %more : f32
      linalg.yield %prod : f32
    } -> tensor<2x6xf32>
    %v4 = tensor.empty() : tensor<2x6xf32>
    %v5 = linalg.mul ins(%v3, %s : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v4 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v6 = tensor.empty() : tensor<2x6xf32>
    %v7 = linalg.add ins(%v5, %v1 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v6 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %wrote = tensor.insert_slice %v7 into %out[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x6xf32> into tensor<2x7x6xf32>
    scf.yield %v7, %wrote : tensor<2x6xf32>, tensor<2x7x6xf32>
  }
  return %r#1 : tensor<2x7x6xf32>
}

// Two parts that turn together.
// CHECK-LABEL: func.func @rotation(
// CHECK:         mixer.mix
// CHECK-SAME:      transport = #mixer.complex_diagonal
// CHECK-NOT:     scf.for
func.func @rotation(%u: tensor<2x7x6xf32>, %w: tensor<2x7x6xf32>) -> (tensor<2x7x6xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %zero = arith.constant 0.0 : f32
  %A = arith.constant dense<[0.5, 0.6, 0.7, 0.8, -0.5, -0.6]> : tensor<6xf32>
  %B = arith.constant dense<[0.1, -0.2, 0.3, 0.4, 0.5, -0.6]> : tensor<6xf32>
  %A2 = arith.constant dense<[0.5, 0.6, 0.7, 0.8, -0.5, 0.6]> : tensor<6xf32>
  %re0 = arith.constant dense<0.0> : tensor<2x6xf32>
  %im0 = arith.constant dense<0.0> : tensor<2x6xf32>
  %empty = tensor.empty() : tensor<2x7x6xf32>
  %r:3 = scf.for %t = %c0 to %c7 step %c1 iter_args(%re = %re0, %im = %im0, %out = %empty) -> (tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x7x6xf32>) {
    %v1 = tensor.extract_slice %u[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %v2 = tensor.extract_slice %w[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %v3 = tensor.empty() : tensor<2x6xf32>
    %v4 = linalg.generic {indexing_maps = [affine_map<(b, d) -> (d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%A, %re : tensor<6xf32>, tensor<2x6xf32>) outs(%v3 : tensor<2x6xf32>) {
    ^bb0(%e0: f32, %e1: f32, %o: f32):
      %prod = arith.mulf %e0, %e1 : f32
      linalg.yield %prod : f32
    } -> tensor<2x6xf32>
    %v5 = tensor.empty() : tensor<2x6xf32>
    %v6 = linalg.generic {indexing_maps = [affine_map<(b, d) -> (d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%B, %im : tensor<6xf32>, tensor<2x6xf32>) outs(%v5 : tensor<2x6xf32>) {
    ^bb0(%e0: f32, %e1: f32, %o: f32):
      %prod = arith.mulf %e0, %e1 : f32
      linalg.yield %prod : f32
    } -> tensor<2x6xf32>
    %v7 = tensor.empty() : tensor<2x6xf32>
    %v8 = linalg.sub ins(%v4, %v6 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v7 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v9 = tensor.empty() : tensor<2x6xf32>
    %v10 = linalg.add ins(%v8, %v1 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v9 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v11 = tensor.empty() : tensor<2x6xf32>
    %v12 = linalg.generic {indexing_maps = [affine_map<(b, d) -> (d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%A, %im : tensor<6xf32>, tensor<2x6xf32>) outs(%v11 : tensor<2x6xf32>) {
    ^bb0(%e0: f32, %e1: f32, %o: f32):
      %prod = arith.mulf %e0, %e1 : f32
      linalg.yield %prod : f32
    } -> tensor<2x6xf32>
    %v13 = tensor.empty() : tensor<2x6xf32>
    %v14 = linalg.generic {indexing_maps = [affine_map<(b, d) -> (d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%B, %re : tensor<6xf32>, tensor<2x6xf32>) outs(%v13 : tensor<2x6xf32>) {
    ^bb0(%e0: f32, %e1: f32, %o: f32):
      %prod = arith.mulf %e0, %e1 : f32
      linalg.yield %prod : f32
    } -> tensor<2x6xf32>
    %v15 = tensor.empty() : tensor<2x6xf32>
    %v16 = linalg.add ins(%v12, %v14 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v15 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v17 = tensor.empty() : tensor<2x6xf32>
    %v18 = linalg.add ins(%v16, %v2 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v17 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v19 = tensor.empty() : tensor<2x6xf32>
    %v20 = linalg.mul ins(%v10, %v18 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v19 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %wrote = tensor.insert_slice %v20 into %out[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x6xf32> into tensor<2x7x6xf32>
    scf.yield %v10, %v18, %wrote : tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x7x6xf32>
  }
  return %r#2 : tensor<2x7x6xf32>
}

// Both parts push each other the same way: no rotation.
// CHECK-LABEL: func.func @shear(
// CHECK:         mixer.mix
// CHECK-SAME:      transport = #mixer.region
// CHECK-NOT:     scf.for
func.func @shear(%u: tensor<2x7x6xf32>, %w: tensor<2x7x6xf32>) -> (tensor<2x7x6xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %zero = arith.constant 0.0 : f32
  %A = arith.constant dense<[0.5, 0.6, 0.7, 0.8, -0.5, -0.6]> : tensor<6xf32>
  %B = arith.constant dense<[0.1, -0.2, 0.3, 0.4, 0.5, -0.6]> : tensor<6xf32>
  %A2 = arith.constant dense<[0.5, 0.6, 0.7, 0.8, -0.5, 0.6]> : tensor<6xf32>
  %re0 = arith.constant dense<0.0> : tensor<2x6xf32>
  %im0 = arith.constant dense<0.0> : tensor<2x6xf32>
  %empty = tensor.empty() : tensor<2x7x6xf32>
  %r:3 = scf.for %t = %c0 to %c7 step %c1 iter_args(%re = %re0, %im = %im0, %out = %empty) -> (tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x7x6xf32>) {
    %v1 = tensor.extract_slice %u[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %v2 = tensor.extract_slice %w[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %v3 = tensor.empty() : tensor<2x6xf32>
    %v4 = linalg.generic {indexing_maps = [affine_map<(b, d) -> (d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%A, %re : tensor<6xf32>, tensor<2x6xf32>) outs(%v3 : tensor<2x6xf32>) {
    ^bb0(%e0: f32, %e1: f32, %o: f32):
      %prod = arith.mulf %e0, %e1 : f32
      linalg.yield %prod : f32
    } -> tensor<2x6xf32>
    %v5 = tensor.empty() : tensor<2x6xf32>
    %v6 = linalg.generic {indexing_maps = [affine_map<(b, d) -> (d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%B, %im : tensor<6xf32>, tensor<2x6xf32>) outs(%v5 : tensor<2x6xf32>) {
    ^bb0(%e0: f32, %e1: f32, %o: f32):
      %prod = arith.mulf %e0, %e1 : f32
      linalg.yield %prod : f32
    } -> tensor<2x6xf32>
    %v7 = tensor.empty() : tensor<2x6xf32>
    %v8 = linalg.add ins(%v4, %v6 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v7 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v9 = tensor.empty() : tensor<2x6xf32>
    %v10 = linalg.add ins(%v8, %v1 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v9 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v11 = tensor.empty() : tensor<2x6xf32>
    %v12 = linalg.generic {indexing_maps = [affine_map<(b, d) -> (d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%A, %im : tensor<6xf32>, tensor<2x6xf32>) outs(%v11 : tensor<2x6xf32>) {
    ^bb0(%e0: f32, %e1: f32, %o: f32):
      %prod = arith.mulf %e0, %e1 : f32
      linalg.yield %prod : f32
    } -> tensor<2x6xf32>
    %v13 = tensor.empty() : tensor<2x6xf32>
    %v14 = linalg.generic {indexing_maps = [affine_map<(b, d) -> (d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%B, %re : tensor<6xf32>, tensor<2x6xf32>) outs(%v13 : tensor<2x6xf32>) {
    ^bb0(%e0: f32, %e1: f32, %o: f32):
      %prod = arith.mulf %e0, %e1 : f32
      linalg.yield %prod : f32
    } -> tensor<2x6xf32>
    %v15 = tensor.empty() : tensor<2x6xf32>
    %v16 = linalg.add ins(%v12, %v14 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v15 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v17 = tensor.empty() : tensor<2x6xf32>
    %v18 = linalg.add ins(%v16, %v2 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v17 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v19 = tensor.empty() : tensor<2x6xf32>
    %v20 = linalg.mul ins(%v10, %v18 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v19 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %wrote = tensor.insert_slice %v20 into %out[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x6xf32> into tensor<2x7x6xf32>
    scf.yield %v10, %v18, %wrote : tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x7x6xf32>
  }
  return %r#2 : tensor<2x7x6xf32>
}

// One channel of the imaginary part shrinks by another factor.
// CHECK-LABEL: func.func @unequal_shrinking(
// CHECK:         mixer.mix
// CHECK-SAME:      transport = #mixer.region
// CHECK-NOT:     scf.for
func.func @unequal_shrinking(%u: tensor<2x7x6xf32>, %w: tensor<2x7x6xf32>) -> (tensor<2x7x6xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %zero = arith.constant 0.0 : f32
  %A = arith.constant dense<[0.5, 0.6, 0.7, 0.8, -0.5, -0.6]> : tensor<6xf32>
  %B = arith.constant dense<[0.1, -0.2, 0.3, 0.4, 0.5, -0.6]> : tensor<6xf32>
  %A2 = arith.constant dense<[0.5, 0.6, 0.7, 0.8, -0.5, 0.6]> : tensor<6xf32>
  %re0 = arith.constant dense<0.0> : tensor<2x6xf32>
  %im0 = arith.constant dense<0.0> : tensor<2x6xf32>
  %empty = tensor.empty() : tensor<2x7x6xf32>
  %r:3 = scf.for %t = %c0 to %c7 step %c1 iter_args(%re = %re0, %im = %im0, %out = %empty) -> (tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x7x6xf32>) {
    %v1 = tensor.extract_slice %u[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %v2 = tensor.extract_slice %w[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %v3 = tensor.empty() : tensor<2x6xf32>
    %v4 = linalg.generic {indexing_maps = [affine_map<(b, d) -> (d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%A, %re : tensor<6xf32>, tensor<2x6xf32>) outs(%v3 : tensor<2x6xf32>) {
    ^bb0(%e0: f32, %e1: f32, %o: f32):
      %prod = arith.mulf %e0, %e1 : f32
      linalg.yield %prod : f32
    } -> tensor<2x6xf32>
    %v5 = tensor.empty() : tensor<2x6xf32>
    %v6 = linalg.generic {indexing_maps = [affine_map<(b, d) -> (d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%B, %im : tensor<6xf32>, tensor<2x6xf32>) outs(%v5 : tensor<2x6xf32>) {
    ^bb0(%e0: f32, %e1: f32, %o: f32):
      %prod = arith.mulf %e0, %e1 : f32
      linalg.yield %prod : f32
    } -> tensor<2x6xf32>
    %v7 = tensor.empty() : tensor<2x6xf32>
    %v8 = linalg.sub ins(%v4, %v6 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v7 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v9 = tensor.empty() : tensor<2x6xf32>
    %v10 = linalg.add ins(%v8, %v1 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v9 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v11 = tensor.empty() : tensor<2x6xf32>
    %v12 = linalg.generic {indexing_maps = [affine_map<(b, d) -> (d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%A2, %im : tensor<6xf32>, tensor<2x6xf32>) outs(%v11 : tensor<2x6xf32>) {
    ^bb0(%e0: f32, %e1: f32, %o: f32):
      %prod = arith.mulf %e0, %e1 : f32
      linalg.yield %prod : f32
    } -> tensor<2x6xf32>
    %v13 = tensor.empty() : tensor<2x6xf32>
    %v14 = linalg.generic {indexing_maps = [affine_map<(b, d) -> (d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%B, %re : tensor<6xf32>, tensor<2x6xf32>) outs(%v13 : tensor<2x6xf32>) {
    ^bb0(%e0: f32, %e1: f32, %o: f32):
      %prod = arith.mulf %e0, %e1 : f32
      linalg.yield %prod : f32
    } -> tensor<2x6xf32>
    %v15 = tensor.empty() : tensor<2x6xf32>
    %v16 = linalg.add ins(%v12, %v14 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v15 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v17 = tensor.empty() : tensor<2x6xf32>
    %v18 = linalg.add ins(%v16, %v2 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v17 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v19 = tensor.empty() : tensor<2x6xf32>
    %v20 = linalg.mul ins(%v10, %v18 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v19 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %wrote = tensor.insert_slice %v20 into %out[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x6xf32> into tensor<2x7x6xf32>
    scf.yield %v10, %v18, %wrote : tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x7x6xf32>
  }
  return %r#2 : tensor<2x7x6xf32>
}

// A state that comes in and goes out is an operand and a result.
// CHECK-LABEL: func.func @state_in_and_out(
// CHECK:         mixer.mix
// CHECK-SAME:      state(%{{[^ ,]+}} : tensor<2x6x1x1xf32>)
// CHECK-SAME:      transport = #mixer.scalar
// CHECK-NOT:     scf.for
func.func @state_in_and_out(%x: tensor<2x7x6xf32>, %a: tensor<2x7x6xf32>, %before: tensor<2x6xf32>) -> (tensor<2x7x6xf32>, tensor<2x6xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %zero = arith.constant 0.0 : f32
  %v1 = tensor.empty() : tensor<2x7x6xf32>
  %v2 = linalg.generic {indexing_maps = [affine_map<(b, t, d) -> (b, t, d)>, affine_map<(b, t, d) -> (b, t, d)>], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%a : tensor<2x7x6xf32>) outs(%v1 : tensor<2x7x6xf32>) {
  ^bb0(%e0: f32, %o: f32):
    %unit = arith.constant 1.0 : f32
    %minus = arith.negf %e0 : f32
    %ex = math.exp %minus : f32
    %more = arith.addf %ex, %unit : f32
    %prod = arith.divf %unit, %more : f32
    linalg.yield %prod : f32
  } -> tensor<2x7x6xf32>
  %empty = tensor.empty() : tensor<2x7x6xf32>
  %r:2 = scf.for %t = %c0 to %c7 step %c1 iter_args(%s = %before, %out = %empty) -> (tensor<2x6xf32>, tensor<2x7x6xf32>) {
    %v3 = tensor.extract_slice %v2[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %v4 = tensor.extract_slice %x[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %v5 = tensor.empty() : tensor<2x6xf32>
    %v6 = linalg.mul ins(%v3, %s : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v5 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v7 = tensor.empty() : tensor<2x6xf32>
    %v8 = linalg.add ins(%v6, %v4 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v7 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %wrote = tensor.insert_slice %v8 into %out[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x6xf32> into tensor<2x7x6xf32>
    scf.yield %v8, %wrote : tensor<2x6xf32>, tensor<2x7x6xf32>
  }
  return %r#1, %r#0 : tensor<2x7x6xf32>, tensor<2x6xf32>
}

// The second state adds the first one as it was: two mixers and a shift.
// CHECK-LABEL: func.func @second_state_one_token_behind(
// CHECK:         mixer.mix
// CHECK-SAME:      transport = #mixer.scalar
// CHECK:         mixer.mix
// CHECK-SAME:      transport = #mixer.scalar
// CHECK-NOT:     scf.for
func.func @second_state_one_token_behind(%x: tensor<2x7x6xf32>, %a: tensor<2x7x6xf32>) -> (tensor<2x7x6xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %zero = arith.constant 0.0 : f32
  %v1 = tensor.empty() : tensor<2x7x6xf32>
  %v2 = linalg.generic {indexing_maps = [affine_map<(b, t, d) -> (b, t, d)>, affine_map<(b, t, d) -> (b, t, d)>], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%a : tensor<2x7x6xf32>) outs(%v1 : tensor<2x7x6xf32>) {
  ^bb0(%e0: f32, %o: f32):
    %unit = arith.constant 1.0 : f32
    %minus = arith.negf %e0 : f32
    %ex = math.exp %minus : f32
    %more = arith.addf %ex, %unit : f32
    %prod = arith.divf %unit, %more : f32
    linalg.yield %prod : f32
  } -> tensor<2x7x6xf32>
  %s0 = arith.constant dense<0.0> : tensor<2x6xf32>
  %h0 = arith.constant dense<0.0> : tensor<2x6xf32>
  %empty = tensor.empty() : tensor<2x7x6xf32>
  %r:3 = scf.for %t = %c0 to %c7 step %c1 iter_args(%s = %s0, %h = %h0, %out = %empty) -> (tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x7x6xf32>) {
    %v3 = tensor.extract_slice %v2[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %v4 = tensor.extract_slice %x[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %v5 = tensor.empty() : tensor<2x6xf32>
    %v6 = linalg.mul ins(%v3, %s : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v5 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v7 = tensor.empty() : tensor<2x6xf32>
    %v8 = linalg.add ins(%v6, %v4 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v7 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v9 = tensor.empty() : tensor<2x6xf32>
    %v10 = linalg.mul ins(%v3, %h : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v9 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v11 = tensor.empty() : tensor<2x6xf32>
    %v12 = linalg.add ins(%v10, %s : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v11 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %wrote = tensor.insert_slice %v12 into %out[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x6xf32> into tensor<2x7x6xf32>
    scf.yield %v8, %v12, %wrote : tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x7x6xf32>
  }
  return %r#2 : tensor<2x7x6xf32>
}

// A running sum of three tokens: one enters, one leaves.
// CHECK-LABEL: func.func @window_of_three(
// CHECK-DAG:     tensor.extract_slice %{{[^ ,]+}}[0, 3, 0] [2, 7, 6]
// CHECK-DAG:     tensor.extract_slice %{{[^ ,]+}}[0, 0, 0] [2, 7, 6]
// CHECK:         mixer.mix
// CHECK-SAME:      transport = #mixer.identity
// CHECK-NOT:     scf.for
func.func @window_of_three(%x: tensor<2x10x6xf32>) -> (tensor<2x7x6xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %ahead = arith.constant 3 : index
  %s0 = arith.constant dense<0.0> : tensor<2x6xf32>
  %init = tensor.empty() : tensor<2x6xf32>
  %empty = tensor.empty() : tensor<2x7x6xf32>
  %r:2 = scf.for %t = %c0 to %c7 step %c1 iter_args(%s = %s0, %out = %empty) -> (tensor<2x6xf32>, tensor<2x7x6xf32>) {
    %newest = arith.addi %t, %ahead : index
    %enters = tensor.extract_slice %x[0, %newest, 0] [2, 1, 6] [1, 1, 1] : tensor<2x10x6xf32> to tensor<2x6xf32>
    %leaves = tensor.extract_slice %x[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x10x6xf32> to tensor<2x6xf32>
    %change = linalg.sub ins(%enters, %leaves : tensor<2x6xf32>, tensor<2x6xf32>) outs(%init : tensor<2x6xf32>) -> tensor<2x6xf32>
    %next = linalg.add ins(%s, %change : tensor<2x6xf32>, tensor<2x6xf32>) outs(%init : tensor<2x6xf32>) -> tensor<2x6xf32>
    %wrote = tensor.insert_slice %next into %out[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x6xf32> into tensor<2x7x6xf32>
    scf.yield %next, %wrote : tensor<2x6xf32>, tensor<2x7x6xf32>
  }
  return %r#1 : tensor<2x7x6xf32>
}

// The token that enters is one too early: the window is one shorter.
// CHECK-LABEL: func.func @window_off_by_one(
// CHECK-DAG:     tensor.extract_slice %{{[^ ,]+}}[0, 2, 0] [2, 7, 6]
// CHECK-DAG:     tensor.extract_slice %{{[^ ,]+}}[0, 0, 0] [2, 7, 6]
// CHECK:         mixer.mix
// CHECK-SAME:      transport = #mixer.identity
// CHECK-NOT:     scf.for
func.func @window_off_by_one(%x: tensor<2x10x6xf32>) -> (tensor<2x7x6xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %ahead = arith.constant 2 : index
  %s0 = arith.constant dense<0.0> : tensor<2x6xf32>
  %init = tensor.empty() : tensor<2x6xf32>
  %empty = tensor.empty() : tensor<2x7x6xf32>
  %r:2 = scf.for %t = %c0 to %c7 step %c1 iter_args(%s = %s0, %out = %empty) -> (tensor<2x6xf32>, tensor<2x7x6xf32>) {
    %newest = arith.addi %t, %ahead : index
    %enters = tensor.extract_slice %x[0, %newest, 0] [2, 1, 6] [1, 1, 1] : tensor<2x10x6xf32> to tensor<2x6xf32>
    %leaves = tensor.extract_slice %x[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x10x6xf32> to tensor<2x6xf32>
    %change = linalg.sub ins(%enters, %leaves : tensor<2x6xf32>, tensor<2x6xf32>) outs(%init : tensor<2x6xf32>) -> tensor<2x6xf32>
    %next = linalg.add ins(%s, %change : tensor<2x6xf32>, tensor<2x6xf32>) outs(%init : tensor<2x6xf32>) -> tensor<2x6xf32>
    %wrote = tensor.insert_slice %next into %out[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x6xf32> into tensor<2x7x6xf32>
    scf.yield %next, %wrote : tensor<2x6xf32>, tensor<2x7x6xf32>
  }
  return %r#1 : tensor<2x7x6xf32>
}
