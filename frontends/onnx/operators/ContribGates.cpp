// Gates and complex products of com.microsoft, and products with weights of a few bits.
#include "frontends/Layers.h"
#include "frontends/onnx/operators/BlockWeights.h"
#include "frontends/onnx/operators/Broadcast.h"
#include "frontends/onnx/operators/Tokens.h"

using namespace mlir;

namespace heddle::onnx {

//===--- gates ----------------------------------------------------------------------------===//

// rms norm over groups as long as the scale, times silu(gate)
static Results convertGatedRmsNorm(NodeReader &node) {
  GraphBuilder &g = node.g;
  Tensor x = node.tensor(0), scale = node.tensor(1), gate = node.tensor(2);
  double epsilon = node.real("epsilon", 1e-5);
  if (!x || !scale || !gate || !sameElementTypes(node, {x, scale, gate}))
    return {};
  auto width = dyn_cast<AffineConstantExpr>(x.shape.back()), group = dyn_cast<AffineConstantExpr>(scale.shape.back());
  if (scale.rank() != 1 || !width || !group || group.getValue() < 1 || width.getValue() % group.getValue())
    return node.fail("last dimension " + g.describe(x.shape.back()) + ", expected a multiple of the scale's length");
  if (gate.rank() != x.rank() || !node.unifyBroadcast({x.shape, gate.shape}))
    return {};
  Type wide = x.elementType.isF64() ? x.elementType : Type(g.builder().getF32Type());
  Tensor heads = splitHeads(g, g.cast(x, wide), width.getValue() / group.getValue());
  Tensor normal = mergeHeads(g, rmsNorm(g, heads, g.cast(scale, wide), epsilon));
  return {g.cast(g.mul(normal, g.unary(Unary::Silu, g.cast(gate, wide))), x.elementType)};
}

// decay = scale * softplus(a + bias), beta = sigmoid(b)
static Results convertLinearAttentionGate(NodeReader &node) {
  GraphBuilder &g = node.g;
  Tensor a = node.tensor(0), bias = node.tensor(1), scale = node.tensor(2), b = node.optionalTensor(3);
  if (!a || !bias || !scale || !node.unifyBroadcast({a.shape, bias.shape}) ||
      !node.unifyBroadcast({a.shape, scale.shape}))
    return {};
  Tensor decay = g.mul(g.unary(Unary::Softplus, g.add(g.cast(a, bias.elementType), bias)), scale);
  Results results = {g.cast(decay, a.elementType)};
  if (b)
    results.push_back(g.unary(Unary::Sigmoid, b));
  return results;
}

static Results convertGelu(NodeReader &node) { return {node.g.unary(Unary::Gelu, node.tensor(0))}; }

//===--- complex numbers ------------------------------------------------------------------===//

// Pairs in the last dimension: a b, or a times the conjugate of b.
template <bool conjugates> static Results convertComplexMul(NodeReader &node) {
  GraphBuilder &g = node.g;
  std::optional<SmallVector<Tensor>> inputs = hasInputs(node, 2) ? broadcastInputs(node) : std::nullopt;
  if (!inputs)
    return {};
  for (const Tensor &x : *inputs)
    if (x.rank() < 1 || x.shape.back() != g.dim(2))
      return node.fail("input of shape " + g.describe(x.shape) + ", expected pairs in the last dimension");
  auto half = [&](size_t input, int64_t number) {
    Tensor x = (*inputs)[input];
    return g.slice(x, x.rank() - 1, g.dim(number), g.dim(number + 1));
  };
  Tensor aRe = half(0, 0), aIm = half(0, 1), bRe = half(1, 0), bIm = half(1, 1);
  if (conjugates)
    bIm = g.unary(Unary::Neg, bIm);
  Tensor real = g.sub(g.mul(aRe, bRe), g.mul(aIm, bIm)), imaginary = g.add(g.mul(aRe, bIm), g.mul(aIm, bRe));
  return {real ? g.concat({real, imaginary}, real.rank() - 1) : Tensor()};
}

//===--- MatMulNBits ----------------------------------------------------------------------===//

// The weights [N, K].
static std::optional<BlockWeights> readWeights(NodeReader &node) {
  GraphBuilder &g = node.g;
  int64_t inner = node.integer("K", 0), columns = node.integer("N", 0);
  int64_t bits = node.integer("bits", 4), block = node.integer("block_size", 0);
  node.ignore({"accuracy_level", "weight_prepacked"}); // hints
  if (inner < 1 || columns < 1 || block < 16 || !isPackedWidth(bits))
    return node.fail("attributes 'K', 'N', 'block_size' and 'bits', expected positive sizes, blocks of at least 16 "
                     "and 2, 4 or 8 bits"),
           std::nullopt;
  if (node.has(4))
    return node.fail("input 'g_idx', expected none"), std::nullopt;
  int64_t blocks = llvm::divideCeil(inner, block), zeroBytes = llvm::divideCeil(blocks * bits, 8);
  Tensor packed = node.tensor(1), scales = node.tensor(2), zeros = node.optionalTensor(3);
  Type byte = g.builder().getIntegerType(8, false);
  if (!packed || !scales)
    return std::nullopt;
  if (packed.elementType != byte)
    return node.fail("weights, expected elements of type uint8"), std::nullopt;
  packed = g.reshape(packed, {g.dim(columns), g.dim(blocks * block * bits / 8)});
  scales = g.reshape(scales, {g.dim(columns), g.dim(blocks)});
  if (zeros)
    zeros = g.reshape(zeros, {g.dim(columns), g.dim(zeros.elementType == byte ? zeroBytes : blocks)});
  if (!packed || !scales || (node.has(3) && !zeros))
    return std::nullopt;
  return BlockWeights{bits, block, inner, packed, scales, zeros};
}

// x [.., K] times the transposed weights [N, K], plus a bias [N].
static Results convertMatMulNBits(NodeReader &node) {
  GraphBuilder &g = node.g;
  Tensor x = node.tensor(0), bias = node.optionalTensor(5);
  std::optional<BlockWeights> weights = readWeights(node);
  if (!x || !weights || !node.unify(x.shape.back(), g.dim(weights->length)))
    return {};
  Type wide = x.elementType.isF64() ? x.elementType : Type(g.builder().getF32Type());
  Tensor matrix = dequantize(g, *weights, wide);
  Tensor y = g.matmul(g.cast(x, wide), matrix, false, true);
  if (bias && y && !node.unify(bias.shape.back(), y.shape.back()))
    return {};
  return {g.cast(bias ? g.add(y, g.cast(bias, wide)) : y, x.elementType)};
}

void registerContribGates(OpTable &table) {
  table.add({{"com.microsoft.ComplexMul", 1, convertComplexMul<false>},
             {"com.microsoft.ComplexMulConj", 1, convertComplexMul<true>},
             {"com.microsoft.GatedDeltaNet", 1, convertGatedDeltaNet},
             {"com.microsoft.GatedRMSNorm", 1, convertGatedRmsNorm},
             {"com.microsoft.Gelu", 1, convertGelu},
             {"com.microsoft.LinearAttentionGate", 1, convertLinearAttentionGate},
             {"com.microsoft.MatMulNBits", 1, convertMatMulNBits}});
}

} // namespace heddle::onnx
