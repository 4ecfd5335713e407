// MultiHeadAttention and Attention of com.microsoft: softmax attention whose caches are appended to.
#include "frontends/Layers.h"
#include "frontends/onnx/operators/AttentionOperands.h"

using namespace mlir;

namespace heddle::onnx {

namespace {

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
    if (!readOperands() || !unifyOperands(node, attention) || !readScale(node, attention, /*zeroIsAbsent=*/true) ||
        !appendPast())
      return {};
    attention.limits.isCausal = node.flag("unidirectional", false);
    // A row that sees padding only is an average: what is added is a large number, not infinity.
    double filler = node.real("mask_filter_value", -10000);
    if ((node.has(4) && !addPadding(node, attention, node.tensor(4), filler)) ||
        (node.has(5) && !addBias(node, attention, node.tensor(5))))
      return {};
    return mixWithCaches(node, attention);
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
    return (!node.has(6) && !node.has(7)) || onnx::appendPast(node, attention, node.tensor(6), node.tensor(7));
  }

  NodeReader &node;
  GraphBuilder &g;
  SoftmaxAttention attention;
  int64_t heads = 0;
};

// Projects its input to query, key and value itself: x W + b, with the three side by side.
class ProjectedConverter {
public:
  explicit ProjectedConverter(NodeReader &node) : node(node), g(node.g), attention(node.g) {}

  Results convert() {
    if (!isSupported() || !project() || !unifyOperands(node, attention) ||
        !readScale(node, attention, /*zeroIsAbsent=*/true) || !appendPast())
      return {};
    attention.limits.isCausal = node.flag("unidirectional", false);
    double filler = node.real("mask_filter_value", -10000);
    if ((node.has(3) && !addPadding(node, attention, node.tensor(3), filler)) ||
        (node.has(5) && !addBias(node, attention, node.tensor(5))))
      return {};
    Tensor y = mergeHeads(g, attention.mix());
    if (node.outputCount() == 1)
      return {y};
    Tensor key = g.unsqueeze(swapHeads(g, attention.key), 0), value = g.unsqueeze(swapHeads(g, attention.value), 0);
    return {y, g.concat({key, value}, 0)};
  }

private:
  bool isSupported() {
    node.ignore({"rotary_embedding_dim"}); // of what is refused here
    for (StringRef name : {"do_rotary", "past_present_share_buffer"})
      if (node.integer(name, 0) != 0)
        return node.fail("attribute '" + name + "', expected 0"), false;
    if (node.has(6))
      return node.fail("input 'past_sequence_length', expected none: caches are appended to"), false;
    return true;
  }

  bool project() {
    Tensor x = node.tensor(0), weight = node.tensor(1), bias = node.optionalTensor(2);
    int64_t heads = node.integer("num_heads", 0);
    auto width = weight ? dyn_cast<AffineConstantExpr>(weight.shape.back()) : AffineConstantExpr();
    if (!x || !weight || x.rank() != 3 || weight.rank() != 2 || !width || heads < 1)
      return x && weight &&
             (node.fail("input and weights, expected ranks 3 and 2, and a positive attribute 'num_heads'"), false);
    int64_t third = width.getValue() / 3;
    SmallVector<int64_t> sizes = node.integers("qkv_hidden_sizes").value_or(SmallVector<int64_t>(3, third));
    if (sizes.size() != 3 || sizes[0] + sizes[1] + sizes[2] != width.getValue())
      return node.fail("attribute 'qkv_hidden_sizes', expected three sizes with the sum " + Twine(width.getValue())),
             false;
    if (!node.unify(x.shape[2], weight.shape[0]) || (bias && !node.unify(bias.shape[0], width)))
      return false;
    SmallVector<Tensor> parts = g.split(linear(g, x, weight, bias), 2, sizes);
    if (parts.size() != 3)
      return false;
    attention.query = splitHeads(g, parts[0], heads), attention.key = splitHeads(g, parts[1], heads);
    attention.value = splitHeads(g, parts[2], heads);
    return true;
  }

  // Keys and values are one tensor [2, B, H, P, D].
  bool appendPast() {
    Tensor past = node.optionalTensor(4);
    if (!node.has(4))
      return true;
    if (!past || past.rank() != 5)
      return past && (node.fail("past of rank " + Twine(past.rank()) + ", expected 5"), false);
    auto half = [&](int64_t number) { return g.squeeze(g.slice(past, 0, g.dim(number), g.dim(number + 1)), 0); };
    return onnx::appendPast(node, attention, half(0), half(1));
  }

  NodeReader &node;
  GraphBuilder &g;
  SoftmaxAttention attention;
};

} // namespace

static Results convertMultiHead(NodeReader &node) { return MultiHeadConverter(node).convert(); }
static Results convertProjected(NodeReader &node) { return ProjectedConverter(node).convert(); }

void registerMultiHeadAttention(OpTable &table) {
  table.add(
      {{"com.microsoft.Attention", 1, convertProjected}, {"com.microsoft.MultiHeadAttention", 1, convertMultiHead}});
}

} // namespace heddle::onnx
