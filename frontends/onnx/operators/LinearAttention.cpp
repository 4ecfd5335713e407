// LinearAttention, of the default set and of com.microsoft, and GatedDeltaNet: rules for a matrix state of each head.
#include "dialects/mixer/Mixer.h"
#include "frontends/Layers.h"
#include "frontends/onnx/onnx_model.pb.h"
#include "frontends/onnx/operators/SoftmaxAttention.h"
#include "frontends/onnx/operators/Tokens.h"
#include <cmath>

using namespace mlir;

namespace heddle::onnx {

namespace {

// S = exp(decay) S + beta k (v - exp(decay) S' k)', read as scale S' q; without decay or delta where they are absent.
struct LinearAttention {
  explicit LinearAttention(GraphBuilder &g) : g(g) {}

  Tensor query, key, value; // [B, T, H, features]; the query's heads are a multiple of the others'
  Tensor decay;             // logarithms: [B, T, H], or [B, T, H, key features]
  Tensor beta;              // [B, T, H|1]: the delta rule
  Tensor state;             // [B, H, key features, value features]
  double scale = 1;

  Type wide() { return value.elementType.isF64() ? value.elementType : Type(g.builder().getF32Type()); }
  // The output [B, T, query heads, value features] and the state; empty after a mistake.
  SmallVector<Tensor> run() { return beta && decay && decay.rank() == 4 ? loopOverTokens() : mix(); }

private:
  GraphBuilder &g;

  SmallVector<Tensor> mix() {
    MLIRContext *context = g.context();
    MixSpec spec;
    spec.query = query, spec.key = key, spec.value = value;
    spec.support = mixer::CausalAttr::get(context);
    spec.score = mixer::LinearAttr::get(context, APFloat(scale), false);
    if (beta) {
      spec.transport = mixer::DeltaAttr::get(context, bool(decay));
      spec.transportOperands.push_back(beta);
    } else if (decay) {
      spec.transport = decay.rank() == 3 ? Attribute(mixer::ScalarAttr::get(context))
                                         : Attribute(mixer::KeyChannelAttr::get(context));
    }
    if (decay)
      spec.transportOperands.push_back(decay);
    if (state)
      spec.initialState.push_back(state);
    spec.finalState = true;
    return g.mix(spec);
  }

  // A delta rule that forgets by key channel is no transport of the mixer: S' = diag(exp(g)) S, then
  // S = S' + beta k (v - S'^T k)^T.
  SmallVector<Tensor> loopOverTokens() {
    Dim batch = value.shape[0], heads = value.shape[2];
    if (!state)
      state = g.splat(0, {batch, heads, key.shape[3], value.shape[3]}, wide());
    Tensor wideKey = g.cast(key, wide()), wideValue = g.cast(value, wide()),
           wideQuery = g.mul(g.cast(query, wide()), scale);
    int64_t groups = cast<AffineConstantExpr>(query.shape[2]).getValue() / cast<AffineConstantExpr>(heads).getValue();
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
      q = g.reshape(q, {batch, heads, g.dim(groups), query.shape[3]});
      Tensor row = g.einsum("bhgk,bhkv->bhgv", {q, next});
      row = g.reshape(row, {batch, query.shape[2], value.shape[3]});
      return LoopStep{{next}, {g.cast(row, value.elementType)}};
    };
    std::optional<LoopStep> result = g.loop({value.shape[1], {}}, state, body);
    if (!result)
      return {};
    return {g.transpose(result->rows[0], {1, 0, 2, 3}), result->state[0]};
  }
};

struct Rule {
  bool isGated, isDelta;
};

std::optional<Rule> readRule(NodeReader &node) {
  std::string rule = node.string("update_rule", "gated_delta");
  if (rule == "linear" || rule == "gated" || rule == "delta" || rule == "gated_delta")
    return Rule{StringRef(rule).starts_with("gated"), StringRef(rule).ends_with("delta")};
  node.error() << "attribute 'update_rule', expected linear, gated, delta or gated_delta but got '" << rule << "'";
  return std::nullopt;
}

// 0 means the usual one.
std::optional<double> readScale(NodeReader &node, const Tensor &key) {
  auto features = dyn_cast<AffineConstantExpr>(key.shape[3]);
  double given = node.real("scale", 0);
  if (features)
    return given != 0 ? given : 1.0 / std::sqrt(static_cast<double>(features.getValue()));
  node.error() << "key features " << node.g.describe(key.shape[3]) << ", expected a known size";
  return std::nullopt;
}

// [B, T, H, D] with each head repeated for those that share it.
Tensor repeated(GraphBuilder &g, Tensor x, Dim heads) {
  if (!x || g.sameDim(x.shape[2], heads))
    return x;
  Tensor wide = repeatHeads(g, g.transpose(x, {0, 2, 1, 3}), heads);
  return wide ? g.transpose(wide, {0, 2, 1, 3}) : wide;
}

bool unifyOperands(NodeReader &node, const LinearAttention &mixer) {
  for (int64_t axis : {0, 1})
    if (!mixer.query || !mixer.key || !mixer.value || !node.unify(mixer.query.shape[axis], mixer.key.shape[axis]) ||
        !node.unify(mixer.key.shape[axis], mixer.value.shape[axis]))
      return false;
  return node.unify(mixer.query.shape[3], mixer.key.shape[3]);
}

// Inputs: query, key, value [B, T, H * d], state [B, H, dk, dv], decay, beta.
class LinearAttentionConverter {
public:
  explicit LinearAttentionConverter(NodeReader &node) : node(node), g(node.g), mixer(node.g) {}

