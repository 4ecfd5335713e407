// RUN: heddle-opt %s --heddle-pick-form='tokens=4096' | FileCheck %s
// RUN: heddle-opt %s --heddle-pick-form='tokens=4096 machine=%S/Inputs/slow-memory.json' | FileCheck %s --check-prefix=MEMORY

// Spectra are written and read again, which a machine with slow memory is better off without.
// CHECK: form = #mixer.form<fft>
// MEMORY: form = #mixer.form<direct>
func.func @toeplitz(%value: tensor<1x?x64x1xf32>, %kernel: tensor<64x1x512xf32>, %init: tensor<1x?x64x1xf32>) -> tensor<1x?x64x1xf32> {
  %output = mixer.mix value(%value : tensor<1x?x64x1xf32>) transport(%kernel : tensor<64x1x512xf32>) outs(%init : tensor<1x?x64x1xf32>)
    {support = #mixer.causal, transport = #mixer.toeplitz, score = #mixer.linear, norm = #mixer.norm<none>} -> tensor<1x?x64x1xf32>
  return %output : tensor<1x?x64x1xf32>
}
