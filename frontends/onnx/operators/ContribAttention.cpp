// MultiHeadAttention and GroupQueryAttention of com.microsoft: softmax attention with the caches of their models.
#include "frontends/Layers.h"
#include "frontends/onnx/operators/Broadcast.h"
#include "frontends/onnx/operators/Places.h"
#include "frontends/onnx/operators/SoftmaxAttention.h"
#include "frontends/onnx/operators/Tokens.h"
#include <cmath>

using namespace mlir;

namespace heddle::onnx {

namespace {

Tensor swapHeads(GraphBuilder &g, Tensor x) { return g.transpose(x, {0, 2, 1, 3}); }

// What both operators do with query, key and value [B, T, H, D].
bool readScale(NodeReader &node, SoftmaxAttention &attention) {
  auto features = dyn_cast<AffineConstantExpr>(attention.query.shape[3]);
  if (!features)
    return node.fail("features " + node.g.describe(attention.query.shape[3]) + ", expected a known number"), false;
  double given = node.real("scale", 0);
  attention.scale = given != 0 ? given : 1.0 / std::sqrt(static_cast<double>(features.getValue()));
  return true;
}

bool unifyOperands(NodeReader &node, const SoftmaxAttention &a) {
  return a.query && a.key && a.value && sameElementTypes(node, {a.query, a.key, a.value}) &&
         node.unify(a.query.shape[0], a.key.shape[0]) && node.unify(a.key.shape[0], a.value.shape[0]) &&
         node.unify(a.key.shape[1], a.value.shape[1]) && node.unify(a.key.shape[2], a.value.shape[2]) &&
         node.unify(a.query.shape[3], a.key.shape[3]);
}

// [B|1, H|1, T, S], added to the scores.
bool addBias(NodeReader &node, SoftmaxAttention &attention, Tensor bias) {
  const Tensor &query = attention.query;
  Shape full = {query.shape[0], query.shape[2], query.shape[1], attention.key.shape[1]};
  if (!bias || bias.rank() != 4 || !node.unifyBroadcast({full, bias.shape}))
    return bias && bias.rank() != 4 && (node.fail("bias of rank " + Twine(bias.rank()) + ", expected 4"), false);
  bias = node.g.cast(bias, attention.computeType());
  attention.bias = attention.bias ? node.g.add(attention.bias, bias) : bias;
  return true;
}

//===--- MultiHeadAttention ---------------------------------------------------------------===//

class MultiHeadConverter {
public:
  explicit MultiHeadConverter(NodeReader &node) : node(node), g(node.g), attention(node.g) {}

  Results convert() {
    heads = node.integer("num_heads", 0);
    for (auto [index, name] : {std::pair(8, "past_sequence_length"), {9, "cache_indirection"}})
      if (node.has(index))
        return node.fail("input '" + Twine(name) + "', expected none: caches are appended to");
    if (heads < 1)
      return node.fail("attribute 'num_heads', expected a positive number but got " + Twine(heads));
    if (!readOperands() || !unifyOperands(node, attention) || !readScale(node, attention) || !appendPast())
      return {};
    attention.limits.isCausal = node.flag("unidirectional", false);
    if (!readPadding() || (node.has(5) && !addBias(node, attention, node.tensor(5))))
      return {};
    Tensor y = mergeHeads(g, attention.mix());
    if (node.outputCount() == 1)
      return {y};
    return {y, swapHeads(g, attention.key), swapHeads(g, attention.value)};
  }

private:
  // [B, T, H, parts, D] holds several of query, key and value.
  Tensor part(Tensor x, int64_t number) { return g.squeeze(g.slice(x, 3, g.dim(number), g.dim(number + 1)), 3); }

  // Part of the bias for query, key and value as one list.
  Tensor biased(Tensor x, int64_t &start) {
    auto size = x ? dyn_cast<AffineConstantExpr>(x.shape.back()) : AffineConstantExpr();
    if (!node.has(3) || !size)
      return x;
    int64_t first = std::exchange(start, start + size.getValue());
    return g.add(x, g.slice(node.tensor(3), 0, g.dim(first), g.dim(start)));
  }

