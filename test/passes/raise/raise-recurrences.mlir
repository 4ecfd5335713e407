// Loops over tokens with one affine state become one mixer; the proof runs in the pass.
// RUN: heddle-opt %s --heddle-raise-recurrences --canonicalize --cse | FileCheck %s
// RUN: heddle-opt %s --heddle-raise-recurrences=verify=always --canonicalize --cse | FileCheck %s

#bd = affine_map<(b, d) -> (b, d)>
#d = affine_map<(b, d) -> (d)>
#b0 = affine_map<(b, d) -> (b, 0)>
#bdn = affine_map<(b, d, n) -> (b, d, n)>
#bd_ = affine_map<(b, d, n) -> (b, d)>
#bn_ = affine_map<(b, d, n) -> (b, n)>
#dn_ = affine_map<(b, d, n) -> (d, n)>
#bd1 = affine_map<(b, d, n) -> (b, d, 0)>
#b1n = affine_map<(b, d, n) -> (b, 0, n)>

// A decay for each channel: a head for each channel.
// CHECK-LABEL: func.func @decay_per_channel(
// CHECK-NOT:     scf.for
// CHECK:         mixer.mix
// CHECK-SAME:      value(%{{[^ ,]+}} : tensor<2x7x8x1xf32>)
// CHECK-SAME:      transport(%{{[^ ,]+}} : tensor<1x1x8xf32>)
// CHECK-SAME:      transport = #mixer.scalar
// CHECK-NOT:     scf.for
func.func @decay_per_channel(%x: tensor<2x7x8xf32>) -> tensor<2x7x8xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %decay = arith.constant dense<[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]> : tensor<8xf32>
  %zeros = arith.constant dense<0.0> : tensor<2x8xf32>
  %empty = tensor.empty() : tensor<2x7x8xf32>
  %e = tensor.empty() : tensor<2x8xf32>
  %r:2 = scf.for %t = %c0 to %c7 step %c1 iter_args(%s = %zeros, %out = %empty) -> (tensor<2x8xf32>, tensor<2x7x8xf32>) {
    %x_t = tensor.extract_slice %x[0, %t, 0] [2, 1, 8] [1, 1, 1] : tensor<2x7x8xf32> to tensor<2x8xf32>
    %kept = linalg.generic {indexing_maps = [#d, #bd, #bd], iterator_types = ["parallel", "parallel"]}
        ins(%decay, %s : tensor<8xf32>, tensor<2x8xf32>) outs(%e : tensor<2x8xf32>) {
    ^bb0(%a: f32, %h: f32, %o: f32):
      %m = arith.mulf %a, %h : f32
      linalg.yield %m : f32
    } -> tensor<2x8xf32>
    %next = linalg.add ins(%kept, %x_t : tensor<2x8xf32>, tensor<2x8xf32>) outs(%e : tensor<2x8xf32>) -> tensor<2x8xf32>
    %wrote = tensor.insert_slice %next into %out[0, %t, 0] [2, 1, 8] [1, 1, 1] : tensor<2x8xf32> into tensor<2x7x8xf32>
    scf.yield %next, %wrote : tensor<2x8xf32>, tensor<2x7x8xf32>
  }
  return %r#1 : tensor<2x7x8xf32>
}

// A reset is a decay that may be exactly 0: channels are value features of an elementwise transport, which no form splits
// into chunks.
// CHECK-LABEL: func.func @reset(
// CHECK:         mixer.mix
// CHECK-SAME:      transport(%{{[^ ,]+}} : tensor<2x7x1x1x8xf32>)
// CHECK-SAME:      transport = #mixer.elementwise}
// CHECK-NOT:     scf.for
func.func @reset(%x: tensor<2x7x8xf32>, %gate: tensor<2x7x1xf32>) -> tensor<2x7x8xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %one = arith.constant 1.0 : f32
  %half = arith.constant 0.5 : f32
  %decay = arith.constant dense<[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]> : tensor<8xf32>
  %zeros = arith.constant dense<0.0> : tensor<2x8xf32>
  %e1 = tensor.empty() : tensor<2x7x1xf32>
  %empty = tensor.empty() : tensor<2x7x8xf32>
  %e = tensor.empty() : tensor<2x8xf32>
  %keep = linalg.generic {indexing_maps = [affine_map<(b, t, d) -> (b, t, d)>, affine_map<(b, t, d) -> (b, t, d)>],
      iterator_types = ["parallel", "parallel", "parallel"]} ins(%gate : tensor<2x7x1xf32>) outs(%e1 : tensor<2x7x1xf32>) {
  ^bb0(%a: f32, %o: f32):
    %is = arith.cmpf ogt, %a, %half : f32
    %r = arith.uitofp %is : i1 to f32
    %k = arith.subf %one, %r : f32
    linalg.yield %k : f32
  } -> tensor<2x7x1xf32>
  %r:2 = scf.for %t = %c0 to %c7 step %c1 iter_args(%s = %zeros, %out = %empty) -> (tensor<2x8xf32>, tensor<2x7x8xf32>) {
    %x_t = tensor.extract_slice %x[0, %t, 0] [2, 1, 8] [1, 1, 1] : tensor<2x7x8xf32> to tensor<2x8xf32>
    %k_t = tensor.extract_slice %keep[0, %t, 0] [2, 1, 1] [1, 1, 1] : tensor<2x7x1xf32> to tensor<2x1xf32>
    %a_t = linalg.generic {indexing_maps = [#d, #b0, #bd], iterator_types = ["parallel", "parallel"]}
        ins(%decay, %k_t : tensor<8xf32>, tensor<2x1xf32>) outs(%e : tensor<2x8xf32>) {
    ^bb0(%a: f32, %h: f32, %o: f32):
      %m = arith.mulf %a, %h : f32
      linalg.yield %m : f32
    } -> tensor<2x8xf32>
    %kept = linalg.mul ins(%a_t, %s : tensor<2x8xf32>, tensor<2x8xf32>) outs(%e : tensor<2x8xf32>) -> tensor<2x8xf32>
    %next = linalg.add ins(%kept, %x_t : tensor<2x8xf32>, tensor<2x8xf32>) outs(%e : tensor<2x8xf32>) -> tensor<2x8xf32>
    %wrote = tensor.insert_slice %next into %out[0, %t, 0] [2, 1, 8] [1, 1, 1] : tensor<2x8xf32> into tensor<2x7x8xf32>
    scf.yield %next, %wrote : tensor<2x8xf32>, tensor<2x7x8xf32>
  }
  return %r#1 : tensor<2x7x8xf32>
}

// The selective scan: the product of length, channels and state numbers is never made.
// CHECK-LABEL: func.func @selective_scan(
// CHECK-NOT:     tensor<2x7x6x4xf32>
// CHECK:         mixer.mix query(%{{[^ ,]+}} : tensor<2x7x1x4xf32>) key(%{{[^ ,]+}} : tensor<2x7x1x4xf32>)
// CHECK-SAME:      value(%{{[^ ,]+}} : tensor<2x7x1x6xf32>)
// CHECK-SAME:      transport(%{{[^ ,]+}}, %{{[^ ,]+}} : tensor<2x7x1x6xf32>, tensor<1x4x6xf32>)
// CHECK-SAME:      transport = #mixer.elementwise<factored = true>
// CHECK-NOT:     scf.for
func.func @selective_scan(%x: tensor<2x7x6xf32>, %dt: tensor<2x7x6xf32>, %B: tensor<2x7x4xf32>, %C: tensor<2x7x4xf32>,
                          %A: tensor<6x4xf32>) -> tensor<2x7x6xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %zero = arith.constant 0.0 : f32
  %zeros = arith.constant dense<0.0> : tensor<2x6x4xf32>
  %empty = tensor.empty() : tensor<2x7x6xf32>
  %e = tensor.empty() : tensor<2x6x4xf32>
  %e2 = tensor.empty() : tensor<2x6xf32>
  %r:2 = scf.for %t = %c0 to %c7 step %c1 iter_args(%s = %zeros, %out = %empty) -> (tensor<2x6x4xf32>, tensor<2x7x6xf32>) {
    %x_t = tensor.extract_slice %x[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %dt_t = tensor.extract_slice %dt[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %B_t = tensor.extract_slice %B[0, %t, 0] [2, 1, 4] [1, 1, 1] : tensor<2x7x4xf32> to tensor<2x4xf32>
    %C_t = tensor.extract_slice %C[0, %t, 0] [2, 1, 4] [1, 1, 1] : tensor<2x7x4xf32> to tensor<2x4xf32>
    %dt_u = tensor.expand_shape %dt_t [[0], [1, 2]] output_shape [2, 6, 1] : tensor<2x6xf32> into tensor<2x6x1xf32>
    %B_u = tensor.expand_shape %B_t [[0], [1, 2]] output_shape [2, 1, 4] : tensor<2x4xf32> into tensor<2x1x4xf32>
    %x_u = tensor.expand_shape %x_t [[0], [1, 2]] output_shape [2, 6, 1] : tensor<2x6xf32> into tensor<2x6x1xf32>
    %log = linalg.generic {indexing_maps = [#bd1, #dn_, #bdn], iterator_types = ["parallel", "parallel", "parallel"]}
        ins(%dt_u, %A : tensor<2x6x1xf32>, tensor<6x4xf32>) outs(%e : tensor<2x6x4xf32>) {
    ^bb0(%a: f32, %h: f32, %o: f32):
      %m = arith.mulf %a, %h : f32
      linalg.yield %m : f32
    } -> tensor<2x6x4xf32>
    %dA = linalg.exp ins(%log : tensor<2x6x4xf32>) outs(%e : tensor<2x6x4xf32>) -> tensor<2x6x4xf32>
    %dB = linalg.generic {indexing_maps = [#bd1, #b1n, #bdn], iterator_types = ["parallel", "parallel", "parallel"]}
        ins(%dt_u, %B_u : tensor<2x6x1xf32>, tensor<2x1x4xf32>) outs(%e : tensor<2x6x4xf32>) {
    ^bb0(%a: f32, %h: f32, %o: f32):
      %m = arith.mulf %a, %h : f32
      linalg.yield %m : f32
    } -> tensor<2x6x4xf32>
    %dBx = linalg.generic {indexing_maps = [#bdn, #bd1, #bdn], iterator_types = ["parallel", "parallel", "parallel"]}
        ins(%dB, %x_u : tensor<2x6x4xf32>, tensor<2x6x1xf32>) outs(%e : tensor<2x6x4xf32>) {
    ^bb0(%a: f32, %h: f32, %o: f32):
      %m = arith.mulf %a, %h : f32
      linalg.yield %m : f32
    } -> tensor<2x6x4xf32>
    %kept = linalg.mul ins(%dA, %s : tensor<2x6x4xf32>, tensor<2x6x4xf32>) outs(%e : tensor<2x6x4xf32>) -> tensor<2x6x4xf32>
    %next = linalg.add ins(%kept, %dBx : tensor<2x6x4xf32>, tensor<2x6x4xf32>) outs(%e : tensor<2x6x4xf32>) -> tensor<2x6x4xf32>
    %none = linalg.fill ins(%zero : f32) outs(%e2 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %y = linalg.generic {indexing_maps = [#bdn, #bn_, #bd_], iterator_types = ["parallel", "parallel", "reduction"]}
        ins(%next, %C_t : tensor<2x6x4xf32>, tensor<2x4xf32>) outs(%none : tensor<2x6xf32>) {
    ^bb0(%a: f32, %h: f32, %o: f32):
      %m = arith.mulf %a, %h : f32
      %sum = arith.addf %o, %m : f32
      linalg.yield %sum : f32
    } -> tensor<2x6xf32>
    %wrote = tensor.insert_slice %y into %out[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x6xf32> into tensor<2x7x6xf32>
    scf.yield %next, %wrote : tensor<2x6x4xf32>, tensor<2x7x6xf32>
  }
  return %r#1 : tensor<2x7x6xf32>
}

// A gate computed by a sigmoid and brought to tokens first, at a length that is open: its logarithm is known, so that
// each channel is a head with one decay.
// CHECK-LABEL: func.func @transposed_gate_at_open_length(
// CHECK:         math.log1p
// CHECK-NOT:     math.log %
// CHECK:         mixer.mix
// CHECK-SAME:      transport = #mixer.scalar
// CHECK-NOT:     scf.for
func.func @transposed_gate_at_open_length(%x: tensor<?x2x6xf32> {heddle.shape = affine_map<()[T] -> (T, 2, 6)>}, %a: tensor<2x?x6xf32> {heddle.shape = affine_map<()[T] -> (2, T, 6)>})
    -> tensor<?x2x6xf32> attributes {heddle.symbols = ["T"]} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %length = tensor.dim %x, %c0 : tensor<?x2x6xf32>
  %by_batch = tensor.empty(%length) : tensor<2x?x6xf32>
  %gate = linalg.generic {indexing_maps = [affine_map<(b, t, d) -> (b, t, d)>, affine_map<(b, t, d) -> (b, t, d)>], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%a : tensor<2x?x6xf32>) outs(%by_batch : tensor<2x?x6xf32>) {
  ^bb0(%in: f32, %out: f32):
    %one = arith.constant 1.0 : f32
    %minus = arith.negf %in : f32
    %power = math.exp %minus : f32
    %more = arith.addf %power, %one : f32
    %share = arith.divf %one, %more : f32
    linalg.yield %share : f32
  } -> tensor<2x?x6xf32>
  %by_token = tensor.empty(%length) : tensor<?x2x6xf32>
  %gates = linalg.generic {indexing_maps = [affine_map<(t, b, d) -> (b, t, d)>, affine_map<(t, b, d) -> (t, b, d)>], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%gate : tensor<2x?x6xf32>) outs(%by_token : tensor<?x2x6xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<?x2x6xf32>
  %zeros = arith.constant dense<0.0> : tensor<2x6xf32>
  %r:2 = scf.for %t = %c0 to %length step %c1 iter_args(%s = %zeros, %all = %by_token) -> (tensor<2x6xf32>, tensor<?x2x6xf32>) {
    %gate_now = tensor.extract_slice %gates[%t, 0, 0] [1, 2, 6] [1, 1, 1] : tensor<?x2x6xf32> to tensor<2x6xf32>
    %now = tensor.extract_slice %x[%t, 0, 0] [1, 2, 6] [1, 1, 1] : tensor<?x2x6xf32> to tensor<2x6xf32>
    %empty = tensor.empty() : tensor<2x6xf32>
    %faded = linalg.mul ins(%gate_now, %s : tensor<2x6xf32>, tensor<2x6xf32>) outs(%empty : tensor<2x6xf32>) -> tensor<2x6xf32>
    %next = linalg.add ins(%faded, %now : tensor<2x6xf32>, tensor<2x6xf32>) outs(%empty : tensor<2x6xf32>) -> tensor<2x6xf32>
    %wrote = tensor.insert_slice %next into %all[%t, 0, 0] [1, 2, 6] [1, 1, 1] : tensor<2x6xf32> into tensor<?x2x6xf32>
    scf.yield %next, %wrote : tensor<2x6xf32>, tensor<?x2x6xf32>
  }
  return %r#1 : tensor<?x2x6xf32>
}

// A body that reads a tensor at the position of the loop reads it at the token.
// CHECK-LABEL: func.func @body_reads_position(
// CHECK:         tensor.extract %arg0[%{{[^ ,]+}}, %{{[^ ,]+}}, %{{[^ ,]+}}]
// CHECK:         mixer.mix
// CHECK-SAME:      transport = #mixer.identity
// CHECK-NOT:     scf.for
func.func @body_reads_position(%x: tensor<2x7x6xf32>) -> tensor<2x7x6xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %h0 = arith.constant dense<0.0> : tensor<2x6xf32>
  %init = tensor.empty() : tensor<2x6xf32>
  %empty = tensor.empty() : tensor<2x7x6xf32>
  %r:2 = scf.for %t = %c0 to %c7 step %c1 iter_args(%h = %h0, %out = %empty) -> (tensor<2x6xf32>, tensor<2x7x6xf32>) {
    %token = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]} outs(%init : tensor<2x6xf32>) {
    ^bb0(%o: f32):
      %b = linalg.index 0 : index
      %d = linalg.index 1 : index
      %element = tensor.extract %x[%b, %t, %d] : tensor<2x7x6xf32>
      %size = math.absf %element : f32
      linalg.yield %size : f32
    } -> tensor<2x6xf32>
    %next = linalg.add ins(%h, %token : tensor<2x6xf32>, tensor<2x6xf32>) outs(%init : tensor<2x6xf32>) -> tensor<2x6xf32>
    %wrote = tensor.insert_slice %next into %out[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x6xf32> into tensor<2x7x6xf32>
    scf.yield %next, %wrote : tensor<2x6xf32>, tensor<2x7x6xf32>
  }
  return %r#1 : tensor<2x7x6xf32>
}

// Two open dimensions beside the loop are one batch: sums within chunks of 8, of which there are as many as there are.
// CHECK-LABEL: func.func @sums_within_open_chunks(
// CHECK-NOT:     scf.for
// CHECK:         mixer.mix
// CHECK-SAME:      value(%{{[^ ,]+}} : tensor<?x8x1x2xf32>)
// CHECK-SAME:      transport = #mixer.identity
// CHECK-NOT:     scf.for
// CHECK:         tensor.expand_shape %{{.*}} : tensor<?x8x1x2xf32> into tensor<?x?x8x1x2xf32>
func.func @sums_within_open_chunks(%x: tensor<?x2x?x8xf32> {heddle.shape = affine_map<()[b, n] -> (b, 2, n, 8)>}) -> tensor<8x?x2x?xf32>
    attributes {heddle.symbols = ["B", "chunks"]} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c8 = arith.constant 8 : index
  %zero = arith.constant 0.0 : f32
  %b = tensor.dim %x, %c0 : tensor<?x2x?x8xf32>
  %n = tensor.dim %x, %c2 : tensor<?x2x?x8xf32>
  %e = tensor.empty(%b, %n) : tensor<?x2x?xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%e : tensor<?x2x?xf32>) -> tensor<?x2x?xf32>
  %empty = tensor.empty(%b, %n) : tensor<8x?x2x?xf32>
  %r:2 = scf.for %t = %c0 to %c8 step %c1 iter_args(%s = %zeros, %out = %empty) -> (tensor<?x2x?xf32>, tensor<8x?x2x?xf32>) {
    %x_t = tensor.extract_slice %x[0, 0, 0, %t] [%b, 2, %n, 1] [1, 1, 1, 1] : tensor<?x2x?x8xf32> to tensor<?x2x?xf32>
    %next = linalg.add ins(%s, %x_t : tensor<?x2x?xf32>, tensor<?x2x?xf32>) outs(%e : tensor<?x2x?xf32>) -> tensor<?x2x?xf32>
    %wrote = tensor.insert_slice %next into %out[%t, 0, 0, 0] [1, %b, 2, %n] [1, 1, 1, 1] : tensor<?x2x?xf32> into tensor<8x?x2x?xf32>
    scf.yield %next, %wrote : tensor<?x2x?xf32>, tensor<8x?x2x?xf32>
  }
  return %r#1 : tensor<8x?x2x?xf32>
}
