// Updates that choose between two values, and states whose dimensions are merged where they are read.
// RUN: heddle-opt %s --heddle-raise-recurrences=verify=always --canonicalize --cse | FileCheck %s

#bd = affine_map<(b, d) -> (b, d)>

// A weighted mean as a framework spells it, in one way for small weights and in another for large ones: both are
// (1 - z) h + z x, and one decay stands for both.
// CHECK-LABEL: func.func @weighted_mean(
// CHECK:         arith.select
// CHECK:         mixer.mix
// CHECK-SAME:      transport = #mixer.elementwise
// CHECK-NOT:     scf.for
func.func @weighted_mean(%x: tensor<2x7x6xf32>, %gate: tensor<2x7x6xf32>) -> tensor<2x7x6xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %h0 = arith.constant dense<0.0> : tensor<2x6xf32>
  %empty = tensor.empty() : tensor<2x7x6xf32>
  %e = tensor.empty() : tensor<2x6xf32>
  %e1 = tensor.empty() : tensor<2x6xi1>
  %weights = linalg.generic {indexing_maps = [affine_map<(b, t, d) -> (b, t, d)>, affine_map<(b, t, d) -> (b, t, d)>],
      iterator_types = ["parallel", "parallel", "parallel"]} ins(%gate : tensor<2x7x6xf32>) outs(%empty : tensor<2x7x6xf32>) {
  ^bb0(%in: f32, %out: f32):
    %one = arith.constant 1.0 : f32
    %minus = arith.negf %in : f32
    %ex = math.exp %minus : f32
    %more = arith.addf %ex, %one : f32
    %z = arith.divf %one, %more : f32
    linalg.yield %z : f32
  } -> tensor<2x7x6xf32>
  %r:2 = scf.for %t = %c0 to %c7 step %c1 iter_args(%h = %h0, %out = %empty) -> (tensor<2x6xf32>, tensor<2x7x6xf32>) {
    %x_t = tensor.extract_slice %x[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %z_t = tensor.extract_slice %weights[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %small = linalg.generic {indexing_maps = [#bd, #bd], iterator_types = ["parallel", "parallel"]} ins(%z_t : tensor<2x6xf32>) outs(%e1 : tensor<2x6xi1>) {
    ^bb0(%z: f32, %o: i1):
      %half = arith.constant 0.5 : f32
      %is = arith.cmpf olt, %z, %half : f32
      linalg.yield %is : i1
    } -> tensor<2x6xi1>
    %rest = linalg.generic {indexing_maps = [#bd, #bd], iterator_types = ["parallel", "parallel"]} ins(%z_t : tensor<2x6xf32>) outs(%e : tensor<2x6xf32>) {
    ^bb0(%z: f32, %o: f32):
      %one = arith.constant 1.0 : f32
      %w = arith.subf %one, %z : f32
      linalg.yield %w : f32
    } -> tensor<2x6xf32>
    %gap = linalg.sub ins(%x_t, %h : tensor<2x6xf32>, tensor<2x6xf32>) outs(%e : tensor<2x6xf32>) -> tensor<2x6xf32>
    %step = linalg.mul ins(%z_t, %gap : tensor<2x6xf32>, tensor<2x6xf32>) outs(%e : tensor<2x6xf32>) -> tensor<2x6xf32>
    %from_h = linalg.add ins(%h, %step : tensor<2x6xf32>, tensor<2x6xf32>) outs(%e : tensor<2x6xf32>) -> tensor<2x6xf32>
    %back = linalg.mul ins(%gap, %rest : tensor<2x6xf32>, tensor<2x6xf32>) outs(%e : tensor<2x6xf32>) -> tensor<2x6xf32>
    %from_x = linalg.sub ins(%x_t, %back : tensor<2x6xf32>, tensor<2x6xf32>) outs(%e : tensor<2x6xf32>) -> tensor<2x6xf32>
    %next = linalg.generic {indexing_maps = [#bd, #bd, #bd, #bd], iterator_types = ["parallel", "parallel"]}
        ins(%small, %from_h, %from_x : tensor<2x6xi1>, tensor<2x6xf32>, tensor<2x6xf32>) outs(%e : tensor<2x6xf32>) {
    ^bb0(%is: i1, %a: f32, %b: f32, %o: f32):
      %chosen = arith.select %is, %a, %b : f32
      linalg.yield %chosen : f32
    } -> tensor<2x6xf32>
    %wrote = tensor.insert_slice %next into %out[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x6xf32> into tensor<2x7x6xf32>
    scf.yield %next, %wrote : tensor<2x6xf32>, tensor<2x7x6xf32>
  }
  return %r#1 : tensor<2x7x6xf32>
}

// A condition on the token within an update that is no affine one: a region, which it enters as a number.
// CHECK-LABEL: func.func @padded_tanh(
// CHECK:         mixer.mix
// CHECK-SAME:      transport(%{{[^ ,]+}}, %{{[^ ,]+}} : tensor<2x7x{{.*}}xf32>, tensor<2x7x{{.*}}xf32>)
// CHECK-SAME:      transport = #mixer.region
// CHECK:         arith.cmpf une
// CHECK-NOT:     scf.for
func.func @padded_tanh(%x: tensor<2x7x6xf32>, %present: tensor<2x7xi1>) -> tensor<2x7x6xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %h0 = arith.constant dense<0.0> : tensor<2x6xf32>
  %empty = tensor.empty() : tensor<2x7x6xf32>
  %e = tensor.empty() : tensor<2x6xf32>
  %r:2 = scf.for %t = %c0 to %c7 step %c1 iter_args(%h = %h0, %out = %empty) -> (tensor<2x6xf32>, tensor<2x7x6xf32>) {
    %x_t = tensor.extract_slice %x[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %p_t = tensor.extract_slice %present[0, %t] [2, 1] [1, 1] : tensor<2x7xi1> to tensor<2xi1>
    %sum = linalg.add ins(%x_t, %h : tensor<2x6xf32>, tensor<2x6xf32>) outs(%e : tensor<2x6xf32>) -> tensor<2x6xf32>
    %next = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b)>, #bd, #bd, #bd], iterator_types = ["parallel", "parallel"]}
        ins(%p_t, %sum, %h : tensor<2xi1>, tensor<2x6xf32>, tensor<2x6xf32>) outs(%e : tensor<2x6xf32>) {
    ^bb0(%is: i1, %a: f32, %b: f32, %o: f32):
      %new = math.tanh %a : f32
      %chosen = arith.select %is, %new, %b : f32
      linalg.yield %chosen : f32
    } -> tensor<2x6xf32>
    %wrote = tensor.insert_slice %next into %out[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x6xf32> into tensor<2x7x6xf32>
    scf.yield %next, %wrote : tensor<2x6xf32>, tensor<2x7x6xf32>
  }
  return %r#1 : tensor<2x7x6xf32>
}

// The product with the query merges batch and heads first: the sum is over the keys nevertheless, whose decay is one of
// key channels.
// CHECK-LABEL: func.func @merged_read(
// CHECK:         mixer.mix query(%{{[^ ,]+}} : tensor<2x7x3x4xf32>) key(%{{[^ ,]+}} : tensor<2x7x3x4xf32>) value(%{{[^ ,]+}} : tensor<2x7x3x5xf32>)
// CHECK-SAME:      transport = #mixer.key_channel
// CHECK-NOT:     scf.for
func.func @merged_read(%q: tensor<2x3x7x4xf32>, %k: tensor<2x3x7x4xf32>, %v: tensor<2x3x7x5xf32>, %decay: tensor<2x3x7x4xf32>) -> tensor<2x3x7x5xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %zero = arith.constant 0.0 : f32
  %s0 = arith.constant dense<0.0> : tensor<2x3x4x5xf32>
  %empty = tensor.empty() : tensor<2x3x7x5xf32>
  %e = tensor.empty() : tensor<2x3x4x5xf32>
  %row = tensor.empty() : tensor<6x1x5xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%row : tensor<6x1x5xf32>) -> tensor<6x1x5xf32>
  %kept = tensor.empty() : tensor<2x3x7x4xf32>
  %a = linalg.exp ins(%decay : tensor<2x3x7x4xf32>) outs(%kept : tensor<2x3x7x4xf32>) -> tensor<2x3x7x4xf32>
  %r:2 = scf.for %t = %c0 to %c7 step %c1 iter_args(%s = %s0, %out = %empty) -> (tensor<2x3x4x5xf32>, tensor<2x3x7x5xf32>) {
    %q_t = tensor.extract_slice %q[0, 0, %t, 0] [2, 3, 1, 4] [1, 1, 1, 1] : tensor<2x3x7x4xf32> to tensor<2x3x1x4xf32>
    %k_t = tensor.extract_slice %k[0, 0, %t, 0] [2, 3, 1, 4] [1, 1, 1, 1] : tensor<2x3x7x4xf32> to tensor<2x3x4xf32>
    %v_t = tensor.extract_slice %v[0, 0, %t, 0] [2, 3, 1, 5] [1, 1, 1, 1] : tensor<2x3x7x5xf32> to tensor<2x3x5xf32>
    %a_t = tensor.extract_slice %a[0, 0, %t, 0] [2, 3, 1, 4] [1, 1, 1, 1] : tensor<2x3x7x4xf32> to tensor<2x3x4xf32>
    %next = linalg.generic {indexing_maps = [affine_map<(b, h, k, v) -> (b, h, k)>, affine_map<(b, h, k, v) -> (b, h, k, v)>, affine_map<(b, h, k, v) -> (b, h, k)>,
        affine_map<(b, h, k, v) -> (b, h, v)>, affine_map<(b, h, k, v) -> (b, h, k, v)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
        ins(%a_t, %s, %k_t, %v_t : tensor<2x3x4xf32>, tensor<2x3x4x5xf32>, tensor<2x3x4xf32>, tensor<2x3x5xf32>) outs(%e : tensor<2x3x4x5xf32>) {
    ^bb0(%decay_in: f32, %state: f32, %key: f32, %value: f32, %o: f32):
      %old = arith.mulf %decay_in, %state : f32
      %new = arith.mulf %key, %value : f32
      %sum = arith.addf %old, %new : f32
      linalg.yield %sum : f32
    } -> tensor<2x3x4x5xf32>
    %s_rows = tensor.collapse_shape %next [[0, 1], [2], [3]] : tensor<2x3x4x5xf32> into tensor<6x4x5xf32>
    %q_rows = tensor.collapse_shape %q_t [[0, 1], [2], [3]] : tensor<2x3x1x4xf32> into tensor<6x1x4xf32>
    %y_rows = linalg.batch_matmul ins(%q_rows, %s_rows : tensor<6x1x4xf32>, tensor<6x4x5xf32>) outs(%zeros : tensor<6x1x5xf32>) -> tensor<6x1x5xf32>
    %y_t = tensor.expand_shape %y_rows [[0, 1], [2], [3]] output_shape [2, 3, 1, 5] : tensor<6x1x5xf32> into tensor<2x3x1x5xf32>
    %wrote = tensor.insert_slice %y_t into %out[0, 0, %t, 0] [2, 3, 1, 5] [1, 1, 1, 1] : tensor<2x3x1x5xf32> into tensor<2x3x7x5xf32>
    scf.yield %next, %wrote : tensor<2x3x4x5xf32>, tensor<2x3x7x5xf32>
  }
  return %r#1 : tensor<2x3x7x5xf32>
}
