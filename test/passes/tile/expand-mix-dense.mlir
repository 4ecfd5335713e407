// RUN: heddle-opt %s --heddle-expand-mix --canonicalize --cse | FileCheck %s

// Two passes over the keys of a row, no row of scores.
// CHECK-LABEL: func.func @softmax
// CHECK-NOT:     memref.alloc(
// CHECK:         scf.parallel
// CHECK:           scf.for {{.*}} -> (f32)
// CHECK:             arith.maxnumf
// CHECK:           scf.for {{.*}} -> (f32)
// CHECK:             math.exp
// CHECK:         heddle.kernel = "mix_dense_softmax"
func.func @softmax(%query: memref<?x?x4x64xf32>, %key: memref<?x?x2x64xf32>, %output: memref<?x?x4x64xf32>) {
  mixer.mix query(%query : memref<?x?x4x64xf32>) key(%key : memref<?x?x2x64xf32>) value(%key : memref<?x?x2x64xf32>)
    outs(%output : memref<?x?x4x64xf32>)
    {support = #mixer.window<left = 7, right = 0>, transport = #mixer.identity, score = #mixer.softmax<scale = 0.125>,
     norm = #mixer.norm<row_sum>, form = #mixer.form<dense>}
  return
}

// The query walks back and is transported on its way.
// CHECK-LABEL: func.func @walk
// CHECK:         scf.parallel
// CHECK:           %[[WALKER:.+]] = memref.alloca() {{.*}} : memref<8x1xf32>
// CHECK:           scf.for
// CHECK:             math.exp
// CHECK:             memref.store %{{.+}}, %[[WALKER]]
// CHECK:         heddle.kernel = "mix_dense"
func.func @walk(%query: memref<?x?x1x8xf32>, %decay: memref<?x?x1x8xf32>, %output: memref<?x?x1x8xf32>) {
  mixer.mix query(%query : memref<?x?x1x8xf32>) key(%query : memref<?x?x1x8xf32>) value(%query : memref<?x?x1x8xf32>)
    transport(%decay : memref<?x?x1x8xf32>) outs(%output : memref<?x?x1x8xf32>)
    {support = #mixer.causal, transport = #mixer.key_channel, score = #mixer.linear, norm = #mixer.norm<none>,
     form = #mixer.form<dense>}
  return
}
