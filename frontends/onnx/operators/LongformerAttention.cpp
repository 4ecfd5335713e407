// LongformerAttention of com.microsoft: each token sees a window around it and the global tokens; those see everything,
// with projections of their own. Which tokens are global is known while importing.
#include "dialects/mixer/Mixer.h"
#include "frontends/Layers.h"
#include "frontends/onnx/Literal.h"
#include "frontends/onnx/operators/Broadcast.h"
#include "frontends/onnx/operators/SoftmaxAttention.h"
#include <cmath>

using namespace mlir;

namespace heddle::onnx {

namespace {

class LongformerConverter {
public:
  explicit LongformerConverter(NodeReader &node) : node(node), g(node.g) {}

  Results convert() {
    if (!readSizes() || !readOperands() || !readGlobals())
      return {};
    Tensor y = attendLocally();
    if (!globals.empty())
      y = replaceGlobalRows(y);
    if (!y)
      return {};
    // What is said of padding is zero.
    Tensor row = g.reshape(mask, {mask.shape[0], mask.shape[1], g.dim(1), g.dim(1)});
    Tensor isToken = g.compare(Compare::GreaterEqual, row, g.scalar(0, mask.elementType));
    return {mergeHeads(g, g.select(isToken, y, g.scalar(0, y.elementType)))};
  }

private:
  bool readSizes() {
    heads = node.integer("num_heads", 0), window = node.integer("window", 0);
    x = node.tensor(0), mask = node.tensor(3);
    if (heads < 1 || window < 1)
      return node.fail("attributes 'num_heads' " + Twine(heads) + " and 'window' " + Twine(window) +
                       ", expected positive numbers"),
             false;
    if (!x || !mask)
      return false;
    auto features = x.rank() == 3 ? dyn_cast<AffineConstantExpr>(x.shape[2]) : AffineConstantExpr();
    if (!features || features.getValue() % heads)
      return node.fail("input of shape " + g.describe(x.shape) +
                       ", expected [batch, tokens, features] with a multiple of " + Twine(heads) + " features"),
             false;
    width = features.getValue();
    if (mask.rank() != 2)
      return node.fail("input 'mask' of rank " + Twine(mask.rank()) + ", expected 2"), false;
    return node.unify(mask.shape[0], x.shape[0]) && node.unify(mask.shape[1], x.shape[1]);
  }

  // Weights [features, 3 * features] and biases [3 * features]: query, key and value side by side.
  bool readOperands() {
    weight = node.tensor(1), bias = node.tensor(2), globalWeight = node.tensor(4), globalBias = node.tensor(5);
    if (!sameElementTypes(node, {x, weight, bias, mask, globalWeight, globalBias}))
      return false;
    for (const Tensor &matrix : {weight, globalWeight})
      if (matrix.shape != Shape({g.dim(width), g.dim(3 * width)}))
        return node.fail("weights of shape " + g.describe(matrix.shape) + ", expected " +
                         g.describe({g.dim(width), g.dim(3 * width)})),
               false;
    for (const Tensor &row : {bias, globalBias})
      if (row.shape != Shape({g.dim(3 * width)}))
        return node.fail("bias of shape " + g.describe(row.shape) + ", expected " + g.describe({g.dim(3 * width)})),
               false;
    return true;
  }

  bool readGlobals() {
    std::optional<Literal> flags = node.literal(6);
    std::optional<SmallVector<int64_t>> values = flags ? flags->integers() : std::nullopt;
    if (!values || flags->rank() != 2)
      return node.fail("input 'global', expected constant flags [batch, tokens]"), false;
    int64_t batch = flags->shape[0], tokens = flags->shape[1];
    if (!node.unify(x.shape[0], g.dim(batch)) || !node.unify(x.shape[1], g.dim(tokens)))
      return false;
    ArrayRef<int64_t> all = *values, first = all.take_front(tokens);
    for (int64_t sample = 1; sample < batch; ++sample)
      if (all.slice(sample * tokens, tokens) != first)
        return node.fail("input 'global', expected the same tokens in each sample"), false;
    for (auto [position, flag] : llvm::enumerate(first))
      if (flag != 0)
        globals.push_back(position);
    return true;
  }

  // [B, 1, 1, T], added to the scores.
  Tensor paddingBias(SoftmaxAttention &attention) {
    Type type = attention.computeType();
    return g.cast(g.reshape(mask, {mask.shape[0], g.dim(1), g.dim(1), mask.shape[1]}), type);
  }

  double scale() { return 1 / std::sqrt(static_cast<double>(width / heads)); }

  Tensor attendLocally() {
    SmallVector<Tensor> parts = g.split(linear(g, x, weight, bias), 2, {width, width, width});
    if (parts.size() != 3)
      return {};
    SoftmaxAttention attention(g);
    attention.query = splitHeads(g, parts[0], heads), attention.key = splitHeads(g, parts[1], heads);
    attention.value = splitHeads(g, parts[2], heads);
    attention.bias = paddingBias(attention), attention.scale = scale();
    attention.limits.left = attention.limits.right = window;
    attention.limits.global = globals;
    return attention.mix();
  }

  Tensor globalPart(Tensor of, int64_t number) {
    Dim start = g.dim(number * width), end = g.dim((number + 1) * width);
    return splitHeads(g, linear(g, of, g.slice(globalWeight, 1, start, end), g.slice(globalBias, 0, start, end)),
                      heads);
  }

  // y [B, T, H, D] with the rows of the global tokens computed anew.
  Tensor replaceGlobalRows(Tensor y) {
    int64_t count = globals.size();
    SoftmaxAttention attention(g);
    attention.query = globalPart(g.gather(x, g.constant(globals, {count}), 1), 0);
    attention.key = globalPart(x, 1), attention.value = globalPart(x, 2);
    if (!y || !attention.query || !attention.key || !attention.value)
      return {};
    attention.bias = paddingBias(attention), attention.scale = scale();
    Tensor joined = g.concat({attention.mix(), y}, 1);
    SmallVector<int64_t> order =
        llvm::to_vector(llvm::seq(count, count + cast<AffineConstantExpr>(y.shape[1]).getValue()));
    for (auto [row, position] : llvm::enumerate(globals))
      order[position] = row;
    return g.gather(joined, g.constant(order, {static_cast<int64_t>(order.size())}), 1);
  }

  NodeReader &node;
  GraphBuilder &g;
  Tensor x, weight, bias, mask, globalWeight, globalBias;
  int64_t heads = 0, window = 0, width = 0;
  SmallVector<int64_t> globals; // positions, increasing
};

} // namespace

static Results convertLongformerAttention(NodeReader &node) { return LongformerConverter(node).convert(); }

void registerLongformerAttention(OpTable &table) {
  table.add({{"com.microsoft.LongformerAttention", 1, convertLongformerAttention}});
}

} // namespace heddle::onnx
