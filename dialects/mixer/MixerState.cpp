// The state a mixer carries from token to token, and what is in the way where there is none.
#include "dialects/mixer/Mixer.h"
#include <limits>

using namespace mlir;

namespace heddle::mixer {

static std::string describe(StringRef slot, Attribute value, StringRef reason) {
  std::string text = slot.str();
  llvm::raw_string_ostream(text) << " " << value << ": " << reason;
  return text;
}

/// Why the mixer has no state of fixed size, with the slot in front; empty when it has one.
static std::string whyStateless(MixOp mix) {
  if (!mix.getTransport().hasState())
    return describe("transport", mix.getTransport(), "weights of positions alone leave no state");
  if (mix.getSoftmax())
    return describe("score", mix.getScore(), "no state is shorter than the list of all keys and values");
  if (mix.getPositions())
    return "positions: the queries are not the tokens of the keys";
  if (mix.hasScoreRegion())
    return "score_region: a function of every pair leaves no state";
  if (!mix.getSupport().isWholePast())
    return describe("support", mix.getSupport(), "a state holds the whole past and nothing else");
  if (mix.getOrder() == Order::Bidirectional)
    return describe("layout", mix.getLayout(), "half of the output comes from tokens that follow");
  return {};
}

std::string MixOp::whyNotStreamed() { return whyStateless(*this); }

std::string MixOp::whyNotSummarised() {
  if (getPastKey())
    return "past: its keys are those of earlier calls, which no range of tokens has";
  if (getSegments())
    return "segments: ids count from the first token, which a summary does not know";
  if (getSoftmax())
    return {};
  std::string reason = whyStateless(*this);
  if (reason.empty() && getTransport().getProduct() == TransportProduct::None)
    return describe("transport", getTransport(), "what it does to a state has nothing shorter than its tokens");
  return reason;
}

/// How the summaries of two token ranges combine under a transport.
static SummaryKind summaryOf(TransportAttrInterface transport) {
  switch (transport.getProduct()) {
  case TransportProduct::None:
    return SummaryKind::Sequential;
  case TransportProduct::One:
  case TransportProduct::Logarithms:
    return SummaryKind::Diagonal;
  case TransportProduct::Matrix:
    return transport.isComplex() ? SummaryKind::Diagonal : SummaryKind::Matrix;
  }
  llvm_unreachable("every product has a kind");
}

CarriedState MixOp::carriedState() {
  CarriedState state;
  if (getSoftmax())
    state.summary = SummaryKind::Softmax;
  if (!whyStateless(*this).empty())
    return state;
  MixSizes sizes = getSizes();
  state.summary = summaryOf(getTransport());
  Type element = getComputeType();
  int64_t width = getTransport().isComplex() ? 2 * sizes.dk : sizes.dk;
  auto perKey = RankedTensorType::get({sizes.B, sizes.Hs, width}, element);
  state.parts.push_back({"state", RankedTensorType::get({sizes.B, sizes.Hs, width, sizes.dv}, element), 0.0});
  if (getNorm().getKind() != NormKind::None) // `row_sum` is carried as `running`
    state.parts.push_back({"sum", perKey, 0.0});
  if (getLinear().getLogKeys())
    state.parts.push_back({"max", perKey, -std::numeric_limits<double>::infinity()});
  return state;
}

SmallVector<Type> MixOp::stateTypes() {
  return llvm::map_to_vector(carriedState().parts, [](const StatePart &part) -> Type { return part.type; });
}

} // namespace heddle::mixer
