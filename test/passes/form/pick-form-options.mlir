// RUN: heddle-opt %s --heddle-pick-form='force=recurrent' | FileCheck %s --check-prefix=FORCE
// RUN: heddle-opt %s --heddle-pick-form='force=chunked chunk=32' | FileCheck %s --check-prefix=CHUNK
// RUN: heddle-opt %s --heddle-pick-form='batch=1 tokens=1' | FileCheck %s --check-prefix=TOKEN
// RUN: heddle-opt %s --heddle-pick-form='batch=64 tokens=4096' | FileCheck %s --check-prefix=LONG

// FORCE: form = #mixer.form<recurrent>
// CHUNK: form = #mixer.form<chunked, chunk = 32>
// TOKEN-NOT: form = #mixer.form<chunked
// LONG: form = #mixer.form<chunked, chunk = 16>
func.func @scalar_decay(%query: tensor<?x?x4x64xf32>, %decay: tensor<?x?x4xf32>, %init: tensor<?x?x4x64xf32>)
    -> tensor<?x?x4x64xf32> {
  %output = mixer.mix query(%query : tensor<?x?x4x64xf32>) key(%query : tensor<?x?x4x64xf32>)
    value(%query : tensor<?x?x4x64xf32>) transport(%decay : tensor<?x?x4xf32>) outs(%init : tensor<?x?x4x64xf32>)
    {support = #mixer.causal, transport = #mixer.scalar, score = #mixer.linear, norm = #mixer.norm<none>}
    -> tensor<?x?x4x64xf32>
  return %output : tensor<?x?x4x64xf32>
}
