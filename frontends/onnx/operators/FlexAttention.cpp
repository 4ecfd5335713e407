// FlexAttention of the preview domain. Without graphs it is a softmax mixer. With them it is written out, with the
// graphs' operators on all scores at once; whether that is a mixer with a support or a bias is seen later.
#include "frontends/onnx/operators/Bodies.h"
#include "frontends/onnx/operators/Broadcast.h"
#include "frontends/onnx/operators/SoftmaxAttention.h"
#include <cmath>

using namespace mlir;

namespace heddle::onnx {

namespace {

// query, key, value [B, H, T, D].
class FlexAttention {
public:
  explicit FlexAttention(NodeReader &node) : node(node), g(node.g) {}

  Values convert() {
    query = node.tensor(0), key = node.tensor(1), value = node.tensor(2);
    node.ignore({"softmax_precision"}); // f32 or wider
    if (!sameElementTypes(node, {query, key, value}))
      return {};
    auto features = query.rank() == 4 ? dyn_cast<AffineConstantExpr>(query.shape[3]) : AffineConstantExpr();
    if (!features || key.rank() != 4 || value.rank() != 4)
      return node.fail("query, key and value, expected rank 4 and a known number of features"), Values();
    double standard = 1 / std::sqrt(static_cast<double>(features.getValue()));
    scale = node.hasAttribute("scale") ? node.real("scale", 1) : standard;
    bool hasGraphs = node.hasAttribute("score_mod") || node.hasAttribute("prob_mod");
    Tensor result = hasGraphs ? writtenOut() : mixed();
    return result ? Values{valueOf(node, result)} : Values();
  }

private:
  Tensor mixed() {
    auto swapHeads = [&](Tensor x) { return g.transpose(x, {0, 2, 1, 3}); };
    SoftmaxAttention attention(g);
    attention.query = swapHeads(query), attention.key = swapHeads(key), attention.value = swapHeads(value);
    attention.scale = scale;
    Tensor result = attention.mix();
    return result ? swapHeads(result) : result;
  }

  Tensor modify(StringRef name, Tensor x) {
    if (!node.hasAttribute(name) || !x)
      return x;
    const GraphProto *graph = node.graph(name);
    std::optional<Values> results = graph ? node.importBody(*graph, {valueOf(node, x)}) : std::nullopt;
    if (!results || results->size() != 1)
      return {};
    Tensor y = node.materialise(results->front());
    return y && unifyShapes(node, x, y) ? y : Tensor();
  }

  Tensor writtenOut() {
    Type wide = query.elementType.isF64() ? query.elementType : Type(g.builder().getF32Type());
    Tensor keys = repeatHeads(g, g.cast(key, wide), query.shape[1]),
           values = repeatHeads(g, g.cast(value, wide), query.shape[1]);
    if (!keys || !values)
      return {};
    Tensor scores = g.mul(g.matmul(g.cast(query, wide), keys, false, true), scale);
    scores = modify("score_mod", scores);
    Tensor weights = scores ? modify("prob_mod", g.softmax(scores, 3)) : Tensor();
    return weights ? g.cast(g.matmul(weights, values), query.elementType) : Tensor();
  }

  NodeReader &node;
  GraphBuilder &g;
  Tensor query, key, value;
  double scale = 1;
};

} // namespace

static Values convertFlexAttention(NodeReader &node) { return FlexAttention(node).convert(); }

void registerFlexAttention(OpTable &table) { table.add({{"ai.onnx.preview.FlexAttention", 1, convertFlexAttention}}); }

} // namespace heddle::onnx
