// Mamba-2's state-space dual (2024): one decay per head, keys and queries shared by the heads of a group.
#include "dialects/mixer/Mixer.h"
#include "frontends/json/Presets.h"
#include <cmath>

using namespace mlir;

namespace heddle::json {

namespace {

struct Mamba2 {
  int64_t states, expand, taps, headFeatures, groups;
  double epsilon;
  Attribute layout;
  InputName segments;

  Tensor build(Model &m, Tensor x) const;
};

Tensor Mamba2::build(Model &m, Tensor x) const {
  GraphBuilder &g = m.g;
  MLIRContext *ctx = g.context();
  int64_t inner = expand * m.features(x), heads = inner / headFeatures;
  if (heads * headFeatures != inner || heads % groups)
    return g.fail("mamba2 has " + Twine(inner) + " inner features for heads of " + Twine(headFeatures) + " in " +
                  Twine(groups) + " groups, expected a multiple of both");
  Tensor gate = m.project(x, "gate", inner);
  Tensor streams = m.project(x, "streams", inner + 2 * groups * states);
  streams = g.unary(Unary::Silu, m.convolve(streams, "conv", taps, true));
  SmallVector<Tensor> parts = g.split(streams, 2, {inner, groups * states, groups * states});

  Tensor stepBias = m.weight("step_bias", heads, Init::uniform(-6.9, -2.25), m.f32); // softplus gives 0.001 to 0.1
  Tensor step = g.unary(Unary::Softplus, g.add(g.cast(m.project(x, "step", heads), m.f32), stepBias)); // [B, T, heads]
  Tensor logRate = m.weight("log_rate", heads, Init::uniform(0, std::log(16.0)), m.f32);
  Tensor u = m.heads(parts[0], heads);
  if (!u || !step)
    return {};
  MixSpec spec;
  spec.key = m.heads(parts[1], groups);
  spec.query = m.heads(parts[2], groups);
  spec.value = g.mul(u, g.cast(g.unsqueeze(step, 3), m.dtype));
  spec.transportOperands = {g.mul(step, g.unary(Unary::Neg, g.unary(Unary::Exp, logRate)))};
  spec.segments = segmentsInput(m, segments);
  spec.layout = layout;
  spec.support = mixer::CausalAttr::get(ctx);
  spec.transport = mixer::ScalarAttr::get(ctx);
  Tensor skip = m.weight("skip", heads, Init::constant(1));
  Tensor y = g.add(mixed(m, spec), g.mul(u, g.unsqueeze(skip, 1)));
  y = g.mul(mergeHeads(g, y), g.unary(Unary::Silu, gate));
  return m.project(m.rmsNorm(y, "norm", epsilon), "output", m.features(x));
}

} // namespace

Build readMamba2(ObjectReader &r) {
  Mamba2 b;
  b.states = r.integer("states", {1, 4096}, 128);
  b.expand = r.integer("expand", {1, 64}, 2);
  b.taps = r.integer("taps", {1, 64}, 4);
  b.headFeatures = r.integer("head_features", {1, 65536}, 64);
  b.groups = r.integer("groups", {1, 65536}, 1);
  b.epsilon = r.number("epsilon", 0, 1, 1e-5);
  b.layout = readLayout(r);
  b.segments = readSegments(r);
  return [b](Model &m, Tensor x) { return b.build(m, x); };
}

} // namespace heddle::json
