// RUN: heddle-opt %s --heddle-derive-stream --canonicalize --cse --split-input-file | FileCheck %s
// RUN: heddle-opt %s --heddle-derive-stream=verify=always --split-input-file -o /dev/null
// Pooling and un-pooling: the step takes whole blocks of tokens.

#shape = affine_map<()[b, t] -> (b, t, 4)>

// Every other token of any number: the step counts pairs of tokens, and its output has one for each.
// CHECK-LABEL: func.func @step
// CHECK-SAME:    (%[[X:[^:]*]]: tensor<?x?x4xf32> {heddle.shape = affine_map<()[s0, s1] -> (s0, s1 * 2, 4)>}, %{{.*}}: tensor<?xi64>
// CHECK-SAME:    attributes {heddle.block = 2 : i64, heddle.stream_of = "forward", heddle.symbols = ["B", "T_by_2"], heddle.tokens = 1 : i64}
// CHECK:         tensor.extract_slice %[[X]][0, 0, 0] [%{{.*}}, %{{.*}}, 4] [1, 2, 1]
func.func @forward(%x: tensor<?x?x4xf32> {heddle.shape = #shape})
    -> (tensor<?x?x4xf32> {heddle.shape = affine_map<()[b, t] -> (b, (t + 1) floordiv 2, 4)>})
    attributes {heddle.symbols = ["B", "T"]} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %b = tensor.dim %x, %c0 : tensor<?x?x4xf32>
  %t = tensor.dim %x, %c1 : tensor<?x?x4xf32>
  %half = affine.apply affine_map<()[t] -> ((t + 1) floordiv 2)>()[%t]
  %every = tensor.extract_slice %x[0, 0, 0] [%b, %half, 4] [1, 2, 1] : tensor<?x?x4xf32> to tensor<?x?x4xf32>
  return %every : tensor<?x?x4xf32>
}

// -----

#shape = affine_map<()[b, n] -> (b, n * 3, 4)>
#in = affine_map<(b, n, r, d) -> (b, n, r, d)>
#out = affine_map<(b, n, r, d) -> (b, n, d)>

// Sums of three tokens, attention among the sums, and back with a shift: keys and values are kept for each three tokens,
// and their positions are a third of those of the rows.
// CHECK-LABEL: func.func @step
// CHECK-SAME:    %[[SEEN:[^:]*]]: tensor<?xi64> {heddle.name = "position"
// CHECK-SAME:    %{{[^:]*}}: tensor<?x?x1x4xf32> {heddle.append, heddle.name = "key"
// CHECK-SAME:    tensor<?x1x4xf32> {heddle.name = "tail"
// CHECK-SAME:    heddle.block = 3 : i64
// CHECK:         %[[THIRD:.*]] = linalg.generic {{.*}} ins(%[[SEEN]]
// CHECK:           arith.divui
// CHECK:         mixer.append %{{.*}} at(%[[THIRD]]
// CHECK:         mixer.mix {{.*}} positions(%[[THIRD]]
func.func @forward(%x: tensor<?x?x4xf32> {heddle.shape = #shape}) -> (tensor<?x?x4xf32> {heddle.shape = #shape})
    attributes {heddle.symbols = ["B", "T_by_3"]} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  %b = tensor.dim %x, %c0 : tensor<?x?x4xf32>
  %t = tensor.dim %x, %c1 : tensor<?x?x4xf32>
  %n = affine.apply affine_map<()[t] -> (t floordiv 3)>()[%t]
  %threes = tensor.expand_shape %x [[0], [1, 2], [3]] output_shape [%b, %n, 3, 4] : tensor<?x?x4xf32> into tensor<?x?x3x4xf32>
  %empty = tensor.empty(%b, %n) : tensor<?x?x4xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%empty : tensor<?x?x4xf32>) -> tensor<?x?x4xf32>
  %sums = linalg.generic {indexing_maps = [#in, #out], iterator_types = ["parallel", "parallel", "reduction", "parallel"]}
      ins(%threes : tensor<?x?x3x4xf32>) outs(%zeros : tensor<?x?x4xf32>) {
  ^bb0(%element: f32, %sum: f32):
    %more = arith.addf %sum, %element : f32
    linalg.yield %more : f32
  } -> tensor<?x?x4xf32>
  %heads = tensor.expand_shape %sums [[0], [1], [2, 3]] output_shape [%b, %n, 1, 4] : tensor<?x?x4xf32> into tensor<?x?x1x4xf32>
  %init = tensor.empty(%b, %n) : tensor<?x?x1x4xf32>
  %mixed = mixer.mix query(%heads : tensor<?x?x1x4xf32>) key(%heads : tensor<?x?x1x4xf32>) value(%heads : tensor<?x?x1x4xf32>)
      outs(%init : tensor<?x?x1x4xf32>)
      {support = #mixer.causal, transport = #mixer.identity,
       score = #mixer.softmax<scale = 5.000000e-01>, norm = #mixer.norm<row_sum>} -> tensor<?x?x1x4xf32>
  %flat = tensor.collapse_shape %mixed [[0], [1], [2, 3]] : tensor<?x?x1x4xf32> into tensor<?x?x4xf32>
  %less = affine.apply affine_map<()[n] -> (n - 1)>()[%n]
  %front = tensor.extract_slice %flat[0, 0, 0] [%b, %less, 4] [1, 1, 1] : tensor<?x?x4xf32> to tensor<?x?x4xf32>
  %shifted = tensor.insert_slice %front into %zeros[0, 1, 0] [%b, %less, 4] [1, 1, 1] : tensor<?x?x4xf32> into tensor<?x?x4xf32>
  %spread = tensor.empty(%b, %n) : tensor<?x?x3x4xf32>
  %repeated = linalg.generic {indexing_maps = [#out, #in], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%shifted : tensor<?x?x4xf32>) outs(%spread : tensor<?x?x3x4xf32>) {
  ^bb0(%element: f32, %old: f32):
    linalg.yield %element : f32
  } -> tensor<?x?x3x4xf32>
  %y = tensor.collapse_shape %repeated [[0], [1, 2], [3]] : tensor<?x?x3x4xf32> into tensor<?x?x4xf32>
  return %y : tensor<?x?x4xf32>
}

// -----

#shape = affine_map<()[b, t] -> (b, t, 4)>

// A convolution of four taps and stride 2 with two tokens of padding in front, and its elements twice, by index.
// CHECK-LABEL: func.func @step
// CHECK-SAME:    tensor<?x2x4xf32> {heddle.name = "tail"
// CHECK-SAME:    heddle.block = 2 : i64
func.func @forward(%x: tensor<?x?x4xf32> {heddle.shape = #shape})
    -> (tensor<?x?x4xf32> {heddle.shape = affine_map<()[b, t] -> (b, (t floordiv 2) * 2, 4)>})
    attributes {heddle.symbols = ["B", "T"]} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %zero = arith.constant 0.0 : f32
  %taps = arith.constant dense<[0.5, -0.25, 0.125, 2.0]> : tensor<4xf32>
  %b = tensor.dim %x, %c0 : tensor<?x?x4xf32>
  %t = tensor.dim %x, %c1 : tensor<?x?x4xf32>
  %more = affine.apply affine_map<()[t] -> (t + 2)>()[%t]
  %room = tensor.empty(%b, %more) : tensor<?x?x4xf32>
  %padding = linalg.fill ins(%zero : f32) outs(%room : tensor<?x?x4xf32>) -> tensor<?x?x4xf32>
  %padded = tensor.insert_slice %x into %padding[0, 2, 0] [%b, %t, 4] [1, 1, 1] : tensor<?x?x4xf32> into tensor<?x?x4xf32>
  %n = affine.apply affine_map<()[t] -> (t floordiv 2)>()[%t]
  %init = tensor.empty(%b, %n) : tensor<?x?x4xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%init : tensor<?x?x4xf32>) -> tensor<?x?x4xf32>
  %conv = linalg.generic {indexing_maps = [affine_map<(b, n, d, r) -> (b, n * 2 + r, d)>, affine_map<(b, n, d, r) -> (r)>,
                                           affine_map<(b, n, d, r) -> (b, n, d)>],
                          iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%padded, %taps : tensor<?x?x4xf32>, tensor<4xf32>) outs(%zeros : tensor<?x?x4xf32>) {
  ^bb0(%element: f32, %tap: f32, %sum: f32):
    %product = arith.mulf %element, %tap : f32
    %next = arith.addf %sum, %product : f32
    linalg.yield %next : f32
  } -> tensor<?x?x4xf32>
  %twice = affine.apply affine_map<()[n] -> (n * 2)>()[%n]
  %place = tensor.empty(%b, %twice) : tensor<?x?x4xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(b, t, d) -> (b, t, d)>], iterator_types = ["parallel", "parallel", "parallel"]}
      outs(%place : tensor<?x?x4xf32>) {
  ^bb0(%old: f32):
    %row = linalg.index 0 : index
    %token = linalg.index 1 : index
    %feature = linalg.index 2 : index
    %source = arith.divui %token, %c2 : index
    %element = tensor.extract %conv[%row, %source, %feature] : tensor<?x?x4xf32>
    linalg.yield %element : f32
  } -> tensor<?x?x4xf32>
  return %y : tensor<?x?x4xf32>
}

// -----

#shape = affine_map<()[b, t] -> (b, t, 4)>

// The last of every four tokens, its place among them, and the last of these: rows of a table at a quarter of the rate.
// CHECK-LABEL: func.func @step
// CHECK-SAME:    heddle.block = 4 : i64
// CHECK-SAME:    heddle.positions = 32 : i64
func.func @forward(%x: tensor<?x?x4xf32> {heddle.shape = #shape})
    -> (tensor<?x?x4xf32> {heddle.shape = affine_map<()[b, t] -> (b, t floordiv 4, 4)>}, tensor<?x4xf32> {heddle.shape = affine_map<()[b, t] -> (b, 4)>})
    attributes {heddle.symbols = ["B", "T"], heddle.symbol_ranges = array<i64: 1, 9223372036854775807, 4, 35>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %table = arith.constant dense<"0x00000000000080BF000000400000803F"> : tensor<4xf32>
  %rows = arith.constant dense<[0.5, -1.0, 2.0, 1.0, 0.25, 3.0, -2.0, 1.5]> : tensor<8xf32>
  %b = tensor.dim %x, %c0 : tensor<?x?x4xf32>
  %t = tensor.dim %x, %c1 : tensor<?x?x4xf32>
  %n = affine.apply affine_map<()[t] -> (t floordiv 4)>()[%t]
  %fourth = tensor.extract_slice %x[0, 3, 0] [%b, %n, 4] [1, 4, 1] : tensor<?x?x4xf32> to tensor<?x?x4xf32>
  %scales = tensor.extract_slice %rows[0] [%n] [1] : tensor<8xf32> to tensor<?xf32>
  %init = tensor.empty(%b, %n) : tensor<?x?x4xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(b, n, d) -> (b, n, d)>, affine_map<(b, n, d) -> (n)>, affine_map<(b, n, d) -> (d)>,
                                        affine_map<(b, n, d) -> (b, n, d)>], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%fourth, %scales, %table : tensor<?x?x4xf32>, tensor<?xf32>, tensor<4xf32>) outs(%init : tensor<?x?x4xf32>) {
  ^bb0(%element: f32, %scale: f32, %shift: f32, %old: f32):
    %number = linalg.index 1 : index
    %integer = arith.index_cast %number : index to i64
    %place = arith.sitofp %integer : i64 to f32
    %product = arith.mulf %element, %scale : f32
    %sum = arith.addf %product, %shift : f32
    %more = arith.addf %sum, %place : f32
    linalg.yield %more : f32
  } -> tensor<?x?x4xf32>
  %end = affine.apply affine_map<()[n] -> (n - 1)>()[%n]
  %last = tensor.extract_slice %y[0, %end, 0] [%b, 1, 4] [1, 1, 1] : tensor<?x?x4xf32> to tensor<?x4xf32>
  return %y, %last : tensor<?x?x4xf32>, tensor<?x4xf32>
}
