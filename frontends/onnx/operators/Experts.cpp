// MoE and QMoE of com.microsoft: a router chooses experts for each token. Every expert is computed for every token;
// what the router has not chosen has weight zero.
#include "frontends/onnx/operators/BlockWeights.h"
#include "frontends/onnx/operators/Broadcast.h"

using namespace mlir;

namespace heddle::onnx {

Tensor rankAmong(GraphBuilder &g, Tensor rows, bool largest); // Gather.cpp

namespace {

struct Projection {
  Tensor weight; // [experts, out, in], of the type of computation
  Tensor bias;   // [experts, out], or empty
  explicit operator bool() const { return bool(weight); }
};

class ExpertMixture {
public:
  explicit ExpertMixture(NodeReader &node) : node(node), g(node.g) {}

  // Tokens and the weights of their experts.
  bool readTokens() {
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
    return tokens && route(g.cast(router, wide()));
  }

  Type wide() { return x.elementType.isF64() ? x.elementType : Type(g.builder().getF32Type()); }

  // `gate` is empty where the operator has two products for each expert only.
  Results mix(Projection up, Projection down, Projection gate) {
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

private:
  // Softmax over all experts, of which the best k count; of equals the first.
  bool route(Tensor router) {
    int64_t k = node.integer("k", 1);
    if (node.integer("use_sparse_mixer", 0) != 0)
      return node.fail("attribute 'use_sparse_mixer', expected 0"), false;
    if (k < 1 || k > cast<AffineConstantExpr>(experts).getValue())
      return node.fail("attribute 'k' " + Twine(k) + ", expected 1 to " + g.describe(experts)), false;
    Tensor likely = g.softmax(router, 1), rank = rankAmong(g, likely, /*largest=*/true);
    if (!rank)
      return false;
    Tensor isChosen = g.compare(Compare::Less, rank, g.scalar(k, rank.elementType));
    weights = g.select(isChosen, likely, g.scalar(0, likely.elementType));
    if (node.flag("normalize_routing_weights", false))
      weights = g.div(weights, g.reduce(Reduce::Sum, weights, 1));
    return bool(weights);
  }

  bool fits(const Projection &projection, Dim out, Dim in) {
    Shape expected = {experts, out, in};
    if (projection.weight.shape != expected)
      return node.fail("weights of shape " + g.describe(projection.weight.shape) + ", expected " +
                       g.describe(expected)),
             false;
    expected.pop_back();
    if (projection.bias && projection.bias.shape != expected)
      return node.fail("bias of shape " + g.describe(projection.bias.shape) + ", expected " + g.describe(expected)),
             false;
    return true;
  }

  // [tokens, experts, out]
  Tensor project(const Projection &projection) {
    Tensor y = g.einsum("th,eoh->teo", {tokens, projection.weight});
    return projection.bias ? g.add(y, projection.bias) : y;
  }

  // gelu is the approximation by tanh, as ONNX Runtime computes it here.
  Tensor activate(Tensor up, Tensor gate) {
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
  Tensor swiglu(Tensor up, Tensor linear) {
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

  NodeReader &node;
  GraphBuilder &g;
  Tensor x, tokens, weights; // tokens [tokens, features]; weights [tokens, experts]
  Dim features, experts;
  std::string activation;
  int64_t fusion = 0;
  double alpha = 1, beta = 0;
  std::optional<double> limit;
};

// Inputs of one product of QMoE.
struct QuantizedInputs {
  int64_t weight, scales, bias, zeros;
};

} // namespace

static Results convertMoe(NodeReader &node) {
  ExpertMixture mixture(node);
  if (!mixture.readTokens())
    return {};
  auto read = [&](int64_t index) {
    return Projection{node.g.cast(node.tensor(index), mixture.wide()),
                      node.g.cast(node.optionalTensor(index + 1), mixture.wide())};
  };
  Projection up = read(2), down = read(4), gate = node.has(6) ? read(6) : Projection();
  if (!up || !down)
    return {};
  return mixture.mix(up, down, gate);
}

// Weights ui8 [experts, out, bytes] with scales [experts, out], or [experts, out, blocks] where 'block_size' is given.
static Projection readQuantized(NodeReader &node, QuantizedInputs inputs, Type type) {
  GraphBuilder &g = node.g;
  BlockWeights weights;
  weights.bits = node.integer("expert_weight_bits", 4);
  weights.packed = node.tensor(inputs.weight), weights.scales = node.tensor(inputs.scales);
  weights.zeros = node.optionalTensor(inputs.zeros);
  if (!weights.packed || !weights.scales)
    return {};
  Type byte = g.builder().getIntegerType(8, false);
  auto bytes =
      weights.packed.rank() == 3 ? dyn_cast<AffineConstantExpr>(weights.packed.shape[2]) : AffineConstantExpr();
  auto out = bytes ? dyn_cast<AffineConstantExpr>(weights.packed.shape[1]) : AffineConstantExpr();
  if (!out || weights.packed.elementType != byte || !isPackedWidth(weights.bits) ||
      (weights.zeros && weights.zeros.elementType != byte))
    return node.fail("weights and zero points, expected uint8 [experts, out, bytes] of numbers of 2, 4 or 8 bits"),
           Projection();
  weights.length = bytes.getValue() * 8 / weights.bits, weights.block = node.integer("block_size", weights.length);
  if (weights.block < 1)
    return node.fail("attribute 'block_size' " + Twine(weights.block) + ", expected a positive number"), Projection();
  int64_t blocks = llvm::divideCeil(weights.length, weights.block);
  auto packedSize = [&](int64_t count) { return g.dim(llvm::divideCeil(count * weights.bits, 8)); };
  bool isBlocked = node.hasAttribute("block_size");
  Shape scales = {weights.packed.shape[0], out}, zeros = {scales[0], isBlocked ? out : packedSize(out.getValue())};
  if (isBlocked)
    scales.push_back(g.dim(blocks)), zeros.push_back(packedSize(blocks));
  if (weights.scales.shape != scales || (weights.zeros && weights.zeros.shape != zeros))
    return node.fail("scales or zero points, expected shapes " + g.describe(scales) + " and " + g.describe(zeros)),
           Projection();
  if (!isBlocked) {
    weights.scales = g.unsqueeze(weights.scales, 2);
    if (weights.zeros)
      weights.zeros = g.unsqueeze(unpackNumbers(g, weights.zeros, weights.bits, out.getValue(), type), 2);
  }
  return {dequantize(g, weights, type), g.cast(node.optionalTensor(inputs.bias), type)};
}

static Results convertQmoe(NodeReader &node) {
  ExpertMixture mixture(node);
  if (!mixture.readTokens())
    return {};
  Projection up = readQuantized(node, {2, 3, 4, 11}, mixture.wide());
  Projection down = readQuantized(node, {5, 6, 7, 12}, mixture.wide());
  Projection gate = node.has(8) ? readQuantized(node, {8, 9, 10, 13}, mixture.wide()) : Projection();
  if (!up || !down || (node.has(8) && !gate))
    return {};
  return mixture.mix(up, down, gate);
}

void registerExperts(OpTable &table) {
  table.add({{"com.microsoft.MoE", 1, convertMoe}, {"com.microsoft.QMoE", 1, convertQmoe}});
}

} // namespace heddle::onnx
