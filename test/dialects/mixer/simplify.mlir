// General simplifications respect mixers: constants stay inside regions, effects are those of the operands.
// RUN: heddle-opt %s --canonicalize --cse | FileCheck %s

// CHECK-LABEL: @constant_stays_in_region
// CHECK-NOT: arith.constant
// CHECK: mixer.mix
// CHECK: score_region {
// CHECK: %[[TWO:.*]] = arith.constant 2.000000e+00 : f32
// CHECK: arith.mulf %{{.*}}, %[[TWO]]
func.func @constant_stays_in_region(%x: tensor<2x8x4x16xf32>) -> tensor<2x8x4x16xf32> {
  %mixed = mixer.mix query(%x : tensor<2x8x4x16xf32>) key(%x : tensor<2x8x4x16xf32>) value(%x : tensor<2x8x4x16xf32>)
    outs(%x : tensor<2x8x4x16xf32>)
    {support = #mixer.full, transport = #mixer.identity, score = #mixer.linear, norm = #mixer.norm<none>}
    score_region {
    ^bb0(%score: f32, %b: index, %h: index, %i: index, %j: index):
      %one = arith.constant 1.0 : f32
      %two = arith.addf %one, %one : f32
      %double = arith.mulf %score, %two : f32
      mixer.yield %double : f32
    } -> tensor<2x8x4x16xf32>
  return %mixed : tensor<2x8x4x16xf32>
}

// CHECK-LABEL: @equal_mixers_are_one
// CHECK-COUNT-1: mixer.mix
// CHECK-NOT: mixer.mix
func.func @equal_mixers_are_one(%x: tensor<2x8x1x16xf32>, %out: tensor<2x8x1x16xf32>) -> tensor<2x8x1x16xf32> {
  %first = mixer.mix value(%x : tensor<2x8x1x16xf32>) outs(%out : tensor<2x8x1x16xf32>)
    {support = #mixer.full, transport = #mixer.structured<cosine>, score = #mixer.linear, norm = #mixer.norm<none>}
    -> tensor<2x8x1x16xf32>
  %second = mixer.mix value(%x : tensor<2x8x1x16xf32>) outs(%out : tensor<2x8x1x16xf32>)
    {support = #mixer.full, transport = #mixer.structured<cosine>, score = #mixer.linear, norm = #mixer.norm<none>}
    -> tensor<2x8x1x16xf32>
  %sum = arith.addf %first, %second : tensor<2x8x1x16xf32>
  return %sum : tensor<2x8x1x16xf32>
}

// CHECK-LABEL: @unused_mixer_goes
// CHECK-NOT: mixer.mix
// CHECK: return
func.func @unused_mixer_goes(%x: tensor<2x8x1x16xf32>) {
  %unused = mixer.mix value(%x : tensor<2x8x1x16xf32>) outs(%x : tensor<2x8x1x16xf32>)
    {support = #mixer.full, transport = #mixer.structured<cosine>, score = #mixer.linear, norm = #mixer.norm<none>}
    -> tensor<2x8x1x16xf32>
  return
}

// CHECK-LABEL: @no_mixer_on_buffers_goes
// CHECK: mixer.mix
func.func @no_mixer_on_buffers_goes(%x: memref<2x8x1x16xf32>, %out: memref<2x8x1x16xf32>) {
  mixer.mix value(%x : memref<2x8x1x16xf32>) outs(%out : memref<2x8x1x16xf32>)
    {support = #mixer.full, transport = #mixer.structured<cosine>, score = #mixer.linear, norm = #mixer.norm<none>}
  return
}
