// RUN: heddle-opt %s --heddle-expand-mix --canonicalize --cse | FileCheck %s

// Transforms whose length the sizes decide at run time; two vectors of channels each, at 2 x 32 channels; products in place of the values' spectra.
// CHECK-LABEL: func.func @toeplitz
// CHECK:         heddle.kernel = "mix_fft_table"
// CHECK:         %[[TAPS:.+]] = memref.alloc({{.+}}) {{.*}} : memref<2x?x2x16xf32>
// CHECK:         vector.store {{.+}}, %[[TAPS]]
// CHECK:         heddle.kernel = "mix_fft_taps"
// CHECK:         %[[SPECTRA:.+]] = memref.alloc({{.+}}) {{.*}} : memref<?x2x?x2x16xf32>
// CHECK:         vector.store {{.+}}, %[[SPECTRA]]
// CHECK:         heddle.kernel = "mix_fft_values"
// CHECK:         vector.load %[[TAPS]]
// CHECK:         vector.store {{.+}}, %[[SPECTRA]]
// CHECK:         heddle.kernel = "mix_fft_multiply"
// CHECK-NOT:     memref.alloc
// CHECK:         heddle.kernel = "mix_fft_back"
func.func @toeplitz(%value: memref<?x?x64x1xf32>, %kernel: memref<64x1x512xf32>, %output: memref<?x?x64x1xf32>) {
  mixer.mix value(%value : memref<?x?x64x1xf32>) transport(%kernel : memref<64x1x512xf32>)
    outs(%output : memref<?x?x64x1xf32>)
    {support = #mixer.causal, transport = #mixer.toeplitz, score = #mixer.linear, norm = #mixer.norm<none>,
     form = #mixer.form<fft>}
  return
}
