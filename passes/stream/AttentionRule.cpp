// Attention: the new queries on the keys and values that are kept and on the new ones.
//
//   window of w tokens      w - 1 keys and values are kept, newest last
//   the whole past          all of them are, at their positions, up to a capacity that the caller chooses
//   keys from elsewhere     nothing is kept
#include "passes/stream/AttentionBias.h"

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

bool hasKeysFromElsewhere(MixOp mix, const TokenFlow &flow) {
  return !flow.isTokens(mix.getKey()) && !flow.isTokens(mix.getValue());
}

/// Whether an operand is the same for all tokens.
bool isRepeated(Value operand) { return cast<RankedTensorType>(operand.getType()).getDimSize(1) == 1; }

/// How many keys in front of the newest one are enough; empty where all are kept, each at its position. The last few
/// keys have no place of their own: a support or a region that asks for it is answered by a bias, which a softmax has.
/// Without one, keys in front of the first token are 0 and weigh nothing, unless there is one key for all of them.
std::optional<int64_t> windowOf(MixOp mix) {
  bool asksForPlaces = mix.hasScoreRegion() || hasDenseBias(mix) || mix.getSegments();
  bool weighsNothing =
      mix.getSoftmax() || (mix.getSupport().isRelative() &&
                           (mix.getNorm().getKind() == mixer::NormKind::None || !isRepeated(mix.getKey())));
  return asksForPlaces || !weighsNothing ? std::nullopt : mix.getSupport().getReach();
}

/// Whether every query sees every key alike, wherever it stands.
bool isPositionFree(MixOp mix) { return mix.getSupport().isFull() && !mix.getBias() && !mix.hasScoreRegion(); }

/// Whether dimension 1 of an operand has the tokens and nothing else, or one value for all of them.
bool isPlain(Value operand, TokenFlow &flow) {
  if (flow.of(operand).kind == Flow::Fixed)
    return isRepeated(operand);
  std::optional<TokenAxis> axis = flow.axis(operand);
  return axis && axis->dim == 1 && !axis->merged && axis->extra == 0;
}

/// Whether dimension 0 of an operand with tokens has the rows, where there are any.
bool hasRows(Value operand, TokenFlow &flow) {
  std::optional<SizeFormula> size = flow.sizes.of(operand, 0);
  return !flow.sizes.rows || !flow.isTokens(operand) || (size && size->isSymbol(*flow.sizes.rows));
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
  if (!isPlain(mix.getKey(), flow) || !isPlain(mix.getValue(), flow))
    return "its keys or values have other tokens than its queries";
  if (!mix.getSupport().isCausal())
    return describe("support", mix.getSupport(), "a token sees tokens that follow");
  if (!windowOf(mix) && !(hasRows(mix.getKey(), flow) && hasRows(mix.getValue(), flow)))
    return "its keys or values are those of all rows of the batch";
  if (hasDenseBias(mix) && !biasTable(mix, flow))
    return describe("score", mix.getScore(), "its bias has a number for each pair of tokens, which is no constant");
  if (mix.getSegments() && !(isPlain(mix.getSegments(), flow) && hasRows(mix.getSegments(), flow)))
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
  if (!isPlain(mix.getQuery(), flow))
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
  Flow joined = TokenFlow::needPast(op, flow.join(op, reads));
  if (joined.kind != Flow::Tokens && (joined.kind == Flow::Refused || !flow.axis(mix.getOutputInit())))
    return flow.setResults(op, joined);
  std::string reason = whyRefused(mix, flow);
  flow.setResults(op, reason.empty() ? Flow{Flow::Tokens, 0} : TokenFlow::refuse(op, reason));
}

void AttentionRule::demand(Operation *op, StreamDemand &demand) const {
  auto mix = cast<MixOp>(op);
  demand.need(mix.getQuery(), Span(), op);
  if (hasKeysFromElsewhere(mix, demand.flow))
    return;
  for (auto [operand, part] :
       {std::pair(mix.getKey(), "key"), std::pair(mix.getValue(), "value"), std::pair(mix.getSegments(), "segment")})
    if (operand && demand.flow.isTokens(operand))
      demand.needPast(operand, windowOf(mix), op, part);
}

