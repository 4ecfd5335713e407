// Mamba's selective scan (2023). One head with all channels as value features: decays stay factored into a step per
// channel and a rate per (state, channel), so nothing of size tokens x channels x states exists.
#include "dialects/mixer/Mixer.h"
#include "frontends/json/Presets.h"
#include <cmath>

using namespace mlir;

namespace heddle::json {

namespace {

struct Mamba {
  int64_t states, expand, taps, rank;
  Attribute layout;
  InputName segments;

  Tensor scan(Model &m, Tensor u) const;
  Tensor build(Model &m, Tensor x) const;
};

Tensor Mamba::scan(Model &m, Tensor u) const {
  GraphBuilder &g = m.g;
  MLIRContext *ctx = g.context();
  int64_t inner = m.features(u), low = rank ? rank : (m.features(u) / expand + 15) / 16;
  SmallVector<Tensor> parts = g.split(m.project(u, "parameters", low + 2 * states), 2, {low, states, states});
  double bound = 1.0 / std::sqrt(static_cast<double>(low));
  Tensor stepWeight = m.weight("step.weight", {low, inner}, Init::uniform(-bound, bound));
  Tensor stepBias = m.weight("step.bias", inner, Init::uniform(-6.9, -2.25), m.f32); // softplus gives 0.001 to 0.1
  Tensor step = g.unary(Unary::Softplus, g.add(g.cast(g.matmul(parts[0], stepWeight), m.f32), stepBias));
  // Stored as the logarithm of the negated rate; it starts as log(1), log(2), ... over the states of a channel.
  Tensor logRate =
      m.weight("log_rate", {states, inner}, Init::ofIndex([=](int64_t i) { return std::log(i / inner + 1.0); }), m.f32);
  Tensor rate = g.unary(Unary::Neg, g.unary(Unary::Exp, logRate));
  MixSpec spec;
  spec.key = m.heads(parts[1], 1);
  spec.query = m.heads(parts[2], 1);
  spec.value = m.heads(g.mul(g.cast(step, m.dtype), u), 1);
  spec.transportOperands = {m.heads(step, 1), g.unsqueeze(rate, 0)};
  spec.segments = segmentsInput(m, segments);
  spec.layout = layout;
  spec.support = mixer::CausalAttr::get(ctx);
  spec.transport = mixer::ElementwiseAttr::get(ctx, true);
  Tensor skip = m.weight("skip", inner, Init::constant(1));
  return g.add(mergeHeads(g, mixed(m, spec)), g.mul(u, skip));
}

Tensor Mamba::build(Model &m, Tensor x) const {
  GraphBuilder &g = m.g;
  int64_t inner = expand * m.features(x);
  Tensor u = m.project(x, "input", inner), gate = m.project(x, "gate", inner);
  u = g.unary(Unary::Silu, m.convolve(u, "conv", taps, true));
  if (!u)
    return {};
  return m.project(g.mul(scan(m, u), g.unary(Unary::Silu, gate)), "output", m.features(x));
}

} // namespace

Build readMamba(ObjectReader &r) {
  Mamba b;
  b.states = r.integer("states", {1, 4096}, 16);
  b.expand = r.integer("expand", {1, 64}, 2);
  b.taps = r.integer("taps", {1, 64}, 4);
  b.rank = r.integer("step_rank", {0, 65536}, 0);
  b.layout = readLayout(r);
  b.segments = readSegments(r);
  return [b](Model &m, Tensor x) { return b.build(m, x); };
}

} // namespace heddle::json
