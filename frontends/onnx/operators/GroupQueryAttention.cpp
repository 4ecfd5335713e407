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
    if (!isSupported() || !readOperands() || !unifyOperands(node, attention) ||
        !readScale(node, attention, /*zeroIsAbsent=*/true))
      return {};
    readPlaces();
    if (!rotate() || !appendPast())
      return {};
    readLimits();
    if (node.has(10) && !addBias(node, attention, node.tensor(10)))
      return {};
    return mixWithCaches(node, attention);
  }

private:
  bool isSupported() {
    node.ignore({"qk_norm_epsilon", "kv_cache_bit_width"}); // of what is refused here
    for (auto [index, name] :
         {std::pair(11, "head_sink"), {12, "k_scale"}, {13, "v_scale"}, {14, "q_norm_weight"}, {15, "k_norm_weight"}})
      if (node.has(index))
        return node.fail("input '" + Twine(name) + "', expected none"), false;
    for (StringRef name : {"smooth_softmax", "sliding_window_cache", "qk_output"})
      if (node.integer(name, 0) > 0)
        return node.fail("attribute '" + name + "', expected 0"), false;
    for (StringRef name : {"k_quant_type", "v_quant_type"})
      if (node.string(name, "NONE") != "NONE")
        return node.fail("attribute '" + name + "', expected NONE"), false;
    return true;
  }

  bool readOperands() {
    int64_t heads = node.integer("num_heads", 0), keyHeads = node.integer("kv_num_heads", 0);
    if (heads < 1 || keyHeads < 1 || heads % keyHeads)
      return node.fail("attributes 'num_heads' " + Twine(heads) + " and 'kv_num_heads' " + Twine(keyHeads) +
                       ", expected positive numbers, the first a multiple of the second"),
             false;
    Tensor query = node.tensor(0);
    if (query && query.rank() == 3 && !node.has(1) && !node.has(2)) {
      Tensor all = splitHeads(g, query, heads + 2 * keyHeads);
      SmallVector<Tensor> parts = g.split(all, 2, {heads, keyHeads, keyHeads});
      if (parts.size() != 3)
        return false;
      attention.query = parts[0], attention.key = parts[1], attention.value = parts[2];
      return true;
    }
    for (int64_t index : {0, 1, 2})
      if (Tensor x = node.tensor(index); !x || x.rank() != 3)
        return x && (node.fail("query, key and value, expected rank 3"), false);
    attention.query = splitHeads(g, query, heads);
    attention.key = splitHeads(g, node.tensor(1), keyHeads);
    attention.value = splitHeads(g, node.tensor(2), keyHeads);
    return true;
  }

  // The first new token of each sample, i64 [B]: seqlens_k + 1 - T, and 0 for a prompt that is filled up.
  void readPlaces() {
    Type index = g.builder().getI64Type();
    Tensor tokens = emitLiteral(g, Literal{index, {}, {{attention.query.shape[1]}}});
    attention.valid = g.add(g.cast(node.tensor(5), index), 1);
    attention.offset = g.clamp(g.sub(attention.valid, tokens), 0.0, std::nullopt);
    node.has(6); // the largest of them
  }

  bool rotate() {
    bool rotates = node.flag("do_rotary", false), interleaved = node.flag("rotary_interleaved", false);
    Tensor cosines = node.optionalTensor(7), sines = node.optionalTensor(8), places = node.optionalTensor(9);
    if (!rotates)
      return true;
    if (!cosines || !sines)
      return node.fail("attribute 'do_rotary' is 1, expected inputs 'cos_cache' and 'sin_cache'"), false;
    if (!places) {
      Tensor tokens = g.iota({g.dim(1), attention.query.shape[1]}, 1, g.builder().getI64Type());
      places = g.add(g.unsqueeze(attention.offset, 1), tokens);
    }
    cosines = g.gather(cosines, places, 0), sines = g.gather(sines, places, 0);
    attention.query = rotaryWithTables(g, attention.query, cosines, sines, interleaved);
    attention.key = rotaryWithTables(g, attention.key, cosines, sines, interleaved);
    return attention.query && attention.key;
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

  // The window counts the token itself.
  void readLimits() {
    attention.softCap = node.real("softcap", 0);
    attention.limits.isCausal = node.flag("causal", true);
    int64_t window = node.integer("local_window_size", -1);
    attention.limits.left = window > 0 ? window - 1 : -1;
    if (window > 0)
      emitWarning(g.location()) << "attribute 'local_window_size' is taken to count the token itself; runtimes before "
                                   "2025 saw one token more";
    // A prompt alone is causal by its positions: what is filled up stands behind.
    if (!node.has(3) && attention.limits.isCausal)
      attention.valid = attention.offset = Tensor();
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
