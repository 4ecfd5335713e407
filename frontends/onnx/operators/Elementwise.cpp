// Arithmetic and logic, one element at a time.
#include "frontends/onnx/operators/Broadcast.h"
#include "frontends/onnx/operators/Folding.h"
#include <cmath>

using namespace mlir;

namespace heddle::onnx {

//===--- unary ----------------------------------------------------------------------------===//

template <Unary kind> static Results convertUnary(NodeReader &node) { return {node.g.unary(kind, node.tensor(0))}; }

template <Unary kind> static Literals foldUnaryNode(NodeReader &node) {
  Type type = node.elementType(0);
  return foldElements(node, type, [&](ArrayRef<Element> x) { return foldUnary(kind, x[0], type); });
}

static Values convertIdentity(NodeReader &node) {
  const GraphValue *x = node.graphValue(0);
  return x ? Values{*x} : Values();
}

static Results convertIsInf(NodeReader &node) {
  Tensor x = node.tensor(0);
  bool negative = node.flag("detect_negative", true), positive = node.flag("detect_positive", true);
  Tensor isInf = node.g.unary(Unary::IsInf, x);
  if (!x || (negative && positive))
    return {isInf};
  Tensor zero = node.g.scalar(0, x.elementType);
  Tensor none = node.g.scalar(0, node.g.builder().getI1Type());
  if (!negative && !positive)
    return {node.g.binary(Binary::And, isInf, none)};
  return {node.g.binary(Binary::And, isInf, node.g.compare(positive ? Compare::Greater : Compare::Less, x, zero))};
}

//===--- binary ---------------------------------------------------------------------------===//

template <Binary kind> static Results convertBinary(NodeReader &node) {
  std::optional<SmallVector<Tensor>> inputs = hasInputs(node, 2) ? broadcastInputs(node) : std::nullopt;
  if (!inputs)
    return {};
  return {node.g.binary(kind, (*inputs)[0], (*inputs)[1])};
}

// Before opset 7 inputs are broadcast on demand, the second one from an axis of the first on.
template <Binary kind> static Results convertBinaryFromAxis(NodeReader &node) {
  Tensor a = node.tensor(0), b = node.tensor(1);
  bool broadcasts = node.flag("broadcast", false), hasAxis = node.hasAttribute("axis");
  int64_t axis = node.integer("axis", 0);
  if (!sameElementTypes(node, {a, b}))
    return {};
  if (broadcasts && hasAxis) {
    std::optional<int64_t> first = node.axis(axis, a.rank());
    if (!first || *first + b.rank() > a.rank())
      return node.failed() ? Results() : node.fail("second input does not fit behind axis " + Twine(axis));
    Shape shape = b.shape;
    shape.append(a.rank() - *first - b.rank(), node.g.dim(1));
    b = node.g.reshape(b, shape);
  }
  if (!b || !node.unifyBroadcast({a.shape, b.shape}))
    return {};
  return {node.g.binary(kind, a, b)};
}

template <Binary kind> static Literals foldBinaryNode(NodeReader &node) {
  if (node.inputCount() != 2 || node.elementType(0) != node.elementType(1))
    return {};
  Type type = node.elementType(0);
  return foldElements(node, type, [&](ArrayRef<Element> x) { return foldBinary(kind, x[0], x[1], type); });
}

// How long each of the chunks is that a tensor has: where there is none, the division has no value, and the range of
// the symbol is narrowed to the sizes for which there is one.
static std::optional<Element> lengthOfChunks(NodeReader &node, Element a, Element b) {
  bool mayBeNone = !node.g.isNested() && isa<IntegerType>(node.elementType(0)) && bounds(b.dim).low == 0;
  std::optional<Dim> length = mayBeNone ? wholeQuotient(a.dim, b.dim) : std::nullopt;
  if (!length || !node.requireAtLeast(b.dim, node.g.dim(1), "divisor"))
    return std::nullopt;
  return Element{*length};
}

static Literals foldDiv(NodeReader &node) {
  if (node.inputCount() != 2 || node.elementType(0) != node.elementType(1))
    return {};
  Type type = node.elementType(0);
  return foldElements(node, type, [&](ArrayRef<Element> x) {
    std::optional<Element> quotient = foldBinary(Binary::Div, x[0], x[1], type);
    return quotient ? quotient : lengthOfChunks(node, x[0], x[1]);
  });
}

// The exponent as a small whole number: such powers are products.
static std::optional<int64_t> wholeExponent(NodeReader &node) {
  std::optional<Literal> exponent = node.literal(1);
  bool isScalar = exponent && exponent->elements.size() == 1 && exponent->rank() <= node.rank(0);
  std::optional<double> value = isScalar ? exponent->number(0) : std::nullopt;
  constexpr double largest = 8;
  if (!value || *value < 1 || *value > largest || *value != std::floor(*value))
    return std::nullopt;
  return static_cast<int64_t>(*value);
}

// The exponent may have another type; the result has that of the base.
static Results convertPow(NodeReader &node) {
  Tensor base = node.tensor(0);
  if (std::optional<int64_t> whole = wholeExponent(node)) {
    Tensor product = base;
    for (int64_t i = 1; i < *whole; ++i)
      product = node.g.mul(product, base);
    return {product};
  }
  Tensor exponent = node.tensor(1);
  if (!base || !exponent || !node.unifyBroadcast({base.shape, exponent.shape}))
    return {};
  if (isa<IntegerType>(base.elementType) && isa<FloatType>(exponent.elementType))
    return {
        node.g.cast(node.g.binary(Binary::Pow, node.g.cast(base, exponent.elementType), exponent), base.elementType)};
  return {node.g.binary(Binary::Pow, base, node.g.cast(exponent, base.elementType))};
}

// fmod = 0: the sign of the divisor. fmod = 1: the sign of the dividend, as in C.
static Results convertMod(NodeReader &node) {
  bool truncates = node.flag("fmod", false);
  std::optional<SmallVector<Tensor>> inputs = hasInputs(node, 2) ? broadcastInputs(node) : std::nullopt;
  if (!inputs)
    return {};
  Tensor a = (*inputs)[0], b = (*inputs)[1];
  if (!truncates)
    return {node.g.binary(Binary::Mod, a, b)};
  // |a| mod |b| with the sign of a.
  Tensor magnitude = node.g.binary(Binary::Mod, node.g.unary(Unary::Abs, a), node.g.unary(Unary::Abs, b));
  Tensor isNegative = node.g.compare(Compare::Less, a, node.g.scalar(0, a.elementType));
  return {node.g.select(isNegative, node.g.unary(Unary::Neg, magnitude), magnitude)};
}

static Literals foldMod(NodeReader &node) {
  return node.flag("fmod", false) ? Literals() : foldBinaryNode<Binary::Mod>(node);
}

// Any number of inputs, from left to right.
template <Binary kind> static Results convertVariadic(NodeReader &node) {
  std::optional<SmallVector<Tensor>> inputs = broadcastInputs(node);
  if (!inputs || inputs->empty())
    return inputs ? node.fail("no inputs, expected at least 1") : Results();
  Tensor result = inputs->front();
  for (const Tensor &input : ArrayRef(*inputs).drop_front())
    result = node.g.binary(kind, result, input);
  return {result};
}

// The smaller of a number and a size that may lie on either side of it, as exporters spell the rows that a slice takes
// from a table: the range of the symbol is narrowed to the sizes for which the table has enough rows.
static std::optional<Element> sizeWithinLimit(NodeReader &node, Element a, Element b) {
  if (!isa<IntegerType>(node.elementType(0)) || constantOf(a).has_value() == constantOf(b).has_value())
    return std::nullopt;
  auto [limit, size] = constantOf(a) ? std::pair(a, b) : std::pair(b, a);
  if (!node.requireAtLeast(limit.dim, size.dim, "smaller of a number and a size"))
    return std::nullopt;
  return size;
}

template <Binary kind> static Literals foldVariadic(NodeReader &node) {
  Type type = node.elementType(0);
  for (int64_t index = 1; index < node.inputCount(); ++index)
    if (node.elementType(index) != type)
      return {};
  return foldElements(node, type, [&](ArrayRef<Element> x) {
    std::optional<Element> result = x[0];
    for (Element next : x.drop_front()) {
      std::optional<Element> folded = result ? foldBinary(kind, *result, next, type) : result;
      result = result && !folded && kind == Binary::Min ? sizeWithinLimit(node, *result, next) : folded;
    }
    return result;
  });
}

// Unsigned integers times or divided by a power of two; a shift by the width or more leaves nothing.
static Results convertBitShift(NodeReader &node) {
  std::string direction = node.string("direction", "");
  std::optional<SmallVector<Tensor>> inputs = hasInputs(node, 2) ? broadcastInputs(node) : std::nullopt;
  if (!inputs)
    return {};
  Type type = (*inputs)[0].elementType;
  if (!type.isUnsignedInteger() || (direction != "LEFT" && direction != "RIGHT"))
    return node.fail("attribute 'direction' is '" + direction + "', expected LEFT or RIGHT of unsigned integers");
  return {node.g.elementwise(*inputs, type, [&](OpBuilder &b, Location at, ValueRange v) -> Value {
    Value width = arith::ConstantIntOp::create(b, at, v[0].getType(), type.getIntOrFloatBitWidth());
    Value zero = arith::ConstantIntOp::create(b, at, v[0].getType(), 0);
    Value isInside = arith::CmpIOp::create(b, at, arith::CmpIPredicate::ult, v[1], width);
    Value amount = arith::SelectOp::create(b, at, isInside, v[1], zero);
    Value shifted = direction == "LEFT" ? arith::ShLIOp::create(b, at, v[0], amount).getResult()
                                        : arith::ShRUIOp::create(b, at, v[0], amount).getResult();
    return arith::SelectOp::create(b, at, isInside, shifted, zero);
  })};
}

static Results convertMean(NodeReader &node) {
  Results sum = convertVariadic<Binary::Add>(node);
  if (sum.empty() || !sum[0])
    return {};
  return {node.g.mul(sum[0], 1.0 / node.inputCount())};
}

void registerElementwise(OpTable &table) {
  table.add({{"Abs", 6, convertUnary<Unary::Abs>, foldUnaryNode<Unary::Abs>},
             {"Atan", 7, convertUnary<Unary::Atan>},
             {"Ceil", 6, convertUnary<Unary::Ceil>, foldUnaryNode<Unary::Ceil>},
             {"Cos", 7, convertUnary<Unary::Cos>, foldUnaryNode<Unary::Cos>},
             {"Erf", 9, convertUnary<Unary::Erf>},
             {"Exp", 6, convertUnary<Unary::Exp>, foldUnaryNode<Unary::Exp>},
             {"Floor", 6, convertUnary<Unary::Floor>, foldUnaryNode<Unary::Floor>},
             {"Identity", 1, convertIdentity},
             {"IsInf", 10, convertIsInf},
             {"IsNaN", 9, convertUnary<Unary::IsNan>},
             {"Log", 6, convertUnary<Unary::Log>, foldUnaryNode<Unary::Log>},
             {"Neg", 6, convertUnary<Unary::Neg>, foldUnaryNode<Unary::Neg>},
             {"BitwiseNot", 18, convertUnary<Unary::Not>},
             {"Not", 1, convertUnary<Unary::Not>, foldUnaryNode<Unary::Not>},
             {"Reciprocal", 6, convertUnary<Unary::Reciprocal>, foldUnaryNode<Unary::Reciprocal>},
             {"Round", 11, convertUnary<Unary::Round>, foldUnaryNode<Unary::Round>},
             {"Sign", 9, convertUnary<Unary::Sign>, foldUnaryNode<Unary::Sign>},
             {"Sin", 7, convertUnary<Unary::Sin>, foldUnaryNode<Unary::Sin>},
             {"Sqrt", 6, convertUnary<Unary::Sqrt>, foldUnaryNode<Unary::Sqrt>},
             {"Tan", 7, convertUnary<Unary::Tan>}});
  table.add({{"Add", 6, convertBinaryFromAxis<Binary::Add>},
             {"Add", 7, convertBinary<Binary::Add>, foldBinaryNode<Binary::Add>},
             {"And", 7, convertBinary<Binary::And>, foldBinaryNode<Binary::And>},
             {"BitShift", 11, convertBitShift},
             {"BitwiseAnd", 18, convertBinary<Binary::And>, foldBinaryNode<Binary::And>},
             {"BitwiseOr", 18, convertBinary<Binary::Or>, foldBinaryNode<Binary::Or>},
             {"BitwiseXor", 18, convertBinary<Binary::Xor>, foldBinaryNode<Binary::Xor>},
             {"Div", 6, convertBinaryFromAxis<Binary::Div>},
             {"Div", 7, convertBinary<Binary::Div>, foldDiv},
             {"Max", 6, convertVariadic<Binary::Max>, foldVariadic<Binary::Max>},
             {"Mean", 6, convertMean},
             {"Min", 6, convertVariadic<Binary::Min>, foldVariadic<Binary::Min>},
             {"Mod", 10, convertMod, foldMod},
             {"Mul", 6, convertBinaryFromAxis<Binary::Mul>},
             {"Mul", 7, convertBinary<Binary::Mul>, foldBinaryNode<Binary::Mul>},
             {"Or", 7, convertBinary<Binary::Or>, foldBinaryNode<Binary::Or>},
             {"Pow", 6, convertBinaryFromAxis<Binary::Pow>},
             {"Pow", 7, convertPow, foldBinaryNode<Binary::Pow>},
             {"Sub", 6, convertBinaryFromAxis<Binary::Sub>},
             {"Sub", 7, convertBinary<Binary::Sub>, foldBinaryNode<Binary::Sub>},
             {"Sum", 6, convertVariadic<Binary::Add>, foldVariadic<Binary::Add>},
             {"Xor", 7, convertBinary<Binary::Xor>, foldBinaryNode<Binary::Xor>}});
}

} // namespace heddle::onnx
