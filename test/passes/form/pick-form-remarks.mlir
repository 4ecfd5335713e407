// RUN: heddle-opt %s --heddle-pick-form --remarks-filter='mixer-pick-form' -o /dev/null 2>&1 | FileCheck %s

// CHECK-DAG: {{.*}}flash-form{{.*}}flash: {{[0-9.]+}} ms, {{[0-9.e+]+}} flops, {{[0-9.e+]+}} bytes, {{[0-9.e+]+}} exps
// CHECK-DAG: {{.*}}dense-form{{.*}}dense: {{[0-9.]+}} ms
func.func @softmax(%query: tensor<?x?x4x64xf32>, %init: tensor<?x?x4x64xf32>) -> tensor<?x?x4x64xf32> {
  %output = mixer.mix query(%query : tensor<?x?x4x64xf32>) key(%query : tensor<?x?x4x64xf32>)
    value(%query : tensor<?x?x4x64xf32>) outs(%init : tensor<?x?x4x64xf32>)
    {support = #mixer.causal, transport = #mixer.identity, score = #mixer.softmax<scale = 0.125>, norm = #mixer.norm<row_sum>}
    -> tensor<?x?x4x64xf32>
  return %output : tensor<?x?x4x64xf32>
}

// A block of rows costs the same for one token as for eight: a single token is a step of the state.
// CHECK-DAG: {{.*}}[Passed] recurrent-form{{.*}}recurrent: 0.0{{[0-9]+}} ms, 2.10e+06 flops
// CHECK-DAG: {{.*}}[Missed] chunked-form{{.*}}chunked: 0.{{[0-9]+}} ms, 1.34e+07 flops
func.func @one_token(%query: tensor<1x1x16x128xf32>, %decay: tensor<1x1x16xf32>, %state: tensor<1x16x128x128xf32>,
                     %init: tensor<1x1x16x128xf32>) -> (tensor<1x1x16x128xf32>, tensor<1x16x128x128xf32>) {
  %output, %next = mixer.mix query(%query : tensor<1x1x16x128xf32>) key(%query : tensor<1x1x16x128xf32>)
    value(%query : tensor<1x1x16x128xf32>) transport(%decay, %decay : tensor<1x1x16xf32>, tensor<1x1x16xf32>)
    state(%state : tensor<1x16x128x128xf32>) outs(%init, %state : tensor<1x1x16x128xf32>, tensor<1x16x128x128xf32>)
    {support = #mixer.causal, transport = #mixer.delta<gated = true>, score = #mixer.linear, norm = #mixer.norm<none>}
    -> tensor<1x1x16x128xf32>, tensor<1x16x128x128xf32>
  return %output, %next : tensor<1x1x16x128xf32>, tensor<1x16x128x128xf32>
}

// A whole sequence goes in chunks.
// CHECK-DAG: {{.*}}[Passed] chunked-form{{.*}}chunked: {{[0-9.]+}} ms, 1.81e+09 flops
// CHECK-DAG: {{.*}}[Missed] recurrent-form{{.*}}recurrent: {{[0-9.]+}} ms, 2.15e+09 flops
func.func @many_tokens(%query: tensor<1x1024x16x128xf32>, %decay: tensor<1x1024x16xf32>,
                       %init: tensor<1x1024x16x128xf32>) -> tensor<1x1024x16x128xf32> {
  %output = mixer.mix query(%query : tensor<1x1024x16x128xf32>) key(%query : tensor<1x1024x16x128xf32>)
    value(%query : tensor<1x1024x16x128xf32>) transport(%decay, %decay : tensor<1x1024x16xf32>, tensor<1x1024x16xf32>)
    outs(%init : tensor<1x1024x16x128xf32>)
    {support = #mixer.causal, transport = #mixer.delta<gated = true>, score = #mixer.linear, norm = #mixer.norm<none>}
    -> tensor<1x1024x16x128xf32>
  return %output : tensor<1x1024x16x128xf32>
}
