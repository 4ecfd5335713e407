// RotaryEmbedding, and the row of LinearAttention.
#include "frontends/onnx/operators/Tokens.h"
#include "frontends/Layers.h"
#include "frontends/onnx/operators/Broadcast.h"

using namespace mlir;

namespace heddle::onnx {

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
  table.add({{"LinearAttention", 27, convertLinearAttention}, {"RotaryEmbedding", 23, convertRotary}});
}

} // namespace heddle::onnx
