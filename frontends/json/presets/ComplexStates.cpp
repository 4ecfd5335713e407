#include "frontends/json/presets/ComplexStates.h"
#include "dialects/mixer/Mixer.h"

using namespace mlir;

namespace heddle::json {

HeldPole zeroOrderHold(GraphBuilder &g, Tensor step, Tensor real, Tensor imaginary) {
  HeldPole pole;
  pole.modulus = g.mul(step, real);
  pole.phase = g.mul(step, imaginary);
  Tensor growth = g.unary(Unary::Exp, pole.modulus);
  Tensor top = g.add(g.mul(growth, g.unary(Unary::Cos, pole.phase)), -1.0),
         side = g.mul(growth, g.unary(Unary::Sin, pole.phase));
  Tensor square = g.add(g.mul(real, real), g.mul(imaginary, imaginary));
  pole.inputReal = g.div(g.add(g.mul(top, real), g.mul(side, imaginary)), square);
  pole.inputImaginary = g.div(g.sub(g.mul(side, real), g.mul(top, imaginary)), square);
  return pole;
}

Tensor ComplexStates::run(Model &m, Tensor input, Tensor modulus, Tensor phase) const {
  if (!input || !modulus || !phase)
    return {};
  GraphBuilder &g = m.g;
  MLIRContext *ctx = g.context();
  int64_t n = m.features(input) / 2;
  auto perToken = [&](Tensor t) { return g.reshape(t, g.shape({1, 1, n, 1})); };
  MixSpec spec;
  spec.key = m.heads(input, n);
  spec.query = m.computed({1, 1, 2 * n, 2}, [&] {
    std::vector<float> values;
    for (int64_t i = 0; i < n; ++i)
      values.insert(values.end(), {1, 0, 0, -1});
    return values;
  });
  spec.value = g.splat(1, g.shape({1, 1, 1, 1}), m.dtype);
  spec.transportOperands = {perToken(modulus), perToken(phase)};
  spec.segments = segmentsInput(m, segments);
  spec.layout = layout;
  spec.support = mixer::CausalAttr::get(ctx);
  spec.transport = mixer::ComplexDiagonalAttr::get(ctx);
  return g.squeeze(mixed(m, spec), 3);
}

} // namespace heddle::json
