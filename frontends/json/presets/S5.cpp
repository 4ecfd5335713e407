// S5: one diagonal complex state-space model for all channels, discretised by zero-order hold (2022).
#include "frontends/json/presets/ComplexStates.h"
#include <cmath>

using namespace mlir;

namespace heddle::json {

Build readS5(ObjectReader &r) {
  int64_t states = r.integer("states", {1, 65536}, 64);
  ComplexStates recurrence{readLayout(r), readSegments(r)};
  return [=](Model &m, Tensor x) -> Tensor {
    GraphBuilder &g = m.g;
    int64_t channels = m.features(x), n = states;
    Tensor step = g.unary(Unary::Exp, m.weight("log_step", n, Init::uniform(std::log(1e-3), std::log(1e-1)), m.f32));
    Tensor real =
        g.unary(Unary::Neg, g.unary(Unary::Exp, m.weight("log_rate", n, Init::constant(std::log(0.5)), m.f32)));
    Tensor imaginary = m.weight("frequency", n, Init::ofIndex([](int64_t i) { return M_PI * i; }), m.f32);
    HeldPole pole = zeroOrderHold(g, step, real, imaginary);

    // Input b u times the complex number (exp(step a) - 1) / a, folded into the input weights.
    Tensor weight = m.weight("input.weight", {channels, n, 2}, Init::normal(std::sqrt(0.5 / channels)), m.f32);
    SmallVector<Tensor> parts = g.split(weight, 2, {1, 1});
    Tensor weightReal = g.squeeze(parts[0], 2), weightImaginary = g.squeeze(parts[1], 2);
    Tensor foldedReal = g.sub(g.mul(weightReal, pole.inputReal), g.mul(weightImaginary, pole.inputImaginary));
    Tensor foldedImaginary = g.add(g.mul(weightReal, pole.inputImaginary), g.mul(weightImaginary, pole.inputReal));
    Tensor folded = g.concat({g.unsqueeze(foldedReal, 2), g.unsqueeze(foldedImaginary, 2)}, 2);
    Tensor input = g.matmul(x, g.cast(g.reshape(folded, g.shape({channels, 2 * n})), m.dtype));

    Tensor state = recurrence.run(m, input, pole.modulus, pole.phase);
    // Twice the real part: a state and its conjugate.
    Tensor y = g.mul(m.project(state, "readout", channels), 2.0);
    y = g.unary(Unary::Gelu, g.add(y, g.mul(x, m.weight("skip", channels, Init::normal(1)))));
    return g.mul(y, g.unary(Unary::Sigmoid, m.project(y, "gate", channels)));
  };
}

} // namespace heddle::json
