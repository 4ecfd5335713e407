// Operators that make values from nothing but attributes and sizes.
#include "frontends/onnx/operators/Folding.h"
#include <cmath>

using namespace mlir;

namespace heddle::onnx {

//===--- Constant -------------------------------------------------------------------------===//

static Results convertConstant(NodeReader &node) {
  if (node.hasAttribute("sparse_value"))
    return node.fail("attribute 'sparse_value', expected a dense constant");
  if (node.hasAttribute("value_string") || node.hasAttribute("value_strings"))
    return node.fail("constant of strings, expected numbers");
  std::optional<ConstantData> data = node.tensorAttribute("value");
  if (!data)
    return node.failed() ? Results()
                         : node.fail("no value, expected one of the attributes value, value_float, value_floats, "
                                     "value_int, value_ints");
  return {node.g.constant(*data->bytes, data->elementType, data->shape)};
}

static Literal integerLiteral(NodeReader &node, ArrayRef<int64_t> values, ArrayRef<int64_t> shape) {
  Literal result{node.g.builder().getI64Type(), SmallVector<int64_t>(shape), {}};
  for (int64_t value : values)
    result.elements.push_back({node.g.dim(value)});
  return result;
}

static Literal floatLiteral(NodeReader &node, ArrayRef<float> values, ArrayRef<int64_t> shape) {
  Literal result{node.g.builder().getF32Type(), SmallVector<int64_t>(shape), {}};
  for (float value : values)
    result.elements.push_back({Dim(), value});
  return result;
}

static Literals foldConstant(NodeReader &node) {
  if (node.hasAttribute("value_int"))
    return {integerLiteral(node, node.integer("value_int", 0), {})};
  if (node.hasAttribute("value_float"))
    return {floatLiteral(node, static_cast<float>(node.real("value_float", 0)), {})};
  if (std::optional<SmallVector<int64_t>> values = node.integers("value_ints"))
    return {integerLiteral(node, *values, static_cast<int64_t>(values->size()))};
  if (std::optional<SmallVector<float>> values = node.reals("value_floats"))
    return {floatLiteral(node, *values, static_cast<int64_t>(values->size()))};
  if (!node.hasAttribute("value"))
    return {};
  std::optional<ConstantData> data = node.tensorAttribute("value");
  std::optional<Literal> literal = data ? decode(*data) : std::nullopt;
  return literal ? Literals{*literal} : Literals();
}

//===--- ConstantOfShape ------------------------------------------------------------------===//

namespace {
struct Filler {
  Type type;
  Element element;
};
} // namespace

// Attribute 'value': one element, 0.0f when it is absent.
static std::optional<Filler> readFiller(NodeReader &node) {
  std::optional<ConstantData> data = node.tensorAttribute("value");
  if (!data)
    return node.failed() ? std::nullopt : std::optional(Filler{node.g.builder().getF32Type(), {}});
  std::optional<Literal> literal = decode(*data);
  if (literal && literal->elements.size() == 1)
    return Filler{data->elementType, literal->elements[0]};
  node.error() << "attribute 'value', expected one element";
  return std::nullopt;
}

static Literals foldConstantOfShape(NodeReader &node) {
  std::optional<Filler> filler = readFiller(node);
  std::optional<Literal> shape = node.literal(0);
  std::optional<SmallVector<int64_t>> sizes = shape ? shape->integers() : std::nullopt;
  std::optional<int64_t> count = sizes ? elementCount(*sizes) : std::nullopt;
  if (!filler || !count || *count > maxLiteralElements)
    return {};
  return {Literal{filler->type, *sizes, std::vector<Element>(*count, filler->element)}};
}

static Results convertConstantOfShape(NodeReader &node) {
  std::optional<Filler> filler = readFiller(node);
  std::optional<SmallVector<Dim>> sizes = node.dims(0, "input");
  if (!filler || !sizes || !node.checkSizes(*sizes))
    return {};
  Literal scalar{filler->type, {}, {filler->element}};
  return {node.g.broadcastTo(emitLiteral(node.g, scalar), Shape(sizes->begin(), sizes->end()))};
}

//===--- Range ----------------------------------------------------------------------------===//

namespace {
struct FloatRange {
  double start, delta;
  int64_t count;
};
} // namespace

static std::optional<FloatRange> readFloatRange(NodeReader &node) {
  node.ignore({"stash_type"}); // f32 or wider
  std::optional<double> start = node.number(0, "start"), limit = node.number(1, "limit"),
                        delta = node.number(2, "delta");
  if (!start || !limit || !delta)
    return std::nullopt;
  double count = std::max(0.0, std::ceil((*limit - *start) / *delta));
  if (count <= std::numeric_limits<int32_t>::max())
    return FloatRange{*start, *delta, static_cast<int64_t>(count)};
  node.error() << "range of " << count << " elements, expected at most " << std::numeric_limits<int32_t>::max();
  return std::nullopt;
}

static Literals foldFloatRange(NodeReader &node) {
  std::optional<FloatRange> range = readFloatRange(node);
  if (!range || range->count > maxLiteralElements)
    return {};
  Literal result{node.elementType(0), {range->count}, {}};
  for (int64_t i = 0; i < range->count; ++i)
    result.elements.push_back(
        rounded({Dim(), range->start + static_cast<double>(i) * range->delta}, result.elementType));
  return {result};
}

static Results convertFloatRange(NodeReader &node) {
  std::optional<FloatRange> range = readFloatRange(node);
  if (!range)
    return {};
  // Half types hold neither the number of a far step nor its product with delta.
  Type type = node.elementType(0), wide = type.isF64() ? type : Type(node.g.builder().getF32Type());
  Tensor steps = node.g.iota({node.g.dim(range->count)}, 0, wide);
  return {node.g.cast(node.g.add(node.g.mul(steps, range->delta), range->start), type)};
}

namespace {
struct IntegerRange {
  Dim start, count;
  int64_t delta;
};
} // namespace

static std::optional<IntegerRange> readIntegerRange(NodeReader &node) {
  std::optional<SmallVector<Dim>> start = node.dims(0, "start"), limit = node.dims(1, "limit");
  std::optional<SmallVector<int64_t>> delta = node.integers(2, "delta");
  if (!start || !limit || !delta)
    return std::nullopt;
  if (start->size() != 1 || limit->size() != 1 || delta->size() != 1 || (*delta)[0] == 0) {
    node.error() << "start, limit and delta, expected one number each and a delta other than 0";
    return std::nullopt;
  }
  int64_t step = (*delta)[0];
  Dim first = (*start)[0], distance = step > 0 ? (*limit)[0] - first : first - (*limit)[0];
  distance = node.g.simplify(distance);
  if (bounds(distance).high <= 0)
    distance = node.g.dim(0);
  if (!node.requireAtLeast(distance, node.g.dim(0), "distance from start to limit"))
    return std::nullopt;
  return IntegerRange{first, node.g.simplify(distance.ceilDiv(std::abs(step))), step};
}

static Literals foldRange(NodeReader &node) {
  if (isa<FloatType>(node.elementType(0)))
    return foldFloatRange(node);
  std::optional<IntegerRange> range = readIntegerRange(node);
  auto count = range ? dyn_cast<AffineConstantExpr>(range->count) : AffineConstantExpr();
  if (!count || count.getValue() > maxLiteralElements)
    return {};
  Literal result{node.elementType(0), {count.getValue()}, {}};
  for (int64_t i = 0; i < count.getValue(); ++i)
    result.elements.push_back({node.g.simplify(range->start + i * range->delta)});
  return {result};
}

static Results convertRange(NodeReader &node) {
  if (isa<FloatType>(node.elementType(0)))
    return convertFloatRange(node);
  std::optional<IntegerRange> range = readIntegerRange(node);
  if (!range)
    return {};
  GraphBuilder &g = node.g;
  Type type = node.elementType(0);
  Tensor result = g.iota({range->count}, 0, type);
  if (range->delta != 1)
    result = g.mul(result, static_cast<double>(range->delta));
  if (range->start == g.dim(0))
    return {result};
  return {g.add(result, emitLiteral(g, Literal{type, {}, {{range->start}}}))};
}

// Ones on diagonal k.
static Results convertEyeLike(NodeReader &node) {
  Shape shape = node.shape(0);
  int64_t k = node.integer("k", 0);
  Type type = node.elementType(0);
  if (node.hasAttribute("dtype"))
    type = convertElementType(node.integer("dtype", 0), "attribute 'dtype'", node.g.context(),
                              [&] { return node.error(); });
  if (shape.size() != 2)
    return node.fail("input of rank " + Twine(shape.size()) + ", expected 2");
  if (!type)
    return {};
  GraphBuilder &g = node.g;
  Type index = g.builder().getI64Type();
  Tensor columns = g.iota(shape, 1, index), rows = g.iota(shape, 0, index);
  return {g.cast(g.compare(Compare::Equal, columns, g.add(rows, static_cast<double>(k))), type)};
}

void registerConstant(OpTable &table) {
  table.add({{"Constant", 1, convertConstant, foldConstant},
             {"ConstantOfShape", 9, convertConstantOfShape, foldConstantOfShape},
             {"EyeLike", 9, convertEyeLike},
             {"Range", 11, convertRange, foldRange}});
}

} // namespace heddle::onnx
