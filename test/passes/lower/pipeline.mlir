// RUN: heddle-opt %s --heddle-bufferize-phase --heddle-tile-phase --heddle-lower-phase | FileCheck %s

// The whole way: the memory formula and the kernels are known, nothing but the ABI is exported, nothing is allocated.
// CHECK: module attributes {heddle.constants = [{offset = 0 : i64, value = dense<2.000000e+00> : tensor<128xf32>}],
// CHECK-SAME: heddle.kernels = [
// CHECK-NOT: llvm.func @{{malloc|memrefCopy}}
// CHECK: llvm.func internal @forward(
// CHECK: llvm.func @heddle_entry_forward(
// CHECK-SAME: -> i32 attributes {heddle.memory = "0"}
// CHECK: llvm.func @heddle_plan_forward(
// CHECK: llvm.func internal @kernel_
// CHECK-SAME: llvm.noalias
// CHECK: llvm.func internal @task_kernel_

#s = affine_map<()[s0] -> (s0, 128)>
func.func @forward(%x: tensor<?x128xf32> {heddle.name = "x", heddle.shape = #s})
    -> (tensor<?x128xf32> {heddle.name = "y", heddle.shape = #s}) attributes {heddle.symbols = ["T"]} {
  %c0 = arith.constant 0 : index
  %t = tensor.dim %x, %c0 : tensor<?x128xf32>
  %w = arith.constant dense<2.0> : tensor<128xf32>
  %e = tensor.empty(%t) : tensor<?x128xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(r, c) -> (r, c)>, affine_map<(r, c) -> (c)>, affine_map<(r, c) -> (r, c)>],
      iterator_types = ["parallel", "parallel"]}
      ins(%x, %w : tensor<?x128xf32>, tensor<128xf32>) outs(%e : tensor<?x128xf32>) {
  ^bb0(%a: f32, %b: f32, %old: f32):
    %0 = math.exp %a : f32
    %1 = arith.mulf %0, %b : f32
    linalg.yield %1 : f32
  } -> tensor<?x128xf32>
  return %y : tensor<?x128xf32>
}
