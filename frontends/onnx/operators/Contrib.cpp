// Operators of com.microsoft that exporters of sequence models write: fused spellings of what the default set has.
#include "frontends/Layers.h"
#include "frontends/onnx/operators/Broadcast.h"
#include "frontends/onnx/operators/Tokens.h"

using namespace mlir;

namespace heddle::onnx {

namespace {

Results convertBiasGelu(NodeReader &node) {
  std::optional<SmallVector<Tensor>> inputs = hasInputs(node, 2) ? broadcastInputs(node) : std::nullopt;
  return inputs ? Results{node.g.unary(Unary::Gelu, node.g.add((*inputs)[0], (*inputs)[1]))} : Results();
}

Results convertFastGelu(NodeReader &node) {
  Tensor x = node.tensor(0), bias = node.optionalTensor(1);
  if (bias && (!x || !node.unifyBroadcast({x.shape, bias.shape})))
    return {};
  return {node.g.unary(Unary::GeluTanh, bias ? node.g.add(x, bias) : x)};
}

// x * sigmoid(alpha * x)
Results convertQuickGelu(NodeReader &node) {
  Tensor x = node.tensor(0);
  return {node.g.mul(x, node.g.unary(Unary::Sigmoid, node.g.mul(x, node.real("alpha", 1.702))))};
}

// alpha * A' B', with the last two dimensions transposed on demand.
Results convertFusedMatMul(NodeReader &node) {
  Tensor a = node.tensor(0), b = node.tensor(1);
  bool transposeA = node.flag("transA", false), transposeB = node.flag("transB", false);
  double alpha = node.real("alpha", 1);
  if (node.flag("transBatchA", false) || node.flag("transBatchB", false))
    return node.fail("attributes 'transBatchA' and 'transBatchB', expected 0");
  if (!sameElementTypes(node, {a, b}))
    return {};
  if (a.rank() < 2 || b.rank() < 2)
    return node.fail("inputs of rank " + Twine(a.rank()) + " and " + Twine(b.rank()) + ", expected at least 2");
  Dim inner = a.shape[a.rank() - (transposeA ? 2 : 1)];
  if (!node.unify(inner, b.shape[b.rank() - (transposeB ? 1 : 2)], {a.shape, b.shape}) ||
      !node.unifyBroadcast({Shape(a.shape.begin(), a.shape.end() - 2), Shape(b.shape.begin(), b.shape.end() - 2)}))
    return {};
  Tensor product = node.g.matmul(a, b, transposeA, transposeB);
  return {alpha == 1 ? product : node.g.mul(product, alpha)};
}

Results convertSimplifiedNorm(NodeReader &node) {
  Tensor x = node.tensor(0), scale = node.tensor(1);
  double epsilon = node.real("epsilon", 1e-5);
  node.ignore({"stash_type"}); // statistics are f32 or wider
  std::optional<int64_t> axis = x ? node.axis(node.integer("axis", -1), x.rank()) : std::nullopt;
  if (!axis || !scale || !node.unifyBroadcast({x.shape, scale.shape}))
    return {};
  return {rmsNorm(node.g, x, scale, epsilon, *axis)};
}

// norm(x + skip + bias); the fourth output is the sum. Inputs: x, skip, scale, (shift,) bias.
template <bool isSimplified> Results convertSkipNorm(NodeReader &node) {
  GraphBuilder &g = node.g;
  Tensor x = node.tensor(0), skip = node.tensor(1), scale = node.tensor(2);
  Tensor shift = isSimplified ? Tensor() : node.optionalTensor(3), bias = node.optionalTensor(isSimplified ? 3 : 4);
  double epsilon = node.real("epsilon", 1e-12);
  if (!x || !skip || !scale || !node.unifyBroadcast({x.shape, skip.shape}) ||
      !node.unifyBroadcast({x.shape, scale.shape}))
    return {};
  Tensor sum = g.add(x, skip);
  if (bias)
    sum = g.add(sum, bias);
  Tensor normal = isSimplified ? rmsNorm(g, sum, scale, epsilon) : layerNorm(g, sum, scale, shift, epsilon);
  if (node.outputCount() < 4)
    return {normal};
  // The statistics in between are for training.
  Type f32 = g.builder().getF32Type();
  Tensor unused = g.scalar(0, f32);
  return {normal, unused, unused, sum};
}

// Positions are an offset [1] or given for each token.
Results convertRotary(NodeReader &node) {
  GraphBuilder &g = node.g;
  Tensor x = node.tensor(0), positions = node.tensor(1);
  if (node.flag("is_packed_batching", false) || node.real("scale", 1) != 1)
    return node.fail("attributes 'is_packed_batching' and 'scale', expected 0 and 1");
  if (!x || !positions || (x.rank() != 3 && x.rank() != 4))
    return {};
  if (positions.rank() == 1) {
    Dim tokens = x.shape[x.rank() == 3 ? 1 : 2];
    positions = g.add(g.iota({g.dim(1), tokens}, 1, positions.elementType), positions);
  }
  return rotaryEmbedding(node, x, node.tensor(2), node.tensor(3), positions);
}

} // namespace

void registerContrib(OpTable &table) {
  table.add({{"SimplifiedLayerNormalization", 1, convertSimplifiedNorm},
             {"com.microsoft.BiasGelu", 1, convertBiasGelu},
             {"com.microsoft.FastGelu", 1, convertFastGelu},
             {"com.microsoft.FusedMatMul", 1, convertFusedMatMul},
             {"com.microsoft.LinearAttention", 1, convertLinearAttention},
             {"com.microsoft.QuickGelu", 1, convertQuickGelu},
             {"com.microsoft.RotaryEmbedding", 1, convertRotary},
             {"com.microsoft.SkipLayerNormalization", 1, convertSkipNorm<false>},
             {"com.microsoft.SkipSimplifiedLayerNormalization", 1, convertSkipNorm<true>}});
}

} // namespace heddle::onnx
