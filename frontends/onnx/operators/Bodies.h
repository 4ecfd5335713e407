// What If, Loop and Scan share: values in and out of the graphs in their attributes.
#ifndef HEDDLE_FRONTENDS_ONNX_OPERATORS_BODIES_H
#define HEDDLE_FRONTENDS_ONNX_OPERATORS_BODIES_H

#include "frontends/onnx/NodeReader.h"

namespace heddle::onnx {

GraphValue valueOf(NodeReader &node, const Tensor &tensor);
Values valuesOf(NodeReader &node, llvm::ArrayRef<Tensor> tensors);
GraphValue integerValue(NodeReader &node, int64_t number, mlir::Type type); // of rank 0

// The boolean, where it is known while importing.
std::optional<bool> knownFlag(const GraphValue &value);

// All values as tensors; nothing after a reported mistake.
std::optional<llvm::SmallVector<Tensor>> tensorsOf(NodeReader &node, Values &values);

// Makes sizes equal that have to be, because a branch or an iteration takes the place of another.
bool unifyShapes(NodeReader &node, llvm::ArrayRef<Tensor> a, llvm::ArrayRef<Tensor> b);

// One flag, as a tensor of rank 0.
Tensor flagTensor(NodeReader &node, Tensor flag);

// Scan of opset 8 (BatchedScan.cpp).
Values convertBatchedScan(NodeReader &node);

} // namespace heddle::onnx
#endif
