// Matrix products.
#include "frontends/onnx/operators/Broadcast.h"

using namespace mlir;

namespace heddle::onnx {

static Results convertMatMul(NodeReader &node) {
  Tensor a = node.tensor(0), b = node.tensor(1);
  if (!sameElementTypes(node, {a, b}))
    return {};
  if (a.rank() == 0 || b.rank() == 0)
    return node.fail("inputs of rank " + Twine(a.rank()) + " and " + Twine(b.rank()) + ", expected at least 1");
  Dim inner = b.shape[b.rank() == 1 ? 0 : b.rank() - 2];
  if (!node.unify(a.shape.back(), inner, {a.shape, b.shape}))
    return {};
  if (a.rank() > 2 && b.rank() > 2 &&
      !node.unifyBroadcast({Shape(a.shape.begin(), a.shape.end() - 2), Shape(b.shape.begin(), b.shape.end() - 2)}))
    return {};
  return {node.g.matmul(a, b)};
}

// alpha * A' B' + beta * C
static Results convertGemm(NodeReader &node) {
  Tensor a = node.tensor(0), b = node.tensor(1), c = node.optionalTensor(2);
  double alpha = node.real("alpha", 1), beta = node.real("beta", 1);
  bool transposeA = node.flag("transA", false), transposeB = node.flag("transB", false);
  if (!sameElementTypes(node, {a, b}) || (c && !sameElementTypes(node, {a, c})))
    return {};
  if (a.rank() != 2 || b.rank() != 2)
    return node.fail("inputs of rank " + Twine(a.rank()) + " and " + Twine(b.rank()) + ", expected 2");
  if (!node.unify(a.shape[transposeA ? 0 : 1], b.shape[transposeB ? 1 : 0], {a.shape, b.shape}))
    return {};
  Tensor product = node.g.matmul(a, b, transposeA, transposeB);
  if (product && alpha != 1)
    product = node.g.mul(product, alpha);
  if (!product || !c)
    return {product};
  if (!node.unifyBroadcast({product.shape, c.shape}))
    return {};
  return {node.g.add(product, beta == 1 ? c : node.g.mul(c, beta))};
}

static Results convertEinsum(NodeReader &node) {
  std::string equation = node.string("equation", "");
  return {node.g.einsum(equation, node.tensors())};
}

void registerMatMul(OpTable &table) {
  table.add({{"Einsum", 12, convertEinsum}, {"Gemm", 7, convertGemm}, {"MatMul", 1, convertMatMul}});
}

} // namespace heddle::onnx
