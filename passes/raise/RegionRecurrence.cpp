#include "passes/raise/RegionRecurrence.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace heddle {
namespace {

SmallVector<Value> readsOf(Operation *op) {
  llvm::SetVector<Value> reads(op->operand_begin(), op->operand_end());
  getUsedValuesDefinedAbove(op->getRegions(), reads);
  return reads.takeVector();
}

/// Ops that make a tensor from nothing; a region has its own.
bool isCheap(Operation *op) { return op && isa<tensor::EmptyOp, linalg::FillOp, arith::ConstantOp>(op); }

RankedTensorType typeOf(Value value) { return cast<RankedTensorType>(value.getType()); }

} // namespace

//===--- layout ---------------------------------------------------------------------------===//

/// Finds a common batch dimension and the place of each state.
bool RegionRecurrence::layOut() {
  std::optional<SmallVector<OpFoldResult>> first = sequences.sizesOf(loop.argument(states.front()));
  if (!first)
    return false;
  batchDims = 1;
  for (unsigned state : states) {
    RankedTensorType type = typeOf(loop.argument(state));
    if (type.getRank() < 2 || type.getDimSize(0) != typeOf(loop.argument(states.front())).getDimSize(0))
      batchDims = 0;
  }
  batch = hasBatch() ? first->front() : OpFoldResult(builder.getIndexAttr(1));
  for (unsigned state : states) {
    RankedTensorType type = typeOf(loop.argument(state));
    ArrayRef<int64_t> shape = type.getShape().drop_front(batchDims);
    auto own = dyn_cast<FloatType>(type.getElementType());
    if (ShapedType::isDynamicShape(shape) || !own || own.getWidth() < 32 || (element && own != element))
      return false;
    element = own;
    int64_t count = ShapedType::getNumElements(shape);
    layout.push_back({type, features, count});
    features += count;
  }
  return true;
}

/// [B, features] (or [features]) of one state.
Value RegionRecurrence::flat(OpBuilder &b, Value state, const Packed &packed) {
  int64_t rank = packed.type.getRank() - batchDims;
  if (rank == 1)
    return state;
  SmallVector<ReassociationIndices> groups;
  if (rank == 0) {
    auto type = packed.type.clone(ArrayRef<int64_t>{1});
    return tensor::ExpandShapeOp::create(b, loc, type, state, groups, SmallVector<OpFoldResult>{b.getIndexAttr(1)});
  }
  if (hasBatch())
    groups.push_back({0});
  groups.emplace_back();
  for (int64_t dim = batchDims; dim < packed.type.getRank(); ++dim)
    groups.back().push_back(dim);
  return tensor::CollapseShapeOp::create(b, loc, state, groups);
}

/// States side by side as [B, 1, 1, F].
Value RegionRecurrence::pack(OpBuilder &b, ValueRange values) {
  OpFoldResult one = b.getIndexAttr(1), zero = b.getIndexAttr(0);
  OpFoldResult rows = one;
  if (hasBatch())
    rows = tensor::getMixedSize(b, loc, values[0], 0);
  SmallVector<OpFoldResult> sizes = {rows, one, one, b.getIndexAttr(features)};
  Value result = tensor::EmptyOp::create(b, loc, sizes, element);
  for (auto [value, packed] : llvm::zip_equal(values, layout)) {
    SmallVector<OpFoldResult> offsets = {zero, zero, zero, b.getIndexAttr(packed.offset)}, strides(4, one);
    sizes[3] = b.getIndexAttr(packed.features);
    result = tensor::InsertSliceOp::create(b, loc, flat(b, value, packed), result, offsets, sizes, strides);
  }
  return result;
}

