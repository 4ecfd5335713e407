// Attention of opsets 23 to 25.
#include "frontends/Layers.h"
#include "frontends/onnx/operators/AttentionOperands.h"
#include "frontends/onnx/operators/Broadcast.h"

using namespace mlir;

namespace heddle::onnx {

namespace {

// [batch, tokens, heads, features] throughout.
class AttentionConverter {
public:
  explicit AttentionConverter(NodeReader &node) : node(node), g(node.g), attention(node.g) {}

  Results convert() {
    if (!readOperands() || !appendPast() || !readAttributes() || !readMask())
      return {};
    if (node.has(6))
      attention.valid = g.cast(node.tensor(6), g.builder().getI64Type());
    Results results = {fromHeads(attention.mix())};
    if (!results[0])
      return {};
    if (node.outputCount() > 1) {
      results.push_back(swapHeads(g, attention.key));
      results.push_back(swapHeads(g, attention.value));
    }
    if (node.outputCount() > 3)
      results.push_back(attention.scores(static_cast<SoftmaxAttention::ScoreStage>(mode)));
    return results;
  }

private:
  bool readOperands() {
    Tensor query = node.tensor(0), key = node.tensor(1), value = node.tensor(2);
    int64_t queryHeads = node.integer("q_num_heads", 0), keyHeads = node.integer("kv_num_heads", 0);
    if (!sameElementTypes(node, {query, key, value}))
      return false;
    isPacked = query.rank() == 3;
    if (query.rank() != key.rank() || query.rank() != value.rank() || (!isPacked && query.rank() != 4) ||
        (isPacked && (queryHeads < 1 || keyHeads < 1)))
      return node.fail("query, key and value of ranks " + Twine(query.rank()) + ", " + Twine(key.rank()) + " and " +
                       Twine(value.rank()) + ", expected 4, or 3 with numbers of heads"),
             false;
    query = toHeads(query, queryHeads), key = toHeads(key, keyHeads), value = toHeads(value, keyHeads);
    attention.query = query, attention.key = key, attention.value = value;
    return unifyOperands(node, attention);
  }

  Tensor toHeads(Tensor x, int64_t heads) { return isPacked ? splitHeads(g, x, heads) : swapHeads(g, x); }
  Tensor fromHeads(Tensor x) { return isPacked ? mergeHeads(g, x) : swapHeads(g, x); }

  bool appendPast() {
    return (!node.has(4) && !node.has(5)) || onnx::appendPast(node, attention, node.tensor(4), node.tensor(5));
  }

  bool readAttributes() {
    attention.softCap = node.real("softcap", 0);
    attention.limits = {node.flag("is_causal", false), node.integer("left_window_size", -1),
                        node.integer("right_window_size", -1)};
    alignCausal();
    mode = node.integer("qk_matmul_output_mode", 0);
    node.ignore({"softmax_precision"}); // f32 or wider
    if (mode >= 0 && mode <= 3)
      return readScale(node, attention, /*zeroIsAbsent=*/false);
    node.error() << "attribute 'qk_matmul_output_mode' " << mode << ", expected a mode in [0, 3]";
    return false;
  }

  // Texts of the same opset differ. Up to ONNX 1.22 the first query sees the first key; later ones align the last.
  void alignCausal() {
    Dim queries = attention.query.shape[1], keys = attention.key.shape[1];
    if (!attention.limits.isCausal || attention.past != g.dim(0) || node.has(6) || g.sameDim(queries, keys))
      return;
    if (node.options().attentionCausal == CausalAlignment::Last)
      attention.past = g.simplify(keys - queries); // below 0, the first queries see nothing
    else
      emitWarning(g.location()) << "attribute 'is_causal' with " << g.describe(queries) << " queries and "
                                << g.describe(keys)
                                << " keys is taken to align the first ones; --attention-causal=last aligns the last";
  }

  // Sizes [b|1, h|1, T|1, S]: the mask's, with what it does not say hidden.
  bool readMask() {
    if (!node.has(3))
      return true;
    constexpr double hidden = -std::numeric_limits<double>::infinity();
    const Tensor &query = attention.query, &key = attention.key;
    Tensor mask = node.tensor(3);
    if (!mask || mask.rank() > 4 || mask.rank() < 1)
      return mask && (node.fail("mask of rank " + Twine(mask.rank()) + ", expected 1 to 4"), false);
    Shape shape(4 - mask.rank(), g.dim(1));
    llvm::append_range(shape, mask.shape);
    mask = g.reshape(mask, shape);
    if (mask && mask.elementType.isInteger(1))
      mask = g.select(mask, g.scalar(0, g.builder().getF32Type()), g.scalar(hidden, g.builder().getF32Type()));
    mask = g.cast(mask, attention.computeType());
    Dim missing = g.simplify(key.shape[1] - mask.shape[3]);
    if (mask.shape[3] != g.dim(1) && bounds(missing).low >= 0 && missing != g.dim(0)) {
      SmallVector<Dim> low(4, g.dim(0)), high = low;
      high[3] = missing;
      mask = g.pad(mask, low, high, hidden);
    }
    Shape full = {query.shape[0], query.shape[2], query.shape[1], key.shape[1]};
    if (!mask || !node.unifyBroadcast({full, mask.shape}))
      return false;
    attention.bias = mask;
    return true;
  }

  NodeReader &node;
  GraphBuilder &g;
  SoftmaxAttention attention;
  bool isPacked = false;
  int64_t mode = 0;
};

} // namespace

static Results convertAttention(NodeReader &node) { return AttentionConverter(node).convert(); }

void registerAttention(OpTable &table) { table.add({{"Attention", 23, convertAttention}}); }

} // namespace heddle::onnx
