// RUN: heddle-opt %s --heddle-expand-mix --canonicalize --cse | FileCheck %s

// Keys are packed in tiles; scores of four rows stay in registers; the loop over tiles ends at the diagonal.
// CHECK-LABEL: func.func @causal
// CHECK:         %[[KEYS:.+]] = memref.alloc({{.+}}) {{.*}} : memref<?x2x?x64x64xf32>
// CHECK:         heddle.kernel = "mix_flash_pack"
// CHECK:         scf.parallel
// CHECK:           %[[ROW_END:.+]] = arith.minsi
// CHECK:           %[[SEEN:.+]] = arith.minsi %{{.+}}, %[[ROW_END]]
// CHECK:           scf.for
// CHECK-NOT:         scf.if
// CHECK:               vector.load %[[KEYS]]
// CHECK-COUNT-4:       math.fma {{.*}} : vector<64xf32>
// CHECK:               vector.reduction <maxnumf>
// CHECK:               math.exp %{{.+}} : vector<64xf32>
// CHECK:         heddle.kernel = "mix_flash"
func.func @causal(%query: memref<?x?x4x64xf32>, %key: memref<?x?x2x64xf32>, %output: memref<?x?x4x64xf32>) {
  mixer.mix query(%query : memref<?x?x4x64xf32>) key(%key : memref<?x?x2x64xf32>) value(%key : memref<?x?x2x64xf32>)
    outs(%output : memref<?x?x4x64xf32>)
    {support = #mixer.causal, transport = #mixer.identity, score = #mixer.softmax<scale = 0.125>,
     norm = #mixer.norm<row_sum>, form = #mixer.form<flash, chunk = 64>}
  return
}

// The tile length follows the form; every pair exists, so no tile is tested.
// CHECK-LABEL: func.func @full_tile_of_16
// CHECK:         memref.alloc({{.+}}) {{.*}} : memref<?x4x?x8x16xf32>
func.func @full_tile_of_16(%query: memref<?x?x4x8xf32>, %output: memref<?x?x4x8xf32>) {
  mixer.mix query(%query : memref<?x?x4x8xf32>) key(%query : memref<?x?x4x8xf32>) value(%query : memref<?x?x4x8xf32>)
    outs(%output : memref<?x?x4x8xf32>)
    {support = #mixer.full, transport = #mixer.identity, score = #mixer.softmax<scale = 0.125>,
     norm = #mixer.norm<row_sum>, form = #mixer.form<flash, chunk = 16>}
  return
}

// With positions the loops end at what the row has seen, for packing too; a few queries read the keys where they lie.
// CHECK-LABEL: func.func @cached
// CHECK-SAME:      %[[QUERY:[^:]+]]: memref<?x?x4x64xf32>, %[[KEY:[^:]+]]: memref<?x?x2x64xf32>, %[[SEEN:[^:]+]]: memref<?xi64>
// CHECK:         %[[FEW:.+]] = arith.cmpi sle, %[[TOKENS:.+]], %c4
// CHECK:         %[[PACKED:.+]] = arith.select %[[FEW]], %c0, %{{.+}} : index
// CHECK:         scf.parallel ({{.+}}) = ({{.+}}) to (%{{.+}}, %c2, %[[PACKED]])
// CHECK:           memref.load %[[SEEN]]
// CHECK:           scf.if
// CHECK:         heddle.kernel = "mix_flash_pack"
// CHECK:         scf.parallel
// CHECK:           %[[ROW_END:.+]] = arith.minsi %[[TOKENS]],
// CHECK:           %[[NUMBER:.+]] = memref.load %[[SEEN]]
// CHECK:           %[[POSITION:.+]] = arith.index_cast %[[NUMBER]]
// CHECK:           %[[END:.+]] = arith.addi %[[ROW_END]], %[[POSITION]]
// CHECK:           arith.minsi %{{.+}}, %[[END]]
// CHECK:           vector.load %[[KEY]]
// CHECK:         heddle.kernel = "mix_flash"
func.func @cached(%query: memref<?x?x4x64xf32>, %key: memref<?x?x2x64xf32>, %seen: memref<?xi64>, %output: memref<?x?x4x64xf32>) {
  mixer.mix query(%query : memref<?x?x4x64xf32>) key(%key : memref<?x?x2x64xf32>) value(%key : memref<?x?x2x64xf32>)
    positions(%seen : memref<?xi64>) outs(%output : memref<?x?x4x64xf32>)
    {support = #mixer.causal, transport = #mixer.identity, score = #mixer.softmax<scale = 0.125>,
     norm = #mixer.norm<row_sum>, form = #mixer.form<flash, chunk = 64>}
  return
}