  bool readOperands() {
    Tensor query = node.tensor(0), key = node.optionalTensor(1), value = node.optionalTensor(2);
    if (!query)
      return false;
    if (query.rank() == 5 && !node.has(1) && !node.has(2) && !node.has(3)) {
      attention.query = part(query, 0), attention.key = part(query, 1), attention.value = part(query, 2);
      return true;
    }
    bool isPacked = key && key.rank() == 5 && !value, isSplit = key && value && key.rank() == 4 && value.rank() == 4;
    bool isFlat = key && value && key.rank() == 3 && value.rank() == 3;
    if (query.rank() != 3 || (!isPacked && !isSplit && !isFlat) || (node.has(3) && !isFlat))
      return node.fail("query, key and value, expected [batch, tokens, features] each, keys and values of rank 4 or "
                       "packed in rank 5 without a bias, or all packed in rank 5"),
             false;
    int64_t start = 0;
    attention.query = splitHeads(g, biased(query, start), heads);
    attention.key = isPacked ? part(key, 0) : isSplit ? swapHeads(g, key) : splitHeads(g, biased(key, start), heads);
    attention.value = isPacked  ? part(key, 1)
                      : isSplit ? swapHeads(g, value)
                                : splitHeads(g, biased(value, start), heads);
    return true;
  }

  bool appendPast() {
    if (!node.has(6) && !node.has(7))
      return true;
    Tensor pastKey = swapHeads(g, node.tensor(6)), pastValue = swapHeads(g, node.tensor(7));
    if (!sameElementTypes(node, {attention.key, pastKey, pastValue}))
      return false;
    for (int64_t axis : {0, 2, 3})
      if (!node.unify(pastKey.shape[axis], attention.key.shape[axis]) ||
          !node.unify(pastValue.shape[axis], attention.value.shape[axis]))
        return false;
    attention.past = pastKey.shape[1];
    attention.key = g.concat({pastKey, attention.key}, 1);
    attention.value = g.concat({pastValue, attention.value}, 1);
    return attention.key && attention.value;
  }

  // Padding adds a number, by default a large negative one: a row that sees padding only is an average.
  bool readPadding() {
    double filler = node.real("mask_filter_value", -10000);
    Tensor mask = node.optionalTensor(4);
    if (!node.has(4))
      return true;
    if (!mask || mask.rank() > 3)
      return mask && (node.fail("padding mask of rank " + Twine(mask.rank()) + ", expected 1 to 3"), false);
    Dim one = g.dim(1), batch = mask.shape[0];
    Tensor visible;
    if (mask.rank() == 1) { // lengths
      Tensor places = g.iota({one, one, one, attention.key.shape[1]}, 3, mask.elementType);
      if (!node.unify(batch, attention.query.shape[0]))
        return false;
      visible = g.compare(Compare::Less, places, g.reshape(mask, {batch, one, one, one}));
    } else {
      Tensor wide = mask.rank() == 2 ? g.unsqueeze(mask, {1, 2}) : g.unsqueeze(mask, 1);
      visible = g.compare(Compare::NotEqual, wide, g.scalar(0, mask.elementType));
    }
    Type type = attention.computeType();
    return addBias(node, attention, g.select(visible, g.scalar(0, type), g.scalar(filler, type)));
  }

  NodeReader &node;
  GraphBuilder &g;
  SoftmaxAttention attention;
  int64_t heads = 0;
};

//===--- GroupQueryAttention --------------------------------------------------------------===//

// A sample has seqlens_k + 1 keys; the tokens of this call are its last ones, and are written behind its past.
class GroupQueryConverter {
public:
  explicit GroupQueryConverter(NodeReader &node) : node(node), g(node.g), attention(node.g) {}

  Results convert() {
    if (!isSupported() || !readOperands() || !unifyOperands(node, attention) || !readScale(node, attention))
      return {};
    readPlaces();
    if (!rotate() || !appendPast())
      return {};
    readLimits();
    if (node.has(10) && !addBias(node, attention, node.tensor(10)))
      return {};
    Tensor y = mergeHeads(g, attention.mix());
    if (node.outputCount() == 1)
      return {y};
    return {y, swapHeads(g, attention.key), swapHeads(g, attention.value)};
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

static Results convertMultiHead(NodeReader &node) { return MultiHeadConverter(node).convert(); }
static Results convertGroupQuery(NodeReader &node) { return GroupQueryConverter(node).convert(); }

void registerContribAttention(OpTable &table) {
  table.add({{"com.microsoft.GroupQueryAttention", 1, convertGroupQuery},
             {"com.microsoft.MultiHeadAttention", 1, convertMultiHead}});
}

} // namespace heddle::onnx
