#include "frontends/onnx/operators/CellActivation.h"

using namespace mlir;

namespace heddle::onnx {

// What a function with parameters has where the node gives none; no number: it has no such parameter.
static std::pair<std::optional<double>, std::optional<double>> standardParameters(StringRef name) {
  if (name == "hardsigmoid")
    return {0.2, 0.5};
  if (name == "scaledtanh" || name == "affine")
    return {1.0, 0.0};
  if (name == "leakyrelu")
    return {0.01, std::nullopt};
  if (name == "thresholdedrelu" || name == "elu")
    return {1.0, std::nullopt};
  return {std::nullopt, std::nullopt};
}

std::vector<CellActivation> readCellActivations(NodeReader &node, const std::vector<std::string> &standard,
                                                int64_t directions) {
  SmallVector<std::string> names = node.strings("activations").value_or(SmallVector<std::string>());
  SmallVector<float> alphas = node.reals("activation_alpha").value_or(SmallVector<float>()),
                     betas = node.reals("activation_beta").value_or(SmallVector<float>());
  while (names.size() < standard.size() * directions)
    llvm::append_range(names, standard);
  std::vector<CellActivation> activations;
  size_t nextAlpha = 0, nextBeta = 0;
  for (const std::string &name : names) {
    CellActivation f{StringRef(name).lower(), 0, 0};
    auto [alpha, beta] = standardParameters(f.name);
    // Those with parameters take theirs from the lists in turn.
    if (alpha)
      f.alpha = nextAlpha < alphas.size() ? alphas[nextAlpha++] : *alpha;
    if (beta)
      f.beta = nextBeta < betas.size() ? betas[nextBeta++] : *beta;
    activations.push_back(f);
  }
  return activations;
}

Tensor applyCellActivation(NodeReader &node, const CellActivation &f, Tensor x) {
  GraphBuilder &g = node.g;
  if (f.name == "sigmoid")
    return g.unary(Unary::Sigmoid, x);
  if (f.name == "tanh")
    return g.unary(Unary::Tanh, x);
  if (f.name == "relu")
    return g.unary(Unary::Relu, x);
  if (f.name == "softplus")
    return g.unary(Unary::Softplus, x);
  if (f.name == "softsign")
    return x ? g.div(x, g.add(g.unary(Unary::Abs, x), 1)) : x;
  if (f.name == "leakyrelu")
    return g.leakyRelu(x, f.alpha);
  if (f.name == "elu") // max(x, 0) + alpha (exp(min(x, 0)) - 1)
    return g.add(g.unary(Unary::Relu, x),
                 g.mul(g.add(g.unary(Unary::Exp, g.clamp(x, std::nullopt, 0.0)), -1), f.alpha));
  if (f.name == "thresholdedrelu")
    return x ? g.select(g.compare(Compare::Greater, x, g.scalar(f.alpha, x.elementType)), x, g.scalar(0, x.elementType))
             : x;
  if (f.name == "hardsigmoid")
    return g.clamp(g.add(g.mul(x, f.alpha), f.beta), 0.0, 1.0);
  if (f.name == "affine")
    return g.add(g.mul(x, f.alpha), f.beta);
  if (f.name == "scaledtanh")
    return g.mul(g.unary(Unary::Tanh, g.mul(x, f.beta)), f.alpha);
  node.error()
      << "activation '" << f.name
      << "', expected Sigmoid, Tanh, Relu, Softplus, Softsign, Elu, LeakyRelu, ThresholdedRelu, HardSigmoid, Affine or "
         "ScaledTanh";
  return {};
}

} // namespace heddle::onnx
