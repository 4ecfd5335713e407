// Quantised tensors: integers with a scale and a zero point, for the whole tensor, along one axis, or in blocks.
#include "frontends/graph/ScalarOps.h"
#include "frontends/onnx/operators/Broadcast.h"
#include "frontends/onnx/operators/Window.h"
#include <cmath>

using namespace mlir;

namespace heddle::onnx {

Tensor convolution(NodeReader &node, Tensor x, Tensor weight, Tensor bias); // Conv.cpp

namespace {
struct Range {
  double low, high;
};
} // namespace

static std::optional<Range> rangeOf(NodeReader &node, Type type) {
  auto integer = dyn_cast<IntegerType>(type);
  if (integer && integer.getWidth() <= 32 && integer.getWidth() > 1) {
    double span = std::ldexp(1.0, integer.getWidth() - (integer.isUnsigned() ? 0 : 1));
    return integer.isUnsigned() ? Range{0, span - 1} : Range{-span, span - 1};
  }
  node.error() << "quantised element type " << type << ", expected an integer of at most 32 bits";
  return std::nullopt;
}

// A scale or zero point, made to broadcast against x: one number, one for each index of `axis`, or one for each block
// of `block` neighbours along it.
static Tensor spreadParameter(NodeReader &node, Tensor parameter, const Tensor &x, int64_t axis, int64_t block) {
  GraphBuilder &g = node.g;
  if (!parameter || parameter.rank() == 0)
    return parameter;
  if (parameter.rank() == 1 && parameter.shape[0] == g.dim(1))
    return g.reshape(parameter, {});
  std::optional<int64_t> positive = node.axis(axis, x.rank());
  if (!positive)
    return {};
  if (parameter.rank() == 1) {
    if (!node.unify(parameter.shape[0], x.shape[*positive]))
      return {};
    Shape shape(x.rank(), g.dim(1));
    shape[*positive] = parameter.shape[0];
    return g.reshape(parameter, shape);
  }
  if (block < 1 || parameter.rank() != x.rank())
    return node.fail("scale of rank " + Twine(parameter.rank()) + " and 'block_size' " + Twine(block) +
                     ", expected the input's rank and a block of 1 at least"),
           Tensor();
  Shape wide = parameter.shape, merged = parameter.shape;
  wide.insert(wide.begin() + *positive + 1, g.dim(block));
  merged[*positive] = g.simplify(parameter.shape[*positive] * block);
  Tensor repeated = g.reshape(g.broadcastTo(g.unsqueeze(parameter, *positive + 1), wide), merged);
  if (!repeated || g.sameDim(repeated.shape[*positive], x.shape[*positive]))
    return repeated;
  return g.slice(repeated, *positive, g.dim(0), x.shape[*positive]);
}

// Rounded to nearest even and saturated to the integer type. x is in units of the scale.
static Tensor toQuantized(NodeReader &node, Tensor x, Tensor zeroPoint, Type type) {
  if (x && scalar::isSmallFloat(type))
    return node.g.cast(x, type);
  std::optional<Range> range = x ? rangeOf(node, type) : std::nullopt;
  if (!range)
    return {};
  Tensor rounded = node.g.unary(Unary::Round, x);
  if (zeroPoint)
    rounded = node.g.add(rounded, node.g.cast(zeroPoint, rounded.elementType));
  return node.g.cast(node.g.clamp(rounded, range->low, range->high), type);
}

static Results convertQuantize(NodeReader &node) {
  Tensor x = node.tensor(0), scale = node.tensor(1), zeroPoint = node.optionalTensor(2);
  int64_t axis = node.integer("axis", 1), block = node.integer("block_size", 0),
          declared = node.integer("output_dtype", 0);
  node.ignore({"saturate", "precision"});
  if (!x || !scale)
    return {};
  GraphBuilder &g = node.g;
  Type type = IntegerType::get(g.context(), 8, IntegerType::Unsigned);
  if (zeroPoint)
    type = zeroPoint.elementType;
  else if (declared)
    type = convertElementType(declared, "attribute 'output_dtype'", g.context(), [&] { return node.error(); });
  Type wide = g.builder().getF32Type();
  scale = spreadParameter(node, g.cast(scale, wide), x, axis, block);
  zeroPoint = spreadParameter(node, zeroPoint, x, axis, block);
  if (!type || !scale || node.failed())
    return {};
  return {toQuantized(node, g.div(g.cast(x, wide), scale), zeroPoint, type)};
}

// (x - zero point) * scale, in the type of the scale.
static Tensor dequantize(NodeReader &node, Tensor x, Tensor scale, Tensor zeroPoint, int64_t axis, int64_t block) {
  GraphBuilder &g = node.g;
  if (!x || !scale)
    return {};
  Type wide = g.builder().getF32Type();
  Tensor numbers = g.cast(x, wide);
  if (zeroPoint)
    numbers = g.sub(numbers, g.cast(spreadParameter(node, zeroPoint, x, axis, block), wide));
  return g.mul(numbers, g.cast(spreadParameter(node, scale, x, axis, block), wide));
}

static Results convertDequantize(NodeReader &node) {
  Tensor x = node.tensor(0), scale = node.tensor(1), zeroPoint = node.optionalTensor(2);
  int64_t axis = node.integer("axis", 1), block = node.integer("block_size", 0),
          declared = node.integer("output_dtype", 0);
  Tensor y = dequantize(node, x, scale, zeroPoint, axis, block);
  Type type = !declared ? (scale ? scale.elementType : Type())
                        : convertElementType(declared, "attribute 'output_dtype'", node.g.context(),
                                             [&] { return node.error(); });
  return y && type ? Results{node.g.cast(y, type)} : Results();
}

// Scale and zero point from the range of the data, which always contains 0.
static Results convertDynamicQuantize(NodeReader &node) {
  Tensor x = node.tensor(0);
  if (!x)
    return {};
  GraphBuilder &g = node.g;
  Type type = IntegerType::get(g.context(), 8, IntegerType::Unsigned);
  Tensor high = g.clamp(g.reduce(Reduce::Max, x, {}, false), 0.0, std::nullopt);
  Tensor low = g.clamp(g.reduce(Reduce::Min, x, {}, false), std::nullopt, 0.0);
  Tensor scale = g.mul(g.sub(high, low), 1.0 / 255);
  Tensor isZero = g.compare(Compare::Equal, scale, g.scalar(0, x.elementType));
  Tensor divisor = g.select(isZero, g.scalar(1, x.elementType), scale);
  Tensor zero = g.unary(Unary::Round, g.clamp(g.unary(Unary::Neg, g.div(low, divisor)), 0.0, 255.0));
  Tensor zeroPoint = g.cast(zero, type);
  return {toQuantized(node, g.div(x, divisor), zeroPoint, type), scale, zeroPoint};
}

//===--- products of quantised tensors ----------------------------------------------------===//

static Tensor minusZero(NodeReader &node, Tensor x, Tensor zeroPoint, int64_t axis) {
  GraphBuilder &g = node.g;
  Type wide = g.builder().getI32Type();
  Tensor numbers = g.cast(x, wide);
  if (!zeroPoint || !numbers)
    return numbers;
  return g.sub(numbers, g.cast(spreadParameter(node, zeroPoint, x, axis, 0), wide));
}

static Results convertMatMulInteger(NodeReader &node) {
  Tensor a = node.tensor(0), b = node.tensor(1);
  if (!a || !b || !a.rank() || !b.rank())
    return {};
  a = minusZero(node, a, node.optionalTensor(2), a.rank() - 2);
  b = minusZero(node, b, node.optionalTensor(3), b.rank() - 1);
  if (!a || !b || !node.unify(a.shape.back(), b.shape[b.rank() == 1 ? 0 : b.rank() - 2]))
    return {};
  return {node.g.matmul(a, b)};
}

// Inputs: x, scale, zero point, y, scale, zero point, scale and zero point of the result.
static Results convertQLinearMatMul(NodeReader &node) {
  GraphBuilder &g = node.g;
  Tensor a = node.tensor(0), b = node.tensor(3), scaleA = node.tensor(1), scaleB = node.tensor(4),
         scale = node.tensor(6), zeroPoint = node.tensor(7);
  if (!a || !b || !zeroPoint)
    return {};
  Tensor left = minusZero(node, a, node.tensor(2), a.rank() - 2),
         right = minusZero(node, b, node.tensor(5), b.rank() - 1);
  if (!left || !right || !node.unify(left.shape.back(), right.shape[right.rank() == 1 ? 0 : right.rank() - 2]))
    return {};
  Type wide = g.builder().getF32Type();
  Tensor product = g.cast(g.matmul(left, right), wide);
  Tensor factor = g.div(g.mul(g.cast(spreadParameter(node, scaleA, product, product.rank() - 2, 0), wide),
                              g.cast(spreadParameter(node, scaleB, product, product.rank() - 1, 0), wide)),
                        g.cast(spreadParameter(node, scale, product, product.rank() - 1, 0), wide));
  return {toQuantized(node, g.mul(product, factor), g.reshape(zeroPoint, {}), zeroPoint.elementType)};
}

static Results convertConvInteger(NodeReader &node) {
  Tensor x = minusZero(node, node.tensor(0), node.optionalTensor(2), 1);
  Tensor weight = minusZero(node, node.tensor(1), node.optionalTensor(3), 0);
  return {convolution(node, x, weight, {})};
}

// As QLinearMatMul; the bias is in units of the product of the scales.
static Results convertQLinearConv(NodeReader &node) {
  GraphBuilder &g = node.g;
  Tensor x = node.tensor(0), weight = node.tensor(3), zeroPoint = node.tensor(7);
  if (!x || !weight || !zeroPoint)
    return {};
  Tensor sum = convolution(node, minusZero(node, x, node.tensor(2), 1), minusZero(node, weight, node.tensor(5), 0),
                           node.optionalTensor(8));
  Type wide = g.builder().getF32Type();
  Tensor scaleX = node.tensor(1), scaleW = node.tensor(4), scale = node.tensor(6);
  if (!sum || !scaleX || !scaleW || !scale)
    return {};
  Tensor factor = g.div(g.mul(g.reshape(scaleX, {}), spreadParameter(node, scaleW, sum, 1, 0)), g.reshape(scale, {}));
  return {toQuantized(node, g.mul(g.cast(sum, wide), factor), g.reshape(zeroPoint, {}), zeroPoint.elementType)};
}

void registerQuantize(OpTable &table) {
  table.add({{"ConvInteger", 10, convertConvInteger},
             {"DequantizeLinear", 10, convertDequantize},
             {"DynamicQuantizeLinear", 11, convertDynamicQuantize},
             {"MatMulInteger", 10, convertMatMulInteger},
             {"QLinearConv", 10, convertQLinearConv},
             {"QLinearMatMul", 10, convertQLinearMatMul},
             {"QuantizeLinear", 10, convertQuantize}});
}

} // namespace heddle::onnx
