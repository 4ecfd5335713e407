#include "frontends/onnx/operators/Bodies.h"

using namespace mlir;

namespace heddle::onnx {

GraphValue valueOf(NodeReader &node, const Tensor &tensor) { return GraphValue::ofTensor(tensor, node.g.location()); }

Values valuesOf(NodeReader &node, ArrayRef<Tensor> tensors) {
  Values values;
  for (const Tensor &tensor : tensors)
    values.push_back(valueOf(node, tensor));
  return values;
}

GraphValue integerValue(NodeReader &node, int64_t number, Type type) {
  return GraphValue::ofLiteral({}, Literal{type, {}, {{node.g.dim(number)}}}, node.g.location());
}

std::optional<bool> knownFlag(const GraphValue &value) {
  std::optional<Literal> literal = value.literal;
  if (!literal && value.constant)
    literal = decode(*value.constant);
  if (!literal || literal->elements.size() != 1)
    return std::nullopt;
  std::optional<int64_t> flag = literal->integer(0);
  return flag ? std::optional(*flag != 0) : std::nullopt;
}

std::optional<SmallVector<Tensor>> tensorsOf(NodeReader &node, Values &values) {
  SmallVector<Tensor> tensors;
  for (GraphValue &value : values) {
    tensors.push_back(node.materialise(value));
    if (!tensors.back())
      return std::nullopt;
  }
  return tensors;
}

bool unifyShapes(NodeReader &node, ArrayRef<Tensor> a, ArrayRef<Tensor> b) {
  for (auto [first, second] : llvm::zip(a, b)) {
    if (first.rank() != second.rank()) {
      node.error() << "values of rank " << first.rank() << " and " << second.rank()
                   << ", expected a shape that does not depend on the data";
      return false;
    }
    for (auto [x, y] : llvm::zip_equal(first.shape, second.shape))
      if (!node.unify(x, y, {first.shape, second.shape}))
        return false;
  }
  return true;
}

Tensor flagTensor(NodeReader &node, Tensor flag) {
  if (flag && !flag.elementType.isInteger(1))
    return node.fail("condition, expected elements of type bool"), Tensor();
  return flag ? node.g.reshape(flag, {}) : flag;
}

} // namespace heddle::onnx
