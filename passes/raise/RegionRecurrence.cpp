#include "passes/raise/RegionRecurrence.h"

#include "passes/raise/Factors.h"
#include "passes/raise/Reads.h"
#include "passes/raise/TokenTypes.h"

#include "dialects/mixer/TensorMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace heddle {
namespace {

/// Ops that make a tensor from nothing; a region has its own.
bool isCheap(Operation *op) { return op && isa<tensor::EmptyOp, linalg::FillOp, arith::ConstantOp>(op); }

bool isCondition(Value tensor) { return getElementTypeOrSelf(tensor).isInteger(1); }

/// A tensor of `element`, each one computed from that of another tensor.
Value mapElements(OpBuilder &builder, Location loc, Value tensor, Type element,
                  llvm::function_ref<Value(ImplicitLocOpBuilder &, Value)> body) {
  mixer::TensorMath math(loc, builder);
  AffineMap same = math.getMultiDimIdentityMap(cast<RankedTensorType>(tensor.getType()).getRank());
  return math.generate(math.sizesOf(tensor), element, tensor, same,
                       [&](ImplicitLocOpBuilder &b, ValueRange at) { return body(b, at[0]); });
}

/// Conditions are no operands of a mixer: they enter as numbers, 0 where they do not hold.
Value numberOf(OpBuilder &builder, Location loc, Value condition, Type element) {
  return mapElements(builder, loc, condition, element, [&](ImplicitLocOpBuilder &b, Value each) -> Value {
    return arith::UIToFPOp::create(b, element, each);
  });
}

Value conditionOf(OpBuilder &builder, Location loc, Value number) {
  return mapElements(builder, loc, number, builder.getI1Type(), [](ImplicitLocOpBuilder &b, Value each) -> Value {
    Value zero = arith::ConstantOp::create(b, b.getZeroAttr(each.getType()));
    return arith::CmpFOp::create(b, arith::CmpFPredicate::UNE, each, zero);
  });
}

} // namespace

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
  bool isBatched = packed.hasBatch() && type.getRank() > 0 && type.getDimSize(0) == packed.batchExtent();
  Value tokens = sequences.moveAxis(*sequence, isBatched ? 1 : 0).value;
  if (isCondition(tokens))
    tokens = numberOf(builder, loc, tokens, packed.elementType());
  if (!isBatched) {
    // One row for all of the batch.
    SmallVector<ReassociationIndices> groups = {{0, 1}};
    SmallVector<int64_t> shape(typeOf(tokens).getShape());
    SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, tokens);
    for (int64_t dim = 1; dim < int64_t(shape.size()); ++dim)
      groups.push_back({dim + 1});
    shape.insert(shape.begin(), 1);
    sizes.insert(sizes.begin(), builder.getIndexAttr(1));
    tokens = tensor::ExpandShapeOp::create(builder, loc, RankedTensorType::get(shape, getElementTypeOrSelf(tokens)),
                                           tokens, groups, sizes);
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
  block->addArgument(RankedTensorType::get({packed.batchExtent(), 1, 1, packed.width()}, packed.elementType()), loc);
  for (Value operand : operands) {
    SmallVector<int64_t> shape(typeOf(operand).getShape());
    shape.erase(shape.begin() + 1);
    block->addArgument(typeOf(operand).clone(shape), loc);
  }
  IRMapping mapping = outside;
  for (auto [place, state] : llvm::enumerate(states))
    mapping.map(loop.argument(state), packed.unpack(b, block->getArgument(0), place, /*hasTokens=*/false));
  for (auto [value, argument] : llvm::zip_equal(tokenValues, block->getArguments().drop_front())) {
    Value token = isCondition(value) ? conditionOf(b, loc, argument) : argument;
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
  Value state = packed.pack(b, next);
  if (state.getType() != block->getArgument(0).getType())
    state = tensor::CastOp::create(b, loc, block->getArgument(0).getType(), state);
  mixer::YieldOp::create(b, loc, state);
}

void RegionRecurrence::emitMixer(bool handsOut) {
  MLIRContext *context = builder.getContext();
  OpFoldResult one = builder.getIndexAttr(1), width = builder.getIndexAttr(packed.width());
  auto rowType = RankedTensorType::get({1, 1, 1, packed.width()}, packed.elementType());
  Value value = arith::ConstantOp::create(builder, loc, builder.getZeroAttr(rowType));
  SmallVector<OpFoldResult> outputSizes = {packed.batchSize(), loop.length, one, width},
                            stateSizes = {packed.batchSize(), one, one, width};
  Value inits[] = {tensor::EmptyOp::create(builder, loc, outputSizes, packed.elementType()),
                   tensor::EmptyOp::create(builder, loc, stateSizes, packed.elementType())};
  SmallVector<Value> before;
  for (unsigned state : states)
    before.push_back(loop.loop.getInitArgs()[state]);
  auto isZero = [](Value tensor) { return constantOf(tensor) == 0.0; };
  SmallVector<Value> initial;
  if (!llvm::all_of(before, isZero))
    initial = {packed.pack(builder, before)};
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
  std::optional<PackedStates> packed = PackedStates::create(loop, sequences, states);
  if (!packed)
    return std::nullopt;
  RegionRecurrence result(loop, sequences, states, *packed);
  if (!result.findOperands())
    return std::nullopt;
  result.emitMixer(handsOut);
  return result;
}

Sequence RegionRecurrence::after(unsigned place) {
  return {packed.unpack(builder, output, place, /*hasTokens=*/true), packed.hasBatch() ? 1 : 0};
}

Value RegionRecurrence::finalState(unsigned place) { return packed.unpack(builder, final, place, /*hasTokens=*/false); }

} // namespace heddle
