// RUN: heddle-opt %s --heddle-expand-mix --canonicalize --cse | FileCheck %s

// The state lies in blocks of 32 features, the keys of a chunk as rows and as columns; nothing comes from the arena.
// CHECK-LABEL: func.func @scalar
// CHECK-NOT:     memref.alloc()
// CHECK:         scf.parallel
// CHECK-DAG:       memref.alloca() {{.*}} : memref<32x32xf32>
// CHECK-DAG:       memref.alloca() {{.*}} : memref<32x64xf32>
// CHECK-DAG:       memref.alloca() {{.*}} : memref<64x32xf32>
// CHECK-DAG:       memref.alloca() {{.*}} : memref<2x64x32xf32>
// CHECK-DAG:       memref.alloca() {{.*}} : memref<2x32x32xf32>
// CHECK:         heddle.kernel = "mix_chunked"
func.func @scalar(%query: memref<?x?x4x64xf32>, %decay: memref<?x?x4xf32>, %output: memref<?x?x4x64xf32>) {
  mixer.mix query(%query : memref<?x?x4x64xf32>) key(%query : memref<?x?x4x64xf32>) value(%query : memref<?x?x4x64xf32>)
    transport(%decay : memref<?x?x4xf32>) outs(%output : memref<?x?x4x64xf32>)
    {support = #mixer.causal, transport = #mixer.scalar, score = #mixer.linear, norm = #mixer.norm<none>,
     form = #mixer.form<chunked, chunk = 32>}
  return
}

// Decays per channel walk over pairs: chunks of 16, one exponential per token and channel.
// CHECK-LABEL: func.func @key_channel
// CHECK:         scf.parallel
// CHECK-DAG:       memref.alloca() {{.*}} : memref<16x16xf32>
// CHECK-DAG:       memref.alloca() {{.*}} : memref<16x32xf32>
// CHECK-COUNT-1:   math.exp
// CHECK-NOT:       math.exp
// CHECK:         heddle.kernel = "mix_chunked"
func.func @key_channel(%query: memref<?x?x1x32xf32>, %decay: memref<?x?x1x32xf32>, %output: memref<?x?x1x32xf32>) {
  mixer.mix query(%query : memref<?x?x1x32xf32>) key(%query : memref<?x?x1x32xf32>) value(%query : memref<?x?x1x32xf32>)
    transport(%decay : memref<?x?x1x32xf32>) outs(%output : memref<?x?x1x32xf32>)
    {support = #mixer.causal, transport = #mixer.key_channel, score = #mixer.linear, norm = #mixer.norm<none>,
     form = #mixer.form<chunked, chunk = 64>}
  return
}

// What continues a state is called with single tokens too: fewer than a block of rows are steps, in the same kernel.
// CHECK-LABEL: func.func @continued
// CHECK:         scf.parallel
// CHECK-DAG:       %[[FEW:.+]] = arith.cmpi slt, %{{.+}}, %c8
// CHECK:           scf.if %[[FEW]] {
// CHECK:             memref<32x32xf32>
// CHECK:           } else {
// CHECK:             memref<1x32x32xf32>
// CHECK:         heddle.kernel = "mix_chunked"
func.func @continued(%query: memref<?x?x4x32xf32>, %decay: memref<?x?x4xf32>, %state: memref<?x4x32x32xf32>,
                     %output: memref<?x?x4x32xf32>, %next: memref<?x4x32x32xf32>) {
  mixer.mix query(%query : memref<?x?x4x32xf32>) key(%query : memref<?x?x4x32xf32>) value(%query : memref<?x?x4x32xf32>)
    transport(%decay : memref<?x?x4xf32>) state(%state : memref<?x4x32x32xf32>)
    outs(%output, %next : memref<?x?x4x32xf32>, memref<?x4x32x32xf32>)
    {support = #mixer.causal, transport = #mixer.scalar, score = #mixer.linear, norm = #mixer.norm<none>,
     form = #mixer.form<chunked, chunk = 16>}
  return
}
