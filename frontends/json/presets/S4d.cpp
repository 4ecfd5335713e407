// S4D: one diagonal complex state-space model per channel, discretised by zero-order hold (2022). Channels are heads;
// the inputs of the states and their read-out do not depend on the token.
#include "dialects/mixer/Mixer.h"
#include "frontends/json/presets/ComplexStates.h"
#include <cmath>

using namespace mlir;

namespace heddle::json {

namespace {

struct S4d {
  int64_t states; // complex states of a channel; each stands for itself and its conjugate
  Attribute layout;
  InputName segments;

  Tensor build(Model &m, Tensor x) const;
};

Tensor S4d::build(Model &m, Tensor x) const {
  GraphBuilder &g = m.g;
  MLIRContext *ctx = g.context();
  int64_t channels = m.features(x), n = states;
  Tensor step =
      g.unary(Unary::Exp, m.weight("log_step", {channels, 1}, Init::uniform(std::log(1e-3), std::log(1e-1)), m.f32));
  Tensor real = g.unary(Unary::Neg,
                        g.unary(Unary::Exp, m.weight("log_rate", {channels, n}, Init::constant(std::log(0.5)), m.f32)));
  Tensor imaginary =
      m.weight("frequency", {channels, n}, Init::ofIndex([=](int64_t i) { return M_PI * (i % n); }), m.f32);
  HeldPole pole = zeroOrderHold(g, step, real, imaginary);

  auto perToken = [&](Tensor t) { return g.unsqueeze(t, {0, 1}); }; // [channels, n] -> [1, 1, channels, n]
  MixSpec spec;
  spec.key = g.cast(perToken(g.concat({pole.inputReal, pole.inputImaginary}, 1)), m.dtype);
  spec.query = perToken(m.weight("readout", {channels, 2 * n}, Init::normal(std::sqrt(0.5))));
  spec.value = g.unsqueeze(x, 3);
  spec.transportOperands = {perToken(pole.modulus), perToken(pole.phase)};
  spec.segments = segmentsInput(m, segments);
  spec.layout = layout;
  spec.support = mixer::CausalAttr::get(ctx);
  spec.transport = mixer::ComplexDiagonalAttr::get(ctx);
  spec.score = mixer::LinearAttr::get(ctx, APFloat(2.0), false); // a state and its conjugate
  Tensor y = g.squeeze(mixed(m, spec), 3);
  y = g.add(y, g.mul(x, m.weight("skip", channels, Init::normal(1))));
  return m.gatedLinear(g.unary(Unary::Gelu, y), "output", channels);
}

} // namespace

Build readS4d(ObjectReader &r) {
  S4d b;
  b.states = r.integer("states", {1, 4096}, 32);
  b.layout = readLayout(r);
  b.segments = readSegments(r);
  return [b](Model &m, Tensor x) { return b.build(m, x); };
}

} // namespace heddle::json
