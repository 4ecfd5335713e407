// RUN: heddle-opt %s --heddle-expand-mix --canonicalize --cse | FileCheck %s

// Spectra of blocks of 128 taps and values, their products, and no transform whose length depends on the sizes.
// CHECK-LABEL: func.func @toeplitz
// CHECK:         memref.alloc() {{.*}} : memref<128x2xf32>
// CHECK:         heddle.kernel = "mix_fft_table"
// CHECK:         %[[TAPS:.+]] = memref.alloc() {{.*}} : memref<4x256x2x64xf32>
// CHECK:         heddle.kernel = "mix_fft_taps"
// CHECK:         %[[VALUES:.+]] = memref.alloc({{.+}}) {{.*}} : memref<?x?x256x2x64xf32>
// CHECK:         heddle.kernel = "mix_fft_values"
// CHECK:         memref.alloca() {{.*}} : memref<256x2x16xf32>
// CHECK:         vector.load %[[TAPS]]
// CHECK:         vector.load %[[VALUES]]
// CHECK:         heddle.kernel = "mix_fft_multiply"
func.func @toeplitz(%value: memref<?x?x64x1xf32>, %kernel: memref<64x1x512xf32>, %output: memref<?x?x64x1xf32>) {
  mixer.mix value(%value : memref<?x?x64x1xf32>) transport(%kernel : memref<64x1x512xf32>)
    outs(%output : memref<?x?x64x1xf32>)
    {support = #mixer.causal, transport = #mixer.toeplitz, score = #mixer.linear, norm = #mixer.norm<none>,
     form = #mixer.form<fft>}
  return
}
