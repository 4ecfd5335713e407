// The state a mixer carries from token to token.
#include "dialects/mixer/Mixer.h"
#include <limits>

using namespace mlir;

namespace heddle::mixer {

/// How the summaries of two token ranges combine under a transport.
static SummaryKind summaryOf(Attribute transport) {
  if (isa<DeltaAttr, ConstantAttr>(transport))
    return SummaryKind::Matrix;
  return isa<RegionAttr>(transport) ? SummaryKind::Sequential : SummaryKind::Diagonal;
}

CarriedState MixOp::carriedState() {
  CarriedState state;
  LinearAttr linear = getLinear();
  if (getSoftmax())
    state.summary = SummaryKind::Softmax;
  if (!linear || hasScoreRegion() || !getTransport().hasState() || !getSupport().isWholePast() ||
      getOrder() == Order::Bidirectional)
    return state;
  MixSizes sizes = getSizes();
  state.summary = summaryOf(getTransport());
  Type element = getComputeType();
  int64_t width = getTransport().isComplex() ? 2 * sizes.dk : sizes.dk;
  auto perKey = RankedTensorType::get({sizes.B, sizes.Hs, width}, element);
  state.parts.push_back({"state", RankedTensorType::get({sizes.B, sizes.Hs, width, sizes.dv}, element), 0.0});
  if (getNorm().getKind() != NormKind::None) // `row_sum` is carried as `running`
    state.parts.push_back({"sum", perKey, 0.0});
  if (linear.getLogKeys())
    state.parts.push_back({"max", perKey, -std::numeric_limits<double>::infinity()});
  return state;
}

SmallVector<Type> MixOp::stateTypes() {
  return llvm::map_to_vector(carriedState().parts, [](const StatePart &part) -> Type { return part.type; });
}

} // namespace heddle::mixer
