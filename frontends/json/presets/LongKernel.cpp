#include "frontends/json/presets/LongKernel.h"
#include "dialects/mixer/Mixer.h"

using namespace mlir;

namespace heddle::json {

Tensor convolveTokens(Model &m, Tensor x, Tensor kernel, int64_t center) {
  GraphBuilder &g = m.g;
  MLIRContext *ctx = g.context();
  MixSpec spec;
  spec.value = m.heads(x, 1);
  spec.transportOperands = {kernel};
  spec.support = center ? Attribute(mixer::FullAttr::get(ctx)) : mixer::CausalAttr::get(ctx);
  spec.transport = mixer::ToeplitzAttr::get(ctx, center);
  return mergeHeads(g, mixed(m, spec));
}

int64_t readMaxTokens(ObjectReader &r) { return r.integer("max_tokens", {1, int64_t(1) << 24}); }

} // namespace heddle::json
