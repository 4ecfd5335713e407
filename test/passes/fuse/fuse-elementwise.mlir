// RUN: heddle-opt %s --pass-pipeline='builtin.module(func.func(heddle-fuse-elementwise),canonicalize,cse)' | FileCheck %s

#rc = affine_map<(r, c) -> (r, c)>
#r = affine_map<(r, c) -> (r)>
#c = affine_map<(r, c) -> (c)>
#id = affine_map<(r) -> (r)>

// CHECK-LABEL: func.func @chain_becomes_one
// CHECK:         linalg.generic
// CHECK:           arith.mulf
// CHECK:           math.exp
// CHECK:           arith.addf
// CHECK-NOT:     linalg.generic
func.func @chain_becomes_one(%x: tensor<?x64xf32>, %bias: tensor<64xf32>, %out: tensor<?x64xf32>) -> tensor<?x64xf32> {
  %square = linalg.mul ins(%x, %x : tensor<?x64xf32>, tensor<?x64xf32>) outs(%out : tensor<?x64xf32>) -> tensor<?x64xf32>
  %exp = linalg.exp ins(%square : tensor<?x64xf32>) outs(%out : tensor<?x64xf32>) -> tensor<?x64xf32>
  %sum = linalg.generic {indexing_maps = [#rc, #c, #rc], iterator_types = ["parallel", "parallel"]}
    ins(%exp, %bias : tensor<?x64xf32>, tensor<64xf32>) outs(%out : tensor<?x64xf32>) {
  ^bb0(%a: f32, %b: f32, %old: f32):
    %0 = arith.addf %a, %b : f32
    linalg.yield %0 : f32
  } -> tensor<?x64xf32>
  return %sum : tensor<?x64xf32>
}

// A layer norm: the difference is cheap, so both its uses compute it; the reciprocal root is computed once per row.
// CHECK-LABEL: func.func @layer_norm
// CHECK:         linalg.generic
// CHECK-SAME:      ["parallel", "reduction"]
// CHECK:           arith.subf
// CHECK:           arith.mulf
// CHECK:           arith.addf
// CHECK:         linalg.generic
// CHECK:           math.rsqrt
// CHECK:         linalg.generic
// CHECK:           arith.subf
// CHECK:           arith.mulf
// CHECK:           arith.mulf
// CHECK-NOT:     linalg.generic
func.func @layer_norm(%x: tensor<?x64xf32>, %mean: tensor<?xf32>, %zeros: tensor<?xf32>, %scale: tensor<64xf32>,
                      %out: tensor<?x64xf32>, %rows: tensor<?xf32>) -> tensor<?x64xf32> {
  %centred = linalg.generic {indexing_maps = [#rc, #r, #rc], iterator_types = ["parallel", "parallel"]}
    ins(%x, %mean : tensor<?x64xf32>, tensor<?xf32>) outs(%out : tensor<?x64xf32>) {
  ^bb0(%a: f32, %b: f32, %old: f32):
    %0 = arith.subf %a, %b : f32
    linalg.yield %0 : f32
  } -> tensor<?x64xf32>
  %square = linalg.mul ins(%centred, %centred : tensor<?x64xf32>, tensor<?x64xf32>) outs(%out : tensor<?x64xf32>) -> tensor<?x64xf32>
  %variance = linalg.reduce {arith.addf} ins(%square : tensor<?x64xf32>) outs(%zeros : tensor<?xf32>) dimensions = [1]
  %inverse = linalg.rsqrt ins(%variance : tensor<?xf32>) outs(%rows : tensor<?xf32>) -> tensor<?xf32>
  %scaled = linalg.generic {indexing_maps = [#rc, #r, #c, #rc], iterator_types = ["parallel", "parallel"]}
    ins(%centred, %inverse, %scale : tensor<?x64xf32>, tensor<?xf32>, tensor<64xf32>) outs(%out : tensor<?x64xf32>) {
  ^bb0(%a: f32, %b: f32, %g: f32, %old: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.mulf %0, %g : f32
    linalg.yield %1 : f32
  } -> tensor<?x64xf32>
  return %scaled : tensor<?x64xf32>
}

// CHECK-LABEL: func.func @no_fuse_exp_with_two_uses
// CHECK-COUNT-3: linalg.generic
func.func @no_fuse_exp_with_two_uses(%x: tensor<?xf32>, %y: tensor<?xf32>, %out: tensor<?xf32>) -> (tensor<?xf32>, tensor<?xf32>) {
  %exp = linalg.exp ins(%x : tensor<?xf32>) outs(%out : tensor<?xf32>) -> tensor<?xf32>
  %sum = linalg.add ins(%exp, %y : tensor<?xf32>, tensor<?xf32>) outs(%out : tensor<?xf32>) -> tensor<?xf32>
  %product = linalg.mul ins(%exp, %y : tensor<?xf32>, tensor<?xf32>) outs(%out : tensor<?xf32>) -> tensor<?xf32>
  return %sum, %product : tensor<?xf32>, tensor<?xf32>
}

// CHECK-LABEL: func.func @no_fuse_into_matmul
// CHECK:         linalg.generic
// CHECK:         linalg.matmul
func.func @no_fuse_into_matmul(%x: tensor<?x64xf32>, %w: tensor<64x64xf32>, %out: tensor<?x64xf32>) -> tensor<?x64xf32> {
  %double = linalg.add ins(%x, %x : tensor<?x64xf32>, tensor<?x64xf32>) outs(%out : tensor<?x64xf32>) -> tensor<?x64xf32>
  %product = linalg.matmul ins(%double, %w : tensor<?x64xf32>, tensor<64x64xf32>) outs(%out : tensor<?x64xf32>) -> tensor<?x64xf32>
  return %product : tensor<?x64xf32>
}

// The reshape moves behind the second operation, and the two become one.
// CHECK-LABEL: func.func @reshape_between
// CHECK:         linalg.generic
// CHECK:           arith.mulf
// CHECK:           math.exp
// CHECK-NOT:     linalg.generic
func.func @reshape_between(%x: tensor<8x64xf32>, %out: tensor<8x64xf32>, %flat: tensor<512xf32>) -> tensor<512xf32> {
  %square = linalg.mul ins(%x, %x : tensor<8x64xf32>, tensor<8x64xf32>) outs(%out : tensor<8x64xf32>) -> tensor<8x64xf32>
  %line = tensor.collapse_shape %square [[0, 1]] : tensor<8x64xf32> into tensor<512xf32>
  %exp = linalg.exp ins(%line : tensor<512xf32>) outs(%flat : tensor<512xf32>) -> tensor<512xf32>
  return %exp : tensor<512xf32>
}

// CHECK-LABEL: func.func @softmax_decomposes
// CHECK-NOT:     linalg.softmax
// CHECK:         arith.maxnumf
// CHECK:         math.exp
// CHECK:         arith.divf
func.func @softmax_decomposes(%x: tensor<?x64xf32>, %out: tensor<?x64xf32>) -> tensor<?x64xf32> {
  %y = linalg.softmax dimension(1) ins(%x : tensor<?x64xf32>) outs(%out : tensor<?x64xf32>) -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// The residual sum has two users: computed once, so that %x and %y may die.
// CHECK-LABEL: func.func @no_repeated_sum_of_two_tensors
// CHECK:         %[[SUM:.*]] = linalg.generic
// CHECK:         linalg.generic {{.*}} ins(%[[SUM]] :
// CHECK:         linalg.generic {{.*}} ins(%[[SUM]] :
func.func @no_repeated_sum_of_two_tensors(%x: tensor<?xf32>, %y: tensor<?xf32>, %out: tensor<?xf32>) -> (tensor<?xf32>, tensor<?xf32>) {
  %sum = linalg.add ins(%x, %y : tensor<?xf32>, tensor<?xf32>) outs(%out : tensor<?xf32>) -> tensor<?xf32>
  %exp = linalg.exp ins(%sum : tensor<?xf32>) outs(%out : tensor<?xf32>) -> tensor<?xf32>
  %square = linalg.mul ins(%sum, %sum : tensor<?xf32>, tensor<?xf32>) outs(%out : tensor<?xf32>) -> tensor<?xf32>
  return %exp, %square : tensor<?xf32>, tensor<?xf32>
}

// Arithmetic on whole tensors fuses like any other: a constant, a scalar condition, a comparison, dynamic sizes.
// CHECK-LABEL: func.func @tensor_arithmetic
// CHECK:         linalg.generic
// CHECK:           math.tanh %{{.+}} : f32
// CHECK:         %[[RESULT:.+]] = linalg.generic
// CHECK-DAG:       arith.cmpf olt, %{{.+}}, %{{.+}} : f32
// CHECK-DAG:       arith.select %{{.+}}, %{{.+}}, %{{.+}} : f32
// CHECK:         return %[[RESULT]]
func.func @tensor_arithmetic(%x: tensor<?x4xf32>, %y: tensor<?x4xf32>, %flag: i1) -> tensor<?x4xf32> {
  %tanh = math.tanh %x : tensor<?x4xf32>
  %less = arith.cmpf olt, %tanh, %y : tensor<?x4xf32>
  %either = arith.select %flag, %y, %x : tensor<?x4xf32>
  %result = arith.select %less, %tanh, %either : tensor<?x4xi1>, tensor<?x4xf32>
  return %result : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @tensor_arithmetic_of_rank_0
// CHECK:         linalg.generic
// CHECK-SAME:      iterator_types = []
// CHECK:           %[[HALF:.+]] = arith.mulf %{{.+}}, %cst : f32
// CHECK:           linalg.yield %[[HALF]] : f32
func.func @tensor_arithmetic_of_rank_0(%x: tensor<f32>) -> tensor<f32> {
  %half = arith.constant dense<0.5> : tensor<f32>
  %result = arith.mulf %x, %half : tensor<f32>
  return %result : tensor<f32>
}
