// Which algebra a mixer has is decided here, once.
#include "dialects/mixer/MixerSummaries.h"

using namespace mlir;

namespace heddle::mixer {

MixSummary MixOp::buildIdentitySummary(OpBuilder &builder, Location loc, OpFoldResult batch, OpFoldResult queries) {
  assert(whyNotSummarised().empty() && "expected a mixer with summaries");
  TensorMath math(loc, builder);
  return getSoftmax() ? buildSoftmaxIdentity(*this, math, batch, queries) : buildAffineIdentity(*this, math, batch);
}

MixSummary MixOp::buildSummary(OpBuilder &builder, Location loc, OpFoldResult begin, OpFoldResult count) {
  assert(whyNotSummarised().empty() && "expected a mixer with summaries");
  TensorMath math(loc, builder);
  return getSoftmax() ? buildSoftmaxSummary(*this, math, begin, count) : buildAffineSummary(*this, math, begin, count);
}

MixSummary MixOp::buildCombine(OpBuilder &builder, Location loc, const MixSummary &first, const MixSummary &second) {
  TensorMath math(loc, builder);
  return getSoftmax() ? combineSoftmax(math, first, second) : combineAffine(*this, math, first, second);
}

SmallVector<Value> MixOp::buildApply(OpBuilder &builder, Location loc, const MixSummary &summary, ValueRange state) {
  TensorMath math(loc, builder);
  if (getSoftmax())
    return {applySoftmax(*this, math, summary)};
  return applyAffine(*this, math, summary, state);
}

} // namespace heddle::mixer
