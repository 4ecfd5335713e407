// GroupQueryAttention of com.microsoft: softmax attention over a cache in which each sample has a past of its own.
#include "frontends/Layers.h"
#include "frontends/onnx/operators/AttentionOperands.h"
#include "frontends/onnx/operators/Broadcast.h"
#include "frontends/onnx/operators/Places.h"

using namespace mlir;

namespace heddle::onnx {

namespace {

// A sample has seqlens_k + 1 keys; the tokens of this call are its last ones, and are written behind its past.
class GroupQueryConverter {
public:
  explicit GroupQueryConverter(NodeReader &node) : node(node), g(node.g), attention(node.g) {}

  Results convert() {
    if (!isSupported() || !readGroupedHeads(node, attention, /*rank=*/3) || !unifyOperands(node, attention) ||
        !readScale(node, attention, /*zeroIsAbsent=*/true) || !normalizeHeads(node, attention, 14))
      return {};
    node.has(6); // the largest of the lengths
    readPlaces(attention, g, node.tensor(5), /*more=*/1);
    Tensor places = node.has(9) ? node.tensor(9) : newPlaces(g, attention);
    if (!rotateHeads(node, attention.query, attention.key, places, 7) || !appendPast() || !readLimits())
      return {};
    if (node.has(10) && !addBias(node, attention, node.tensor(10)))
      return {};
    return mixWithCaches(node, attention);
  }

private:
  bool isSupported() {
    node.ignore({"kv_cache_bit_width"}); // of what is refused here
    for (auto [index, name] : {std::pair(12, "k_scale"), {13, "v_scale"}})
      if (node.has(index))
        return node.fail("input '" + Twine(name) + "', expected none"), false;
    for (StringRef name : {"sliding_window_cache", "qk_output"})
      if (node.integer(name, 0) > 0)
        return node.fail("attribute '" + name + "', expected 0"), false;
    for (StringRef name : {"k_quant_type", "v_quant_type"})
      if (node.string(name, "NONE") != "NONE")
        return node.fail("attribute '" + name + "', expected NONE"), false;
    return true;
  }

  // Without a cache the keys are those of this call. With one, they are written behind each sample's past.
  bool appendPast() {
    if (!node.has(3) && !node.has(4))
      return true;
    return append(attention.key, node.tensor(3)) && append(attention.value, node.tensor(4));
  }

  bool append(Tensor &tokens, Tensor past) {
    if (!past || past.rank() != 4)
      return past && (node.fail("past of rank " + Twine(past.rank()) + ", expected 4"), false);
    past = swapHeads(g, past);
    if (!past || !sameElementTypes(node, {past, tokens}))
      return false;
    for (int64_t axis : {0, 2, 3})
      if (!node.unify(past.shape[axis], tokens.shape[axis], {past.shape, tokens.shape}))
        return false;
    SmallVector<Dim> low(4, g.dim(0)), high = low;
    high[1] = tokens.shape[1];
    tokens = writeTokens(g, g.pad(past, low, high), tokens, attention.offset, 1, /*wraps=*/false);
    return bool(tokens);
  }

  bool readLimits() {
    attention.softCap = node.real("softcap", 0);
    attention.limits.isCausal = node.flag("causal", true);
    readLocalWindow(node, attention);
    // A prompt alone is causal by its positions: what is filled up stands behind.
    if (!node.has(3) && attention.limits.isCausal)
      attention.valid = attention.offset = Tensor();
    // Smooth: the sum has one more term, exp(0).
    if (node.integer("smooth_softmax", -1) > 0)
      attention.sink = g.splat(0, {attention.query.shape[2]}, attention.computeType());
    return !node.has(11) || readSink(node, attention, 11);
  }

  NodeReader &node;
  GraphBuilder &g;
  SoftmaxAttention attention;
};

} // namespace

static Results convertGroupQuery(NodeReader &node) { return GroupQueryConverter(node).convert(); }

void registerGroupQueryAttention(OpTable &table) {
  table.add({{"com.microsoft.GroupQueryAttention", 1, convertGroupQuery}});
}

} // namespace heddle::onnx
