// RUN: heddle-opt %s -split-input-file --heddle-derive-stream=verify=always | FileCheck %s
// RUN: heddle-opt %s -split-input-file --heddle-derive-stream --remarks-filter=derive-stream --remark-policy=all --remark-format=emitRemark 2>&1 | FileCheck %s --check-prefix=REMARK
// Steps that are proved over the borders of blocks: one call of several tokens, single ones, the rest.

#shape = affine_map<()[b, t] -> (b, t, 2, 3)>

// Seven taps on blocks of two positions, shared by the channels of a head; values in 16 bits.
// REMARK:      long-convolution{{.*}}7 taps in blocks of 2 positions
// CHECK-LABEL: func.func @step
// CHECK-SAME:    tensor<?x?x2x3xbf16> {heddle.append, heddle.name = "value"
// CHECK-SAME:    tensor<?x2x2x3xf32> {heddle.name = "ahead"
func.func @forward(%x: tensor<?x?x2x3xbf16> {heddle.shape = #shape}) -> (tensor<?x?x2x3xbf16> {heddle.shape = #shape})
    attributes {heddle.symbols = ["B", "T"], heddle.convolution_block = 2 : i64} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %b = tensor.dim %x, %c0 : tensor<?x?x2x3xbf16>
  %t = tensor.dim %x, %c1 : tensor<?x?x2x3xbf16>
  %init = tensor.empty(%b, %t) : tensor<?x?x2x3xbf16>
  %kernel = arith.constant dense<[[[1.0, -0.5, 0.25, 2.0, 0.5, -1.0, 0.75]], [[0.5, 0.25, -1.5, 1.0, 0.75, 0.125, -2.0]]]> : tensor<2x1x7xbf16>
  %mixed = mixer.mix value(%x : tensor<?x?x2x3xbf16>) transport(%kernel : tensor<2x1x7xbf16>) outs(%init : tensor<?x?x2x3xbf16>)
      {support = #mixer.causal, transport = #mixer.toeplitz, score = #mixer.linear, norm = #mixer.norm<none>} -> tensor<?x?x2x3xbf16>
  return %mixed : tensor<?x?x2x3xbf16>
}

// -----

#shape = affine_map<()[b, t] -> (b, t, 1, 4)>

// A tap for each token so far, decided by positions: evaluated as far as the call needs it.
// REMARK:      long-convolution{{.*}}a tap for each token in blocks of 4 positions
// CHECK-LABEL: func.func @step
// CHECK-SAME:    tensor<?x?x1x4xf32> {heddle.append, heddle.name = "value"
// CHECK-SAME:    tensor<?x4x1x4xf32> {heddle.name = "ahead"
func.func @forward(%x: tensor<?x?x1x4xf32> {heddle.shape = #shape}) -> (tensor<?x?x1x4xf32> {heddle.shape = #shape})
    attributes {heddle.symbols = ["B", "T"], heddle.convolution_block = 4 : i64} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %b = tensor.dim %x, %c0 : tensor<?x?x1x4xf32>
  %t = tensor.dim %x, %c1 : tensor<?x?x1x4xf32>
  %init = tensor.empty(%b, %t) : tensor<?x?x1x4xf32>
  %blank = tensor.empty(%t) : tensor<1x4x?xf32>
  %kernel = linalg.generic {indexing_maps = [affine_map<(h, d, k) -> (h, d, k)>], iterator_types = ["parallel", "parallel", "parallel"]}
      outs(%blank : tensor<1x4x?xf32>) {
  ^bb0(%none: f32):
    %d = linalg.index 1 : index
    %k = linalg.index 2 : index
    %sum = arith.addi %d, %k : index
    %integer = arith.index_cast %sum : index to i64
    %number = arith.sitofp %integer : i64 to f32
    %tap = math.cos %number : f32
    linalg.yield %tap : f32
  } -> tensor<1x4x?xf32>
  %mixed = mixer.mix value(%x : tensor<?x?x1x4xf32>) transport(%kernel : tensor<1x4x?xf32>) outs(%init : tensor<?x?x1x4xf32>)
      {support = #mixer.causal, transport = #mixer.toeplitz, score = #mixer.linear, norm = #mixer.norm<none>} -> tensor<?x?x1x4xf32>
  return %mixed : tensor<?x?x1x4xf32>
}
