// Linear attention with the feature map elu(x) + 1 and a running normaliser (Katharopoulos et al., 2020).
#include "dialects/mixer/Mixer.h"
#include "frontends/json/Presets.h"

using namespace mlir;

namespace heddle::json {

Build readLinearAttention(ObjectReader &r) {
  int64_t heads = r.integer("heads", {1, 65536});
  bool bias = r.boolean("bias", false);
  double epsilon = r.number("epsilon", 0, 1, 1e-6);
  Attribute support = readSupport(r, "support", "causal"), layout = readLayout(r);
  InputName segments = readSegments(r);
  return [=](Model &m, Tensor x) -> Tensor {
    GraphBuilder &g = m.g;
    int64_t width = m.features(x);
    MixSpec spec;
    spec.query = eluPlusOne(g, m.heads(m.project(x, "query", width, bias), heads));
    spec.key = eluPlusOne(g, m.heads(m.project(x, "key", width, bias), heads));
    spec.value = m.heads(m.project(x, "value", width, bias), heads);
    spec.segments = segmentsInput(m, segments);
    spec.layout = layout;
    spec.support = support;
    spec.norm = mixer::NormAttr::get(g.context(), mixer::NormKind::RowSum, APFloat(epsilon));
    return m.project(mergeHeads(g, mixed(m, spec)), "output", width, bias);
  };
}

} // namespace heddle::json
