// Mixers that carry a state of fixed size: the same mixer on the new tokens, from the state that the tokens before
// left. Every other mixer without a rule of its own is refused here, with the slot that is in the way.
#include "passes/stream/Beginnings.h"
#include "passes/stream/NeutralTokens.h"
#include "passes/stream/UniformValue.h"

#include "dialects/mixer/Mixer.h"
#include "dialects/mixer/TensorMath.h"

#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace heddle {
namespace {

using mixer::MixOp;

class RecurrenceRule : public StreamRule {
public:
  bool handles(Operation *op) const override { return isa<MixOp>(op); }
  void classify(Operation *op, TokenFlow &flow) const override;
  void demand(Operation *op, StreamDemand &demand) const override;
  void emit(Operation *op, StreamEmitter &e) const override;
};

/// What the region of a transport reads from around the mixer.
llvm::SetVector<Value> capturesOf(MixOp mix) {
  llvm::SetVector<Value> captures;
  getUsedValuesDefinedAbove(mix.getTransportRegion(), captures);
  return captures;
}

std::string whyRefused(MixOp mix, TokenFlow &flow) {
  if (std::string reason = mix.whyNotStreamed(); !reason.empty())
    return reason;
  if (mix.getOrder() != mixer::Order::Forward)
    return "layout: the tokens are visited from the last to the first";
  if (mix.carriedState().parts.front().type.isDynamicDim(0) && !flow.sizes.rows)
    return "its batch is not the first dimension of an input";
  for (Value state : mix.getInitialState())
    if (flow.of(state).kind != Flow::Fixed)
      return "state: what it begins with is not known in front of the first token";
  for (Value captured : capturesOf(mix))
    if (flow.of(captured).kind != Flow::Fixed)
      return "transport_region: it reads tokens that are no operands";
  for (Value operand : mix.getTokenOperands())
    if (flow.axis(operand) && !flow.hasTokensOf(operand, 1, mix.getOutputInit()))
      return "an operand has other tokens than its own";
  if (flow.of(mix.getValue()).kind != Flow::Tokens && !flow.axis(mix.getOutputInit()))
    return "it mixes something else than the tokens";
  return {};
}

void RecurrenceRule::classify(Operation *op, TokenFlow &flow) const {
  auto mix = cast<MixOp>(op);
  Flow joined = flow.join(op, mix.getTokenOperands());
  std::string problem;
  bool hasTokens = flow.axis(mix.getOutputInit(), &problem).has_value() || joined.kind == Flow::Tokens;
  if (joined.kind == Flow::Refused || !hasTokens)
    return flow.setResults(op, joined);
  if (std::string reason = whyRefused(mix, flow); !reason.empty())
    return flow.setResults(op, TokenFlow::refuse(op, reason));
  Flow result = TokenFlow::mixed(op, joined);
  flow.set(mix.getResult(0), result);
  for (Value state : mix->getResults().drop_front())
    flow.set(state, flow.latest(mix.getResult(0), result));
}

void RecurrenceRule::demand(Operation *op, StreamDemand &demand) const {
  auto mix = cast<MixOp>(op);
  bool passes = passesOver(mix, demand);
  if (std::string reason = passes ? whyNotPassedOver(mix, demand) : ""; !reason.empty())
    return demand.refuse(op, reason);
  for (auto [number, operand] : llvm::enumerate(mix.getTokenOperands()))
    demand.need(operand, demand.newest(mix.getResult(0)), op, passes ? neutralValue(mix, number) : TypedAttr());
}

/// Values of a mixer operand for the new tokens.
Value operandOf(StreamEmitter &e, MixOp mix, unsigned number) {
  Value operand = mix->getOperand(number);
  bool passes = passesOver(mix, e.demand);
  if (!e.flow.isTokens(operand))
    return passes ? neutralOperand(e, mix, number, e.value(operand)) : e.value(operand);
  Span own = e.demand.newest(mix.getResult(0));
  return e.batched(e.piece(operand, own, passes ? neutralValue(mix, number) : TypedAttr()));
}

/// The ids of the new tokens, counted from that of the last one seen, to which the state belongs.
Value countSegments(StreamEmitter &e, Value original, Value ids) {
  auto type = cast<RankedTensorType>(original.getType());
  AffineExpr rows = e.stateShape(original).front();
  Value seen = e.states.add(e.getLoc(), "segment", StreamEmitter::typeOf(rows, type.getElementType()), rows,
                            e.getIntegerAttr(type.getElementType(), 0));
  Value last = e.slice(ids, 1, e.plus(e.tokensOf(original), -1), e.getIndexAttr(1));
  e.states.setNext(seen, tensor::CollapseShapeOp::create(e, last, ArrayRef<ReassociationIndices>{{0, 1}}));
  mixer::TensorMath math(e.getLoc(), e);
  return math.elementwise({seen, ids}, [](ImplicitLocOpBuilder &b, ValueRange at) -> Value {
    return arith::SubIOp::create(b, at[1], at[0]);
  });
}

/// A part of the state as an argument. Where it begins with the tensor `given`, the argument begins with zeros.
Value addState(StreamEmitter &e, Location loc, const mixer::StatePart &part, Value given) {
  TypedAttr initial = e.getFloatAttr(part.type.getElementType(), given ? 0.0 : part.initial);
  if (TypedAttr uniform = given ? uniformValue(given) : TypedAttr())
    initial = uniform;
  SmallVector<AffineExpr> shape;
  for (int64_t size : part.type.getShape())
    shape.push_back(ShapedType::isDynamic(size) ? e.getAffineSymbolExpr(*e.flow.sizes.rows)
                                                : e.getAffineConstantExpr(size));
  return e.states.add(loc, part.name, part.type, shape, initial);
}

void RecurrenceRule::emit(Operation *op, StreamEmitter &e) const {
  auto mix = cast<MixOp>(op);
  mixer::CarriedState carried = mix.carriedState();
  SmallVector<Value> operands, states, before;
  for (auto [number, operand] : llvm::enumerate(mix.getTokenOperands())) {
    operands.push_back(operandOf(e, mix, number));
    if (operand == mix.getSegments())
      operands.back() = countSegments(e, operand, operands.back());
  }
  for (auto [number, part] : llvm::enumerate(carried.parts)) {
    Value given = number < mix.getInitialState().size() ? mix.getInitialState()[number] : Value();
    states.push_back(addState(e, op->getLoc(), part, given));
    before.push_back(!given || uniformValue(given) ? states.back() : beginWith(e, e.value(given), states.back()));
  }
  llvm::SetVector<Value> captures = capturesOf(mix);
  SmallVector<Value> captured = llvm::map_to_vector(captures, [&](Value value) { return e.value(value); });
  SmallVector<Value> results = mix.buildStep(e, op->getLoc(), operands, e.tokensOf(mix.getResult(0)), before);
  if (mix.hasTransportRegion() && passesOver(mix, e.demand))
    guardRegion(e, mix, results.front().getDefiningOp<MixOp>());
  for (auto [original, value] : llvm::zip_equal(captures, captured))
    replaceAllUsesInRegionWith(original, value, results.front().getDefiningOp<MixOp>().getTransportRegion());
  for (auto [state, next] : llvm::zip_equal(states, ArrayRef(results).drop_front()))
    e.states.setNext(state, next);
  e.define(mix.getResult(0), Piece{results.front()});
  for (auto [final, next] : llvm::zip(mix->getResults().drop_front(), ArrayRef(results).drop_front()))
    e.define(final, next);
}

} // namespace

const StreamRule &recurrenceRule() {
  static const RecurrenceRule rule;
  return rule;
}

} // namespace heddle
