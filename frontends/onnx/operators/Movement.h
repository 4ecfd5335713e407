// Helpers of the operators that move elements without computing.
#ifndef HEDDLE_FRONTENDS_ONNX_OPERATORS_MOVEMENT_H
#define HEDDLE_FRONTENDS_ONNX_OPERATORS_MOVEMENT_H

#include "frontends/onnx/NodeReader.h"

namespace heddle::onnx {

// The sizes of a shape that a literal may have: all known, and few elements.
std::optional<llvm::SmallVector<int64_t>> smallSizes(llvm::ArrayRef<Dim> shape);

// Input 0, a literal, under another shape with as many elements; empty when the shape is not known.
Literals withShape(NodeReader &node, const std::optional<Shape> &shape);

} // namespace heddle::onnx
#endif
