// Comparisons, selections and casts, one element at a time.
#include "frontends/graph/ScalarOps.h"
#include "frontends/onnx/operators/Broadcast.h"
#include "frontends/onnx/operators/Folding.h"

using namespace mlir;

namespace heddle::onnx {

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
  node.ignore({"saturate", "round_mode"}); // only for 8-bit floats; powers of two are rounded up
  return convertElementType(node.integer("to", 0), "attribute 'to'", node.g.context(), [&] { return node.error(); });
}

// Numbers beyond the range of a small float become the largest one, unless the node says otherwise.
static Tensor castTo(NodeReader &node, Type type) {
  Tensor x = node.tensor(0);
  if (!x || !type || !scalar::isSmallFloat(type) || node.flag("saturate", true))
    return x && type ? node.g.cast(x, type) : Tensor();
  Tensor wide = node.g.cast(x, node.g.builder().getF32Type());
  return node.g.elementwise(wide, type, [&](OpBuilder &b, Location at, ValueRange v) {
    return scalar::encodeSmallFloat(b, at, v[0], cast<FloatType>(type), /*saturates=*/false);
  });
}

static Results convertCast(NodeReader &node) { return {castTo(node, castTarget(node))}; }

static Literals foldCastNode(NodeReader &node) {
  Type type = castTarget(node);
  if (!type)
    return {};
  Type from = node.elementType(0);
  if (scalar::isSmallFloat(type) || scalar::isSmallFloat(from))
    return {};
  return foldElements(node, type, [&](ArrayRef<Element> x) { return foldCast(x[0], from, type); });
}

static Literals foldCastLike(NodeReader &node) {
  std::optional<Literal> x = node.literal(0);
  Type from = node.elementType(0), type = node.elementType(1);
  if (!x || scalar::isSmallFloat(type) || scalar::isSmallFloat(from))
    return {};
  x->elementType = type;
  for (Element &element : x->elements) {
    std::optional<Element> cast = foldCast(element, from, type);
    if (!cast)
      return {};
    element = rounded(*cast, type);
  }
  return {*x};
}

static Results convertCastLike(NodeReader &node) {
  node.ignore({"saturate", "round_mode"});
  return {castTo(node, node.elementType(1))};
}

// The same bits as elements of another type of equal width.
static Results convertBitCast(NodeReader &node) {
  Tensor x = node.tensor(0);
  Type to = castTarget(node);
  if (!x || !to)
    return {};
  // A boolean is a byte in files.
  Type byte = node.g.builder().getI8Type();
  if (x.elementType.isInteger(1))
    x = node.g.cast(x, byte);
  Type from = scalar::storageType(x.elementType), stored = scalar::storageType(to);
  if (to.isInteger(1) && from == byte)
    return {node.g.cast(x, to)};
  if (from.getIntOrFloatBitWidth() != stored.getIntOrFloatBitWidth())
    return node.fail("attribute 'to', expected a type of " + Twine(from.getIntOrFloatBitWidth()) + " bits but got " +
                     Twine(stored.getIntOrFloatBitWidth()));
  AffineMap all = AffineMap::getMultiDimIdentityMap(x.rank(), node.g.context());
  return {
      node.g.generic(x.shape, x, {all, all}, to, std::nullopt, [&](OpBuilder &b, Location at, ValueRange v) -> Value {
        return from == stored ? v[0] : arith::BitcastOp::create(b, at, stored, v[0]).getResult();
      })};
}

// Inference: the input unchanged, nothing dropped.
static Results convertDropout(NodeReader &node) {
  node.ignore({"ratio", "seed"});
  std::optional<double> training = node.has(2) ? node.number(2, "training_mode") : 0;
  // The ratio matters in training only, where 0 drops nothing as well.
  std::optional<double> ratio = !training || *training == 0 ? 0 : node.has(1) ? node.number(1, "ratio") : 0.5;
  node.has(1);
  if (!training || !ratio)
    return {};
  if (*ratio != 0)
    return node.fail("training_mode is true, expected inference: what is dropped is drawn at random");
  Tensor x = node.tensor(0);
  if (node.outputCount() < 2)
    return {x};
  return {x, node.g.splat(1, node.shape(0), node.g.builder().getI1Type())};
}

void registerSelect(OpTable &table) {
  table.add({{"Equal", 7, convertCompare<Compare::Equal>, foldCompareNode<Compare::Equal>},
             {"Greater", 7, convertCompare<Compare::Greater>, foldCompareNode<Compare::Greater>},
             {"GreaterOrEqual", 12, convertCompare<Compare::GreaterEqual>, foldCompareNode<Compare::GreaterEqual>},
             {"Less", 7, convertCompare<Compare::Less>, foldCompareNode<Compare::Less>},
             {"LessOrEqual", 12, convertCompare<Compare::LessEqual>, foldCompareNode<Compare::LessEqual>},
             {"BitCast", 26, convertBitCast},
             {"Cast", 6, convertCast, foldCastNode},
             {"CastLike", 15, convertCastLike, foldCastLike},
             {"Clip", 6, convertClipAttributes},
             {"Clip", 11, convertClip},
             {"Dropout", 7, convertDropout},
             {"Where", 9, convertWhere, foldWhere}});
}

} // namespace heddle::onnx
