// RUN: heddle-opt %s --heddle-expand-mix --canonicalize --cse | FileCheck %s

// Heads with one feature become lanes; taps are packed with a margin of zeros on both sides.
// CHECK-LABEL: func.func @toeplitz
// CHECK:         memref.collapse_shape %{{.+}} {{.*}} into memref<?x?x64xf32>
// CHECK:         memref.alloc() {{.*}} : memref<142x64xf32>
// CHECK:         heddle.kernel = "mix_direct_pack"
// CHECK:         scf.parallel
// CHECK-COUNT-64:    math.fma {{.*}} : vector<16xf32>
// CHECK:         heddle.kernel = "mix_direct_toeplitz"
func.func @toeplitz(%value: memref<?x?x64x1xf32>, %kernel: memref<64x1x128xf32>, %output: memref<?x?x64x1xf32>) {
  mixer.mix value(%value : memref<?x?x64x1xf32>) transport(%kernel : memref<64x1x128xf32>)
    outs(%output : memref<?x?x64x1xf32>)
    {support = #mixer.causal, transport = #mixer.toeplitz, score = #mixer.linear, norm = #mixer.norm<none>,
     form = #mixer.form<direct>}
  return
}

// One period of the cosine, no matrix.
// CHECK-LABEL: func.func @cosine
// CHECK:         %[[TABLE:.+]] = memref.alloc({{.+}}) {{.*}} : memref<?xf32>
// CHECK:           math.cos
// CHECK:         heddle.kernel = "mix_direct_table"
// CHECK:           memref.load %[[TABLE]]
// CHECK:         heddle.kernel = "mix_direct_structured"
func.func @cosine(%value: memref<?x?x1x64xf32>, %output: memref<?x?x1x64xf32>) {
  mixer.mix value(%value : memref<?x?x1x64xf32>) outs(%output : memref<?x?x1x64xf32>)
    {support = #mixer.full, transport = #mixer.structured<cosine>, score = #mixer.linear, norm = #mixer.norm<none>,
     form = #mixer.form<direct>}
  return
}
