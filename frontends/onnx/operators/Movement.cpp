#include "frontends/onnx/operators/Movement.h"

using namespace mlir;

namespace heddle::onnx {

std::optional<SmallVector<int64_t>> smallSizes(ArrayRef<Dim> shape) {
  SmallVector<int64_t> sizes;
  for (Dim size : shape) {
    auto constant = dyn_cast<AffineConstantExpr>(size);
    if (!constant)
      return std::nullopt;
    sizes.push_back(constant.getValue());
  }
  std::optional<int64_t> count = elementCount(sizes);
  if (!count || *count > maxLiteralElements)
    return std::nullopt;
  return sizes;
}

Literals withShape(NodeReader &node, const std::optional<Shape> &shape) {
  std::optional<SmallVector<int64_t>> sizes = shape ? smallSizes(*shape) : std::nullopt;
  if (!sizes)
    return {};
  Literal literal = *node.literal(0);
  literal.shape = *sizes;
  return {literal};
}

} // namespace heddle::onnx
