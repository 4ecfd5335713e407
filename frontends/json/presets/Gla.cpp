// Gated linear attention: one input-dependent decay per key channel, from a low-rank projection (2023).
#include "dialects/mixer/Mixer.h"
#include "frontends/json/Presets.h"
#include <cmath>

using namespace mlir;

namespace heddle::json {

Build readGla(ObjectReader &r) {
  int64_t heads = r.integer("heads", {1, 65536});
  double keyShare = r.number("key_expand", 0.01, 64, 0.5), valueShare = r.number("value_expand", 0.01, 64, 1.0);
  int64_t rank = r.integer("gate_rank", {1, 65536}, 16);
  double temperature = r.number("gate_temperature", 1e-3, 1e6, 16.0), epsilon = r.number("epsilon", 0, 1, 1e-5);
  Attribute layout = readLayout(r);
  InputName segments = readSegments(r);
  return [=](Model &m, Tensor x) -> Tensor {
    GraphBuilder &g = m.g;
    int64_t width = m.features(x);
    int64_t keys = std::llround(keyShare * width), values = std::llround(valueShare * width);
    MixSpec spec;
    spec.query = m.heads(m.project(x, "query", keys), heads);
    spec.key = m.heads(m.project(x, "key", keys), heads);
    spec.value = m.heads(m.project(x, "value", values), heads);
    // log(sigmoid(z)) / temperature = -softplus(-z) / temperature
    Tensor z = g.cast(m.project(m.project(x, "gate_down", rank), "gate_up", keys, true), m.f32);
    Tensor decay = g.mul(g.unary(Unary::Softplus, g.unary(Unary::Neg, z)), -1.0 / temperature);
    spec.transportOperands = {m.heads(decay, heads)};
    spec.segments = segmentsInput(m, segments);
    spec.layout = layout;
    MLIRContext *ctx = g.context();
    spec.support = mixer::CausalAttr::get(ctx);
    spec.transport = mixer::KeyChannelAttr::get(ctx);
    spec.score = mixer::LinearAttr::get(ctx, APFloat(1.0 / std::sqrt(static_cast<double>(keys / heads))), false);
    Tensor normalized = mergeHeads(g, m.rmsNorm(mixed(m, spec), "norm", epsilon));
    Tensor gate = g.unary(Unary::Silu, m.project(x, "gate", values));
    return m.project(g.mul(gate, normalized), "output", width);
  };
}

} // namespace heddle::json
