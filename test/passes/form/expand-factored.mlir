// RUN: heddle-opt %s --heddle-expand-factored --canonicalize --cse | FileCheck %s

// The state of all tokens once, and each query reads it: no tensor has two token dimensions.
// CHECK-LABEL: func.func @one_state
// CHECK-SAME:    %[[QUERY:[a-z0-9]+]]: tensor<2x?x4x8xf32>, %[[KEY:[a-z0-9]+]]: tensor<2x?x4x8xf32>, %[[VALUE:[a-z0-9]+]]: tensor<2x?x4x6xf32>
// CHECK-NOT:     tensor<{{.*}}?x?
// CHECK:         linalg.generic {{.*}}"reduction"]} ins(%[[KEY]], %[[VALUE]] :
// CHECK:         } -> tensor<2x4x1x8x6xf32>
// CHECK:         linalg.generic {{.*}}"reduction"]} ins(%[[QUERY]],
// CHECK:         } -> tensor<2x?x4x1x6xf32>
// CHECK-NOT:     linalg.generic
// CHECK-NOT:     mixer.mix
func.func @one_state(%query: tensor<2x?x4x8xf32>, %key: tensor<2x?x4x8xf32>, %value: tensor<2x?x4x6xf32>,
                     %init: tensor<2x?x4x6xf32>) -> tensor<2x?x4x6xf32> {
  %output = mixer.mix query(%query : tensor<2x?x4x8xf32>) key(%key : tensor<2x?x4x8xf32>)
    value(%value : tensor<2x?x4x6xf32>) outs(%init : tensor<2x?x4x6xf32>)
    {support = #mixer.full, transport = #mixer.identity, score = #mixer.linear, norm = #mixer.norm<none>,
     form = #mixer.form<factored>} -> tensor<2x?x4x6xf32>
  return %output : tensor<2x?x4x6xf32>
}

// Three query heads read each of two states, two values share a key, and the sums of the weights are those of the keys:
// operands are split, never repeated. A row of weights that sum to 0 is 0.
// CHECK-LABEL: func.func @shared_heads
// CHECK:         arith.extf
// CHECK:         } -> tensor<?x1x2x8x6xf32>
// CHECK:         } -> tensor<?x?x2x3x6xf32>
// CHECK:         } -> tensor<?x1x8x1xf32>
// CHECK:         } -> tensor<?x?x2x3x1xf32>
// CHECK:         arith.divf
// CHECK:         arith.select
// CHECK:         arith.truncf %{{.*}} : f32 to bf16
// CHECK-NOT:     mixer.mix
func.func @shared_heads(%query: tensor<?x?x6x8xbf16>, %key: tensor<?x?x1x8xbf16>, %value: tensor<?x?x2x6xbf16>,
                        %init: tensor<?x?x6x6xbf16>) -> tensor<?x?x6x6xbf16> {
  %output = mixer.mix query(%query : tensor<?x?x6x8xbf16>) key(%key : tensor<?x?x1x8xbf16>)
    value(%value : tensor<?x?x2x6xbf16>) outs(%init : tensor<?x?x6x6xbf16>)
    {support = #mixer.full, transport = #mixer.identity, score = #mixer.linear<scale = 5.000000e-01>,
     norm = #mixer.norm<row_sum, epsilon = 1.0e-3>, form = #mixer.form<factored>} -> tensor<?x?x6x6xbf16>
  return %output : tensor<?x?x6x6xbf16>
}

// CHECK-LABEL: func.func @no_other_form
// CHECK:         mixer.mix
func.func @no_other_form(%query: tensor<2x?x4x8xf32>, %init: tensor<2x?x4x8xf32>) -> tensor<2x?x4x8xf32> {
  %output = mixer.mix query(%query : tensor<2x?x4x8xf32>) key(%query : tensor<2x?x4x8xf32>)
    value(%query : tensor<2x?x4x8xf32>) outs(%init : tensor<2x?x4x8xf32>)
    {support = #mixer.full, transport = #mixer.identity, score = #mixer.linear, norm = #mixer.norm<none>,
     form = #mixer.form<dense>} -> tensor<2x?x4x8xf32>
  return %output : tensor<2x?x4x8xf32>
}