  Results convert() {
    rule = readRule(node);
    if (!rule || !readOperands() || !readGates())
      return {};
    Type stateType = node.has(3) ? node.elementType(3) : mixer.value.elementType;
    SmallVector<Tensor> results = mixer.run();
    if (results.size() != 2)
      return {};
    return {mergeHeads(g, results[0]), g.cast(results[1], stateType)};
  }

private:
  bool readOperands() {
    node.ignore({"chunk_size"});              // a hint
    if (node.integer("state_window", 0) != 0) // com.microsoft only
      return node.fail("attribute 'state_window', expected 0 but got " + Twine(node.integer("state_window", 0))), false;
    int64_t queryHeads = node.integer("q_num_heads", 0);
    heads = node.integer("kv_num_heads", 0);
    // Of com.microsoft, heads of keys and values may share queries as well.
    bool mayShareQueries = node.proto().domain() == "com.microsoft";
    bool isShared = queryHeads >= 1 && heads >= 1 && heads % queryHeads == 0 && mayShareQueries;
    if (queryHeads < 1 || heads < 1 || (queryHeads % heads && !isShared))
      return node.fail("attributes 'q_num_heads' " + Twine(queryHeads) + " and 'kv_num_heads' " + Twine(heads) +
                       ", expected positive numbers, the first a multiple of the second"),
             false;
    for (int64_t index : {0, 1, 2})
      if (Tensor tensor = node.tensor(index); !tensor || tensor.rank() != 3)
        return tensor && (node.fail("inputs, expected rank 3"), false);
    mixer.query = splitHeads(g, node.tensor(0), queryHeads);
    mixer.key = splitHeads(g, node.tensor(1), heads), mixer.value = splitHeads(g, node.tensor(2), heads);
    if (isShared)
      mixer.query = repeated(g, mixer.query, g.dim(heads));
    return unifyOperands(node, mixer);
  }

  bool readGates() {
    std::optional<double> scale = readScale(node, mixer.key);
    if (!scale)
      return false;
    mixer.scale = *scale;
    mixer.state = node.has(3) ? g.cast(node.tensor(3), mixer.wide()) : Tensor();
    // What a rule does not use may be given all the same.
    node.has(4), node.has(5);
    if (rule->isGated) {
      mixer.decay = g.cast(node.tensor(4), mixer.wide());
      if (!mixer.decay || mixer.decay.rank() != 3)
        return mixer.decay && (node.fail("decay, expected rank 3"), false);
      if (!g.sameDim(mixer.decay.shape[2], g.dim(heads)))
        mixer.decay = splitHeads(g, mixer.decay, heads);
    }
    if (rule->isDelta) {
      mixer.beta = g.cast(node.tensor(5), mixer.wide());
      if (!mixer.beta || mixer.beta.rank() != 3)
        return mixer.beta && (node.fail("beta, expected rank 3"), false);
    }
    return !rule->isGated || bool(mixer.decay);
  }

  NodeReader &node;
  GraphBuilder &g;
  LinearAttention mixer;
  std::optional<Rule> rule;
  int64_t heads = 1;
};

} // namespace

Results convertLinearAttention(NodeReader &node) { return LinearAttentionConverter(node).convert(); }

//===--- GatedDeltaNet --------------------------------------------------------------------===//

namespace {

// Inputs: query, key, value [B, T, H, d] or packed [B * T, H, d], then cu_seqlens, decay, beta, initial state
// [B, H, dv, dk], a_log and dt_bias.
class GatedDeltaNetConverter {
public:
  explicit GatedDeltaNetConverter(NodeReader &node) : node(node), g(node.g), mixer(node.g) {}

