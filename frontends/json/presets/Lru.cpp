// Linear recurrent unit: eigenvalues exp(-exp(nu) + i exp(theta)) and inputs normalised to unit variance (2023).
#include "frontends/json/presets/ComplexStates.h"
#include <cmath>

using namespace mlir;

namespace heddle::json {

Build readLru(ObjectReader &r) {
  int64_t states = r.integer("states", {1, 65536}, 64);
  ComplexStates recurrence{readLayout(r), readSegments(r)};
  return [=](Model &m, Tensor x) -> Tensor {
    GraphBuilder &g = m.g;
    int64_t channels = m.features(x), n = states;
    // Moduli from 0.9 to 0.999, phases below pi / 10.
    Tensor nu = m.weight("nu_log", n, Init::uniform(std::log(-std::log(0.999)), std::log(-std::log(0.9))), m.f32);
    Tensor theta = m.weight("theta_log", n, Init::uniform(std::log(1e-3), std::log(M_PI / 10)), m.f32);
    Tensor modulus = g.unary(Unary::Neg, g.unary(Unary::Exp, nu));
    // sqrt(1 - |eigenvalue|^2)
    Tensor loss = g.unary(Unary::Neg, g.unary(Unary::Exp, g.mul(modulus, 2.0)));
    Tensor gamma = g.unary(Unary::Sqrt, g.add(loss, 1.0));
    Tensor input = m.heads(m.project(x, "input", 2 * n), n); // pairs (real, imaginary)
    input = mergeHeads(g, g.mul(input, g.cast(g.unsqueeze(gamma, 1), m.dtype)));
    Tensor state = recurrence.run(m, input, modulus, g.unary(Unary::Exp, theta));
    Tensor y = m.project(state, "readout", channels);
    y = g.unary(Unary::Gelu, g.add(y, g.mul(x, m.weight("skip", channels, Init::normal(1)))));
    return m.gatedLinear(y, "output", channels);
  };
}

} // namespace heddle::json
