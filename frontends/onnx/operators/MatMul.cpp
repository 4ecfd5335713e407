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
  if (node.opset < 7)
    node.ignore({"broadcast"}); // always done
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

// Expansion along the first row, for matrices of known small size.
static Tensor determinant(GraphBuilder &g, Tensor x, ArrayRef<int64_t> columns) {
  int64_t row = cast<AffineConstantExpr>(x.shape[x.rank() - 2]).getValue() - static_cast<int64_t>(columns.size());
  auto element = [&](int64_t column) {
    Tensor line = g.slice(x, x.rank() - 2, g.dim(row), g.dim(row + 1));
    return g.squeeze(g.slice(line, x.rank() - 1, g.dim(column), g.dim(column + 1)), {-2, -1});
  };
  if (columns.size() == 1)
    return element(columns[0]);
  Tensor sum;
  for (auto [index, column] : llvm::enumerate(columns)) {
    SmallVector<int64_t> others(columns);
    others.erase(others.begin() + index);
    Tensor term = g.mul(element(column), determinant(g, x, others));
    sum = !sum ? term : index % 2 ? g.sub(sum, term) : g.add(sum, term);
  }
  return sum;
}

static Results convertDet(NodeReader &node) {
  Tensor x = node.tensor(0);
  auto size = x && x.rank() >= 2 ? dyn_cast<AffineConstantExpr>(x.shape.back()) : AffineConstantExpr();
  if (!x || !size || x.shape[x.rank() - 2] != size || size.getValue() < 1 || size.getValue() > 4)
    return x ? node.fail("input " + node.g.describe(x.shape) + ", expected square matrices of size 1 to 4") : Results();
  return {determinant(node.g, x, llvm::to_vector(llvm::seq<int64_t>(0, size.getValue())))};
}

void registerMatMul(OpTable &table) {
  table.add(
      {{"Det", 11, convertDet}, {"Einsum", 12, convertEinsum}, {"Gemm", 6, convertGemm}, {"MatMul", 1, convertMatMul}});
}

} // namespace heddle::onnx
