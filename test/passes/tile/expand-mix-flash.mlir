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

// With positions the loops end at what the row has seen, for packing too; a few queries read the keys where they lie, and
// have no room for packed ones.
// CHECK-LABEL: func.func @cached
// CHECK-SAME:      %[[QUERY:[^:]+]]: memref<?x?x4x64xf32>, %[[KEY:[^:]+]]: memref<?x?x2x64xf32>, %[[SEEN:[^:]+]]: memref<?xi64>
// CHECK:         %[[TOKENS:.+]] = memref.dim %{{.+}}, %c1 : memref<?x?x4x64xf32>
// CHECK:         %[[GROUPS:.+]] = arith.divui %[[TOKENS]], %c5
// CHECK:         %[[MORE:.+]] = arith.addi %[[TOKENS]], %c1
// CHECK:         %[[MANY:.+]] = arith.ceildivui %[[GROUPS]], %[[MORE]]
// CHECK:         %[[PACKED:.+]] = arith.muli %{{.+}}, %[[MANY]]
// CHECK:         memref.alloc(%{{.+}}, %[[PACKED]]) {{.*}} : memref<?x2x?x64x64xf32>
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

// The keys of a window are read in their ring, then those of the call: no bias, no copy. A window needs no test of single
// scores.
// CHECK-LABEL: func.func @ring
// CHECK-SAME:      %[[QUERY:[^:]+]]: memref<1x1x1x64xf32>, %[[RING:[^:]+]]: memref<1x?x1x64xf32>, %[[SEEN:[^:]+]]: memref<1xi64>, %[[PLACE:[^:]+]]: memref<1xi64>
// CHECK-NOT:     mix_flash_pack
// CHECK:           memref.load %[[PLACE]]
// CHECK:           arith.remui
// CHECK:           vector.load %[[QUERY]]
// CHECK:           vector.load %[[RING]]
// CHECK:           arith.cmpf {{.*}} : vector<64xf32>
// CHECK:           vector.load %[[RING]]
// CHECK:           vector.load %[[QUERY]]
// CHECK-NOT:     memref.copy
// CHECK:         return
func.func @ring(%query: memref<1x1x1x64xf32>, %ring: memref<1x?x1x64xf32>, %seen: memref<1xi64>, %place: memref<1xi64>,
                %output: memref<1x1x1x64xf32>) {
  mixer.mix query(%query : memref<1x1x1x64xf32>) key(%query : memref<1x1x1x64xf32>) value(%query : memref<1x1x1x64xf32>)
    positions(%seen : memref<1xi64>) past(%ring : memref<1x?x1x64xf32>, %ring : memref<1x?x1x64xf32> at %place : memref<1xi64>)
    outs(%output : memref<1x1x1x64xf32>)
    {support = #mixer.window<left = 255, right = 0>, transport = #mixer.identity, score = #mixer.softmax<scale = 0.125>,
     norm = #mixer.norm<row_sum>, form = #mixer.form<flash, chunk = 64>}
  return
}
