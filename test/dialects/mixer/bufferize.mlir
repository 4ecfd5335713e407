// A mixer on tensors becomes the same mixer on buffers; inits are written in place and never copied.
// RUN: heddle-opt %s --one-shot-bufferize=bufferize-function-boundaries --split-input-file --verify-diagnostics | FileCheck %s

// CHECK-LABEL: @mix
// CHECK: %[[OUT:.*]] = memref.alloc({{.*}}) {{.*}} : memref<2x?x4x16xf32>
// CHECK: %[[STATE:.*]] = memref.alloc() {{.*}} : memref<2x4x16x16xf32>
// CHECK-NOT: memref.copy
// CHECK: mixer.mix query({{.*}}) key({{.*}}) value({{.*}}) outs(%[[OUT]], %[[STATE]] : memref<2x?x4x16xf32>, memref<2x4x16x16xf32>)
// CHECK-SAME: score = #mixer.linear
// CHECK-NOT: ->
// CHECK: return %[[OUT]], %[[STATE]]
func.func @mix(%x: tensor<2x?x4x16xf32>, %tokens: index) -> (tensor<2x?x4x16xf32>, tensor<2x4x16x16xf32>) {
  %out = tensor.empty(%tokens) : tensor<2x?x4x16xf32>
  %final = tensor.empty() : tensor<2x4x16x16xf32>
  %mixed, %state = mixer.mix query(%x : tensor<2x?x4x16xf32>) key(%x : tensor<2x?x4x16xf32>) value(%x : tensor<2x?x4x16xf32>)
    outs(%out, %final : tensor<2x?x4x16xf32>, tensor<2x4x16x16xf32>)
    {support = #mixer.causal, transport = #mixer.identity, score = #mixer.linear, norm = #mixer.norm<none>}
    -> tensor<2x?x4x16xf32>, tensor<2x4x16x16xf32>
  return %mixed, %state : tensor<2x?x4x16xf32>, tensor<2x4x16x16xf32>
}

// -----

// What is not written of an appended buffer stays: where it may be written it is not copied, elsewhere it is.
// CHECK-LABEL: @append
// CHECK-SAME: (%[[X:.*]]: memref<?x?x8xf32, {{.*}}>, %[[SEEN:.*]]: memref<?xi64, {{.*}}>, %[[CACHE:.*]]: memref<?x?x8xf32, {{.*}}>, %[[OTHER:.*]]: memref<?x?x8xf32, {{.*}}>)
// CHECK: mixer.append %[[X]] at(%[[SEEN]] {{.*}}) outs(%[[CACHE]] : {{.*}}) : memref<?x?x8xf32, {{[^>]*>>}}{{$}}
// CHECK: %[[COPY:.*]] = memref.alloc
// CHECK: memref.copy %[[OTHER]], %[[COPY]]
// CHECK: mixer.append %[[X]] at(%[[SEEN]] {{.*}}) outs(%[[COPY]] :
func.func @append(%x: tensor<?x?x8xf32>, %seen: tensor<?xi64>, %cache: tensor<?x?x8xf32>,
                  %other: tensor<?x?x8xf32> {bufferization.writable = false}) -> (tensor<?x?x8xf32>, tensor<?x?x8xf32>) {
  %kept = mixer.append %x at(%seen : tensor<?xi64>) outs(%cache : tensor<?x?x8xf32>) : tensor<?x?x8xf32> -> tensor<?x?x8xf32>
  %new = mixer.append %x at(%seen : tensor<?xi64>) outs(%other : tensor<?x?x8xf32>) : tensor<?x?x8xf32> -> tensor<?x?x8xf32>
  return %kept, %new : tensor<?x?x8xf32>, tensor<?x?x8xf32>
}

// CHECK-LABEL: @ring
// CHECK: mixer.append {{.*}} {ring = 4 : i64}
func.func @ring(%x: tensor<?x?x8xf32>, %place: tensor<?xi64>, %cache: tensor<?x?x8xf32>) -> tensor<?x?x8xf32> {
  %kept = mixer.append %x at(%place : tensor<?xi64>) outs(%cache : tensor<?x?x8xf32>) {ring = 4 : i64} : tensor<?x?x8xf32> -> tensor<?x?x8xf32>
  return %kept : tensor<?x?x8xf32>
}

// CHECK-LABEL: @score_region
// CHECK: mixer.mix
// CHECK: score_region {
// CHECK-NEXT: ^bb0(%[[SCORE:.*]]: f32,
// CHECK: arith.mulf %[[SCORE]], %[[SCORE]]
func.func @score_region(%x: tensor<2x8x4x16xf32>, %out: tensor<2x8x4x16xf32>) -> tensor<2x8x4x16xf32> {
  %mixed = mixer.mix query(%x : tensor<2x8x4x16xf32>) key(%x : tensor<2x8x4x16xf32>) value(%x : tensor<2x8x4x16xf32>)
    outs(%out : tensor<2x8x4x16xf32>)
    {support = #mixer.full, transport = #mixer.identity, score = #mixer.linear, norm = #mixer.norm<row_sum>}
    score_region {
    ^bb0(%score: f32, %b: index, %h: index, %i: index, %j: index):
      %square = arith.mulf %score, %score : f32
      mixer.yield %square : f32
    } -> tensor<2x8x4x16xf32>
  return %mixed : tensor<2x8x4x16xf32>
}

// -----

func.func @no_transport_region(%value: tensor<2x8x1x16xf32>) -> tensor<2x8x1x16xf32> {
  // expected-error@+2 {{with a transport region, expected --heddle-expand-region-transport before bufferization}}
  // expected-error@+1 {{failed to bufferize op}}
  %mixed = mixer.mix value(%value : tensor<2x8x1x16xf32>) outs(%value : tensor<2x8x1x16xf32>)
    {support = #mixer.causal, transport = #mixer.region, score = #mixer.linear, norm = #mixer.norm<none>}
    transport_region {
    ^bb0(%state: tensor<2x1x1x16xf32>):
      mixer.yield %state : tensor<2x1x1x16xf32>
    } -> tensor<2x8x1x16xf32>
  return %mixed : tensor<2x8x1x16xf32>
}