/// One state of [B, T|1, 1, F], with its tokens behind the batch or without any.
Value RegionRecurrence::unpack(OpBuilder &b, Value tensor, unsigned place, bool hasTokens) {
  const Packed &packed = layout[place];
  OpFoldResult one = b.getIndexAttr(1), zero = b.getIndexAttr(0);
  SmallVector<OpFoldResult> offsets = {zero, zero, zero, b.getIndexAttr(packed.offset)}, strides(4, one);
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(b, loc, tensor), kept;
  sizes[3] = b.getIndexAttr(packed.features);
  SmallVector<int64_t> shape;
  auto keep = [&](int64_t dim) {
    kept.push_back(sizes[dim]);
    shape.push_back(dim == 3 ? packed.features : typeOf(tensor).getDimSize(dim));
  };
  if (hasBatch())
    keep(0);
  if (hasTokens)
    keep(1);
  int64_t leading = shape.size(), rank = packed.type.getRank() - batchDims;
  if (rank > 0)
    keep(3);
  auto type = RankedTensorType::get(shape, element);
  Value slice = tensor::ExtractSliceOp::create(b, loc, type, tensor, offsets, sizes, strides);
  if (rank < 2)
    return slice;
  SmallVector<ReassociationIndices> groups;
  for (int64_t dim = 0; dim < leading; ++dim)
    groups.push_back({dim});
  groups.emplace_back();
  shape.pop_back();
  kept.pop_back();
  for (int64_t size : packed.type.getShape().drop_front(batchDims)) {
    groups.back().push_back(shape.size());
    shape.push_back(size);
    kept.push_back(b.getIndexAttr(size));
  }
  return tensor::ExpandShapeOp::create(b, loc, type.clone(shape), slice, groups, kept);
}

//===--- operands -------------------------------------------------------------------------===//

/// A value that the update reads and that no state is part of.
bool RegionRecurrence::addOperand(Value bodyValue) {
  if (loop.isOutside(bodyValue) || llvm::is_contained(tokenValues, bodyValue) || outside.contains(bodyValue))
    return true;
  if (bodyValue.getType().isIndex()) {
    std::optional<OpFoldResult> index = sequences.indexOf(bodyValue);
    if (index)
      outside.map(bodyValue, getValueOrCreateConstantIndexOp(builder, loc, *index));
    return index.has_value();
  }
  if (!isa<RankedTensorType>(bodyValue.getType()))
    return false;
  std::optional<Sequence> sequence = sequences.of(bodyValue);
  if (!sequence)
    return false;
  if (!sequence->varies()) {
    outside.map(bodyValue, sequence->value);
    return true;
  }
  RankedTensorType type = typeOf(bodyValue);
  bool isBatched = hasBatch() && type.getRank() > 0 && type.getDimSize(0) == layout[0].type.getDimSize(0);
  Value tokens = sequences.moveAxis(*sequence, isBatched ? 1 : 0).value;
  if (!isBatched) {
    // One row for all of the batch.
    SmallVector<ReassociationIndices> groups = {{0, 1}};
    SmallVector<int64_t> shape(typeOf(tokens).getShape());
    SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, tokens);
    for (int64_t dim = 1; dim < int64_t(shape.size()); ++dim)
      groups.push_back({dim + 1});
    shape.insert(shape.begin(), 1);
    sizes.insert(sizes.begin(), builder.getIndexAttr(1));
    tokens = tensor::ExpandShapeOp::create(builder, loc, type.clone(shape), tokens, groups, sizes);
  }
  tokenValues.push_back(bodyValue);
  operands.push_back(tokens);
  return true;
}

/// Values that a state is part of.
llvm::DenseSet<Value> RegionRecurrence::findCarried() const {
  llvm::DenseSet<Value> carried;
  for (unsigned state : states)
    carried.insert(loop.argument(state));
  for (Operation &op : loop.loop.getBody()->without_terminator())
    if (llvm::any_of(readsOf(&op), [&](Value read) { return carried.contains(read); }))
      carried.insert(op.result_begin(), op.result_end());
  return carried;
}

/// Sorts what the update reads into ops of the region and operands of the mixer.
bool RegionRecurrence::findOperands() {
  llvm::DenseSet<Value> carried = findCarried();
  llvm::SetVector<Operation *> needed;
  SmallVector<Value> open;
  for (unsigned state : states)
    open.push_back(loop.yielded(state));
  while (!open.empty()) {
    Value value = open.pop_back_val();
    Operation *op = value.getDefiningOp();
    bool isInside = carried.contains(value) || isCheap(op);
    if (loop.isOutside(value) || (isInside && !op))
      continue;
    if (isInside && needed.insert(op))
      llvm::append_range(open, readsOf(op));
    if (!isInside && !addOperand(value))
      return false;
  }
  body.assign(needed.begin(), needed.end());
  llvm::sort(body, [](Operation *left, Operation *right) { return left->isBeforeInBlock(right); });
  return true;
}

//===--- mixer ----------------------------------------------------------------------------===//