Value emptyOutput(StreamEmitter &e, MixOp mix) {
  return tensor::EmptyOp::create(e, e.sizesOf(mix.getResult(0), Span()), getElementTypeOrSelf(mix.getValue()));
}

Value elements(StreamEmitter &e, Value operand, Span span) {
  return e.flow.isTokens(operand) ? e.piece(operand, span).value : e.value(operand);
}

/// The same mixer, its queries being the last of its keys.
Value mixWindow(StreamEmitter &e, MixOp mix, int64_t reach) {
  Value query = elements(e, mix.getQuery(), Span()), output = emptyOutput(e, mix);
  Value key = elements(e, mix.getKey(), {-reach, 0}), value = elements(e, mix.getValue(), {-reach, 0});
  // Without a softmax keys that were never seen are 0, and so are their weights.
  mixer::SoftmaxAttr softmax = mix.getSoftmax();
  Value bias = softmax ? buildAttentionBias(e, mix, e.getIndexAttr(reach)) : Value();
  auto layout = mixer::LayoutAttr::get(e.getContext(), mixer::Order::Forward, mixer::Align::End);
  mixer::SupportAttrInterface support = mix.getSupport();
  if (!support.isRelative())
    support = cast<mixer::SupportAttrInterface>(Attribute(mixer::FullAttr::get(e.getContext())));
  Attribute score = mix.getScore();
  if (softmax)
    score = mixer::SoftmaxAttr::get(e.getContext(), softmax.getScale(), softmax.getSoftCap(), mixer::BiasKind::Dense);
  return MixOp::create(e, TypeRange(output.getType()), query, key, value, ValueRange(), bias, Value(), Value(),
                       ValueRange(), output, layout, support, mix.getTransport(), score, mix.getNorm(),
                       mixer::FormAttr())
      .getResult(0);
}

/// The same mixer on keys at their positions, its queries standing at theirs.
Value mixAtPositions(StreamEmitter &e, MixOp mix, Value key, Value value) {
  Value query = elements(e, mix.getQuery(), Span()), output = emptyOutput(e, mix), bias = buildBiasAtPositions(e, mix);
  Attribute score = mix.getScore();
  if (mixer::SoftmaxAttr softmax = mix.getSoftmax(); softmax && mix.getSegments())
    score = mixer::SoftmaxAttr::get(e.getContext(), softmax.getScale(), softmax.getSoftCap(), mixer::BiasKind::Dense);
  llvm::SetVector<Value> captures = capturesOf(mix);
  SmallVector<Value> captured = llvm::map_to_vector(captures, [&](Value read) { return e.value(read); });
  auto layout = mixer::LayoutAttr::get(e.getContext(), mixer::Order::Forward, mixer::Align::Start);
  auto step = MixOp::create(e, TypeRange(output.getType()), query, key, value, ValueRange(), bias, Value(), Value(),
                            isPositionFree(mix) ? Value() : e.rowPositions(), ValueRange(), output, layout,
                            mix.getSupport(), mix.getTransport(), score, mix.getNorm(), mixer::FormAttr());
  IRMapping mapping;
  mapping.map(captures.getArrayRef(), captured);
  mix.getScoreRegion().cloneInto(&step.getScoreRegion(), mapping);
  return step.getResult(0);
}

/// An operand at all positions so far.
Value allOf(StreamEmitter &e, Value operand) { return e.flow.isTokens(operand) ? e.grown(operand) : e.value(operand); }

void AttentionRule::emit(Operation *op, StreamEmitter &e) const {
  auto mix = cast<MixOp>(op);
  Value mixed;
  if (hasKeysFromElsewhere(mix, e.flow))
    mixed = mixAtPositions(e, mix, e.value(mix.getKey()), e.value(mix.getValue()));
  else if (std::optional<int64_t> reach = windowOf(mix))
    mixed = mixWindow(e, mix, *reach);
  else
    mixed = mixAtPositions(e, mix, allOf(e, mix.getKey()), allOf(e, mix.getValue()));
  e.define(mix.getResult(0), Piece{mixed});
}

} // namespace

const StreamRule &attentionRule() {
  static const AttentionRule rule;
  return rule;
}

} // namespace heddle
