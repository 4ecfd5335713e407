// RUN: not heddle-opt %s --heddle-pick-form='force=chunked' 2>&1 | FileCheck %s --check-prefix=ADMITTED
// RUN: not heddle-opt %s --heddle-pick-form='force=quick' 2>&1 | FileCheck %s --check-prefix=NAME
// RUN: not heddle-opt %s --heddle-pick-form='machine=%S/Inputs/no-arithmetic.json' 2>&1 | FileCheck %s --check-prefix=MACHINE

// ADMITTED: error: 'mixer.mix' op form, expected one of dense, flash but got chunked
// MACHINE: error: {{.*}}no-arithmetic.json: machine model, key 'gflops', expected a number above 0 but got 0
// NAME: error: form `quick`, expected dense, flash, recurrent, chunked, direct, fft or factored but got an unknown name
func.func @softmax(%query: tensor<?x?x4x64xf32>, %init: tensor<?x?x4x64xf32>) -> tensor<?x?x4x64xf32> {
  %output = mixer.mix query(%query : tensor<?x?x4x64xf32>) key(%query : tensor<?x?x4x64xf32>)
    value(%query : tensor<?x?x4x64xf32>) outs(%init : tensor<?x?x4x64xf32>)
    {support = #mixer.causal, transport = #mixer.identity, score = #mixer.softmax<scale = 0.125>, norm = #mixer.norm<row_sum>}
    -> tensor<?x?x4x64xf32>
  return %output : tensor<?x?x4x64xf32>
}
