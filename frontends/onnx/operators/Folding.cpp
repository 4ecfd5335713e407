#include "frontends/onnx/operators/Folding.h"
#include <cmath>

using namespace mlir;

namespace heddle::onnx {

Literals foldElements(NodeReader &node, Type resultType, ElementFold fold) {
  std::vector<Literal> inputs;
  SmallVector<int64_t> shape;
  for (int64_t index = 0; index < node.inputCount(); ++index) {
    std::optional<Literal> input = node.literal(index);
    if (!input)
      return {};
    std::optional<SmallVector<int64_t>> joined = broadcastSizes(shape, input->shape);
    std::optional<int64_t> count = joined ? elementCount(*joined) : std::nullopt;
    if (!count || *count > maxLiteralElements)
      return {};
    shape = *joined;
    inputs.push_back(std::move(*input));
  }
  for (Literal &input : inputs)
    input = broadcast(input, shape);
  Literal result{resultType, shape, {}};
  SmallVector<Element> operands(inputs.size());
  for (int64_t i = 0, count = *elementCount(shape); i < count; ++i) {
    for (auto [operand, input] : llvm::zip_equal(operands, inputs))
      operand = input.elements[i];
    std::optional<Element> element = fold(operands);
    if (!element)
      return {};
    result.elements.push_back(rounded(*element, resultType));
  }
  return {result};
}

std::optional<int64_t> constantOf(Element element) {
  auto constant = element.dim ? dyn_cast<AffineConstantExpr>(element.dim) : AffineConstantExpr();
  if (!constant)
    return std::nullopt;
  return constant.getValue();
}

Element integerElement(int64_t value, MLIRContext *context) { return {getAffineConstantExpr(value, context)}; }

static std::optional<double> unaryValue(Unary kind, double x) {
  switch (kind) {
  case Unary::Abs:
    return std::fabs(x);
  case Unary::Neg:
    return -x;
  case Unary::Exp:
    return std::exp(x);
  case Unary::Log:
    return std::log(x);
  case Unary::Sqrt:
    return std::sqrt(x);
  case Unary::Reciprocal:
    return 1 / x;
  case Unary::Sin:
    return std::sin(x);
  case Unary::Cos:
    return std::cos(x);
  case Unary::Floor:
    return std::floor(x);
  case Unary::Ceil:
    return std::ceil(x);
  case Unary::Round:
    return std::nearbyint(x);
  case Unary::Sign:
    return x > 0 ? 1.0 : x < 0 ? -1.0 : x;
  default:
    return std::nullopt;
  }
}

std::optional<Element> foldUnary(Unary kind, Element x, Type type) {
  if (isa<FloatType>(type)) {
    std::optional<double> value = unaryValue(kind, x.real);
    if (!value)
      return std::nullopt;
    return Element{Dim(), *value};
  }
  if (kind == Unary::Neg)
    return Element{-x.dim};
  if (kind == Unary::Abs && bounds(x.dim).low >= 0)
    return x;
  std::optional<int64_t> value = constantOf(x);
  if (!value)
    return std::nullopt;
  if (kind == Unary::Not)
    return integerElement(*value == 0, type.getContext());
  if (kind == Unary::Abs)
    return Element{-x.dim};
  if (kind == Unary::Sign)
    return integerElement(*value > 0 ? 1 : *value < 0 ? -1 : 0, type.getContext());
  return std::nullopt;
}

static bool holds(Compare kind, double sign) {
  switch (kind) {
  case Compare::Equal:
    return sign == 0;
  case Compare::NotEqual:
    return sign != 0;
  case Compare::Less:
    return sign < 0;
  case Compare::LessEqual:
    return sign <= 0;
  case Compare::Greater:
    return sign > 0;
  case Compare::GreaterEqual:
    return sign >= 0;
  }
  return false;
}

// For sizes the comparison is known when it comes out alike for the smallest and the largest difference.
std::optional<Element> foldCompare(Compare kind, Element a, Element b) {
  if (!a.dim) {
    if (std::isnan(a.real) || std::isnan(b.real))
      return std::nullopt;
    return Element{Dim(), holds(kind, a.real < b.real ? -1 : a.real > b.real) ? 1.0 : 0.0};
  }
  Interval difference = bounds(a.dim - b.dim);
  bool isOneSided = difference.low > 0 || difference.high < 0 || difference.low == difference.high;
  bool atLow = holds(kind, difference.low < 0 ? -1 : difference.low > 0);
  bool atHigh = holds(kind, difference.high < 0 ? -1 : difference.high > 0);
  bool isOrder = kind != Compare::Equal && kind != Compare::NotEqual;
  if (!isOneSided && !(isOrder && atLow == atHigh))
    return std::nullopt;
  return integerElement(atLow, a.dim.getContext());
}

std::optional<Element> foldCast(Element x, Type from, Type to) {
  bool toFloat = isa<FloatType>(to);
  if (isa<FloatType>(from)) {
    if (toFloat)
      return x;
    if (to.isInteger(1))
      return integerElement(x.real != 0, to.getContext());
    if (!(std::fabs(x.real) < 9.2e18))
      return std::nullopt;
    return integerElement(static_cast<int64_t>(x.real), to.getContext());
  }
  std::optional<int64_t> value = constantOf(x);
  if (!value) // sizes fit 32 bits and more
    return toFloat || to.getIntOrFloatBitWidth() < 32 ? std::nullopt : std::optional(x);
  if (toFloat)
    return Element{Dim(), static_cast<double>(*value)};
  return to.isInteger(1) ? integerElement(*value != 0, to.getContext()) : x;
}

} // namespace heddle::onnx
