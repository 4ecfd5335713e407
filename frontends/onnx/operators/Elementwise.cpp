// Arithmetic, comparisons, logic, selection and casts, one element at a time.
#include "frontends/onnx/operators/Folding.h"

using namespace mlir;

namespace heddle::onnx {

//===--- unary ----------------------------------------------------------------------------===//

template <Unary kind> static Results convertUnary(NodeReader &node) { return {node.g.unary(kind, node.tensor(0))}; }

template <Unary kind> static Literals foldUnaryNode(NodeReader &node) {
  Type type = node.elementType(0);
  return foldElements(node, type, [&](ArrayRef<Element> x) { return foldUnary(kind, x[0], type); });
}

static Results convertIdentity(NodeReader &node) { return {node.tensor(0)}; }

static Literals foldIdentity(NodeReader &node) {
  std::optional<Literal> x = node.literal(0);
  return x ? Literals{*x} : Literals();
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

// Inputs of one element type and of shapes that broadcast, or nothing.
static std::optional<SmallVector<Tensor>> broadcastInputs(NodeReader &node) {
  SmallVector<Tensor> inputs = node.tensors();
  SmallVector<Shape> shapes;
  for (const Tensor &input : inputs) {
    if (!input)
      return std::nullopt;
    if (input.elementType != inputs[0].elementType) {
      node.error() << "inputs have element types " << inputs[0].elementType << " and " << input.elementType
                   << ", expected one type";
      return std::nullopt;
    }
    shapes.push_back(input.shape);
  }
  if (!node.unifyBroadcast(shapes))
    return std::nullopt;
  return inputs;
}

static bool hasInputs(NodeReader &node, int64_t count) {
  if (node.inputCount() == count)
    return true;
  node.error() << node.inputCount() << " inputs, expected " << count;
  return false;
}

template <Binary kind> static Results convertBinary(NodeReader &node) {
  std::optional<SmallVector<Tensor>> inputs = hasInputs(node, 2) ? broadcastInputs(node) : std::nullopt;
  if (!inputs)
    return {};
  return {node.g.binary(kind, (*inputs)[0], (*inputs)[1])};
}

template <Binary kind> static Literals foldBinaryNode(NodeReader &node) {
  if (node.inputCount() != 2 || node.elementType(0) != node.elementType(1))
    return {};
  Type type = node.elementType(0);
  return foldElements(node, type, [&](ArrayRef<Element> x) { return foldBinary(kind, x[0], x[1], type); });
}

// The exponent may have another type; the result has that of the base.
static Results convertPow(NodeReader &node) {
  Tensor base = node.tensor(0), exponent = node.tensor(1);
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

template <Binary kind> static Literals foldVariadic(NodeReader &node) {
  Type type = node.elementType(0);
  for (int64_t index = 1; index < node.inputCount(); ++index)
    if (node.elementType(index) != type)
      return {};
  return foldElements(node, type, [&](ArrayRef<Element> x) {
    std::optional<Element> result = x[0];
    for (Element next : x.drop_front())
      result = result ? foldBinary(kind, *result, next, type) : result;
    return result;
  });
}

static Results convertMean(NodeReader &node) {
  Results sum = convertVariadic<Binary::Add>(node);
  if (sum.empty() || !sum[0])
    return {};
  return {node.g.mul(sum[0], 1.0 / node.inputCount())};
}

//===--- comparison and selection ---------------------------------------------------------===//

template <Compare kind> static Results convertCompare(NodeReader &node) {
  std::optional<SmallVector<Tensor>> inputs = hasInputs(node, 2) ? broadcastInputs(node) : std::nullopt;
  if (!inputs)
    return {};
  return {node.g.compare(kind, (*inputs)[0], (*inputs)[1])};
}

template <Compare kind> static Literals foldCompareNode(NodeReader &node) {
  if (node.inputCount() != 2 || node.elementType(0) != node.elementType(1))
    return {};
  MLIRContext *context = node.g.context();
  return foldElements(node, node.g.builder().getI1Type(), [&](ArrayRef<Element> x) {
    std::optional<Element> result = foldCompare(kind, x[0], x[1]);
    if (result && !result->dim)
      result->dim = getAffineConstantExpr(result->real != 0, context);
    return result;
  });
}

static Results convertWhere(NodeReader &node) {
  Tensor condition = node.tensor(0), a = node.tensor(1), b = node.tensor(2);
  if (!condition || !a || !b)
    return {};
  if (!condition.elementType.isInteger(1))
    node.error() << "condition has element type " << condition.elementType << ", expected bool";
  if (a.elementType != b.elementType)
    node.error() << "inputs have element types " << a.elementType << " and " << b.elementType << ", expected one type";
  if (node.failed() || !node.unifyBroadcast({condition.shape, a.shape, b.shape}))
    return {};
  return {node.g.select(condition, a, b)};
}

static Literals foldWhere(NodeReader &node) {
  if (node.inputCount() != 3 || node.elementType(1) != node.elementType(2) || !node.elementType(0).isInteger(1))
    return {};
  return foldElements(node, node.elementType(1), [&](ArrayRef<Element> x) -> std::optional<Element> {
    auto condition = dyn_cast<AffineConstantExpr>(x[0].dim);
    return condition ? std::optional(condition.getValue() ? x[1] : x[2]) : std::nullopt;
  });
}

// Bounds are attributes before opset 11.
static Results convertClipAttributes(NodeReader &node) {
  std::optional<double> low, high;
  if (node.hasAttribute("min"))
    low = node.real("min", 0);
  if (node.hasAttribute("max"))
    high = node.real("max", 0);
  return {node.g.clamp(node.tensor(0), low, high)};
}

static Results convertClip(NodeReader &node) {
  Tensor x = node.tensor(0);
  for (auto [index, kind] : {std::pair(1, Binary::Max), std::pair(2, Binary::Min)})
    if (node.has(index) && x)
      x = node.g.binary(kind, x, node.tensor(index));
  return {x};
}

//===--- casts ----------------------------------------------------------------------------===//

static Type castTarget(NodeReader &node) {
  node.ignore({"saturate", "round_mode"}); // only for 8-bit floats
  return convertElementType(node.integer("to", 0), "attribute 'to'", node.g.context(), [&] { return node.error(); });
}

static Results convertCast(NodeReader &node) {
  Type type = castTarget(node);
  return type ? Results{node.g.cast(node.tensor(0), type)} : Results();
}

static Literals foldCastNode(NodeReader &node) {
  Type type = castTarget(node);
  if (!type)
    return {};
  Type from = node.elementType(0);
  return foldElements(node, type, [&](ArrayRef<Element> x) { return foldCast(x[0], from, type); });
}

static Results convertCastLike(NodeReader &node) {
  node.ignore({"saturate", "round_mode"});
  return {node.g.cast(node.tensor(0), node.elementType(1))};
}

// Inference: the input unchanged, nothing dropped.
static Results convertDropout(NodeReader &node) {
  node.ignore({"ratio", "seed"});
  if (node.has(1))
    node.literal(1);
  std::optional<double> training = node.has(2) ? node.number(2, "training_mode") : 0;
  if (!training)
    return {};
  if (*training != 0)
    return node.fail("training_mode is true, expected inference");
  Tensor x = node.tensor(0);
  if (node.outputCount() < 2)
    return {x};
  return {x, node.g.splat(1, node.shape(0), node.g.builder().getI1Type())};
}

void registerElementwise(OpTable &table) {
  table.add({{"Abs", 6, convertUnary<Unary::Abs>, foldUnaryNode<Unary::Abs>},
             {"Atan", 7, convertUnary<Unary::Atan>},
             {"Ceil", 6, convertUnary<Unary::Ceil>, foldUnaryNode<Unary::Ceil>},
             {"Cos", 7, convertUnary<Unary::Cos>, foldUnaryNode<Unary::Cos>},
             {"Erf", 9, convertUnary<Unary::Erf>},
             {"Exp", 6, convertUnary<Unary::Exp>, foldUnaryNode<Unary::Exp>},
             {"Floor", 6, convertUnary<Unary::Floor>, foldUnaryNode<Unary::Floor>},
             {"Identity", 1, convertIdentity, foldIdentity},
             {"IsInf", 10, convertIsInf},
             {"IsNaN", 9, convertUnary<Unary::IsNan>},
             {"Log", 6, convertUnary<Unary::Log>, foldUnaryNode<Unary::Log>},
             {"Neg", 6, convertUnary<Unary::Neg>, foldUnaryNode<Unary::Neg>},
             {"Not", 1, convertUnary<Unary::Not>, foldUnaryNode<Unary::Not>},
             {"Reciprocal", 6, convertUnary<Unary::Reciprocal>, foldUnaryNode<Unary::Reciprocal>},
             {"Round", 11, convertUnary<Unary::Round>, foldUnaryNode<Unary::Round>},
             {"Sign", 9, convertUnary<Unary::Sign>, foldUnaryNode<Unary::Sign>},
             {"Sin", 7, convertUnary<Unary::Sin>, foldUnaryNode<Unary::Sin>},
             {"Sqrt", 6, convertUnary<Unary::Sqrt>, foldUnaryNode<Unary::Sqrt>},
             {"Tan", 7, convertUnary<Unary::Tan>}});
  table.add({{"Add", 7, convertBinary<Binary::Add>, foldBinaryNode<Binary::Add>},
             {"And", 7, convertBinary<Binary::And>, foldBinaryNode<Binary::And>},
             {"BitwiseAnd", 18, convertBinary<Binary::And>, foldBinaryNode<Binary::And>},
             {"BitwiseOr", 18, convertBinary<Binary::Or>, foldBinaryNode<Binary::Or>},
             {"BitwiseXor", 18, convertBinary<Binary::Xor>, foldBinaryNode<Binary::Xor>},
             {"Div", 7, convertBinary<Binary::Div>, foldBinaryNode<Binary::Div>},
             {"Max", 6, convertVariadic<Binary::Max>, foldVariadic<Binary::Max>},
             {"Mean", 6, convertMean},
             {"Min", 6, convertVariadic<Binary::Min>, foldVariadic<Binary::Min>},
             {"Mod", 10, convertMod, foldMod},
             {"Mul", 7, convertBinary<Binary::Mul>, foldBinaryNode<Binary::Mul>},
             {"Or", 7, convertBinary<Binary::Or>, foldBinaryNode<Binary::Or>},
             {"Pow", 7, convertPow, foldBinaryNode<Binary::Pow>},
             {"Sub", 7, convertBinary<Binary::Sub>, foldBinaryNode<Binary::Sub>},
             {"Sum", 6, convertVariadic<Binary::Add>, foldVariadic<Binary::Add>},
             {"Xor", 7, convertBinary<Binary::Xor>, foldBinaryNode<Binary::Xor>}});
  table.add({{"Equal", 7, convertCompare<Compare::Equal>, foldCompareNode<Compare::Equal>},
             {"Greater", 7, convertCompare<Compare::Greater>, foldCompareNode<Compare::Greater>},
             {"GreaterOrEqual", 12, convertCompare<Compare::GreaterEqual>, foldCompareNode<Compare::GreaterEqual>},
             {"Less", 7, convertCompare<Compare::Less>, foldCompareNode<Compare::Less>},
             {"LessOrEqual", 12, convertCompare<Compare::LessEqual>, foldCompareNode<Compare::LessEqual>},
             {"Cast", 6, convertCast, foldCastNode},
             {"CastLike", 15, convertCastLike},
             {"Clip", 6, convertClipAttributes},
             {"Clip", 11, convertClip},
             {"Dropout", 7, convertDropout},
             {"Where", 9, convertWhere, foldWhere}});
}

} // namespace heddle::onnx
