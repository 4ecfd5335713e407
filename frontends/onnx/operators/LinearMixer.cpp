#include "frontends/onnx/operators/LinearMixer.h"
#include "dialects/mixer/Mixer.h"
#include "frontends/onnx/Literal.h"
#include "frontends/onnx/operators/SoftmaxAttention.h"
#include <cmath>

using namespace mlir;

namespace heddle::onnx {

SmallVector<Tensor> LinearMixer::mix() {
  MLIRContext *context = g.context();
  MixSpec spec;
  spec.query = query, spec.key = key, spec.value = value;
  spec.support = mixer::CausalAttr::get(context);
  spec.score = mixer::LinearAttr::get(context, APFloat(scale), false);
  if (beta) {
    spec.transport = mixer::DeltaAttr::get(context, bool(decay));
    spec.transportOperands.push_back(beta);
  } else if (decay) {
    spec.transport =
        decay.rank() == 3 ? Attribute(mixer::ScalarAttr::get(context)) : Attribute(mixer::KeyChannelAttr::get(context));
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
SmallVector<Tensor> LinearMixer::loopOverTokens() {
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

Tensor LinearMixer::stateBefore(int64_t behind) {
  Type i64 = g.builder().getI64Type();
  Dim one = g.dim(1), count = value.shape[1];
  // Tokens with a key, a rate and a decay of 0 leave the state as it is.
  Tensor tokens = emitLiteral(g, Literal{i64, {}, {{count}}}), seen = g.add(tokens, static_cast<double>(-behind));
  Tensor isSeen = g.compare(Compare::Less, g.iota({one, count, one}, 1, i64), seen);
  auto keep = [&](Tensor x) {
    if (!x)
      return x;
    return g.select(x.rank() == 4 ? g.unsqueeze(isSeen, 3) : isSeen, x, g.scalar(0, x.elementType));
  };
  LinearMixer earlier(g);
  earlier.query = query, earlier.key = keep(key), earlier.value = value, earlier.decay = keep(decay);
  earlier.beta = keep(beta), earlier.state = state, earlier.scale = scale;
  SmallVector<Tensor> results = earlier.run();
  if (results.size() != 2)
    return {};
  Tensor isAny = g.compare(Compare::Greater, seen, g.scalar(0, i64));
  return g.select(isAny, results[1], g.scalar(0, results[1].elementType));
}

std::optional<LinearRule> readRule(NodeReader &node) {
  std::string rule = node.string("update_rule", "gated_delta");
  if (rule == "linear" || rule == "gated" || rule == "delta" || rule == "gated_delta")
    return LinearRule{StringRef(rule).starts_with("gated"), StringRef(rule).ends_with("delta")};
  node.error() << "attribute 'update_rule', expected linear, gated, delta or gated_delta but got '" << rule << "'";
  return std::nullopt;
}

bool checkLinearMixer(NodeReader &node, LinearMixer &mixer) {
  const Tensor &query = mixer.query, &key = mixer.key, &value = mixer.value;
  if (!query || !key || !value)
    return false;
  for (int64_t axis : {0, 1})
    if (!node.unify(query.shape[axis], key.shape[axis]) || !node.unify(key.shape[axis], value.shape[axis]))
      return false;
  auto features = dyn_cast<AffineConstantExpr>(key.shape[3]);
  double given = node.real("scale", 0);
  if (!features)
    return node.fail("key features " + node.g.describe(key.shape[3]) + ", expected a known size"), false;
  mixer.scale = given != 0 ? given : 1.0 / std::sqrt(static_cast<double>(features.getValue()));
  return node.unify(query.shape[3], key.shape[3]);
}

Tensor shareHeads(GraphBuilder &g, Tensor x, Dim heads) {
  if (!x || g.sameDim(x.shape[2], heads))
    return x;
  Tensor wide = repeatHeads(g, g.transpose(x, {0, 2, 1, 3}), heads);
  return wide ? g.transpose(wide, {0, 2, 1, 3}) : wide;
}

} // namespace heddle::onnx
