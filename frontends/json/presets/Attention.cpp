// Softmax attention: multi-head, grouped-query, windowed, with sinks, with global tokens, with ALiBi or soft cap, in
// any order.
#include "dialects/mixer/Mixer.h"
#include "frontends/json/Presets.h"
#include "frontends/json/slots/ScoreBias.h"
#include <cmath>

using namespace mlir;

namespace heddle::json {

namespace {

struct Attention {
  int64_t heads, keyHeads, width;
  bool bias, normalizeQueryKey, alibi;
  double scale, softCap;
  Attribute support, layout;
  std::optional<Rotation> rotary;
  InputName segments, keysFrom;
  ScoreBias scoreBias;

  Tensor build(Model &m, Tensor x) const;
  Tensor slopes(Model &m) const;
};

// The published slopes: a geometric sequence for a power of two, interleaved with the next one's otherwise.
Tensor Attention::slopes(Model &m) const {
  return m.computed(
      heads,
      [&] {
        int64_t power = 1;
        while (2 * power <= heads)
          power *= 2;
        std::vector<float> values;
        for (int64_t h = 0; h < power; ++h)
          values.push_back(std::exp2(-8.0 * (h + 1) / power));
        for (int64_t h = 0; static_cast<int64_t>(values.size()) < heads; ++h)
          values.push_back(std::exp2(-4.0 * (2 * h + 1) / power));
        return values;
      },
      m.f32);
}

Tensor Attention::build(Model &m, Tensor x) const {
  GraphBuilder &g = m.g;
  int64_t head = width ? width : m.features(x) / heads;
  if (head * heads != m.features(x) && !width)
    return g.fail("attention has " + Twine(heads) + " heads over " + Twine(m.features(x)) +
                  " features, expected a divisor or the key 'head_features'");
  Tensor source = keySource(m, keysFrom, x);
  if (!source)
    return {};
  Tensor query = m.heads(m.project(x, "query", heads * head, bias), heads);
  Tensor key = m.heads(m.project(source, "key", keyHeads * head, bias), keyHeads);
  Tensor value = m.heads(m.project(source, "value", keyHeads * head, bias), keyHeads);
  if (normalizeQueryKey) {
    query = m.rmsNorm(query, "query_norm", 1e-6);
    key = m.rmsNorm(key, "key_norm", 1e-6);
  }
  MLIRContext *ctx = g.context();
  MixSpec spec;
  spec.query = query;
  spec.key = key;
  spec.value = value;
  spec.segments = segmentsInput(m, segments);
  spec.layout = layout;
  spec.support = support;
  if (rotary)
    rotate(m, *rotary, spec);
  double factor = scale > 0 ? scale : 1.0 / std::sqrt(static_cast<double>(head));
  spec.score = mixer::SoftmaxAttr::get(ctx, APFloat(factor), APFloat(softCap),
                                       alibi ? mixer::BiasKind::Alibi : scoreBias.operandKind());
  spec.norm = mixer::NormAttr::get(ctx, mixer::NormKind::RowSum, APFloat(0.0));
  if (alibi)
    spec.bias = slopes(m);
  else if (!scoreBias.kind.empty() && query && key)
    spec.bias = scoreBias.build(m, heads, query.shape[1], key.shape[1]);
  return m.project(mergeHeads(g, mixed(m, spec)), "output", m.features(x), bias);
}

} // namespace

Build readAttention(ObjectReader &r) {
  Attention a;
  a.heads = r.integer("heads", {1, 65536});
  a.keyHeads = r.integer("kv_heads", {1, 65536}, a.heads);
  if (a.heads % a.keyHeads)
    r.error("kv_heads",
            "expected a divisor of the " + llvm::Twine(a.heads) + " heads but got " + llvm::Twine(a.keyHeads));
  a.width = r.integer("head_features", {0, 65536}, 0);
  a.bias = r.boolean("bias", false);
  a.normalizeQueryKey = r.boolean("qk_norm", false);
  a.alibi = r.boolean("alibi", false);
  a.scale = r.number("scale", 0, 1e6, 0.0);
  a.softCap = r.number("soft_cap", 0, 1e6, 0.0);
  a.scoreBias = ScoreBias::read(r);
  if (a.alibi && !a.scoreBias.kind.empty())
    r.error("alibi", "expected one of the keys 'alibi' and 'score_bias' but got both");
  a.keysFrom = readKeysFrom(r);
  a.support = readSupport(r, "support", a.keysFrom ? "full" : "causal");
  a.layout = readAlignedLayout(r);
  a.rotary = readRotary(r);
  a.segments = readSegments(r);
  checkKeysFrom(r, a.keysFrom, a.segments, a.rotary);
  return [a](Model &m, Tensor x) { return a.build(m, x); };
}

} // namespace heddle::json