void RegionRecurrence::fillRegion(Region &region) {
  OpBuilder b(builder.getContext());
  Block *block = b.createBlock(&region);
  int64_t rows = getConstantIntValue(batch).value_or(ShapedType::kDynamic);
  block->addArgument(RankedTensorType::get({rows, 1, 1, features}, element), loc);
  for (Value operand : operands) {
    SmallVector<int64_t> shape(typeOf(operand).getShape());
    shape.erase(shape.begin() + 1);
    block->addArgument(typeOf(operand).clone(shape), loc);
  }
  IRMapping mapping = outside;
  for (auto [place, state] : llvm::enumerate(states))
    mapping.map(loop.argument(state), unpack(b, block->getArgument(0), place, /*hasTokens=*/false));
  for (auto [value, argument] : llvm::zip_equal(tokenValues, block->getArguments().drop_front())) {
    Value token = argument;
    if (token.getType() != value.getType()) {
      // The row that stands for all of the batch.
      SmallVector<ReassociationIndices> groups;
      for (int64_t dim = 0; dim < typeOf(value).getRank(); ++dim)
        groups.push_back({dim + 1});
      if (!groups.empty())
        groups.front().insert(groups.front().begin(), 0);
      token = tensor::CollapseShapeOp::create(b, loc, value.getType(), token, groups);
    }
    mapping.map(value, token);
  }
  for (Operation *op : body)
    b.clone(*op, mapping);
  SmallVector<Value> next;
  for (unsigned state : states)
    next.push_back(mapping.lookupOrDefault(loop.yielded(state)));
  Value packed = pack(b, next);
  if (packed.getType() != block->getArgument(0).getType())
    packed = tensor::CastOp::create(b, loc, block->getArgument(0).getType(), packed);
  mixer::YieldOp::create(b, loc, packed);
}

void RegionRecurrence::emitMixer(bool handsOut) {
  MLIRContext *context = builder.getContext();
  OpFoldResult one = builder.getIndexAttr(1), width = builder.getIndexAttr(features);
  auto rowType = RankedTensorType::get({1, 1, 1, features}, element);
  Value value = arith::ConstantOp::create(builder, loc, builder.getZeroAttr(rowType));
  SmallVector<OpFoldResult> outputSizes = {batch, loop.length, one, width}, stateSizes = {batch, one, one, width};
  Value inits[] = {tensor::EmptyOp::create(builder, loc, outputSizes, element),
                   tensor::EmptyOp::create(builder, loc, stateSizes, element)};
  SmallVector<Value> before;
  for (unsigned state : states)
    before.push_back(loop.loop.getInitArgs()[state]);
  auto isZero = [](Value tensor) {
    if (auto fill = tensor.getDefiningOp<linalg::FillOp>())
      tensor = fill.getInputs()[0];
    return matchPattern(tensor, m_AnyZeroFloat());
  };
  SmallVector<Value> initial;
  if (!llvm::all_of(before, isZero))
    initial = {pack(builder, before)};
  ArrayRef<Value> used = handsOut ? ArrayRef<Value>(inits) : ArrayRef<Value>(inits).take_front();
  auto mix = mixer::MixOp::create(
      builder, loc, ValueRange(used).getTypes(), Value(), Value(), value, operands, Value(), Value(), Value(), initial,
      used,
      mixer::LayoutAttr::get(context, loop.reversed ? mixer::Order::Reverse : mixer::Order::Forward,
                             mixer::Align::Start),
      mixer::CausalAttr::get(context), mixer::RegionAttr::get(context),
      mixer::LinearAttr::get(context, APFloat(1.0), false),
      mixer::NormAttr::get(context, mixer::NormKind::None, APFloat(0.0)), mixer::FormAttr());
  fillRegion(mix.getTransportRegion());
  output = mix.getResult(0);
  if (handsOut)
    final = mix.getResult(1);
}

std::optional<RegionRecurrence> RegionRecurrence::create(const TokenLoop &loop, TokenSequences &sequences,
                                                         ArrayRef<unsigned> states, bool handsOut) {
  RegionRecurrence result(loop, sequences, states);
  if (!result.layOut() || !result.findOperands())
    return std::nullopt;
  result.emitMixer(handsOut);
  return result;
}

Sequence RegionRecurrence::after(unsigned place) {
  return {unpack(builder, output, place, /*hasTokens=*/true), batchDims};
}

Value RegionRecurrence::finalState(unsigned place) { return unpack(builder, final, place, /*hasTokens=*/false); }

} // namespace heddle
