// One step of an optimiser, as the preview training domain defines it: arithmetic on each tensor and its gradient.
#include "frontends/onnx/operators/Broadcast.h"

using namespace mlir;

namespace heddle::onnx {

namespace {

// Inputs: rate R, step count T, then n tensors, n gradients and n of each state.
struct Optimizer {
  Tensor rate, step;
  SmallVector<SmallVector<Tensor>> groups;
};

std::optional<Optimizer> readOptimizer(NodeReader &node, int64_t groupCount) {
  Optimizer result{node.tensor(0), node.tensor(1), {}};
  int64_t rest = node.inputCount() - 2, count = rest / groupCount;
  if (count < 1 || rest % groupCount) {
    node.error() << node.inputCount() << " inputs, expected 2 and a multiple of " << groupCount;
    return std::nullopt;
  }
  for (int64_t group = 0; group < groupCount; ++group) {
    result.groups.emplace_back();
    for (int64_t i = 0; i < count; ++i)
      result.groups.back().push_back(node.tensor(2 + group * count + i));
  }
  for (int64_t i = 0; i < count; ++i)
    if (!sameElementTypes(node, {result.groups[0][i], result.groups[1][i]}))
      return std::nullopt;
  return result.rate && result.step ? std::optional(result) : std::nullopt;
}

Tensor scalarOf(GraphBuilder &g, Tensor x) { return g.reshape(x, {}); }

// gradient + norm * x
Tensor regularized(GraphBuilder &g, Tensor x, Tensor gradient, double norm) { return g.add(gradient, g.mul(x, norm)); }

Results convertAdagrad(NodeReader &node) {
  GraphBuilder &g = node.g;
  double decay = node.real("decay_factor", 0), epsilon = node.real("epsilon", 1e-6),
         norm = node.real("norm_coefficient", 0);
  std::optional<Optimizer> in = readOptimizer(node, 3);
  if (!in)
    return {};
  Type type = in->groups[0][0].elementType;
  Tensor slowed = g.add(g.mul(g.cast(scalarOf(g, in->step), type), decay), 1);
  Tensor rate = g.div(g.cast(scalarOf(g, in->rate), type), slowed);
  Results updated, states;
  for (auto [x, gradient, h] : llvm::zip_equal(in->groups[0], in->groups[1], in->groups[2])) {
    Tensor direction = regularized(g, x, gradient, norm), sum = g.add(h, g.mul(direction, direction));
    updated.push_back(g.sub(x, g.mul(rate, g.div(direction, g.add(g.unary(Unary::Sqrt, sum), epsilon)))));
    states.push_back(sum);
  }
  updated.append(states);
  return updated;
}

Results convertAdam(NodeReader &node) {
  GraphBuilder &g = node.g;
  double alpha = node.real("alpha", 0.9), beta = node.real("beta", 0.999), epsilon = node.real("epsilon", 1e-6),
         norm = node.real("norm_coefficient", 0), normAfter = node.real("norm_coefficient_post", 0);
  std::optional<Optimizer> in = readOptimizer(node, 4);
  if (!in)
    return {};
  Type type = in->groups[0][0].elementType;
  Tensor rate = g.cast(scalarOf(g, in->rate), type), step = g.cast(scalarOf(g, in->step), type);
  // sqrt(1 - beta^T) / (1 - alpha^T) from the first step on.
  auto complement = [&](double base) {
    return g.sub(g.scalar(1, type), g.binary(Binary::Pow, g.scalar(base, type), step));
  };
  Tensor isFirst = g.compare(Compare::Equal, step, g.scalar(0, type));
  Tensor ratio = g.div(g.unary(Unary::Sqrt, complement(beta)), complement(alpha));
  rate = g.select(isFirst, rate, g.mul(rate, ratio));
  Results updated, means, squares;
  for (auto [x, gradient, v, h] : llvm::zip_equal(in->groups[0], in->groups[1], in->groups[2], in->groups[3])) {
    Tensor direction = regularized(g, x, gradient, norm);
    means.push_back(g.add(g.mul(v, alpha), g.mul(direction, 1 - alpha)));
    squares.push_back(g.add(g.mul(h, beta), g.mul(g.mul(direction, direction), 1 - beta)));
    Tensor change = g.mul(rate, g.div(means.back(), g.add(g.unary(Unary::Sqrt, squares.back()), epsilon)));
    updated.push_back(g.mul(g.sub(x, change), 1 - normAfter));
  }
  updated.append(means);
  updated.append(squares);
  return updated;
}

Results convertMomentum(NodeReader &node) {
  GraphBuilder &g = node.g;
  double alpha = node.real("alpha", 0), beta = node.real("beta", 0), norm = node.real("norm_coefficient", 0);
  std::string mode = node.string("mode", "standard");
  std::optional<Optimizer> in = readOptimizer(node, 3);
  if (!in)
    return {};
  Type type = in->groups[0][0].elementType;
  Tensor rate = g.cast(scalarOf(g, in->rate), type), step = g.cast(scalarOf(g, in->step), type);
  // The first step takes the gradient as it is.
  Tensor isFirst = g.compare(Compare::Equal, step, g.scalar(0, type));
  Tensor share = g.select(isFirst, g.scalar(1, type), g.scalar(beta, type));
  Results updated, states;
  for (auto [x, gradient, v] : llvm::zip_equal(in->groups[0], in->groups[1], in->groups[2])) {
    Tensor direction = regularized(g, x, gradient, norm);
    Tensor next = g.add(g.mul(v, alpha), g.mul(direction, share));
    Tensor change = mode == "nesterov" ? g.add(direction, g.mul(next, alpha)) : next;
    updated.push_back(g.sub(x, g.mul(rate, change)));
    states.push_back(next);
  }
  updated.append(states);
  return updated;
}

} // namespace

void registerTraining(OpTable &table) {
  table.add({{"ai.onnx.preview.training.Adagrad", 1, convertAdagrad},
             {"ai.onnx.preview.training.Adam", 1, convertAdam},
             {"ai.onnx.preview.training.Momentum", 1, convertMomentum}});
}

} // namespace heddle::onnx
