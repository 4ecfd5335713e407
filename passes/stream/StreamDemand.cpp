#include "passes/stream/StreamDemand.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"

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

Span StreamDemand::newest(Value value) const {
  int64_t delay = flow.of(value).delay();
  return {-delay, -delay};
}

int64_t StreamDemand::tokensLate(Value value) const {
  int64_t delay = flow.of(value).delay();
  return flow.isTokens(value) ? llvm::divideCeilSigned(delay * flow.block, flow.tokenAxis(value).rate) : delay;
}

/// Who asks for any filling takes what another reader has asked for.
void StreamDemand::addTail(Value value, Tail tail) {
  Demand &demand = demands[value];
  for (Tail &known : demand.tails)
    if (known.room == tail.room && (known.fill == tail.fill || !known.fill || !tail.fill)) {
      int64_t depth = std::max(known.depth, tail.depth);
      known = known.fill ? known : tail;
      known.depth = depth;
      return;
    }
  demand.tails.push_back(tail);
}

Span StreamDemand::widened(Value value, Span span) const {
  if (span.high >= span.low)
    return span;
  int64_t high = std::min(span.low, flow.of(value).lead);
  return {std::min(span.low, high), high};
}

/// What is padded is computed again for the elements of a few tokens more; of all else the last elements are kept.
bool StreamDemand::isKept(Value value, Span span, TypedAttr fill) const {
  const Flow &known = flow.of(value);
  bool isPadded = known.lead > 0 && !fill && (span.high > 0 || latency > 0);
  return span.low < newest(value).low && !known.isPositions() && !isPadded;
}

void StreamDemand::need(Value value, Span span, Operation *reader, TypedAttr fill, StringRef part) {
  if (!flow.isTokens(value))
    return;
  span = widened(value, span);
  Span newest = this->newest(value);
  if (isKept(value, span, fill)) {
    if (span.high > newest.high)
      return refuse(reader, "tokens before the first one are padded twice");
    if (flow.tokenAxis(value).merged)
      return refuse(reader, "tokens are merged with another dimension in front of a shift");
    if (fill && (latency > 0 || flow.of(value).delay() > 0) && flow.sizes.rows && !flow.rowDim(value))
      return refuse(reader, "tokens that all rows share are read in front of the first one");
    addTail(value, {fill, newest.low - span.low, Tail::Last, part, reader});
    span = newest;
  }
  Demand &demand = demands[value];
  Span known = demand.span.value_or(span);
  demand.span = {std::min(known.low, span.low), std::max(known.high, span.high)};
  if (!demand.tails.empty() && *demand.span != newest)
    refuse(reader, "tokens before the first one are padded twice");
}

void StreamDemand::addRoom(Value value, Tail::Room room, int64_t depth, Operation *reader, StringRef part) {
  need(value, newest(value), reader);
  Type element = getElementTypeOrSelf(value.getType());
  addTail(value, {cast<TypedAttr>(Builder(element.getContext()).getZeroAttr(element)), depth, room, part, reader});
}

void StreamDemand::needRing(Value value, int64_t depth, Operation *reader, StringRef part) {
  addRoom(value, Tail::Ring, depth, reader, part);
}

void StreamDemand::needAll(Value value, Operation *reader, StringRef part) {
  addRoom(value, Tail::Growing, 0, reader, part);
}

int64_t StreamDemand::ringTokens() const {
  int64_t most = 0;
  for (auto &[value, demand] : demands)
    for (const Tail &tail : demand.tails)
      if (tail.room == Tail::Ring)
        most = std::max(most, tail.depth);
  return most;
}

/// Refused where the outputs need more tokens of look-ahead than are allowed.
void StreamDemand::findLatency(Operation *end, int64_t lookAhead) {
  const Flow *latest = nullptr;
  for (Value output : end->getOperands())
    if (int64_t late = tokensLate(output); late > latency) {
      latency = late;
      latest = &flow.of(output);
    }
  if (latency > lookAhead)
    refuse(latest->where ? latest->where : end,
           llvm::formatv("needs {0} token{1} of look-ahead, {2} {3} allowed: --lookahead={0}", latency,
                         latency == 1 ? "" : "s", lookAhead, lookAhead == 1 ? "is" : "are"));
}

FailureOr<StreamDemand> StreamDemand::of(func::FuncOp entry, TokenFlow &flow, int64_t lookAhead) {
  StreamDemand demand(flow);
  Operation *end = entry.getBody().front().getTerminator();
  demand.findLatency(end, lookAhead);
  for (auto [number, output] : llvm::enumerate(end->getOperands())) {
    const Flow &result = flow.of(output);
    if (result.kind == Flow::Refused)
      demand.refuse(result.where, result.reason);
    else if (result.isPositions())
      demand.refuse(output.getDefiningOp(), "an output depends on positions alone");
    else if (result.kind == Flow::Tokens && !flow.tokenAxis(output).isPlain())
      demand.refuse(end, "output " + Twine(number) + " has other tokens than the inputs");
    else
      demand.need(output, demand.newest(output), end);
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
