// At which sizes a raise is proved. Remarks are lost where several functions make them at a time.
// RUN: heddle-opt %s --heddle-raise-attention --heddle-raise-recurrences --canonicalize --cse --mlir-disable-threading \
// RUN:   --remarks-filter=raise-.* --remark-policy=all --remark-format=emitRemark 2> %t | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARK --input-file=%t

// REMARK: not raised to {{.*}}differs by {{.*}} at len=7 batch=2
// REMARK: raised to {{.*}} at batch=2 len=7
// REMARK: raised to {{.*}} at the model's sizes with 13 for 4096
// REMARK: raised to {{.*}} at the model's sizes with 5 for 8192 and 7 for 32"
// REMARK: not raised to {{.*}}the proof would exceed the budget of --verify-raises=cheap

#rows = affine_map<(b, i, j, d) -> (b, i, d)>
#columns = affine_map<(b, i, j, d) -> (b, j, d)>
#pairs = affine_map<(b, i, j, d) -> (b, i, j)>
#pair = affine_map<(b, i, j) -> (b, i, j)>
#row = affine_map<(b, i, j) -> (b, i)>
#weight = affine_map<(b, i, d, j) -> (b, i, j)>
#value = affine_map<(b, i, d, j) -> (b, j, d)>
#mixed = affine_map<(b, i, d, j) -> (b, i, d)>
#tokens = affine_map<()[s0, s1] -> (s1, s0, 4)>
#token = affine_map<(b, t, d) -> (b, t, d)>
#state = affine_map<(b, d) -> (b, d)>