  Results convert() {
    node.ignore({"chunk_size"}); // a hint
    rule = readRule(node);
    if (!rule || !isSupported() || !readOperands() || !readGates())
      return {};
    SmallVector<Tensor> results = mixer.run();
    if (results.size() != 2)
      return {};
    Tensor y = results[0];
    if (isPacked)
      y = g.reshape(y, {node.shape(2)[0], y.shape[2], y.shape[3]});
    return {y, g.transpose(results[1], {0, 1, 3, 2})};
  }

private:
  bool isSupported() {
    for (auto [index, name] : {std::pair(3, "cu_seqlens"), {9, "capture_count"}, {10, "state_update_active"}})
      if (node.has(index))
        return node.fail("input '" + Twine(name) + "', expected none: samples have one length"), false;
    if (int64_t capacity = node.integer("state_update_capacity", 0))
      return node.fail("attribute 'state_update_capacity', expected 0 but got " + Twine(capacity)), false;
    return true;
  }

  // [B, T, ..]: samples of one length, one after the other, where they are packed.
  Tensor unpacked(Tensor x) {
    if (!x || !isPacked)
      return x;
    Dim batch = node.shape(6)[0], tokens = g.simplify(x.shape[0].floorDiv(batch));
    if (!node.unify(g.product({batch, tokens}), x.shape[0]))
      return {};
    Shape shape = {batch, tokens};
    shape.append(x.shape.begin() + 1, x.shape.end());
    return g.reshape(x, shape);
  }

  bool readOperands() {
    isPacked = node.rank(2) == 3;
    bool hasRanks = node.rank(0) == node.rank(2) && node.rank(1) == node.rank(2) && (isPacked || node.rank(2) == 4);
    bool hasBatch = !isPacked || (node.has(6) && isa<AffineConstantExpr>(node.shape(6)[0]));
    if (!hasRanks || !hasBatch)
      return node.fail("query, key and value, expected rank 4, or rank 3 and an initial state of a known batch"), false;
    mixer.value = unpacked(node.tensor(2));
    mixer.query = unpacked(node.tensor(0)), mixer.key = unpacked(node.tensor(1));
    if (!mixer.query || !mixer.key || !mixer.value)
      return false;
    if (node.flag("qk_l2_norm", false))
      mixer.query = l2Normalize(g, mixer.query, 1e-6), mixer.key = l2Normalize(g, mixer.key, 1e-6);
    std::optional<double> scale = readScale(node, mixer.key);
    mixer.query = repeated(g, mixer.query, mixer.value.shape[2]);
    mixer.key = repeated(g, mixer.key, mixer.value.shape[2]);
    mixer.scale = scale.value_or(1);
    mixer.state = node.has(6) ? g.transpose(node.tensor(6), {0, 1, 3, 2}) : Tensor();
    return scale && unifyOperands(node, mixer);
  }

  bool readGates() {
    std::string gate = node.string("gate_activation", "none"), update = node.string("beta_activation", "none");
    if ((gate != "none" && gate != "qwen") || (update != "none" && update != "sigmoid"))
      return node.fail("attributes 'gate_activation' '" + gate + "' and 'beta_activation' '" + update +
                       "', expected none or qwen, and none or sigmoid"),
             false;
    // What a rule does not use may be given all the same.
    for (int64_t index : {4, 5, 7, 8})
      node.has(index);
    if (rule->isGated)
      mixer.decay = unpacked(gate == "qwen" ? gateOfQwen(node.tensor(4)) : node.tensor(4));
    if (rule->isDelta)
      mixer.beta = unpacked(update == "sigmoid" ? g.unary(Unary::Sigmoid, node.tensor(5)) : node.tensor(5));
    return (!rule->isGated || mixer.decay) && (!rule->isDelta || mixer.beta);
  }

  // -exp(a_log) softplus(x + dt_bias)
  Tensor gateOfQwen(Tensor x) {
    Tensor rate = g.unary(Unary::Exp, node.tensor(7)), bias = node.tensor(8);
    return g.unary(Unary::Neg, g.mul(g.unary(Unary::Softplus, g.add(x, bias)), rate));
  }

  NodeReader &node;
  GraphBuilder &g;
  LinearAttention mixer;
  std::optional<Rule> rule;
  bool isPacked = false;
};

} // namespace

Results convertGatedDeltaNet(NodeReader &node) { return GatedDeltaNetConverter(node).convert(); }

} // namespace heddle::onnx
