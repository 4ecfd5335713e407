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

// Inference: the given statistics. Training: those of the batch, and the running ones.
static Results convertBatchNormalization(NodeReader &node) {
  node.ignore({"spatial"});
  if (node.opset < 7 && !node.flag("is_test", false))
    return node.fail("attribute 'is_test', expected 1 but got 0");
  double epsilon = node.real("epsilon", 1e-5);
  bool trains = node.flag("training_mode", false);
  double momentum = node.real("momentum", 0.9);
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
  Tensor mean = parameters[2], variance = parameters[3];
  if (trains) {
    SmallVector<int64_t> axes = {0};
    llvm::append_range(axes, llvm::seq<int64_t>(2, x.rank()));
    mean = g.reduce(Reduce::Mean, x, axes);
    Tensor centered = g.sub(x, mean);
    variance = g.reduce(Reduce::Mean, g.mul(centered, centered), axes);
  }
  Tensor factor = g.mul(parameters[0], g.unary(Unary::Rsqrt, g.add(variance, epsilon)));
  Tensor y = g.add(g.mul(g.sub(x, mean), factor), parameters[1]);
  if (!trains || node.outputCount() < 2 || !y)
    return {y};
  auto running = [&](Tensor old, Tensor seen) {
    seen = g.reshape(seen, old.shape);
    return g.add(g.mul(old, momentum), g.mul(seen, 1 - momentum));
  };
  return {y, running(node.tensor(3), mean), running(node.tensor(4), variance)};
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
  // A row of zeros stays one.
  Tensor isZero = g.compare(Compare::Equal, size, g.scalar(0, x.elementType));
  return {g.div(x, g.select(isZero, g.scalar(1, x.elementType), size))};
}

// Groups of channels by their own statistics. Scale and bias are one for each group before opset 21, for each channel
// since.
static Results convertGroupNormalization(NodeReader &node) {
  GraphBuilder &g = node.g;
  node.ignore({"stash_type"}); // statistics are f32 or wider
  double epsilon = node.real("epsilon", 1e-5);
  int64_t groups = node.integer("num_groups", 0);
  Tensor x = node.tensor(0), scale = node.tensor(1), bias = node.tensor(2);
  auto channels = x && x.rank() >= 2 ? dyn_cast<AffineConstantExpr>(x.shape[1]) : AffineConstantExpr();
  if (!x || !scale || !bias)
    return {};
  if (!channels || groups < 1 || channels.getValue() % groups || scale.rank() != 1 || bias.rank() != 1)
    return node.fail("attribute 'num_groups' is " + Twine(groups) +
                     ", expected a divisor of a known number of channels");
  int64_t size = channels.getValue() / groups;
  Shape grouped = x.shape;
  grouped[1] = g.dim(groups);
  grouped.insert(grouped.begin() + 2, g.dim(size));
  Tensor normal = layerNorm(g, g.reshape(x, grouped), {}, {}, epsilon, 2);
  auto spread = [&](Tensor parameter) -> Tensor {
    Shape shape(x.rank() + 1, g.dim(1));
    shape[1] = g.dim(groups);
    bool isPerChannel = node.opset >= 21;
    shape[2] = g.dim(isPerChannel ? size : 1);
    return node.unify(parameter.shape[0], g.dim(isPerChannel ? groups * size : groups)) ? g.reshape(parameter, shape)
                                                                                        : Tensor();
  };
  Tensor wideScale = spread(scale), wideBias = spread(bias);
  if (!normal || !wideScale || !wideBias)
    return {};
  return {g.reshape(g.add(g.mul(normal, wideScale), wideBias), x.shape)};
}

// (x - mean) / (deviation + 1e-9) over the given axes
static Results convertMeanVariance(NodeReader &node) {
  GraphBuilder &g = node.g;
  Tensor x = node.tensor(0);
  SmallVector<int64_t> given = node.integers("axes").value_or(SmallVector<int64_t>{0, 2, 3});
  std::optional<SmallVector<int64_t>> axes = x ? node.axes(given, x.rank()) : std::nullopt;
  if (!axes)
    return {};
  Tensor centered = g.sub(x, g.reduce(Reduce::Mean, x, *axes));
  Tensor deviation = g.unary(Unary::Sqrt, g.reduce(Reduce::Mean, g.mul(centered, centered), *axes));
  return {g.div(centered, g.add(deviation, 1e-9))};
}

// x / (bias + alpha / size * sum of squares over `size` neighbouring channels)^beta
static Results convertLrn(NodeReader &node) {
  Tensor x = node.tensor(0);
  double alpha = node.real("alpha", 1e-4), beta = node.real("beta", 0.75), bias = node.real("bias", 1);
  int64_t size = node.integer("size", 0);
  if (!x || x.rank() < 2 || size < 1)
    return x ? node.fail("input of rank " + Twine(x.rank()) + " and size " + Twine(size) +
                         ", expected rank 2 and size 1 at least")
             : Results();
  GraphBuilder &g = node.g;
  SmallVector<Dim> low(x.rank(), g.dim(0)), high = low;
  low[1] = g.dim((size - 1) / 2), high[1] = g.dim(size / 2);
  Tensor squares = g.pad(g.mul(x, x), low, high), sum;
  for (int64_t shift = 0; shift < size; ++shift) {
    Tensor part = g.slice(squares, 1, g.dim(shift), g.simplify(x.shape[1] + shift));
    sum = sum ? g.add(sum, part) : part;
  }
  Tensor scale = g.add(g.mul(sum, alpha / static_cast<double>(size)), bias);
  return {g.div(x, g.binary(Binary::Pow, scale, g.scalar(beta, x.elementType)))};
}

void registerNorm(OpTable &table) {
  table.add({{"BatchNormalization", 6, convertBatchNormalization},
             {"GroupNormalization", 18, convertGroupNormalization},
             {"InstanceNormalization", 6, convertInstanceNormalization},
             {"LRN", 1, convertLrn},
             {"LayerNormalization", 17, convertLayerNormalization},
             {"LogSoftmax", 1, convertSoftmaxFlattened<true>},
             {"LogSoftmax", 13, convertSoftmax<true>},
             {"LpNormalization", 1, convertLpNormalization},
             {"MeanVarianceNormalization", 9, convertMeanVariance},
             {"RMSNormalization", 23, convertRmsNormalization},
             {"Softmax", 1, convertSoftmaxFlattened<false>},
             {"Softmax", 13, convertSoftmax<false>}});
}

} // namespace heddle::onnx
