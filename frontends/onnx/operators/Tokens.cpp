// Operators made for sequence models: short convolutions with a carry, rotary positions.
#include "frontends/onnx/operators/Tokens.h"
#include "frontends/Layers.h"
#include "frontends/onnx/operators/Broadcast.h"

using namespace mlir;

namespace heddle::onnx {

//===--- CausalConvWithState --------------------------------------------------------------===//

// Depthwise over x [B, C, L] behind the carry [B, C, k - 1]; the new carry is the end of both.
Results convertCausalConv(NodeReader &node) {
  Tensor x = node.tensor(0), weight = node.tensor(1), bias = node.optionalTensor(2);
  Tensor carry = node.optionalTensor(3);
  std::string activation = node.string("activation", "none");
  if (node.integer("ndim", 1) != 1) // com.microsoft only
    return node.fail("attribute 'ndim', expected 1 but got " + Twine(node.integer("ndim", 1)));
  if (!x || !weight || (bias && bias.rank() != 1))
    return {};
  auto taps = weight.rank() == 3 ? dyn_cast<AffineConstantExpr>(weight.shape[2]) : AffineConstantExpr();
  if (x.rank() != 3 || !taps || weight.shape[1] != node.g.dim(1))
    return node.fail("input " + node.g.describe(x.shape) + " and weight " + node.g.describe(weight.shape) +
                     ", expected [batch, channels, length] and [channels, 1, known taps]");
  if (activation != "none" && activation != "silu" && activation != "swish")
    return node.fail("attribute 'activation', expected none, silu or swish but got '" + activation + "'");
  if (!node.unify(x.shape[1], weight.shape[0]) || (bias && !node.unify(x.shape[1], bias.shape[0])))
    return {};
  GraphBuilder &g = node.g;
  int64_t before = taps.getValue() - 1;
  Shape carried = {x.shape[0], x.shape[1], g.dim(before)};
  for (int64_t axis = 0; carry && axis < 3; ++axis)
    if (carry.rank() != 3 || !node.unify(carry.shape[axis], carried[axis], {carry.shape, carried}))
      return node.failed() ? Results() : node.fail("carry of rank " + Twine(carry.rank()) + ", expected 3");
  Type type = x.elementType;
  Tensor joined = carry ? (before ? g.concat({carry, x}, 2) : x)
                        : g.pad(x, {g.dim(0), g.dim(0), g.dim(before)}, SmallVector<Dim>(3, g.dim(0)));
  Tensor tokensLast = joined ? g.transpose(joined, {0, 2, 1}) : Tensor();
  // The short convolution starts from zeros: the rows of the carry are computed and dropped.
  Tensor mixed = shortConv(g, tokensLast, g.squeeze(weight, 1), bias);
  if (!mixed)
    return {};
  Tensor rows = g.slice(mixed, 1, g.dim(before), mixed.shape[1]);
  Tensor y = g.transpose(rows, {0, 2, 1});
  if (activation != "none")
    y = g.unary(Unary::Silu, y);
  Tensor next = g.slice(joined, 2, g.simplify(joined.shape[2] - before), joined.shape[2]);
  return {g.cast(y, type), next};
}

//===--- RotaryEmbedding ------------------------------------------------------------------===//

Results rotaryEmbedding(NodeReader &node, Tensor x, Tensor cosines, Tensor sines, Tensor positions) {
  GraphBuilder &g = node.g;
  int64_t heads = node.integer("num_heads", 0), dim = node.integer("rotary_embedding_dim", 0);
  bool interleaved = node.flag("interleaved", false);
  if (!x || !cosines || !sines)
    return {};
  bool isPacked = x.rank() == 3;
  if (!isPacked && x.rank() != 4)
    return node.fail("input of rank " + Twine(x.rank()) + ", expected 3 or 4");
  if (isPacked && heads < 1)
    return node.fail("attribute 'num_heads' is " + Twine(heads) +
                     ", expected a positive number with an input of rank 3");
  Tensor tokens = isPacked ? splitHeads(g, x, heads) : g.transpose(x, {0, 2, 1, 3});
  if (positions) {
    cosines = g.gather(cosines, positions, 0);
    sines = g.gather(sines, positions, 0);
  }
  if (!tokens || !cosines || !sines)
    return {};
  for (const Tensor &table : {cosines, sines})
    if (table.rank() != 3 || !node.unify(table.shape[1], tokens.shape[1]) ||
        (table.shape[0] != g.dim(1) && !node.unify(table.shape[0], tokens.shape[0])) ||
        (dim && !node.unify(table.shape[2], g.dim(dim / 2))))
      return node.failed() ? Results() : node.fail("table of rank " + Twine(table.rank()) + ", expected 3");
  Tensor rotated = rotaryWithTables(g, tokens, cosines, sines, interleaved);
  return {isPacked ? mergeHeads(g, rotated) : g.transpose(rotated, {0, 2, 1, 3})};
}

static Results convertRotary(NodeReader &node) {
  return rotaryEmbedding(node, node.tensor(0), node.tensor(1), node.tensor(2), node.optionalTensor(3));
}

void registerTokens(OpTable &table) {
  table.add({{"CausalConvWithState", 27, convertCausalConv},
             {"LinearAttention", 27, convertLinearAttention},
             {"RotaryEmbedding", 23, convertRotary}});
}

} // namespace heddle::onnx