// The first symbol is the length. Two tokens are not enough to see that only the first two weights are summed.
// CHECK-LABEL: func.func @weights_of_two_tokens(
// CHECK-NOT:     mixer.mix
// CHECK:         return
func.func @weights_of_two_tokens(%q: tensor<?x?x4xf32> {heddle.shape = #tokens}, %k: tensor<?x?x4xf32> {heddle.shape = #tokens},
                                 %v: tensor<?x?x4xf32> {heddle.shape = #tokens}) -> (tensor<?x?x4xf32> {heddle.shape = #tokens})
    attributes {heddle.symbols = ["len", "batch"], heddle.symbol_ranges = array<i64: 2, 1000000, 1, 1000000>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  %b = tensor.dim %q, %c0 : tensor<?x?x4xf32>
  %t = tensor.dim %q, %c1 : tensor<?x?x4xf32>
  %square = tensor.empty(%b, %t, %t) : tensor<?x?x?xf32>
  %blank = linalg.fill ins(%zero : f32) outs(%square : tensor<?x?x?xf32>) -> tensor<?x?x?xf32>
  %scores = linalg.generic {indexing_maps = [#rows, #columns, #pairs], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%q, %k : tensor<?x?x4xf32>, tensor<?x?x4xf32>) outs(%blank : tensor<?x?x?xf32>) {
  ^bb0(%x: f32, %y: f32, %o: f32):
    %p = arith.mulf %x, %y : f32
    %s = arith.addf %o, %p : f32
    linalg.yield %s : f32
  } -> tensor<?x?x?xf32>
  %weights = linalg.generic {indexing_maps = [#pair, #pair], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%scores : tensor<?x?x?xf32>) outs(%square : tensor<?x?x?xf32>) {
  ^bb0(%x: f32, %o: f32):
    %e = math.exp %x : f32
    linalg.yield %e : f32
  } -> tensor<?x?x?xf32>
  %first = tensor.extract_slice %weights[0, 0, 0] [%b, %t, 2] [1, 1, 1] : tensor<?x?x?xf32> to tensor<?x?x2xf32>
  %line = tensor.empty(%b, %t) : tensor<?x?xf32>
  %none = linalg.fill ins(%zero : f32) outs(%line : tensor<?x?xf32>) -> tensor<?x?xf32>
  %sums = linalg.generic {indexing_maps = [#pair, #row], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%first : tensor<?x?x2xf32>) outs(%none : tensor<?x?xf32>) {
  ^bb0(%x: f32, %o: f32):
    %s = arith.addf %o, %x : f32
    linalg.yield %s : f32
  } -> tensor<?x?xf32>
  %shares = linalg.generic {indexing_maps = [#pair, #row, #pair], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%weights, %sums : tensor<?x?x?xf32>, tensor<?x?xf32>) outs(%square : tensor<?x?x?xf32>) {
  ^bb0(%x: f32, %y: f32, %o: f32):
    %w = arith.divf %x, %y : f32
    linalg.yield %w : f32
  } -> tensor<?x?x?xf32>
  %init = tensor.empty(%b, %t) : tensor<?x?x4xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%init : tensor<?x?x4xf32>) -> tensor<?x?x4xf32>
  %out = linalg.generic {indexing_maps = [#weight, #value, #mixed], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%shares, %v : tensor<?x?x?xf32>, tensor<?x?x4xf32>) outs(%zeros : tensor<?x?x4xf32>) {
  ^bb0(%x: f32, %y: f32, %o: f32):
    %p = arith.mulf %x, %y : f32
    %s = arith.addf %o, %p : f32
    linalg.yield %s : f32
  } -> tensor<?x?x4xf32>
  return %out : tensor<?x?x4xf32>
}

// The second symbol is the length, and with two tokens there is nothing to compare with.
// CHECK-LABEL: func.func @first_five_tokens(
// CHECK:         mixer.mix
// CHECK-SAME:      transport = #mixer.scalar
// CHECK-NOT:     scf.for
func.func @first_five_tokens(%x: tensor<?x?x4xf32> {heddle.shape = affine_map<()[s0, s1] -> (s0, s1, 4)>})
    -> (tensor<?x5x4xf32> {heddle.shape = affine_map<()[s0, s1] -> (s0, 5, 4)>})
    attributes {heddle.symbols = ["batch", "len"]} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c5 = arith.constant 5 : index
  %zero = arith.constant 0.0 : f32
  %b = tensor.dim %x, %c0 : tensor<?x?x4xf32>
  %init = tensor.empty(%b) : tensor<?x4xf32>
  %h0 = linalg.fill ins(%zero : f32) outs(%init : tensor<?x4xf32>) -> tensor<?x4xf32>
  %empty = tensor.empty(%b) : tensor<?x5x4xf32>
  %r:2 = scf.for %t = %c0 to %c5 step %c1 iter_args(%h = %h0, %out = %empty) -> (tensor<?x4xf32>, tensor<?x5x4xf32>) {
    %x_t = tensor.extract_slice %x[0, %t, 0] [%b, 1, 4] [1, 1, 1] : tensor<?x?x4xf32> to tensor<?x4xf32>
    %next = linalg.generic {indexing_maps = [#state, #state, #state], iterator_types = ["parallel", "parallel"]}
        ins(%h, %x_t : tensor<?x4xf32>, tensor<?x4xf32>) outs(%init : tensor<?x4xf32>) {
    ^bb0(%old: f32, %new: f32, %o: f32):
      %half = arith.constant 0.5 : f32
      %kept = arith.mulf %old, %half : f32
      %sum = arith.addf %kept, %new : f32
      linalg.yield %sum : f32
    } -> tensor<?x4xf32>
    %wrote = tensor.insert_slice %next into %out[0, %t, 0] [%b, 1, 4] [1, 1, 1] : tensor<?x4xf32> into tensor<?x5x4xf32>
    scf.yield %next, %wrote : tensor<?x4xf32>, tensor<?x5x4xf32>
  }
  return %r#1 : tensor<?x5x4xf32>
}

// More work than a proof may take: it is proved over fewer tokens.
// CHECK-LABEL: func.func @long_loop(
// CHECK:         mixer.mix
// CHECK-SAME:      transport = #mixer.scalar
// CHECK-NOT:     scf.for
func.func @long_loop(%x: tensor<32x4096x8192xf32>) -> tensor<32x4096x8192xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4096 = arith.constant 4096 : index
  %h0 = arith.constant dense<0.0> : tensor<32x8192xf32>
  %init = tensor.empty() : tensor<32x8192xf32>
  %empty = tensor.empty() : tensor<32x4096x8192xf32>
  %r:2 = scf.for %t = %c0 to %c4096 step %c1 iter_args(%h = %h0, %out = %empty) -> (tensor<32x8192xf32>, tensor<32x4096x8192xf32>) {
    %x_t = tensor.extract_slice %x[0, %t, 0] [32, 1, 8192] [1, 1, 1] : tensor<32x4096x8192xf32> to tensor<32x8192xf32>
    %next = linalg.generic {indexing_maps = [#state, #state, #state], iterator_types = ["parallel", "parallel"]}
        ins(%h, %x_t : tensor<32x8192xf32>, tensor<32x8192xf32>) outs(%init : tensor<32x8192xf32>) {
    ^bb0(%old: f32, %new: f32, %o: f32):
      %half = arith.constant 0.5 : f32
      %kept = arith.mulf %old, %half : f32
      %sum = arith.addf %kept, %new : f32
      linalg.yield %sum : f32
    } -> tensor<32x8192xf32>
    %wrote = tensor.insert_slice %next into %out[0, %t, 0] [32, 1, 8192] [1, 1, 1] : tensor<32x8192xf32> into tensor<32x4096x8192xf32>
    scf.yield %next, %wrote : tensor<32x8192xf32>, tensor<32x4096x8192xf32>
  }
  return %r#1 : tensor<32x4096x8192xf32>
}

// A gate that counts tokens makes sense at its length alone, but at any batch and number of features.
// CHECK-LABEL: func.func @wide_loop_that_counts(
// CHECK:         mixer.mix
// CHECK-NOT:     scf.for
func.func @wide_loop_that_counts(%x: tensor<32x4096x8192xf32>) -> tensor<32x4096x8192xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c9 = arith.constant 9 : index
  %c4096 = arith.constant 4096 : index
  %zero = arith.constant 0.0 : f32
  %h0 = arith.constant dense<0.0> : tensor<32x8192xf32>
  %init = tensor.empty() : tensor<32x8192xf32>
  %empty = tensor.empty() : tensor<32x4096x8192xf32>
  %gated = linalg.generic {indexing_maps = [#token, #token], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%x : tensor<32x4096x8192xf32>) outs(%empty : tensor<32x4096x8192xf32>) {
  ^bb0(%in: f32, %o: f32):
    %position = linalg.index 1 : index
    %isLate = arith.cmpi sge, %position, %c9 : index
    %kept = arith.select %isLate, %in, %zero : f32
    linalg.yield %kept : f32
  } -> tensor<32x4096x8192xf32>
  %r:2 = scf.for %t = %c0 to %c4096 step %c1 iter_args(%h = %h0, %out = %empty) -> (tensor<32x8192xf32>, tensor<32x4096x8192xf32>) {
    %x_t = tensor.extract_slice %gated[0, %t, 0] [32, 1, 8192] [1, 1, 1] : tensor<32x4096x8192xf32> to tensor<32x8192xf32>
    %next = linalg.generic {indexing_maps = [#state, #state, #state], iterator_types = ["parallel", "parallel"]}
        ins(%h, %x_t : tensor<32x8192xf32>, tensor<32x8192xf32>) outs(%init : tensor<32x8192xf32>) {
    ^bb0(%old: f32, %new: f32, %o: f32):
      %half = arith.constant 0.5 : f32
      %kept = arith.mulf %old, %half : f32
      %sum = arith.addf %kept, %new : f32
      linalg.yield %sum : f32
    } -> tensor<32x8192xf32>
    %wrote = tensor.insert_slice %next into %out[0, %t, 0] [32, 1, 8192] [1, 1, 1] : tensor<32x8192xf32> into tensor<32x4096x8192xf32>
    scf.yield %next, %wrote : tensor<32x8192xf32>, tensor<32x4096x8192xf32>
  }
  return %r#1 : tensor<32x4096x8192xf32>
}

// So many tokens are too much at the smallest batch.
// CHECK-LABEL: func.func @long_loop_that_counts(
// CHECK:         scf.for
func.func @long_loop_that_counts(%x: tensor<32x400000000x8192xf32>) -> tensor<32x400000000x8192xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c9 = arith.constant 9 : index
  %c400000000 = arith.constant 400000000 : index
  %zero = arith.constant 0.0 : f32
  %h0 = arith.constant dense<0.0> : tensor<32x8192xf32>
  %init = tensor.empty() : tensor<32x8192xf32>
  %empty = tensor.empty() : tensor<32x400000000x8192xf32>
  %gated = linalg.generic {indexing_maps = [#token, #token], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%x : tensor<32x400000000x8192xf32>) outs(%empty : tensor<32x400000000x8192xf32>) {
  ^bb0(%in: f32, %o: f32):
    %position = linalg.index 1 : index
    %isLate = arith.cmpi sge, %position, %c9 : index
    %kept = arith.select %isLate, %in, %zero : f32
    linalg.yield %kept : f32
  } -> tensor<32x400000000x8192xf32>
  %r:2 = scf.for %t = %c0 to %c400000000 step %c1 iter_args(%h = %h0, %out = %empty) -> (tensor<32x8192xf32>, tensor<32x400000000x8192xf32>) {
    %x_t = tensor.extract_slice %gated[0, %t, 0] [32, 1, 8192] [1, 1, 1] : tensor<32x400000000x8192xf32> to tensor<32x8192xf32>
    %next = linalg.generic {indexing_maps = [#state, #state, #state], iterator_types = ["parallel", "parallel"]}
        ins(%h, %x_t : tensor<32x8192xf32>, tensor<32x8192xf32>) outs(%init : tensor<32x8192xf32>) {
    ^bb0(%old: f32, %new: f32, %o: f32):
      %half = arith.constant 0.5 : f32
      %kept = arith.mulf %old, %half : f32
      %sum = arith.addf %kept, %new : f32
      linalg.yield %sum : f32
    } -> tensor<32x8192xf32>
    %wrote = tensor.insert_slice %next into %out[0, %t, 0] [32, 1, 8192] [1, 1, 1] : tensor<32x8192xf32> into tensor<32x400000000x8192xf32>
    scf.yield %next, %wrote : tensor<32x8192xf32>, tensor<32x400000000x8192xf32>
  }
  return %r#1 : tensor<32x400000000x8192xf32>
}
