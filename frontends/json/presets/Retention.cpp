// Multi-scale retention: rotated queries and keys, one fixed decay per head, group norm and a swish gate (RetNet,
// 2023).
#include "dialects/mixer/Mixer.h"
#include "frontends/json/Presets.h"
#include <cmath>

using namespace mlir;

namespace heddle::json {

Build readRetention(ObjectReader &r) {
  int64_t heads = r.integer("heads", {1, 1024});
  int64_t expand = r.integer("value_expand", {1, 64}, 2);
  double epsilon = r.number("epsilon", 0, 1, 1e-5);
  Attribute layout = readLayout(r);
  InputName segments = readSegments(r), positions = readInputName(r, "positions");
  return [=](Model &m, Tensor x) -> Tensor {
    GraphBuilder &g = m.g;
    int64_t width = m.features(x);
    Rotation rotation;
    rotation.options.interleaved = true;
    rotation.positions = positions;
    MixSpec spec;
    spec.query = m.heads(m.project(x, "query", width), heads);
    spec.key = m.heads(m.project(x, "key", width), heads);
    rotate(m, rotation, spec);
    spec.value = m.heads(m.project(x, "value", expand * width), heads);
    // Head h forgets 2^(-5-h) of its memory at each token.
    Tensor decay = m.computed(
        {1, 1, heads},
        [&] {
          std::vector<float> values;
          for (int64_t h = 0; h < heads; ++h)
            values.push_back(std::log1p(-std::exp2(-5.0 - h)));
          return values;
        },
        m.f32);
    spec.transportOperands = {decay};
    spec.segments = segmentsInput(m, segments);
    spec.layout = layout;
    MLIRContext *ctx = g.context();
    spec.support = mixer::CausalAttr::get(ctx);
    spec.transport = mixer::ScalarAttr::get(ctx);
    spec.score = mixer::LinearAttr::get(ctx, APFloat(1.0 / std::sqrt(static_cast<double>(width / heads))), false);
    Tensor normalized = groupNorm(g, mergeHeads(g, mixed(m, spec)), {}, {}, heads, epsilon);
    Tensor gate = g.unary(Unary::Silu, m.project(x, "gate", expand * width));
    return m.project(g.mul(gate, normalized), "output", width);
  };
}

} // namespace heddle::json
