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
