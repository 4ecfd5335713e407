#include "passes/stream/NeutralTokens.h"

#include "dialects/mixer/TensorMath.h"
#include "passes/stream/Existence.h"
#include "passes/stream/UniformValue.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace heddle {
namespace {

using mixer::MixOp;

// The operands of the op, in its order.
enum Slot : unsigned { Query, Key, Values, Transport, Bias, Current, Segments };

bool isIn(MixOp mix, Slot slot, unsigned operand) {
  auto [begin, size] = mix.getODSOperandIndexAndLength(slot);
  return operand >= begin && operand < begin + size;
}

bool isRegion(MixOp mix) { return isa<mixer::RegionAttr>(mix.getTransport()); }

/// Whether the final state is read.
bool leavesState(MixOp mix) {
  return llvm::any_of(mix->getResults().drop_front(), [](Value state) { return !state.use_empty(); });
}

/// Whether the state differs from zeros in front of the first token, or counts behind the last.
bool keepsState(MixOp mix, const StreamDemand &demand) {
  auto isZero = [](Value state) {
    auto value = dyn_cast_or_null<FloatAttr>(uniformValue(state));
    return value && value.getValue().isZero();
  };
  bool isMaximum = mix.getLinear() && mix.getLinear().getLogKeys(); // the last state begins with -inf
  ValueRange initial = mix.getInitialState();
  if (isMaximum && !initial.empty())
    initial = initial.drop_back();
  return (demand.latency > 0 && leavesState(mix)) || !llvm::all_of(initial, isZero);
}

/// Whether a transport operand is the logarithm of a decay.
bool isDecay(MixOp mix, unsigned operand) {
  unsigned number = operand - mix.getODSOperandIndexAndLength(Transport).first;
  if (!isIn(mix, Transport, operand) || isRegion(mix) || isa<mixer::ConstantAttr>(mix.getTransport()))
    return false;
  if (auto elementwise = dyn_cast<mixer::ElementwiseAttr>(mix.getTransport()))
    return !elementwise.getFactored() || number == 0;
  return !isa<mixer::DeltaAttr>(mix.getTransport()) || number == 1;
}

/// Whether there is a token where loops of [rows, tokens, ..] are.
Value existsAt(StreamEmitter &e, ImplicitLocOpBuilder &b, MixOp mix) {
  Value row = e.hasRows() ? Value(linalg::IndexOp::create(b, 0)) : Value();
  TokenAxis axis = e.flow.tokenAxis(mix.getResult(0));
  Value first = arith::ConstantIndexOp::create(b, e.demand.newest(mix.getResult(0)).low);
  Value begin = arith::AddIOp::create(b, e.position(b, row, axis.rate), first);
  return elementExists(e, b, row, arith::AddIOp::create(b, begin, Value(linalg::IndexOp::create(b, 1))), axis);
}

} // namespace

bool passesOver(MixOp mix, const StreamDemand &demand) {
  if (demand.flow.of(mix.getResult(0)).delay() > 0 || (demand.latency > 0 && leavesState(mix)))
    return true;
  // No other recurrence needs it; but what is fed behind the end may be NaN, which forms in chunks would carry back.
  return demand.latency > 0 && whyNotPassedOver(mix, demand).empty();
}

std::string whyNotPassedOver(MixOp mix, const StreamDemand &demand) {
  auto hasTokens = [&](Value operand) { return operand && demand.flow.isTokens(operand); };
  if (mix.getSegments())
    return "segments: ids are counted from a token that may be in front of the first one";
  if (isRegion(mix))
    return {};
  if (!hasTokens(mix.getKey()) && (!hasTokens(mix.getValue()) || mix.getNorm().getKind() != mixer::NormKind::None))
    return "its keys are the same for all tokens, those that do not exist included";
  if (isa<mixer::ConstantAttr>(mix.getTransport()) && keepsState(mix, demand))
    return "transport: a constant matrix changes the state at tokens that do not exist, too";
  return {};
}

TypedAttr neutralValue(MixOp mix, unsigned operand) {
  Type element = getElementTypeOrSelf(mix->getOperand(operand));
  Builder b(mix.getContext());
  if (isIn(mix, Key, operand) && mix.getLinear().getLogKeys())
    return b.getFloatAttr(element, -std::numeric_limits<double>::infinity());
  bool isAdded = isIn(mix, Key, operand) || isIn(mix, Values, operand);
  return isAdded || (isIn(mix, Transport, operand) && !isRegion(mix)) ? b.getFloatAttr(element, 0.0) : TypedAttr();
}

Value neutralOperand(StreamEmitter &e, MixOp mix, unsigned operand, Value value) {
  if (!isDecay(mix, operand) || !keepsState(mix, e.demand))
    return value;
  auto type = cast<RankedTensorType>(value.getType());
  mixer::TensorMath math(e.getLoc(), e);
  SmallVector<OpFoldResult> sizes = math.sizesOf(value);
  sizes[0] = e.hasRows() ? e.rows() : sizes[0];
  sizes[1] = e.tokensOf(mix.getResult(0));
  SmallVector<unsigned> dims = llvm::to_vector(llvm::seq<unsigned>(0, type.getRank()));
  return math.generate(sizes, type.getElementType(), value, math.broadcast(value, type.getRank(), dims),
                       [&](ImplicitLocOpBuilder &b, ValueRange at) -> Value {
                         Value zero = mixer::real(b, type.getElementType(), 0.0);
                         return arith::SelectOp::create(b, existsAt(e, b, mix), at[0], zero);
                       });
}

void guardRegion(StreamEmitter &e, MixOp mix, MixOp step) {
  Type element = mix.getComputeType();
  e.setInsertionPoint(step);
  mixer::TensorMath outer(e.getLoc(), e);
  Value exists = outer.generate({e.rows(), e.tokensOf(mix.getResult(0)), e.getIndexAttr(1)}, element, {}, {},
                                [&](ImplicitLocOpBuilder &b, ValueRange) -> Value {
                                  return arith::UIToFPOp::create(b, element, existsAt(e, b, mix));
                                });
  e.setInsertionPointAfter(step);
  step.getTransportOperandsMutable().append(exists);
  Block &body = step.getTransportRegion().front();
  auto type = cast<RankedTensorType>(exists.getType());
  Value state = body.getArgument(0);
  Value isToken = body.addArgument(RankedTensorType::get({type.getDimSize(0), 1}, element), step.getLoc());
  Operation *yield = body.getTerminator();
  OpBuilder builder(yield);
  mixer::TensorMath math(step.getLoc(), builder);
  constexpr unsigned loops = 4;
  AffineMap all = math.getMultiDimIdentityMap(loops);
  AffineExpr row = type.getDimSize(0) == 1 ? math.getAffineConstantExpr(0) : math.getAffineDimExpr(0);
  AffineMap rows = AffineMap::get(loops, 0, {row, math.getAffineConstantExpr(0)}, e.getContext());
  Value chosen = math.generate(math.sizesOf(state), element, {isToken, yield->getOperand(0), state}, {rows, all, all},
                               [&](ImplicitLocOpBuilder &b, ValueRange at) -> Value {
                                 Value isSome = arith::CmpFOp::create(b, arith::CmpFPredicate::ONE, at[0],
                                                                      mixer::real(b, element, 0.0));
                                 return arith::SelectOp::create(b, isSome, at[1], at[2]);
                               });
  yield->setOperand(0, chosen);
}

} // namespace heddle
