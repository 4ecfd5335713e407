#include "passes/stream/StreamDemand.h"

#include "mlir/IR/BuiltinAttributes.h"

using namespace mlir;

namespace heddle {

const Demand &StreamDemand::of(Value value) const {
  static const Demand nothing;
  auto found = demands.find(value);
  return found == demands.end() ? nothing : found->second;
}

Span StreamDemand::spanOf(Operation *op) const {
  std::optional<Span> span;
  for (Value result : op->getResults())
    if (std::optional<Span> wanted = of(result).span)
      span = span ? Span{std::min(span->low, wanted->low), std::max(span->high, wanted->high)} : *wanted;
  return span.value_or(Span());
}

void StreamDemand::refuse(Operation *op, const Twine &reason) {
  op->emitError() << "cannot run token by token: " << reason;
  failed = true;
}

void StreamDemand::addTail(Value value, Tail tail) {
  Demand &demand = demands[value];
  for (Tail &known : demand.tails)
    if (known.fill == tail.fill && known.grows == tail.grows) {
      known.depth = std::max(known.depth, tail.depth);
      return;
    }
  demand.tails.push_back(tail);
}

void StreamDemand::need(Value value, Span span, Operation *reader, TypedAttr fill) {
  if (!flow.isTokens(value))
    return;
  bool hasTail = span.low < 0 && !flow.of(value).isPositions();
  if (hasTail) {
    if (span.high > 0)
      return refuse(reader, "tokens before the first one are padded twice");
    Type element = getElementTypeOrSelf(value.getType());
    if (!fill)
      fill = cast<TypedAttr>(Builder(element.getContext()).getZeroAttr(element));
    addTail(value, {fill, -span.low, false, "tail", reader});
    span = {0, 0};
  }
  Demand &demand = demands[value];
  Span known = demand.span.value_or(span);
  demand.span = {std::min(known.low, span.low), std::max(known.high, span.high)};
  if (!demand.tails.empty() && *demand.span != Span())
    refuse(reader, "tokens before the first one are padded twice");
}

void StreamDemand::needPast(Value value, std::optional<int64_t> depth, Operation *reader, StringRef part) {
  need(value, Span(), reader);
  Type element = getElementTypeOrSelf(value.getType());
  auto zero = cast<TypedAttr>(Builder(element.getContext()).getZeroAttr(element));
  if (!depth || *depth > 0)
    addTail(value, {zero, depth.value_or(0), !depth, part, reader});
}

FailureOr<StreamDemand> StreamDemand::of(func::FuncOp entry, TokenFlow &flow) {
  StreamDemand demand(flow);
  Operation *end = entry.getBody().front().getTerminator();
  for (auto [number, output] : llvm::enumerate(end->getOperands())) {
    Flow result = TokenFlow::needPast(end, flow.of(output));
    if (result.kind == Flow::Refused)
      demand.refuse(result.where, result.reason);
    else if (result.isPositions())
      demand.refuse(output.getDefiningOp(), "an output depends on positions alone");
    else if (result.kind == Flow::Tokens && !flow.tokenAxis(output).isPlain())
      demand.refuse(end, "output " + Twine(number) + " has other tokens than the inputs");
    else
      demand.need(output, Span(), end);
  }
  if (demand.failed)
    return failure();
  for (Operation &op : llvm::reverse(entry.getBody().front().without_terminator())) {
    const StreamRule *rule = findStreamRule(&op);
    bool isWanted = llvm::any_of(op.getResults(), [&](Value result) {
      Flow::Kind kind = flow.of(result).kind;
      return kind == Flow::Latest || (kind == Flow::Tokens && demand.of(result).span);
    });
    if (rule && isWanted && flow.touchesTokens(&op))
      rule->demand(&op, demand);
  }
  if (demand.failed)
    return failure();
  return demand;
}

} // namespace heddle
