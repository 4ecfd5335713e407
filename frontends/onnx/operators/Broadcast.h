// Checks shared by the operators that work element by element.
#ifndef HEDDLE_FRONTENDS_ONNX_OPERATORS_BROADCAST_H
#define HEDDLE_FRONTENDS_ONNX_OPERATORS_BROADCAST_H

#include "frontends/onnx/NodeReader.h"

namespace heddle::onnx {

// All inputs, of one element type and of shapes that broadcast; nothing after a mistake.
std::optional<llvm::SmallVector<Tensor>> broadcastInputs(NodeReader &node);

// Whether the node has that many inputs.
bool hasInputs(NodeReader &node, int64_t count);

// Whether the tensors have one element type.
bool sameElementTypes(NodeReader &node, llvm::ArrayRef<Tensor> tensors);

} // namespace heddle::onnx
#endif
