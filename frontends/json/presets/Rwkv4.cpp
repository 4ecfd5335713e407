// RWKV-4 time mixing (2023): exponential keys with a running maximum, one decay per channel, a bonus for the current
// token.
#include "dialects/mixer/Mixer.h"
#include "frontends/json/Presets.h"
#include <cmath>

using namespace mlir;

namespace heddle::json {

Build readRwkv4(ObjectReader &r) {
  Attribute layout = readLayout(r);
  InputName segments = readSegments(r);
  return [=](Model &m, Tensor x) -> Tensor {
    GraphBuilder &g = m.g;
    MLIRContext *ctx = g.context();
    int64_t channels = m.features(x);
    // Each stream sees a mix of the token and its predecessor: a convolution with two taps.
    auto stream = [&](const std::string &name) {
      return m.project(m.convolve(x, "shift_" + name, 2, false), name, channels);
    };
    Tensor gate = g.unary(Unary::Sigmoid, stream("receptance"));
    Tensor decay =
        m.weight("log_decay", channels,
                 Init::ofIndex([=](int64_t i) { return -5.0 + 8.0 * i / std::max<int64_t>(1, channels - 1); }), m.f32);
    MixSpec spec; // channels are heads of one feature
    spec.query = g.splat(1, g.shape({1, 1, 1, 1}), m.dtype);
    spec.key = g.unsqueeze(stream("key"), 3);
    spec.value = g.unsqueeze(stream("value"), 3);
    spec.transportOperands = {g.unsqueeze(g.unary(Unary::Neg, g.unary(Unary::Exp, decay)), {0, 1})};
    spec.current = g.unsqueeze(m.weight("bonus", channels, Init::normal(0.5), m.f32), 1);
    spec.segments = segmentsInput(m, segments);
    spec.layout = layout;
    spec.support = mixer::CausalAttr::get(ctx);
    spec.transport = mixer::ScalarAttr::get(ctx);
    spec.score = mixer::LinearAttr::get(ctx, APFloat(1.0), true);
    spec.norm = mixer::NormAttr::get(ctx, mixer::NormKind::RowSum, APFloat(0.0));
    Tensor y = g.squeeze(mixed(m, spec), 3);
    return m.project(g.mul(gate, y), "output", channels);
  };
}

} // namespace heddle::json
