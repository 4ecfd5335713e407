// Attention: the new queries on the keys and values that are kept and on the new ones.
//
//   window of w tokens      w - 1 keys and values are kept, in rings of places
//   with a right reach      the queries wait for their keys, and those are kept newest last
//   the whole past          all of them are, at their positions, up to a capacity that the caller chooses
//   keys from elsewhere     nothing is kept
#include "passes/stream/AttentionBias.h"
#include "passes/stream/AttentionKeys.h"

#include "dialects/mixer/LookAhead.h"

#include "mlir/Transforms/RegionUtils.h"

using namespace mlir;

namespace heddle {
namespace {

using mixer::MixOp;

class AttentionRule : public StreamRule {
public:
  bool handles(Operation *op) const override;
  void classify(Operation *op, TokenFlow &flow) const override;
  void demand(Operation *op, StreamDemand &demand) const override;
  void emit(Operation *op, StreamEmitter &e) const override;
};

/// A softmax; or sums of weighted values over a part of the past, which no state of fixed size holds.
bool AttentionRule::handles(Operation *op) const {
  auto mix = dyn_cast<MixOp>(op);
  return mix && isa<mixer::IdentityAttr>(mix.getTransport()) &&
         (mix.getSoftmax() || mix.hasScoreRegion() || !mix.getSupport().isWholePast());
}

TypedAttr zeroOf(Value operand) {
  Type element = getElementTypeOrSelf(operand);
  return cast<TypedAttr>(Builder(element.getContext()).getZeroAttr(element));
}

/// Whether every query sees every key alike, wherever it stands.
bool isPositionFree(MixOp mix) { return mix.getSupport().isFull() && !mix.getBias() && !mix.hasScoreRegion(); }

/// Whether dimension 1 of an operand has the tokens of the output and nothing else, or one value for all of them.
bool isPlain(Value operand, MixOp mix, TokenFlow &flow) {
  if (flow.of(operand).kind == Flow::Fixed)
    return isRepeated(operand);
  return flow.hasTokensOf(operand, 1, mix.getOutputInit());
}

std::string describe(StringRef slot, Attribute value, StringRef reason) {
  std::string text = slot.str();
  llvm::raw_string_ostream(text) << " " << value << ": " << reason;
  return text;
}

/// What the score region reads from around the mixer.
llvm::SetVector<Value> capturesOf(MixOp mix) {
  llvm::SetVector<Value> captures;
  getUsedValuesDefinedAbove(mix.getScoreRegion(), captures);
  return captures;
}

/// Why the keys that a query sees cannot be kept.
std::string whyNotKept(MixOp mix, TokenFlow &flow) {
  if (!isPlain(mix.getKey(), mix, flow) || !isPlain(mix.getValue(), mix, flow))
    return "its keys or values have other tokens than its queries";
  if (std::string reason = whyNotAwaited(mix); !reason.empty())
    return describe("support", mix.getSupport(), reason);
  if (!windowOf(mix) && !(hasRows(mix.getKey(), flow) && hasRows(mix.getValue(), flow)))
    return "its keys or values are those of all rows of the batch";
  if (hasDenseBias(mix) && !biasTable(mix, flow) && !hasKeyBias(mix, flow))
    return describe("score", mix.getScore(), "its bias has a number for each pair of tokens, which is no constant");
  if (mix.getSegments() && !(isPlain(mix.getSegments(), mix, flow) && hasRows(mix.getSegments(), flow)))
    return "segments: its ids have other tokens than its queries";
  return {};
}

std::string whyRefused(MixOp mix, TokenFlow &flow) {
  if (mix.getSegments() && (!mix.getSoftmax() || mix.getBias() || mix.hasScoreRegion()))
    return "segments: keys of other ids are hidden by a bias, which a softmax without a bias or a score region has "
           "room for";
  if (mix.getPositions())
    return "positions: its queries are not the tokens that come next";
  for (Value captured : capturesOf(mix))
    if (flow.of(captured).kind != Flow::Fixed || flow.dependsOnTokens(captured))
      return "score_region: it reads tokens that are no operands";
  if (!isPlain(mix.getQuery(), mix, flow))
    return "its queries have other tokens than its output";
  bool isElsewhere = hasKeysFromElsewhere(mix, flow);
  if (isElsewhere && mix.getSegments())
    return "segments: its keys are given from outside";
  if (isElsewhere && isPositionFree(mix))
    return {};
  if (mix.getOrder() != mixer::Order::Forward)
    return describe("layout", mix.getLayout(), "the tokens are visited from the last to the first");
  if (std::string reason = isElsewhere ? "" : whyNotKept(mix, flow); !reason.empty())
    return reason;
  if (mix.getBias() && flow.of(mix.getBias()).kind != Flow::Fixed && (isElsewhere || !hasDenseBias(mix)))
    return "its bias has a number for each token";
  if (isElsewhere && mix.getLayout().getAlign() == mixer::Align::End)
    return describe("layout", mix.getLayout(), "where the first query stands depends on the number of tokens");
  return {};
}

void AttentionRule::classify(Operation *op, TokenFlow &flow) const {
  auto mix = cast<MixOp>(op);
  SmallVector<Value> reads(op->getOperands().drop_back(mix.getInits().size()));
  if (biasTable(mix, flow))
    llvm::erase(reads, mix.getBias());
  Flow joined = flow.join(op, reads);
  if (joined.kind != Flow::Tokens && (joined.kind == Flow::Refused || !flow.axis(mix.getOutputInit())))
    return flow.setResults(op, joined);
  std::string reason = whyRefused(mix, flow);
  if (!reason.empty())
    return flow.setResults(op, TokenFlow::refuse(op, reason));
  // Queries wait for the keys, which may be late themselves.
  Flow result = TokenFlow::mixed(op, joined);
  if (!hasKeysFromElsewhere(mix, flow)) {
    Flow keys = flow.join(op, {mix.getKey(), mix.getValue()});
    Flow awaited = TokenFlow::mixed(op, keys, *lookAheadOf(mix.getSupport()));
    result = awaited.lead < result.lead ? awaited : result;
  }
  flow.setResults(op, result);
}

void needKeys(MixOp mix, Value operand, StringRef part, StreamDemand &demand) {
  switch (roomOf(mix, demand)) {
  case Tail::Last:
    return demand.need(operand, keysOf(mix, demand), mix, zeroOf(operand), part);
  case Tail::Ring:
    return demand.needRing(operand, ringTokensOf(mix), mix, part);
  case Tail::Growing:
    return demand.needAll(operand, mix, part);
  }
}

void AttentionRule::demand(Operation *op, StreamDemand &demand) const {
  auto mix = cast<MixOp>(op);
  demand.need(mix.getQuery(), demand.newest(mix.getResult(0)), op);
  if (hasKeysFromElsewhere(mix, demand.flow))
    return;
  for (auto [operand, part] :
       {std::pair(mix.getKey(), "key"), std::pair(mix.getValue(), "value"), std::pair(mix.getSegments(), "segment")})
    if (operand && demand.flow.isTokens(operand))
      needKeys(mix, operand, part, demand);
  if (hasKeyBias(mix, demand.flow))
    demand.needAll(mix.getBias(), op, "bias");
  if (mix.getSegments())
    demand.need(mix.getSegments(), demand.newest(mix.getResult(0)), op);
}

Value emptyOutput(StreamEmitter &e, MixOp mix) {
  return tensor::EmptyOp::create(e, e.sizesOf(mix.getResult(0), Span()), getElementTypeOrSelf(mix.getValue()));
}

Value elements(StreamEmitter &e, Value operand, Span span, TypedAttr fill = {}) {
  return e.flow.isTokens(operand) ? e.batched(e.piece(operand, span, fill)) : e.value(operand);
}

/// The place of the first query among the keys, for every row.
Value placeOf(StreamEmitter &e, Span queries, Span keys) {
  auto type = RankedTensorType::get(1, e.getI64Type());
  return arith::ConstantOp::create(e, DenseElementsAttr::get(type, queries.low - keys.low));
}

/// The same mixer on keys that are kept newest last, its queries at a fixed place among them: the last ones, where none
/// follow.
Value mixWindow(StreamEmitter &e, MixOp mix) {
  Span queries = e.demand.newest(mix.getResult(0)), keys = keysOf(mix, e.demand);
  bool areLast = queries.high == keys.high;
  Value query = elements(e, mix.getQuery(), queries), output = emptyOutput(e, mix);
  Value key = elements(e, mix.getKey(), keys, zeroOf(mix.getKey()));
  Value value = elements(e, mix.getValue(), keys, zeroOf(mix.getValue()));
  // Without a softmax keys that were never seen are 0, and so are their weights.
  mixer::SoftmaxAttr softmax = mix.getSoftmax();
  Value bias = softmax ? buildAttentionBias(e, mix, queries, keys) : Value();
  auto layout =
      mixer::LayoutAttr::get(e.getContext(), mixer::Order::Forward, areLast ? mixer::Align::End : mixer::Align::Start);
  mixer::SupportAttrInterface support = mix.getSupport();
  if (!support.isRelative())
    support = cast<mixer::SupportAttrInterface>(Attribute(mixer::FullAttr::get(e.getContext())));
  Attribute score = mix.getScore();
  if (softmax)
    score = mixer::SoftmaxAttr::get(e.getContext(), softmax.getScale(), softmax.getSoftCap(), mixer::BiasKind::Dense);
  return MixOp::create(e, TypeRange(output.getType()), query, key, value, ValueRange(), bias, Value(), Value(),
                       areLast ? Value() : placeOf(e, queries, keys), ValueRange(), output, layout, support,
                       mix.getTransport(), score, mix.getNorm(), mixer::FormAttr())
      .getResult(0);
}

/// Keys and values that a step mixes: those at their positions, or those of a call and what rings keep in front of it.
struct Keys {
  Value key, value, pastKey = {}, pastValue = {}, places = {};
};

/// The same mixer on keys whose positions are known, its queries standing at theirs.
Value mixAtPositions(StreamEmitter &e, MixOp mix, const Keys &keys) {
  Span own = e.demand.newest(mix.getResult(0));
  Value query = elements(e, mix.getQuery(), own), output = emptyOutput(e, mix), bias = buildBiasAtPositions(e, mix);
  Attribute score = mix.getScore();
  if (mixer::SoftmaxAttr softmax = mix.getSoftmax(); softmax && mix.getSegments())
    score = mixer::SoftmaxAttr::get(e.getContext(), softmax.getScale(), softmax.getSoftCap(), mixer::BiasKind::Dense);
  llvm::SetVector<Value> captures = capturesOf(mix);
  SmallVector<Value> captured = llvm::map_to_vector(captures, [&](Value read) { return e.value(read); });
  auto layout = mixer::LayoutAttr::get(e.getContext(), mixer::Order::Forward, mixer::Align::Start);
  Value places = isPositionFree(mix) ? Value() : e.rowPositions(e.rateOf(mix.getResult(0)), own.low);
  auto step = MixOp::create(e, TypeRange(output.getType()), query, keys.key, keys.value, ValueRange(), bias, Value(),
                            Value(), places, keys.pastKey, keys.pastValue, keys.places, ValueRange(), output, layout,
                            mix.getSupport(), mix.getTransport(), score, mix.getNorm(), mixer::FormAttr());
  IRMapping mapping;
  mapping.map(captures.getArrayRef(), captured);
  mix.getScoreRegion().cloneInto(&step.getScoreRegion(), mapping);
  return step.getResult(0);
}

/// What a step reads of the keys that rings keep, or of all so far. What is the same for all tokens is so for earlier
/// ones too.
Keys keysAtPositions(StreamEmitter &e, MixOp mix) {
  Value key = mix.getKey(), value = mix.getValue();
  if (hasKeysFromElsewhere(mix, e.flow))
    return {e.value(key), e.value(value)};
  auto kept = [&](Value operand, bool isRing) {
    return !e.flow.isTokens(operand) ? e.value(operand) : isRing ? e.ringOf(operand) : e.grown(operand);
  };
  if (roomOf(mix, e.demand) == Tail::Growing)
    return {kept(key, false), kept(value, false)};
  auto own = [&](Value operand) { return elements(e, operand, Span(), zeroOf(operand)); };
  return {own(key), own(value), kept(key, true), kept(value, true), e.rowPlaces()};
}

void AttentionRule::emit(Operation *op, StreamEmitter &e) const {
  auto mix = cast<MixOp>(op);
  bool isNewestLast = !hasKeysFromElsewhere(mix, e.flow) && roomOf(mix, e.demand) == Tail::Last;
  e.define(mix.getResult(0), Piece{isNewestLast ? mixWindow(e, mix) : mixAtPositions(e, mix, keysAtPositions(e, mix))});
}

} // namespace

const StreamRule &attentionRule() {
  static const AttentionRule rule;
  return rule;
}

} // namespace heddle
