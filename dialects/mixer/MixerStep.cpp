// Streaming a mixer: the state in front of the first token, and the mixer on the tokens that come next.
#include "dialects/mixer/MixerSummaries.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace heddle::mixer {

//===--- tokens -------------------------------------------------------------------------------===//

OpFoldResult firstToken(MixOp mix, TensorMath &math, OpFoldResult total, OpFoldResult begin, OpFoldResult count) {
  if (mix.getOrder() != Order::Reverse)
    return begin;
  auto value = [&](OpFoldResult size) { return getValueOrCreateConstantIndexOp(math, math.getLoc(), size); };
  Value behind = math.createOrFold<arith::AddIOp>(value(begin), value(count));
  return getAsOpFoldResult(math.createOrFold<arith::SubIOp>(value(total), behind));
}

Value sliceOperand(MixOp mix, TensorMath &math, OpOperand &operand, OpFoldResult first, OpFoldResult count,
                   bool queries) {
  SmallVector<OpFoldResult> sizes = math.sizesOf(operand.get());
  SmallVector<OpFoldResult> offsets(sizes.size(), math.getIndexAttr(0)), strides(sizes.size(), math.getIndexAttr(1));
  auto type = cast<RankedTensorType>(operand.get().getType());
  bool isWhole = true;
  if (isConstantIntValue(count, 0)) // a static slice starts inside of its tensor, even an empty one
    first = math.getIndexAttr(0);
  for (auto [dim, role] : llvm::enumerate(mix.getDimRoles(operand))) {
    bool counts = role == DimRole::KeyToken || (queries && role == DimRole::QueryToken);
    bool isShared = type.getDimSize(dim) == 1 && operand.get() != mix.getSegments(); // each token has an id of its own
    if (!counts || isShared)
      continue;
    isWhole = false;
    offsets[dim] = first;
    sizes[dim] = count;
  }
  return isWhole ? operand.get() : tensor::ExtractSliceOp::create(math, operand.get(), offsets, sizes, strides);
}

/// `ids` of a range from `begin` on, counted from that of the token in front of it: a carried state belongs to segment
/// 0.
static Value countSegments(MixOp mix, TensorMath &math, Value ids, OpFoldResult begin, OpFoldResult first,
                           OpFoldResult count) {
  auto value = [&](OpFoldResult size) { return getValueOrCreateConstantIndexOp(math, math.getLoc(), size); };
  Value zero = value(math.getIndexAttr(0)), one = value(math.getIndexAttr(1));
  Value isStart = arith::CmpIOp::create(math, arith::CmpIPredicate::eq, value(begin), zero);
  Value front = mix.getOrder() == Order::Reverse ? Value(arith::AddIOp::create(math, value(first), value(count)))
                                                 : Value(arith::SubIOp::create(math, value(first), one));
  front = arith::SelectOp::create(math, isStart, zero, front);
  return math.elementwise(ids, [&](ImplicitLocOpBuilder &b, ValueRange at) -> Value {
    Value row = linalg::IndexOp::create(b, 0);
    Value before = tensor::ExtractOp::create(b, mix.getSegments(), ValueRange{row, front});
    Value none = arith::ConstantOp::create(b, b.getZeroAttr(before.getType()));
    return arith::SubIOp::create(b, at[0], Value(arith::SelectOp::create(b, isStart, none, before)));
  });
}

SmallVector<Value> MixOp::sliceTokens(OpBuilder &builder, Location loc, OpFoldResult begin, OpFoldResult count) {
  assert(whyNotStreamed().empty() && "only tokens of a mixer with a state can be cut anywhere");
  TensorMath math(loc, builder);
  OpFoldResult first = firstToken(*this, math, math.sizesOf(getOutputInit())[1], begin, count);
  SmallVector<Value> operands;
  for (OpOperand &operand : getOperation()->getOpOperands().take_front(getTokenOperands().size())) {
    operands.push_back(sliceOperand(*this, math, operand, first, count, /*queries=*/true));
    if (operand.getOperandNumber() == getODSOperandIndexAndLength(6).first && getSegments())
      operands.back() = countSegments(*this, math, operands.back(), begin, first, count);
  }
  return operands;
}

//===--- state and step -----------------------------------------------------------------------===//

/// The sizes of one part of the state.
static SmallVector<OpFoldResult> sizesOfPart(TensorMath &math, const StatePart &part, OpFoldResult batch) {
  SmallVector<OpFoldResult> sizes = getAsIndexOpFoldResult(math.getContext(), part.type.getShape());
  if (part.type.isDynamicDim(0))
    sizes[0] = batch;
  return sizes;
}

SmallVector<Value> MixOp::buildInitialState(OpBuilder &builder, Location loc, OpFoldResult batch) {
  TensorMath math(loc, builder);
  return llvm::map_to_vector(carriedState().parts, [&](const StatePart &part) {
    return math.filled(sizesOfPart(math, part, batch), part.type.getElementType(), part.initial);
  });
}

/// The inits of a step: its output, then the states it leaves.
static SmallVector<Value> stepInits(MixOp mix, TensorMath &math, OpFoldResult batch, OpFoldResult count) {
  MixSizes sizes = mix.getSizes();
  if (!ShapedType::isDynamic(sizes.B))
    batch = math.getIndexAttr(sizes.B);
  SmallVector<OpFoldResult> shape = {batch, count, math.getIndexAttr(sizes.Ho), math.getIndexAttr(sizes.dv)};
  SmallVector<Value> inits = {tensor::EmptyOp::create(math, shape, getElementTypeOrSelf(mix.getValue()))};
  for (const StatePart &part : mix.carriedState().parts)
    inits.push_back(tensor::EmptyOp::create(math, sizesOfPart(math, part, batch), part.type.getElementType()));
  return inits;
}

SmallVector<Value> MixOp::buildStep(OpBuilder &builder, Location loc, ValueRange tokens, OpFoldResult count,
                                    ValueRange state) {
  assert(whyNotStreamed().empty() && "expected a mixer with a state");
  TensorMath math(loc, builder);
  SmallVector<Value> inits = stepInits(*this, math, math.sizesOf(state.front())[0], count);
  NormAttr norm = getNorm();
  if (norm.getKind() == NormKind::RowSum)
    norm = NormAttr::get(getContext(), NormKind::Running, norm.getEpsilon());
  auto slot = [&](unsigned segment) {
    auto [begin, size] = getODSOperandIndexAndLength(segment);
    return tokens.slice(begin, size);
  };
  auto optional = [&](unsigned segment) { return slot(segment).empty() ? Value() : slot(segment).front(); };
  auto step = MixOp::create(math, TypeRange(ValueRange(inits)), optional(0), optional(1), optional(2), slot(3),
                            optional(4), optional(5), optional(6), state, inits, getLayout(), getSupport(),
                            getTransport(), getScore(), norm, FormAttr());
  IRMapping mapping;
  getTransportRegion().cloneInto(&step.getTransportRegion(), mapping);
  return llvm::to_vector_of<Value>(step.getResults());
}

} // namespace heddle::mixer
