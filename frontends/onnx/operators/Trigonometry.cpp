// Inverse and hyperbolic functions, composed of those that the compiler approximates. Differences of nearly equal
// numbers are avoided: near its zero a function is as exact as elsewhere.
#include "frontends/onnx/NodeReader.h"

using namespace mlir;

namespace heddle::onnx {

namespace {

Tensor oneMinus(GraphBuilder &g, Tensor x) { return x ? g.sub(g.scalar(1, x.elementType), x) : x; }

// atan(x / sqrt((1 - x)(1 + x)))
Results convertAsin(NodeReader &node) {
  GraphBuilder &g = node.g;
  Tensor x = node.tensor(0);
  return {g.unary(Unary::Atan, g.div(x, g.unary(Unary::Sqrt, g.mul(oneMinus(g, x), g.add(x, 1)))))};
}

// 2 atan(sqrt((1 - x) / (1 + x)))
Results convertAcos(NodeReader &node) {
  GraphBuilder &g = node.g;
  Tensor x = node.tensor(0);
  return {g.mul(g.unary(Unary::Atan, g.unary(Unary::Sqrt, g.div(oneMinus(g, x), g.add(x, 1)))), 2)};
}

// log(x + sqrt((x - 1)(x + 1)))
Results convertAcosh(NodeReader &node) {
  GraphBuilder &g = node.g;
  Tensor x = node.tensor(0);
  return {g.unary(Unary::Log, g.add(x, g.unary(Unary::Sqrt, g.mul(g.add(x, -1), g.add(x, 1)))))};
}

// sign(x) log1p(|x| + x^2 / (1 + sqrt(x^2 + 1)))
Results convertAsinh(NodeReader &node) {
  GraphBuilder &g = node.g;
  Tensor x = node.tensor(0), magnitude = g.unary(Unary::Abs, x), square = g.mul(x, x);
  Tensor excess = g.div(square, g.add(g.unary(Unary::Sqrt, g.add(square, 1)), 1));
  return {g.mul(g.unary(Unary::Sign, x), g.unary(Unary::Log1p, g.add(magnitude, excess)))};
}

// log1p(2x / (1 - x)) / 2
Results convertAtanh(NodeReader &node) {
  GraphBuilder &g = node.g;
  Tensor x = node.tensor(0);
  return {g.mul(g.unary(Unary::Log1p, g.div(g.mul(x, 2), oneMinus(g, x))), 0.5)};
}

Results convertCosh(NodeReader &node) {
  GraphBuilder &g = node.g;
  Tensor x = node.tensor(0);
  return {g.mul(g.add(g.unary(Unary::Exp, x), g.unary(Unary::Exp, g.unary(Unary::Neg, x))), 0.5)};
}

// The series below 1/2, where exponentials would cancel.
Results convertSinh(NodeReader &node) {
  GraphBuilder &g = node.g;
  Tensor x = node.tensor(0);
  if (!x)
    return {};
  Tensor plain = g.mul(g.sub(g.unary(Unary::Exp, x), g.unary(Unary::Exp, g.unary(Unary::Neg, x))), 0.5);
  Tensor square = g.mul(x, x);
  // x (1 + x^2/6 (1 + x^2/20 (1 + x^2/42 (1 + x^2/72))))
  Tensor series = g.add(g.mul(square, 1.0 / 72), 1);
  for (double divisor : {42.0, 20.0, 6.0})
    series = g.add(g.mul(g.mul(square, series), 1 / divisor), 1);
  Tensor isSmall = g.compare(Compare::Less, g.unary(Unary::Abs, x), g.scalar(0.5, x.elementType));
  return {g.select(isSmall, g.mul(x, series), plain)};
}

} // namespace

void registerTrigonometry(OpTable &table) {
  table.add({{"Acos", 7, convertAcos},
             {"Acosh", 9, convertAcosh},
             {"Asin", 7, convertAsin},
             {"Asinh", 9, convertAsinh},
             {"Atanh", 9, convertAtanh},
             {"Cosh", 9, convertCosh},
             {"Sinh", 9, convertSinh}});
}

} // namespace heddle::onnx
