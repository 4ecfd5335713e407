// The token-mixing part of MLP-Mixer (2021): a two-layer network along tokens, whose number is fixed.
#include "dialects/mixer/Mixer.h"
#include "frontends/json/Presets.h"
#include <cmath>

using namespace mlir;

namespace heddle::json {

// out[t] = sum_s weight[t, s] x[s] + bias[t]
static Tensor mixTokens(Model &m, Tensor x, const std::string &name, int64_t from, int64_t to) {
  GraphBuilder &g = m.g;
  MixSpec spec;
  spec.value = m.heads(x, 1);
  spec.transportOperands = {
      g.unsqueeze(m.weight(name + ".weight", {to, from}, Init::normal(1.0 / std::sqrt(from))), 0)};
  spec.transport = mixer::StructuredAttr::get(g.context(), mixer::StructuredKind::Dense);
  Tensor y = mergeHeads(g, mixed(m, spec));
  return g.add(y, g.unsqueeze(m.weight(name + ".bias", to, Init::constant(0)), 1));
}

Build readMlpMixer(ObjectReader &r) {
  int64_t hidden = r.integer("hidden", kSize);
  std::string kind = r.choice("activation", kActivations, "gelu");
  return [=](Model &m, Tensor x) -> Tensor {
    auto tokens = dyn_cast<AffineConstantExpr>(x.shape[1]);
    if (!tokens)
      return m.g.fail(
          "mlp_mixer has weights for each token, expected an input with a constant number of tokens but got " +
          m.g.describe(x.shape));
    Tensor up = activate(m.g, kind, mixTokens(m, x, "up", tokens.getValue(), hidden));
    return mixTokens(m, up, "down", hidden, tokens.getValue());
  };
}

} // namespace heddle::json
