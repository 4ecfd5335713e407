#include "passes/stream/AttentionKeys.h"

#include "dialects/mixer/LookAhead.h"
#include "passes/stream/AttentionBias.h"

using namespace mlir;

namespace heddle {

using mixer::MixOp;

bool hasKeysFromElsewhere(MixOp mix, const TokenFlow &flow) {
  return !flow.isTokens(mix.getKey()) && !flow.isTokens(mix.getValue());
}

bool isRepeated(Value operand) { return cast<RankedTensorType>(operand.getType()).getDimSize(1) == 1; }

bool hasRows(Value operand, TokenFlow &flow) {
  std::optional<SizeFormula> size = flow.sizes.of(operand, 0);
  return !flow.sizes.rows || !flow.isTokens(operand) || (size && size->isSymbol(*flow.sizes.rows));
}

std::optional<int64_t> windowOf(MixOp mix) {
  bool asksForPlaces = mix.hasScoreRegion() || hasDenseBias(mix) || mix.getSegments();
  bool weighsNothing =
      mix.getSoftmax() || (mix.getSupport().isRelative() &&
                           (mix.getNorm().getKind() == mixer::NormKind::None || !isRepeated(mix.getKey())));
  return asksForPlaces || !weighsNothing ? std::nullopt : mix.getSupport().getReach();
}

Tail::Room roomOf(MixOp mix, const StreamDemand &demand) {
  bool isLate = demand.newest(mix.getResult(0)) != Span();
  bool haveRows = hasRows(mix.getKey(), demand.flow) && hasRows(mix.getValue(), demand.flow);
  bool hasPairs = hasDenseBias(mix) || mix.getSegments();
  bool hasPlaces = demand.flow.tokenAxis(mix.getResult(0)).rate == demand.flow.block; // those that rows count
  if (mix.getSupport().getReach() && mix.getSupport().isCausal() && haveRows && hasPlaces && !isLate && !hasPairs)
    return Tail::Ring;
  return windowOf(mix) ? Tail::Last : Tail::Growing;
}

int64_t ringTokensOf(MixOp mix) { return std::max<int64_t>(1, *mix.getSupport().getReach()); }

Span keysOf(MixOp mix, const StreamDemand &demand) {
  Span own = demand.newest(mix.getResult(0));
  return {own.low - *windowOf(mix), own.high + *lookAheadOf(mix.getSupport())};
}

std::string whyNotAwaited(MixOp mix) {
  if (mix.getSupport().isCausal())
    return "";
  if (!lookAheadOf(mix.getSupport()))
    return "a token sees tokens that follow, without a bound";
  return windowOf(mix) ? "" : "a token sees tokens that follow, and all that it sees are kept at their positions";
}

} // namespace heddle
