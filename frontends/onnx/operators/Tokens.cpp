// Operators made for sequence models: linear attention, short convolutions with a carry, rotary positions.
#include "frontends/onnx/operators/Tokens.h"
#include "dialects/mixer/Mixer.h"
#include "frontends/Layers.h"
#include "frontends/onnx/operators/Broadcast.h"
#include <cmath>

using namespace mlir;

namespace heddle::onnx {

//===--- LinearAttention ------------------------------------------------------------------===//

namespace {

// Inputs: query, key, value [B, T, H * d], state [B, H, dk, dv], decay, beta.
class LinearAttentionConverter {
public:
  explicit LinearAttentionConverter(NodeReader &node) : node(node), g(node.g) {}

  Results convert() {
    if (!readOperands() || !readGates())
      return {};
    Type stateType = node.has(3) ? node.elementType(3) : value.elementType;
    SmallVector<Tensor> results = isDelta && decay && decay.rank() == 4 ? loopOverTokens() : mix();
    if (results.size() != 2)
      return {};
    return {mergeHeads(g, results[0]), g.cast(results[1], stateType)};
  }

private:
  bool readOperands() {
    node.ignore({"chunk_size"}); // a hint
    std::string rule = node.string("update_rule", "gated_delta");
    int64_t queryHeads = node.integer("q_num_heads", 0);
    heads = node.integer("kv_num_heads", 0);
    if (rule != "linear" && rule != "gated" && rule != "delta" && rule != "gated_delta")
      return node.fail("attribute 'update_rule', expected linear, gated, delta or gated_delta but got '" + rule + "'"),
             false;
    if (queryHeads < 1 || heads < 1 || queryHeads % heads)
      return node.fail("attributes 'q_num_heads' " + Twine(queryHeads) + " and 'kv_num_heads' " + Twine(heads) +
                       ", expected positive numbers, the first a multiple of the second"),
             false;
    isGated = rule == "gated" || rule == "gated_delta";
    isDelta = rule == "delta" || rule == "gated_delta";
    query = node.tensor(0), key = node.tensor(1), value = node.tensor(2);
    for (const Tensor &tensor : {query, key, value})
      if (!tensor || tensor.rank() != 3)
        return tensor && (node.fail("inputs, expected rank 3"), false);
    query = splitHeads(g, query, queryHeads), key = splitHeads(g, key, heads), value = splitHeads(g, value, heads);
    for (int64_t axis : {0, 1})
      if (!query || !key || !value || !node.unify(query.shape[axis], key.shape[axis]) ||
          !node.unify(key.shape[axis], value.shape[axis]))
        return false;
    return node.unify(query.shape[3], key.shape[3]);
  }

  bool readGates() {
    auto features = dyn_cast<AffineConstantExpr>(key.shape[3]);
    double given = node.real("scale", 0);
    if (!features)
      return node.fail("key features " + g.describe(key.shape[3]) + ", expected a known size"), false;
    scale = given != 0 ? given : 1.0 / std::sqrt(static_cast<double>(features.getValue()));
    wide = value.elementType.isF64() ? value.elementType : Type(g.builder().getF32Type());
    state = node.has(3) ? g.cast(node.tensor(3), wide) : Tensor();
    if (isGated) {
      decay = g.cast(node.tensor(4), wide);
      if (!decay || decay.rank() != 3)
        return decay && (node.fail("decay, expected rank 3"), false);
      if (!g.sameDim(decay.shape[2], g.dim(heads)))
        decay = splitHeads(g, decay, heads);
    }
    if (isDelta) {
      beta = g.cast(node.tensor(5), wide);
      if (!beta || beta.rank() != 3)
        return beta && (node.fail("beta, expected rank 3"), false);
    }
    // What a rule does not use may be given all the same.
    node.has(4), node.has(5);
    return !isGated || bool(decay);
  }

  SmallVector<Tensor> mix() {
    MLIRContext *context = g.context();
    MixSpec spec;
    spec.query = query, spec.key = key, spec.value = value;
    spec.support = mixer::CausalAttr::get(context);
    spec.score = mixer::LinearAttr::get(context, APFloat(scale), false);
    if (isDelta) {
      spec.transport = mixer::DeltaAttr::get(context, isGated);
      spec.transportOperands.push_back(beta);
    } else if (isGated) {
      spec.transport = decay.rank() == 3 ? Attribute(mixer::ScalarAttr::get(context))
                                         : Attribute(mixer::KeyChannelAttr::get(context));
    }
    if (isGated)
      spec.transportOperands.push_back(decay);
    if (state)
      spec.initialState.push_back(state);
    spec.finalState = true;
    return g.mix(spec);
  }

  // A delta rule that forgets by key channel is no transport of the mixer: S' = diag(exp(g)) S, then
  // S = S' + beta k (v - S'^T k)^T.
  SmallVector<Tensor> loopOverTokens() {
    Dim batch = value.shape[0];
    if (!state)
      state = g.splat(0, {batch, g.dim(heads), key.shape[3], value.shape[3]}, wide);
    Tensor wideKey = g.cast(key, wide), wideValue = g.cast(value, wide), wideQuery = g.mul(g.cast(query, wide), scale);
    auto queryHeads = cast<AffineConstantExpr>(query.shape[2]).getValue();
    auto body = [&](Value token, ArrayRef<Tensor> carried) -> std::optional<LoopStep> {
      Tensor k = g.takeRow(wideKey, 1, token), v = g.takeRow(wideValue, 1, token);
      Tensor forget = g.unary(Unary::Exp, g.takeRow(decay, 1, token));
      Tensor kept = g.mul(carried[0], g.unsqueeze(forget, 3));
      Tensor error = g.sub(v, g.einsum("bhkv,bhk->bhv", {kept, k}));
      Tensor step = g.mul(error, g.unsqueeze(g.takeRow(beta, 1, token), 2));
      Tensor next = g.add(kept, g.mul(g.unsqueeze(k, 3), g.unsqueeze(step, 2)));
      Tensor q = g.takeRow(wideQuery, 1, token);
      if (!q || !next)
        return std::nullopt;
      q = g.reshape(q, {batch, g.dim(heads), g.dim(queryHeads / heads), query.shape[3]});
      Tensor row = g.einsum("bhgk,bhkv->bhgv", {q, next});
      row = g.reshape(row, {batch, g.dim(queryHeads), value.shape[3]});
      return LoopStep{{next}, {g.cast(row, value.elementType)}};
    };
    std::optional<LoopStep> result = g.loop({value.shape[1], {}}, state, body);
    if (!result)
      return {};
    return {g.transpose(result->rows[0], {1, 0, 2, 3}), result->state[0]};
  }

  NodeReader &node;
  GraphBuilder &g;
  Tensor query, key, value, state, decay, beta;
  Type wide;
  int64_t heads = 1;
  double scale = 1;
  bool isGated = false, isDelta = false;
};

} // namespace

Results convertLinearAttention(NodeReader &node) { return LinearAttentionConverter(node).convert(); }

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
