#include "frontends/onnx/operators/ExpertMixture.h"

using namespace mlir;

namespace heddle::onnx {

Tensor rankAmong(GraphBuilder &g, Tensor rows, bool largest); // Gather.cpp

bool ExpertMixture::readTokens(int64_t share) {
  x = node.tensor(0);
  Tensor router = node.tensor(1);
  if (!x || !router)
    return false;
  if ((x.rank() != 2 && x.rank() != 3) || router.rank() != 2 || !isa<AffineConstantExpr>(x.shape.back()) ||
      !isa<AffineConstantExpr>(router.shape.back()))
    return node.fail("input and router of shapes " + g.describe(x.shape) + " and " + g.describe(router.shape) +
                     ", expected [.., tokens, features] and [tokens, experts] with known features and experts"),
           false;
  Dim count = g.simplify(g.product(ArrayRef<Dim>(x.shape).drop_back()));
  if (!node.unify(router.shape[0], count))
    return false;
  features = x.shape.back(), experts = router.shape.back();
  tokens = g.reshape(g.cast(x, wide()), {count, features});
  Tensor shares = share >= 0 && node.has(share) ? readShares(share) : Tensor();
  return tokens && !node.failed() && route(g.cast(router, wide()), shares);
}

// [tokens, experts]
Tensor ExpertMixture::readShares(int64_t index) {
  Tensor shares = g.cast(node.tensor(index), wide());
  if (shares && shares.rank() != 2)
    return node.fail("input 'router_weights' of rank " + Twine(shares.rank()) + ", expected 2"), Tensor();
  if (!shares || !node.unify(shares.shape[0], tokens.shape[0]) || !node.unify(shares.shape[1], experts))
    return {};
  return shares;
}

Results ExpertMixture::mix(Projection up, Projection down, Projection gate) {
  activation = node.string("activation_type", "relu"), fusion = node.integer("swiglu_fusion", 0);
  alpha = node.real("activation_alpha", 1), beta = node.real("activation_beta", 0);
  if (node.hasAttribute("swiglu_limit"))
    limit = node.real("swiglu_limit", 0);
  bool isFused = activation == "swiglu" && fusion != 0;
  if (fusion < 0 || fusion > 2 || (activation == "swiglu" && isFused == bool(gate)))
    return node.fail("attribute 'swiglu_fusion' " + Twine(fusion) +
                     ", expected 0 with input 'fc3_experts_weights', or 1 or 2 without");
  Dim inner = down.weight.rank() == 3 ? down.weight.shape[2] : Dim();
  if (!inner || !fits(up, isFused ? g.simplify(inner * 2) : inner, features) || !fits(down, features, inner) ||
      (gate && !fits(gate, inner, features)))
    return node.failed() ? Results() : node.fail("input 'fc2_experts_weights', expected rank 3");
  Tensor hidden = activate(project(up), gate ? project(gate) : Tensor());
  if (!hidden)
    return {};
  // The weights stand before the second product, which then sums over experts as well.
  Tensor y = g.einsum("tei,ehi->th", {g.mul(hidden, g.unsqueeze(weights, 2)), down.weight});
  if (down.bias)
    y = g.add(y, g.matmul(weights, down.bias));
  return {g.cast(g.reshape(y, x.shape), x.elementType)};
}

// Softmax over all experts, of which the best k count; of equals the first. Weights that are given are taken as they
// are.
bool ExpertMixture::route(Tensor router, Tensor shares) {
  int64_t k = node.integer("k", 1);
  if (node.integer("use_sparse_mixer", 0) != 0)
    return node.fail("attribute 'use_sparse_mixer', expected 0"), false;
  if (k < 1 || k > cast<AffineConstantExpr>(experts).getValue())
    return node.fail("attribute 'k' " + Twine(k) + ", expected 1 to " + g.describe(experts)), false;
  Tensor likely = shares ? shares : g.softmax(router, 1), rank = rankAmong(g, router, /*largest=*/true);
  if (!rank || !likely)
    return false;
  Tensor isChosen = g.compare(Compare::Less, rank, g.scalar(k, rank.elementType));
  weights = g.select(isChosen, likely, g.scalar(0, likely.elementType));
  if (node.flag("normalize_routing_weights", false))
    weights = g.div(weights, g.reduce(Reduce::Sum, weights, 1));
  else if (!shares)
    emitWarning(g.location()) << "attribute 'normalize_routing_weights' is 0: the weights of the chosen experts are "
                                 "taken as their shares among all; some runtimes make their sum 1";
  return bool(weights);
}

bool ExpertMixture::fits(const Projection &projection, Dim out, Dim in) {
  Shape expected = {experts, out, in};
  if (projection.weight.shape != expected)
    return node.fail("weights of shape " + g.describe(projection.weight.shape) + ", expected " + g.describe(expected) +
                     "; the order [experts, in, out] of early releases is not read, because "
                     "files of either meaning bear it"),
           false;
  expected.pop_back();
  if (projection.bias && projection.bias.shape != expected)
    return node.fail("bias of shape " + g.describe(projection.bias.shape) + ", expected " + g.describe(expected)),
           false;
  return true;
}

Tensor ExpertMixture::project(const Projection &projection) {
  Tensor y = g.einsum("th,eoh->teo", {tokens, projection.weight});
  return projection.bias ? g.add(y, projection.bias) : y;
}

// gelu is the approximation by tanh, as ONNX Runtime computes it here.
Tensor ExpertMixture::activate(Tensor up, Tensor gate) {
  if (activation == "swiglu")
    return swiglu(up, gate);
  Tensor y = activation == "relu"       ? g.unary(Unary::Relu, up)
             : activation == "gelu"     ? g.unary(Unary::GeluTanh, up)
             : activation == "silu"     ? g.unary(Unary::Silu, up)
             : activation == "identity" ? up
                                        : Tensor();
  if (!y && !node.failed())
    return node.fail("attribute 'activation_type', expected relu, gelu, silu, swiglu or identity but got '" +
                     activation + "'"),
           Tensor();
  return gate ? g.mul(y, gate) : y;
}

// up * sigmoid(alpha * up) * (linear + beta), both clamped; fused, they are pairs (1) or halves (2) of the last axis.
Tensor ExpertMixture::swiglu(Tensor up, Tensor linear) {
  if (!linear) {
    int64_t width = cast<AffineConstantExpr>(up.shape.back()).getValue(), half = fusion == 1 ? 1 : width / 2;
    Dim start = g.dim(half), end = g.dim(width);
    linear = g.slice(up, 2, start, end, fusion == 1 ? 2 : 1);
    up = fusion == 1 ? g.slice(up, 2, g.dim(0), end, 2) : g.slice(up, 2, g.dim(0), start);
  }
  if (limit) {
    up = g.clamp(up, std::nullopt, *limit);
    linear = g.clamp(linear, -*limit, *limit);
  }
  return g.mul(g.mul(up, g.unary(Unary::Sigmoid, g.mul(up, alpha))), g.add(linear, beta));
}

} // namespace heddle::onnx
