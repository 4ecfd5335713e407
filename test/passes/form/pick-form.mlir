// RUN: heddle-opt %s --heddle-pick-form | FileCheck %s
// RUN: heddle-opt %s --heddle-pick-form='tokens=1' | FileCheck %s --check-prefix=SHORT
// RUN: heddle-opt %s --heddle-pick-form='force=dense' | FileCheck %s --check-prefix=FORCED

// CHECK-LABEL:  func.func @pick_chunked_long
// CHECK:          form = #mixer.form<chunked, chunk = 16>
// SHORT-LABEL:  func.func @pick_chunked_long
// SHORT:          form = #mixer.form<dense>
// FORCED-LABEL: func.func @pick_chunked_long
// FORCED:         form = #mixer.form<dense>
func.func @pick_chunked_long(%query: tensor<?x?x4x64xf32>, %decay: tensor<?x?x4xf32>, %init: tensor<?x?x4x64xf32>)
    -> tensor<?x?x4x64xf32> {
  %output = mixer.mix query(%query : tensor<?x?x4x64xf32>) key(%query : tensor<?x?x4x64xf32>)
    value(%query : tensor<?x?x4x64xf32>) transport(%decay : tensor<?x?x4xf32>) outs(%init : tensor<?x?x4x64xf32>)
    {support = #mixer.causal, transport = #mixer.scalar, score = #mixer.linear, norm = #mixer.norm<none>}
    -> tensor<?x?x4x64xf32>
  return %output : tensor<?x?x4x64xf32>
}

// CHECK-LABEL: func.func @pick_flash
// CHECK:         form = #mixer.form<flash, chunk = 64>
func.func @pick_flash(%query: tensor<?x?x4x64xf32>, %init: tensor<?x?x4x64xf32>) -> tensor<?x?x4x64xf32> {
  %output = mixer.mix query(%query : tensor<?x?x4x64xf32>) key(%query : tensor<?x?x4x64xf32>)
    value(%query : tensor<?x?x4x64xf32>) outs(%init : tensor<?x?x4x64xf32>)
    {support = #mixer.causal, transport = #mixer.identity, score = #mixer.softmax<scale = 0.125>, norm = #mixer.norm<row_sum>}
    -> tensor<?x?x4x64xf32>
  return %output : tensor<?x?x4x64xf32>
}
