// What probing costs, in counts: a region that is the same as one before is not probed again, a short filter never is, and a
// wide one is probed at fewer features.
// RUN: heddle-opt %s --pass-pipeline='builtin.module(func.func(heddle-raise-linear-attention,heddle-raise-convolutions,heddle-raise-token-matrices))' \
// RUN:   --mlir-disable-threading --remarks-filter='raise-.*' --remark-policy=all --remark-format=emitRemark 2> %t | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARK --input-file=%t

#rows = affine_map<(b, i, j, d) -> (b, i, d)>
#columns = affine_map<(b, i, j, d) -> (b, j, d)>
#pairs = affine_map<(b, i, j, d) -> (b, i, j)>
#pair = affine_map<(b, i, j) -> (b, i, j)>
#weight = affine_map<(b, i, d, j) -> (b, i, j)>
#value = affine_map<(b, i, d, j) -> (b, j, d)>
#mixed = affine_map<(b, i, d, j) -> (b, i, d)>

// Three equal layers: one probe, one proof.
// CHECK-LABEL: func.func @equal_layers(
// CHECK-COUNT-3: mixer.mix
// CHECK-NOT:     linalg.generic
// REMARK: raised to {{.*}}linear attention{{.*}}at the model's sizes"
// REMARK: raised to {{.*}}linear attention{{.*}}at the model's sizes, as before
// REMARK: raised to {{.*}}linear attention{{.*}}at the model's sizes, as before
// REMARK: probes {{.*}}3 regions, 2 of them like others, 1 probed with
func.func @equal_layers(%q: tensor<2x8x4xf32>, %k: tensor<2x8x4xf32>, %v: tensor<2x8x4xf32>) -> tensor<2x8x4xf32> {
  %zero = arith.constant 0.0 : f32
  %asquare = tensor.empty() : tensor<2x8x8xf32>
  %ablank = linalg.fill ins(%zero : f32) outs(%asquare : tensor<2x8x8xf32>) -> tensor<2x8x8xf32>
  %ascores = linalg.generic {indexing_maps = [#rows, #columns, #pairs], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%q, %k : tensor<2x8x4xf32>, tensor<2x8x4xf32>) outs(%ablank : tensor<2x8x8xf32>) {
  ^bb0(%x: f32, %y: f32, %o: f32):
    %p = arith.mulf %x, %y : f32
    %s = arith.addf %o, %p : f32
    linalg.yield %s : f32
  } -> tensor<2x8x8xf32>
  %aweights = linalg.generic {indexing_maps = [#pair, #pair], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%ascores : tensor<2x8x8xf32>) outs(%asquare : tensor<2x8x8xf32>) {
  ^bb0(%x: f32, %o: f32):
    %i = linalg.index 1 : index
    %j = linalg.index 2 : index
    %isPast = arith.cmpi sge, %i, %j : index
    %kept = arith.select %isPast, %x, %zero : f32
    linalg.yield %kept : f32
  } -> tensor<2x8x8xf32>
  %aline = tensor.empty() : tensor<2x8x4xf32>
  %anone = linalg.fill ins(%zero : f32) outs(%aline : tensor<2x8x4xf32>) -> tensor<2x8x4xf32>
  %first = linalg.generic {indexing_maps = [#weight, #value, #mixed], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%aweights, %v : tensor<2x8x8xf32>, tensor<2x8x4xf32>) outs(%anone : tensor<2x8x4xf32>) {
  ^bb0(%x: f32, %y: f32, %o: f32):
    %p = arith.mulf %x, %y : f32
    %s = arith.addf %o, %p : f32
    linalg.yield %s : f32
  } -> tensor<2x8x4xf32>
  %bsquare = tensor.empty() : tensor<2x8x8xf32>
  %bblank = linalg.fill ins(%zero : f32) outs(%bsquare : tensor<2x8x8xf32>) -> tensor<2x8x8xf32>
  %bscores = linalg.generic {indexing_maps = [#rows, #columns, #pairs], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%first, %k : tensor<2x8x4xf32>, tensor<2x8x4xf32>) outs(%bblank : tensor<2x8x8xf32>) {
  ^bb0(%x: f32, %y: f32, %o: f32):
    %p = arith.mulf %x, %y : f32
    %s = arith.addf %o, %p : f32
    linalg.yield %s : f32
  } -> tensor<2x8x8xf32>
  %bweights = linalg.generic {indexing_maps = [#pair, #pair], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%bscores : tensor<2x8x8xf32>) outs(%bsquare : tensor<2x8x8xf32>) {
  ^bb0(%x: f32, %o: f32):
    %i = linalg.index 1 : index
    %j = linalg.index 2 : index
    %isPast = arith.cmpi sge, %i, %j : index
    %kept = arith.select %isPast, %x, %zero : f32
    linalg.yield %kept : f32
  } -> tensor<2x8x8xf32>
  %bline = tensor.empty() : tensor<2x8x4xf32>
  %bnone = linalg.fill ins(%zero : f32) outs(%bline : tensor<2x8x4xf32>) -> tensor<2x8x4xf32>
  %second = linalg.generic {indexing_maps = [#weight, #value, #mixed], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%bweights, %v : tensor<2x8x8xf32>, tensor<2x8x4xf32>) outs(%bnone : tensor<2x8x4xf32>) {
  ^bb0(%x: f32, %y: f32, %o: f32):
    %p = arith.mulf %x, %y : f32
    %s = arith.addf %o, %p : f32
    linalg.yield %s : f32
  } -> tensor<2x8x4xf32>
  %csquare = tensor.empty() : tensor<2x8x8xf32>
  %cblank = linalg.fill ins(%zero : f32) outs(%csquare : tensor<2x8x8xf32>) -> tensor<2x8x8xf32>
  %cscores = linalg.generic {indexing_maps = [#rows, #columns, #pairs], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%second, %k : tensor<2x8x4xf32>, tensor<2x8x4xf32>) outs(%cblank : tensor<2x8x8xf32>) {
  ^bb0(%x: f32, %y: f32, %o: f32):
    %p = arith.mulf %x, %y : f32
    %s = arith.addf %o, %p : f32
    linalg.yield %s : f32
  } -> tensor<2x8x8xf32>
  %cweights = linalg.generic {indexing_maps = [#pair, #pair], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%cscores : tensor<2x8x8xf32>) outs(%csquare : tensor<2x8x8xf32>) {
  ^bb0(%x: f32, %o: f32):
    %i = linalg.index 1 : index
    %j = linalg.index 2 : index
    %isPast = arith.cmpi sge, %i, %j : index
    %kept = arith.select %isPast, %x, %zero : f32
    linalg.yield %kept : f32
  } -> tensor<2x8x8xf32>
  %cline = tensor.empty() : tensor<2x8x4xf32>
  %cnone = linalg.fill ins(%zero : f32) outs(%cline : tensor<2x8x4xf32>) -> tensor<2x8x4xf32>
  %out = linalg.generic {indexing_maps = [#weight, #value, #mixed], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%cweights, %v : tensor<2x8x8xf32>, tensor<2x8x4xf32>) outs(%cnone : tensor<2x8x4xf32>) {
  ^bb0(%x: f32, %y: f32, %o: f32):
    %p = arith.mulf %x, %y : f32
    %s = arith.addf %o, %p : f32
    linalg.yield %s : f32
  } -> tensor<2x8x4xf32>
  return %out : tensor<2x8x4xf32>
}

// The current token is read in the first layer only.
// CHECK-LABEL: func.func @other_masks(
// CHECK-NOT:     current
// CHECK:         mixer.mix
// CHECK:         current
// REMARK: probes {{.*}}2 regions, 0 of them like others, 2 probed with
func.func @other_masks(%q: tensor<2x8x4xf32>, %k: tensor<2x8x4xf32>, %v: tensor<2x8x4xf32>) -> tensor<2x8x4xf32> {
  %zero = arith.constant 0.0 : f32
  %asquare = tensor.empty() : tensor<2x8x8xf32>
  %ablank = linalg.fill ins(%zero : f32) outs(%asquare : tensor<2x8x8xf32>) -> tensor<2x8x8xf32>
  %ascores = linalg.generic {indexing_maps = [#rows, #columns, #pairs], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%q, %k : tensor<2x8x4xf32>, tensor<2x8x4xf32>) outs(%ablank : tensor<2x8x8xf32>) {
  ^bb0(%x: f32, %y: f32, %o: f32):
    %p = arith.mulf %x, %y : f32
    %s = arith.addf %o, %p : f32
    linalg.yield %s : f32
  } -> tensor<2x8x8xf32>
  %aweights = linalg.generic {indexing_maps = [#pair, #pair], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%ascores : tensor<2x8x8xf32>) outs(%asquare : tensor<2x8x8xf32>) {
  ^bb0(%x: f32, %o: f32):
    %i = linalg.index 1 : index
    %j = linalg.index 2 : index
    %isPast = arith.cmpi sge, %i, %j : index
    %kept = arith.select %isPast, %x, %zero : f32
    linalg.yield %kept : f32
  } -> tensor<2x8x8xf32>
  %aline = tensor.empty() : tensor<2x8x4xf32>
  %anone = linalg.fill ins(%zero : f32) outs(%aline : tensor<2x8x4xf32>) -> tensor<2x8x4xf32>
  %first = linalg.generic {indexing_maps = [#weight, #value, #mixed], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%aweights, %v : tensor<2x8x8xf32>, tensor<2x8x4xf32>) outs(%anone : tensor<2x8x4xf32>) {
  ^bb0(%x: f32, %y: f32, %o: f32):
    %p = arith.mulf %x, %y : f32
    %s = arith.addf %o, %p : f32
    linalg.yield %s : f32
  } -> tensor<2x8x4xf32>
  %bsquare = tensor.empty() : tensor<2x8x8xf32>
  %bblank = linalg.fill ins(%zero : f32) outs(%bsquare : tensor<2x8x8xf32>) -> tensor<2x8x8xf32>
  %bscores = linalg.generic {indexing_maps = [#rows, #columns, #pairs], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%first, %k : tensor<2x8x4xf32>, tensor<2x8x4xf32>) outs(%bblank : tensor<2x8x8xf32>) {
  ^bb0(%x: f32, %y: f32, %o: f32):
    %p = arith.mulf %x, %y : f32
    %s = arith.addf %o, %p : f32
    linalg.yield %s : f32
  } -> tensor<2x8x8xf32>
  %bweights = linalg.generic {indexing_maps = [#pair, #pair], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%bscores : tensor<2x8x8xf32>) outs(%bsquare : tensor<2x8x8xf32>) {
  ^bb0(%x: f32, %o: f32):
    %i = linalg.index 1 : index
    %j = linalg.index 2 : index
    %isPast = arith.cmpi sgt, %i, %j : index
    %kept = arith.select %isPast, %x, %zero : f32
    linalg.yield %kept : f32
  } -> tensor<2x8x8xf32>
  %bline = tensor.empty() : tensor<2x8x4xf32>
  %bnone = linalg.fill ins(%zero : f32) outs(%bline : tensor<2x8x4xf32>) -> tensor<2x8x4xf32>
  %out = linalg.generic {indexing_maps = [#weight, #value, #mixed], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%bweights, %v : tensor<2x8x8xf32>, tensor<2x8x4xf32>) outs(%bnone : tensor<2x8x4xf32>) {
  ^bb0(%x: f32, %y: f32, %o: f32):
    %p = arith.mulf %x, %y : f32
    %s = arith.addf %o, %p : f32
    linalg.yield %s : f32
  } -> tensor<2x8x4xf32>
  return %out : tensor<2x8x4xf32>
}

// 512 features are probed and proved as 5 and 7.
// CHECK-LABEL: func.func @wide(
// CHECK:         mixer.mix query(%{{.*}} : tensor<1x64x1x512xf32>)
// CHECK-NOT:     linalg.generic
// REMARK: raised to {{.*}}with 13 for 64 and 5 for 768 and 7 for 512
// REMARK: probes {{.*}}1 regions, 0 of them like others, 1 probed with 4252430 operations
func.func @wide(%q: tensor<1x64x512xf32>, %k: tensor<1x64x512xf32>, %v: tensor<1x64x768xf32>) -> tensor<1x64x768xf32> {
  %zero = arith.constant 0.0 : f32
  %asquare = tensor.empty() : tensor<1x64x64xf32>
  %ablank = linalg.fill ins(%zero : f32) outs(%asquare : tensor<1x64x64xf32>) -> tensor<1x64x64xf32>
  %ascores = linalg.generic {indexing_maps = [#rows, #columns, #pairs], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%q, %k : tensor<1x64x512xf32>, tensor<1x64x512xf32>) outs(%ablank : tensor<1x64x64xf32>) {
  ^bb0(%x: f32, %y: f32, %o: f32):
    %p = arith.mulf %x, %y : f32
    %s = arith.addf %o, %p : f32
    linalg.yield %s : f32
  } -> tensor<1x64x64xf32>
  %aweights = linalg.generic {indexing_maps = [#pair, #pair], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%ascores : tensor<1x64x64xf32>) outs(%asquare : tensor<1x64x64xf32>) {
  ^bb0(%x: f32, %o: f32):
    %i = linalg.index 1 : index
    %j = linalg.index 2 : index
    %isPast = arith.cmpi sge, %i, %j : index
    %kept = arith.select %isPast, %x, %zero : f32
    linalg.yield %kept : f32
  } -> tensor<1x64x64xf32>
  %aline = tensor.empty() : tensor<1x64x768xf32>
  %anone = linalg.fill ins(%zero : f32) outs(%aline : tensor<1x64x768xf32>) -> tensor<1x64x768xf32>
  %out = linalg.generic {indexing_maps = [#weight, #value, #mixed], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%aweights, %v : tensor<1x64x64xf32>, tensor<1x64x768xf32>) outs(%anone : tensor<1x64x768xf32>) {
  ^bb0(%x: f32, %y: f32, %o: f32):
    %p = arith.mulf %x, %y : f32
    %s = arith.addf %o, %p : f32
    linalg.yield %s : f32
  } -> tensor<1x64x768xf32>
  return %out : tensor<1x64x768xf32>
}

// CHECK-LABEL: func.func @short_filter(
// CHECK-NOT:     mixer.mix
// CHECK:         return
// REMARK-NOT: probes
func.func @short_filter(%x: tensor<2x16x3xf32>) -> tensor<2x16x3xf32> {
  %filter = arith.constant dense<[[-0.48, -0.07, -0.75, 0.63], [0.32, 0.77, 0.58, 0.34], [0.47, 0.13, -0.79, 0.18]]> : tensor<3x4xf32>
  %e2x3x16 = tensor.empty() : tensor<2x3x16xf32>
  %channels = linalg.transpose ins(%x : tensor<2x16x3xf32>) outs(%e2x3x16 : tensor<2x3x16xf32>) permutation = [0, 2, 1]
  %zero = arith.constant 0.0 : f32
  %padded = tensor.pad %channels low[0, 0, 3] high[0, 0, 3] {
  ^bb0(%i0: index, %i1: index, %i2: index):
    tensor.yield %zero : f32
  } : tensor<2x3x16xf32> to tensor<2x3x22xf32>
  %e2x3x19 = tensor.empty() : tensor<2x3x19xf32>
  %z2x3x19 = linalg.fill ins(%zero : f32) outs(%e2x3x19 : tensor<2x3x19xf32>) -> tensor<2x3x19xf32>
  %sums = linalg.generic {indexing_maps = [affine_map<(b, c, t, k) -> (b, c, t + k)>, affine_map<(b, c, t, k) -> (c, k)>, affine_map<(b, c, t, k) -> (b, c, t)>],
      iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%padded, %filter : tensor<2x3x22xf32>, tensor<3x4xf32>) outs(%z2x3x19 : tensor<2x3x19xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %out, %m : f32
    linalg.yield %s : f32
  } -> tensor<2x3x19xf32>
  %kept = tensor.extract_slice %sums[0, 0, 0] [2, 3, 16] [1, 1, 1] : tensor<2x3x19xf32> to tensor<2x3x16xf32>
  %e2x16x3 = tensor.empty() : tensor<2x16x3xf32>
  %y = linalg.transpose ins(%kept : tensor<2x3x16xf32>) outs(%e2x16x3 : tensor<2x16x3xf32>) permutation = [0, 2, 1]
  return %y : tensor<2x16x3xf32>
}
