// Softmax and normalisations.
#include "frontends/Layers.h"
#include "frontends/onnx/NodeReader.h"

using namespace mlir;

namespace heddle::onnx {

template <bool isLog> static Results convertSoftmax(NodeReader &node) {
  Tensor x = node.tensor(0);
  std::optional<int64_t> axis = x ? node.axis(node.integer("axis", -1), x.rank()) : std::nullopt;
  return axis ? Results{node.g.softmax(x, *axis, isLog)} : Results();
}

// Before opset 13 all dimensions from the axis on are one.
template <bool isLog> static Results convertSoftmaxFlattened(NodeReader &node) {
  Tensor x = node.tensor(0);
  std::optional<int64_t> axis = x ? node.axis(node.integer("axis", 1), x.rank()) : std::nullopt;
  if (!axis)
    return {};
  if (*axis == x.rank() - 1)
    return {node.g.softmax(x, *axis, isLog)};
  ArrayRef<Dim> dims(x.shape);
  Shape flat = {node.g.product(dims.take_front(*axis)), node.g.product(dims.drop_front(*axis))};
  return {node.g.reshape(node.g.softmax(node.g.reshape(x, flat), 1, isLog), x.shape)};
}

static std::optional<int64_t> normAxis(NodeReader &node, const Tensor &x) {
  node.ignore({"stash_type"}); // statistics are f32 or wider
  int64_t axis = node.integer("axis", -1);
  return x ? node.axis(axis, x.rank()) : std::nullopt;
}

// Mean and 1 / standard deviation, which a file rarely asks for.
static void appendStatistics(NodeReader &node, Tensor x, int64_t axis, double epsilon, Results &results) {
  GraphBuilder &g = node.g;
  SmallVector<int64_t> axes = llvm::to_vector(llvm::seq<int64_t>(axis, x.rank()));
  Tensor wide = g.cast(x, x.elementType.isF64() ? x.elementType : Type(g.builder().getF32Type()));
  Tensor mean = g.reduce(Reduce::Mean, wide, axes);
  Tensor centered = g.sub(wide, mean);
  Tensor variance = g.reduce(Reduce::Mean, g.mul(centered, centered), axes);
  results.push_back(mean);
  results.push_back(g.unary(Unary::Rsqrt, g.add(variance, epsilon)));
}

static Results convertLayerNormalization(NodeReader &node) {
  Tensor x = node.tensor(0), scale = node.tensor(1), bias = node.optionalTensor(2);
  double epsilon = node.real("epsilon", 1e-5);
  std::optional<int64_t> axis = normAxis(node, x);
  if (!axis || !scale || !node.unifyBroadcast({x.shape, scale.shape}) ||
      (bias && !node.unifyBroadcast({x.shape, bias.shape})))
    return {};
  Results results = {layerNorm(node.g, x, scale, bias, epsilon, *axis)};
  if (node.outputCount() > 1)
    appendStatistics(node, x, *axis, epsilon, results);
  return results;
}

static Results convertRmsNormalization(NodeReader &node) {
  Tensor x = node.tensor(0), scale = node.tensor(1);
  double epsilon = node.real("epsilon", 1e-5);
  std::optional<int64_t> axis = normAxis(node, x);
  if (!axis || !scale || !node.unifyBroadcast({x.shape, scale.shape}))
    return {};
  return {rmsNorm(node.g, x, scale, epsilon, *axis)};
}

// A parameter of one value for each channel (dimension 1) as a tensor that broadcasts against x.
static Tensor alongChannels(NodeReader &node, Tensor parameter, const Tensor &x) {
  if (!parameter || parameter.rank() != 1 || !node.unify(parameter.shape[0], x.shape[1]))
    return {};
  Shape shape(x.rank() - 1, node.g.dim(1));
  shape[0] = parameter.shape[0];
  return node.g.reshape(parameter, shape);
}

// Inference: the given statistics.
static Results convertBatchNormalization(NodeReader &node) {
  node.ignore({"momentum", "spatial"});
  double epsilon = node.real("epsilon", 1e-5);
  if (node.flag("training_mode", false))
    return node.fail("attribute 'training_mode', expected 0 but got 1");
  Tensor x = node.tensor(0);
  SmallVector<Tensor> parameters;
  for (int64_t index = 1; index < 5; ++index)
    parameters.push_back(node.tensor(index));
  if (!x || x.rank() < 2)
    return x ? node.fail("input of rank " + Twine(x.rank()) + ", expected at least 2") : Results();
  for (Tensor &parameter : parameters)
    if (!(parameter = alongChannels(node, parameter, x)))
      return {};
  GraphBuilder &g = node.g;
  Tensor factor = g.mul(parameters[0], g.unary(Unary::Rsqrt, g.add(parameters[3], epsilon)));
  return {g.add(g.mul(g.sub(x, parameters[2]), factor), parameters[1])};
}

// Each channel of each sample by its own statistics over the rest.
static Results convertInstanceNormalization(NodeReader &node) {
  double epsilon = node.real("epsilon", 1e-5);
  Tensor x = node.tensor(0), scale = node.tensor(1), bias = node.tensor(2);
  if (!x || x.rank() < 3)
    return x ? node.fail("input of rank " + Twine(x.rank()) + ", expected at least 3") : Results();
  scale = alongChannels(node, scale, x), bias = alongChannels(node, bias, x);
  if (!scale || !bias)
    return {};
  return {node.g.add(node.g.mul(layerNorm(node.g, x, {}, {}, epsilon, 2), scale), bias)};
}

static Results convertLpNormalization(NodeReader &node) {
  Tensor x = node.tensor(0);
  std::optional<int64_t> axis = x ? node.axis(node.integer("axis", -1), x.rank()) : std::nullopt;
  int64_t p = node.integer("p", 2);
  if (!axis)
    return {};
  if (p != 1 && p != 2)
    return node.fail("attribute 'p', expected 1 or 2 but got " + Twine(p));
  GraphBuilder &g = node.g;
  Tensor size = p == 1 ? g.reduce(Reduce::Sum, g.unary(Unary::Abs, x), *axis)
                       : g.unary(Unary::Sqrt, g.reduce(Reduce::Sum, g.mul(x, x), *axis));
  return {g.div(x, size)};
}

void registerNorm(OpTable &table) {
  table.add({{"BatchNormalization", 7, convertBatchNormalization},
             {"InstanceNormalization", 6, convertInstanceNormalization},
             {"LayerNormalization", 17, convertLayerNormalization},
             {"LogSoftmax", 1, convertSoftmaxFlattened<true>},
             {"LogSoftmax", 13, convertSoftmax<true>},
             {"LpNormalization", 1, convertLpNormalization},
             {"RMSNormalization", 23, convertRmsNormalization},
             {"Softmax", 1, convertSoftmaxFlattened<false>},
             {"Softmax", 13, convertSoftmax<false>}});
}

} // namespace heddle::onnx
