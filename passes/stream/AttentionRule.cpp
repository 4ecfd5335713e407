// Attention: the new queries on the keys and values that are kept and on the new ones.
//
//   window of w tokens      w - 1 keys and values are kept
//   the whole past          all of them are, up to a capacity that the caller chooses
//   keys from elsewhere     nothing is kept: every query sees all of them
#include "passes/stream/AttentionBias.h"

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
         (mix.getSoftmax() || (mix.getSupport().getReach() && mix.getSupport().isRelative()));
}

bool hasKeysFromElsewhere(MixOp mix, const TokenFlow &flow) {
  return !flow.isTokens(mix.getKey()) && !flow.isTokens(mix.getValue());
}

/// Whether dimension 1 of an operand has the tokens, and nothing else.
bool isPlain(Value operand, TokenFlow &flow) {
  std::optional<TokenAxis> axis = flow.axis(operand);
  return axis && axis->dim == 1 && !axis->merged && axis->extra == 0;
}

std::string describe(StringRef slot, Attribute value, StringRef reason) {
  std::string text = slot.str();
  llvm::raw_string_ostream(text) << " " << value << ": " << reason;
  return text;
}

std::string whyRefused(MixOp mix, TokenFlow &flow) {
  if (mix.getSegments())
    return "segments: ids count from the first token, which a state does not know";
  if (mix.hasScoreRegion())
    return "score_region: it would see the places of keys that do not exist yet";
  if (!isPlain(mix.getQuery(), flow))
    return "its queries have other tokens than its output";
  bool isElsewhere = hasKeysFromElsewhere(mix, flow);
  if (isElsewhere)
    return mix.getSupport().isFull() && !mix.getBias()
               ? std::string()
               : "its keys are given from outside, and what a query sees of them depends on its position";
  if (!isPlain(mix.getKey(), flow) || !isPlain(mix.getValue(), flow))
    return "its keys or values have other tokens than its queries";
  if (!mix.getSupport().isCausal())
    return describe("support", mix.getSupport(), "a token sees tokens that follow");
  if (mix.getOrder() != mixer::Order::Forward)
    return describe("layout", mix.getLayout(), "the tokens are visited from the last to the first");
  if (mix.getSoftmax() && mix.getSoftmax().getBias() == mixer::BiasKind::Dense)
    return describe("score", mix.getScore(), "its bias has a number for each pair of tokens");
  return {};
}

void AttentionRule::classify(Operation *op, TokenFlow &flow) const {
  auto mix = cast<MixOp>(op);
  SmallVector<Value> reads(op->getOperands().drop_back(mix.getInits().size()));
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
  demand.needPast(mix.getKey(), mix.getSupport().getReach(), op, "key");
  demand.needPast(mix.getValue(), mix.getSupport().getReach(), op, "value");
}

/// The same mixer on other tensors, its queries being the last of its keys.
MixOp mixOn(StreamEmitter &e, MixOp mix, Value query, Value key, Value value, Value bias) {
  Value output = tensor::EmptyOp::create(e, e.sizesOf(mix.getResult(0), Span()), getElementTypeOrSelf(mix.getValue()));
  auto layout = mixer::LayoutAttr::get(e.getContext(), mixer::Order::Forward, mixer::Align::End);
  mixer::SupportAttrInterface support = mix.getSupport();
  if (!support.isRelative())
    support = cast<mixer::SupportAttrInterface>(Attribute(mixer::FullAttr::get(e.getContext())));
  Attribute score = mix.getScore();
  if (mixer::SoftmaxAttr softmax = mix.getSoftmax(); softmax && bias)
    score = mixer::SoftmaxAttr::get(e.getContext(), softmax.getScale(), softmax.getSoftCap(), mixer::BiasKind::Dense);
  return MixOp::create(e, TypeRange(output.getType()), query, key, value, ValueRange(), bias, Value(), Value(),
                       ValueRange(), output, layout, support, mix.getTransport(), score, mix.getNorm(),
                       mixer::FormAttr());
}

void AttentionRule::emit(Operation *op, StreamEmitter &e) const {
  auto mix = cast<MixOp>(op);
  Value query = e.piece(mix.getQuery()).value;
  if (hasKeysFromElsewhere(mix, e.flow)) {
    MixOp step = mixOn(e, mix, query, e.value(mix.getKey()), e.value(mix.getValue()), Value());
    return e.define(mix.getResult(0), Piece{step.getResult(0)});
  }
  std::optional<int64_t> reach = mix.getSupport().getReach();
  auto kept = [&](Value operand) {
    return reach ? History{e.piece(operand, {-*reach, 0}).value, e.getIndexAttr(*reach)} : e.history(operand);
  };
  History key = kept(mix.getKey()), value = kept(mix.getValue());
  // Without a softmax keys that were never seen are 0, and so are their weights.
  Value bias = mix.getSoftmax() ? buildAttentionBias(e, mix, key.depth) : Value();
  e.define(mix.getResult(0), Piece{mixOn(e, mix, query, key.value, value.value, bias).getResult(0)});
}

} // namespace

const StreamRule &attentionRule() {
  static const AttentionRule rule;
  return rule;
}

} // namespace heddle
