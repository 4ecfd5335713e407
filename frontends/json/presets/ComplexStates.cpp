#include "frontends/json/presets/ComplexStates.h"
#include "dialects/mixer/Mixer.h"

using namespace mlir;

namespace heddle::json {

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
