#include "frontends/onnx/operators/Broadcast.h"

using namespace mlir;

namespace heddle::onnx {

bool sameElementTypes(NodeReader &node, ArrayRef<Tensor> tensors) {
  for (const Tensor &tensor : tensors) {
    if (!tensor)
      return false;
    if (tensor.elementType != tensors[0].elementType) {
      node.error() << "inputs have element types " << tensors[0].elementType << " and " << tensor.elementType
                   << ", expected one type";
      return false;
    }
  }
  return true;
}

std::optional<SmallVector<Tensor>> broadcastInputs(NodeReader &node) {
  SmallVector<Tensor> inputs = node.tensors();
  if (!sameElementTypes(node, inputs))
    return std::nullopt;
  SmallVector<Shape> shapes;
  for (const Tensor &input : inputs)
    shapes.push_back(input.shape);
  if (!node.unifyBroadcast(shapes))
    return std::nullopt;
  return inputs;
}

bool hasInputs(NodeReader &node, int64_t count) {
  if (node.inputCount() == count)
    return true;
  node.error() << node.inputCount() << " inputs, expected " << count;
  return false;
}

} // namespace heddle::onnx
