// The delta rule: the memory's answer to a key is replaced, not added to. Plain (DeltaNet, 2024) and with a decay and
// an output gate (Gated DeltaNet, 2024).
#include "dialects/mixer/Mixer.h"
#include "frontends/json/Presets.h"
#include <cmath>

using namespace mlir;

namespace heddle::json {

namespace {

struct Delta {
  bool gated;
  int64_t heads, keyFeatures, valueFeatures, taps;
  double epsilon;
  Attribute layout;
  InputName segments;

  Tensor stream(Model &m, Tensor x, const std::string &name, int64_t features) const {
    Tensor projected = m.convolve(m.project(x, name, heads * features), name + "_conv", taps, false);
    return m.heads(m.g.unary(Unary::Silu, projected), heads);
  }
  // -exp(log_rate) * softplus(z + bias): the logarithm of the share of memory that stays.
  Tensor decay(Model &m, Tensor x) const {
    GraphBuilder &g = m.g;
    Tensor rate =
        g.unary(Unary::Neg, g.unary(Unary::Exp, m.weight("log_rate", heads, Init::uniform(0, std::log(16.0)), m.f32)));
    Tensor bias = m.weight("step_bias", heads, Init::uniform(-6.9, -2.25), m.f32);
    Tensor z = g.cast(m.project(x, "decay", heads), m.f32);
    return g.mul(g.unary(Unary::Softplus, g.add(z, bias)), rate);
  }
  Tensor build(Model &m, Tensor x) const;
};

Tensor Delta::build(Model &m, Tensor x) const {
  GraphBuilder &g = m.g;
  MLIRContext *ctx = g.context();
  int64_t keys = keyFeatures ? keyFeatures : m.features(x) / heads,
          values = valueFeatures ? valueFeatures : m.features(x) / heads;
  MixSpec spec;
  spec.query = l2Normalize(g, stream(m, x, "query", keys), 1e-6);
  spec.key = l2Normalize(g, stream(m, x, "key", keys), 1e-6);
  spec.value = stream(m, x, "value", values);
  spec.transportOperands = {g.unary(Unary::Sigmoid, g.cast(m.project(x, "beta", heads), m.f32))};
  if (gated)
    spec.transportOperands.push_back(decay(m, x));
  spec.segments = segmentsInput(m, segments);
  spec.layout = layout;
  spec.support = mixer::CausalAttr::get(ctx);
  spec.transport = mixer::DeltaAttr::get(ctx, gated);
  spec.score = mixer::LinearAttr::get(ctx, APFloat(1.0 / std::sqrt(static_cast<double>(keys))), false);
  Tensor y = mergeHeads(g, m.rmsNorm(mixed(m, spec), "norm", epsilon));
  if (gated)
    y = g.mul(y, g.unary(Unary::Silu, m.project(x, "gate", heads * values)));
  return m.project(y, "output", m.features(x));
}

Build read(ObjectReader &r, bool gated) {
  Delta d;
  d.gated = gated;
  d.heads = r.integer("heads", {1, 65536});
  d.keyFeatures = r.integer("key_features", {0, 65536}, 0);
  d.valueFeatures = r.integer("value_features", {0, 65536}, 0);
  d.taps = r.integer("taps", {1, 64}, 4);
  d.epsilon = r.number("epsilon", 0, 1, 1e-5);
  d.layout = readLayout(r);
  d.segments = readSegments(r);
  return [d](Model &m, Tensor x) { return d.build(m, x); };
}

} // namespace

Build readDelta(ObjectReader &r) { return read(r, false); }
Build readGatedDelta(ObjectReader &r) { return read(r, true); }

} // namespace heddle::json
