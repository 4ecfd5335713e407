// Ops that compute each token from the same token, or from some at bounded distances.
#include "passes/raise/Reads.h"
#include "passes/stream/GenericWriter.h"

using namespace mlir;

namespace heddle {
namespace {

bool isBlank(Value init) { return isa_and_nonnull<tensor::EmptyOp, linalg::FillOp>(init.getDefiningOp()); }

//===--- tensor.empty and linalg.fill ---------------------------------------------------------===//

class BlankRule : public StreamRule {
public:
  bool handles(Operation *op) const override { return isa<tensor::EmptyOp, linalg::FillOp>(op); }

  void classify(Operation *op, TokenFlow &flow) const override {
    std::string problem;
    Flow result = isa<linalg::FillOp>(op) ? flow.join(op, op->getOperand(0)) : Flow();
    if (flow.axis(op->getResult(0), &problem)) {
      if (result.kind != Flow::Refused)
        result = {Flow::Tokens, kAlways, nullptr, {}, /*sequences=*/0};
    } else if (!problem.empty()) {
      result = TokenFlow::refuse(op, "it has " + problem);
    }
    flow.setResults(op, result);
  }

  void demand(Operation *, StreamDemand &) const override {}

  void emit(Operation *op, StreamEmitter &e) const override {
    Value result = op->getResult(0);
    Value made = tensor::EmptyOp::create(e, e.sizesOf(result, e.demand.spanOf(op)), getElementTypeOrSelf(result));
    if (auto fill = dyn_cast<linalg::FillOp>(op))
      made = linalg::FillOp::create(e, e.value(fill.getInputs()[0]), made).getResult(0);
    e.define(result, Piece{made});
  }
};

//===--- linalg.generic -----------------------------------------------------------------------===//

class PositionwiseRule : public StreamRule {
public:
  bool handles(Operation *op) const override { return isa<linalg::GenericOp>(op); }
  void classify(Operation *op, TokenFlow &flow) const override;
  void demand(Operation *op, StreamDemand &demand) const override;
  void emit(Operation *op, StreamEmitter &e) const override;
};

/// Inputs and what the body reads; inits only where they are more than a place for the result.
SmallVector<Value> readsOfGeneric(linalg::GenericOp op) {
  SmallVector<Value> reads = readsOf(op).takeVector();
  for (OpOperand &init : op.getDpsInitsMutable())
    if (isBlank(init.get()) && !llvm::is_contained(op.getDpsInputs(), init.get()))
      llvm::erase(reads, init.get());
  return reads;
}

/// As soon as the last of the tokens that it reads is known; kAlways where it reads positions alone.
int64_t leadOf(linalg::GenericOp op, const TokenBody &body, const TokenFlow &flow) {
  int64_t lead = kAlways;
  auto limit = [&](Value value, const TokenReach &reach) {
    if (flow.isTokens(value) && !flow.of(value).isPositions())
      lead = std::min(lead, reach.leadOf(flow.of(value).lead));
  };
  for (auto [input, reach] : llvm::zip_equal(op.getDpsInputs(), body.inputs))
    if (reach)
      limit(input, *reach);
  for (TokenBody::Read read : body.reads)
    limit(read.op.getTensor(), read.reach);
  return lead;
}

Flow classifyGeneric(linalg::GenericOp op, TokenFlow &flow) {
  SmallVector<Value> reads = readsOfGeneric(op);
  Flow joined = flow.join(op, reads);
  std::string problem;
  bool hasTokens = llvm::any_of(
      op->getResults(), [&](Value result) { return flow.axis(result, &problem).has_value() || !problem.empty(); });
  if (joined.kind == Flow::Refused || (!hasTokens && joined.kind != Flow::Tokens))
    return joined;
  if (joined.kind == Flow::Latest)
    return TokenFlow::refuse(op, "every token would see what the last token leaves");
  std::string reason;
  std::optional<TokenBody> body = TokenBody::of(op, flow, reason);
  if (!body)
    return TokenFlow::refuse(op, problem.empty() ? reason : "it has " + problem);
  for (OpOperand &init : op.getDpsInitsMutable())
    if (op.payloadUsesValueFromOperand(&init) && !isBlank(init.get()))
      return TokenFlow::refuse(op, "it adds to what another op has computed");
  int64_t lead = leadOf(op, *body, flow);
  if (lead != kAlways)
    return TokenFlow::withLead(op, joined, lead);
  bool hasPlaces = joined.sequences == 1 || body->readsPosition;
  return {Flow::Tokens, kAlways, nullptr, {}, hasPlaces ? 1 : joined.sequences};
}

void PositionwiseRule::classify(Operation *op, TokenFlow &flow) const {
  flow.setResults(op, classifyGeneric(cast<linalg::GenericOp>(op), flow));
}

void PositionwiseRule::demand(Operation *op, StreamDemand &demand) const {
  auto generic = cast<linalg::GenericOp>(op);
  TokenBody body = TokenBody::ofAccepted(generic, demand.flow);
  Span span = demand.spanOf(op);
  for (auto [input, reach] : llvm::zip_equal(generic.getDpsInputs(), body.inputs))
    if (reach)
      demand.need(input, reach->elementsOf(span), op);
  for (TokenBody::Read &read : body.reads)
    demand.need(read.op.getTensor(), read.reach.elementsOf(span), op);
}

void PositionwiseRule::emit(Operation *op, StreamEmitter &e) const { writeGeneric(cast<linalg::GenericOp>(op), e); }

} // namespace

const StreamRule &blankRule() {
  static const BlankRule rule;
  return rule;
}

const StreamRule &positionwiseRule() {
  static const PositionwiseRule rule;
  return rule;
}

} // namespace heddle
