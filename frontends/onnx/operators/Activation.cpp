// Activations that are not one step of arithmetic. Their curves between the kinks are composed of builder operations,
// which fuse later.
#include "frontends/onnx/operators/Folding.h"

using namespace mlir;

namespace heddle::onnx {

template <Unary kind> static Results convertActivation(NodeReader &node) {
  return {node.g.unary(kind, node.tensor(0))};
}

static Literals foldRelu(NodeReader &node) {
  Type type = node.elementType(0);
  return foldElements(node, type, [&](ArrayRef<Element> x) -> std::optional<Element> {
    if (isa<FloatType>(type))
      return Element{Dim(), std::max(x[0].real, 0.0)};
    return foldBinary(Binary::Max, x[0], Element{node.g.dim(0)}, type);
  });
}

static Results convertLeakyRelu(NodeReader &node) {
  return {node.g.leakyRelu(node.tensor(0), node.real("alpha", 0.01))};
}

static Results convertGelu(NodeReader &node) {
  std::string approximate = node.string("approximate", "none");
  if (approximate != "none" && approximate != "tanh")
    return node.fail("attribute 'approximate', expected none or tanh but got '" + approximate + "'");
  return {node.g.unary(approximate == "tanh" ? Unary::GeluTanh : Unary::Gelu, node.tensor(0))};
}

// x * sigmoid(alpha * x)
static Results convertSwish(NodeReader &node) {
  double alpha = node.real("alpha", 1);
  Tensor x = node.tensor(0);
  return {node.g.mul(x, node.g.unary(Unary::Sigmoid, node.g.mul(x, alpha)))};
}

// x * sigmoid(alpha * x) * y
static Results convertSwiGlu(NodeReader &node) {
  double alpha = node.real("alpha", 1);
  Tensor gate = node.tensor(0), x = node.tensor(1);
  if (!gate || !x || !node.unifyBroadcast({gate.shape, x.shape}))
    return {};
  return {node.g.mul(node.g.mul(gate, node.g.unary(Unary::Sigmoid, node.g.mul(gate, alpha))), x)};
}

// `below` where x < 0, otherwise x times gamma.
static Results negativePart(NodeReader &node, Tensor x, Tensor below, double gamma) {
  if (!x || !below)
    return {};
  Tensor isNegative = node.g.compare(Compare::Less, x, node.g.scalar(0, x.elementType));
  return {node.g.mul(node.g.select(isNegative, below, x), gamma)};
}

// alpha * (exp(x / scale) - 1); min keeps the branch that is not taken finite.
static Tensor exponentialBelow(NodeReader &node, Tensor x, double alpha, double scale = 1) {
  Tensor bounded = node.g.clamp(x, std::nullopt, 0.0);
  return node.g.mul(node.g.add(node.g.unary(Unary::Exp, node.g.mul(bounded, 1 / scale)), -1), alpha);
}

static Results convertElu(NodeReader &node) {
  Tensor x = node.tensor(0);
  return negativePart(node, x, exponentialBelow(node, x, node.real("alpha", 1)), 1);
}

static Results convertCelu(NodeReader &node) {
  Tensor x = node.tensor(0);
  double alpha = node.real("alpha", 1);
  return negativePart(node, x, exponentialBelow(node, x, alpha, alpha), 1);
}

static Results convertSelu(NodeReader &node) {
  Tensor x = node.tensor(0);
  double alpha = node.real("alpha", 1.67326319217681884765625), gamma = node.real("gamma", 1.05070102214813232421875);
  return negativePart(node, x, exponentialBelow(node, x, alpha), gamma);
}

static Results convertPRelu(NodeReader &node) {
  Tensor x = node.tensor(0), slope = node.tensor(1);
  // Before opset 7 the slope is one for each channel.
  if (node.opset < 7 && x && slope && slope.rank() == 1 && slope.shape[0] != node.g.dim(1) && x.rank() > 2) {
    Shape shape(x.rank() - 1, node.g.dim(1));
    shape[0] = slope.shape[0];
    slope = node.g.reshape(slope, shape);
  }
  if (!x || !slope || !node.unifyBroadcast({x.shape, slope.shape}))
    return {};
  return negativePart(node, x, node.g.mul(x, slope), 1);
}

static Tensor hardSigmoid(NodeReader &node, Tensor x, double alpha, double beta) {
  return node.g.clamp(node.g.add(node.g.mul(x, alpha), beta), 0.0, 1.0);
}

static Results convertHardSigmoid(NodeReader &node) {
  return {hardSigmoid(node, node.tensor(0), node.real("alpha", 0.2), node.real("beta", 0.5))};
}

static Results convertHardSwish(NodeReader &node) {
  Tensor x = node.tensor(0);
  return {node.g.mul(x, hardSigmoid(node, x, 1.0 / 6, 0.5))};
}

static Results convertMish(NodeReader &node) {
  Tensor x = node.tensor(0);
  return {node.g.mul(x, node.g.unary(Unary::Tanh, node.g.unary(Unary::Softplus, x)))};
}

static Results convertSoftsign(NodeReader &node) {
  Tensor x = node.tensor(0);
  return {node.g.div(x, node.g.add(node.g.unary(Unary::Abs, x), 1))};
}

static Results convertThresholdedRelu(NodeReader &node) {
  Tensor x = node.tensor(0);
  double alpha = node.real("alpha", 1);
  if (!x)
    return {};
  Tensor isAbove = node.g.compare(Compare::Greater, x, node.g.scalar(alpha, x.elementType));
  return {node.g.select(isAbove, x, node.g.scalar(0, x.elementType))};
}

// x moved towards 0 by the bias, 0 within lambd of it.
static Results convertShrink(NodeReader &node) {
  GraphBuilder &g = node.g;
  Tensor x = node.tensor(0);
  double bias = node.real("bias", 0), threshold = node.real("lambd", 0.5);
  if (!x)
    return {};
  Type type = x.elementType, wide = isa<FloatType>(type) ? type : Type(g.builder().getF32Type());
  Tensor number = g.cast(x, wide), zero = g.scalar(0, wide);
  Tensor below = g.compare(Compare::Less, number, g.scalar(-threshold, wide));
  Tensor above = g.compare(Compare::Greater, number, g.scalar(threshold, wide));
  return {g.cast(g.select(below, g.add(number, bias), g.select(above, g.add(number, -bias), zero)), type)};
}

void registerActivation(OpTable &table) {
  table.add({{"Celu", 12, convertCelu},
             {"Elu", 6, convertElu},
             {"Gelu", 20, convertGelu},
             {"HardSigmoid", 6, convertHardSigmoid},
             {"HardSwish", 14, convertHardSwish},
             {"LeakyRelu", 6, convertLeakyRelu},
             {"Mish", 18, convertMish},
             {"PRelu", 6, convertPRelu},
             {"Relu", 6, convertActivation<Unary::Relu>, foldRelu},
             {"Selu", 6, convertSelu},
             {"Shrink", 9, convertShrink},
             {"Sigmoid", 6, convertActivation<Unary::Sigmoid>},
             {"Softplus", 1, convertActivation<Unary::Softplus>},
             {"Softsign", 1, convertSoftsign},
             {"SwiGLU", 28, convertSwiGlu},
             {"Swish", 24, convertSwish},
             {"Tanh", 6, convertActivation<Unary::Tanh>},
             {"ThresholdedRelu", 10, convertThresholdedRelu}});
}

} // namespace heddle::onnx
