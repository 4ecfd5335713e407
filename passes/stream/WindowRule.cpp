// Mixers whose memory decays or rotates, and that see a part of the past: no state holds that. They run again on the
// last tokens and the new ones, and the outputs of the new ones are kept.
//
//   window of w tokens    w - 1 tokens of every operand are kept; those in front of the first have keys that weigh
//   nothing
#include "passes/stream/StreamEmitter.h"

#include "dialects/mixer/Mixer.h"

using namespace mlir;

namespace heddle {
namespace {

using mixer::MixOp;

class WindowRule : public StreamRule {
public:
  bool handles(Operation *op) const override;
  void classify(Operation *op, TokenFlow &flow) const override;
  void demand(Operation *op, StreamDemand &demand) const override;
  void emit(Operation *op, StreamEmitter &e) const override;
};

bool WindowRule::handles(Operation *op) const {
  auto mix = dyn_cast<MixOp>(op);
  return mix && mix.getTransport().hasState() && !isa<mixer::IdentityAttr>(mix.getTransport()) &&
         !mix.getSupport().isWholePast() && mix.getSupport().isCausal() && mix.getSupport().isRelative() &&
         mix.getSupport().getReach();
}

/// The tokens that new outputs see.
Span windowOf(MixOp mix, const StreamDemand &demand) {
  Span own = demand.newest(mix.getResult(0));
  return {own.low - *mix.getSupport().getReach(), own.high};
}

/// Where no token is: a key of 0, or of exp(-inf), weighs nothing.
TypedAttr fillOf(MixOp mix, Value operand) {
  Builder b(mix.getContext());
  Type element = getElementTypeOrSelf(operand);
  if (operand == mix.getKey() && mix.getLinear() && mix.getLinear().getLogKeys())
    return b.getFloatAttr(element, -std::numeric_limits<double>::infinity());
  return cast<TypedAttr>(b.getZeroAttr(element));
}

std::string whyRefused(MixOp mix, TokenFlow &flow) {
  if (mix.getOrder() != mixer::Order::Forward)
    return "layout: the tokens are visited from the last to the first";
  if (mix.hasScoreRegion())
    return "score_region: it would see the places of tokens in the window";
  if (!mix.getInitialState().empty() || mix.getNumResults() > 1)
    return "state: what a window begins with is forgotten";
  bool isWeighed = mix.getNorm().getKind() != mixer::NormKind::None || !flow.isTokens(mix.getValue());
  if (!flow.isTokens(mix.getKey()) && isWeighed)
    return "its keys are the same for all tokens, those that do not exist included";
  if (mix.getLinear() && mix.getLinear().getLogKeys() && mix.getKey() == mix.getValue())
    return "its keys are its values, which do not begin alike";
  for (Value operand : mix.getTokenOperands()) {
    if (flow.isTokens(operand) && !flow.hasTokensOf(operand, 1, mix.getOutputInit()))
      return "an operand has other tokens than its own";
    if (flow.of(operand).isPositions())
      return "an operand depends on positions alone, in front of the first token too";
  }
  return {};
}

void WindowRule::classify(Operation *op, TokenFlow &flow) const {
  auto mix = cast<MixOp>(op);
  Flow joined = flow.join(op, mix.getTokenOperands());
  if (joined.kind != Flow::Tokens && (joined.kind == Flow::Refused || !flow.axis(mix.getOutputInit())))
    return flow.setResults(op, joined);
  std::string reason = whyRefused(mix, flow);
  flow.setResults(op, reason.empty() ? TokenFlow::mixed(op, joined) : TokenFlow::refuse(op, reason));
}

void WindowRule::demand(Operation *op, StreamDemand &demand) const {
  auto mix = cast<MixOp>(op);
  for (Value operand : mix.getTokenOperands())
    demand.need(operand, windowOf(mix, demand), op, fillOf(mix, operand));
}

void WindowRule::emit(Operation *op, StreamEmitter &e) const {
  auto mix = cast<MixOp>(op);
  Span window = windowOf(mix, e.demand);
  IRMapping operands;
  for (Value operand : mix.getTokenOperands())
    operands.map(operand, e.flow.isTokens(operand) ? e.batched(e.piece(operand, window, fillOf(mix, operand)))
                                                   : e.value(operand));
  operands.map(mix.getOutputInit(),
               tensor::EmptyOp::create(e, e.sizesOf(mix.getResult(0), window), getElementTypeOrSelf(mix.getValue())));
  Value all = e.clone(*op, operands)->getResult(0);
  OpFoldResult last = e.getIndexAttr(window.high - window.low);
  e.define(mix.getResult(0), Piece{e.slice(all, 1, last, e.tokensOf(mix.getResult(0)))});
}

} // namespace

const StreamRule &windowRule() {
  static const WindowRule rule;
  return rule;
}

} // namespace heddle
