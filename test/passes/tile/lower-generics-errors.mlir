// RUN: not heddle-opt %s --pass-pipeline='builtin.module(func.func(heddle-lower-generics))' 2>&1 | FileCheck %s

// CHECK: error: 'linalg.fill' op expected operands on memrefs but got tensors; bufferize first
func.func @tensor_operand(%out: tensor<4xf32>, %value: f32) -> tensor<4xf32> {
  %filled = linalg.fill ins(%value : f32) outs(%out : tensor<4xf32>) -> tensor<4xf32>
  return %filled : tensor<4xf32>
}
