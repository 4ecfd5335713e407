// A linalg.generic of one token as one over all tokens.
#include "passes/raise/TokenSequences.h"
#include "passes/raise/TokenTypes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace heddle {

Value TokenSequences::initFor(linalg::GenericOp generic, unsigned result, int64_t axis) {
  OpOperand *init = generic.getDpsInitOperand(result);
  std::optional<SmallVector<OpFoldResult>> sizes = sizesOf(init->get());
  if (!sizes)
    return {};
  SmallVector<OpFoldResult> all = inserted<OpFoldResult>(*sizes, axis, loop.length);
  Type element = getElementTypeOrSelf(init->get());
  if (!generic.payloadUsesValueFromOperand(init))
    return tensor::EmptyOp::create(builder, loc, all, element);
  if (auto fill = init->get().getDefiningOp<linalg::FillOp>(); fill && loop.isOutside(fill.getInputs()[0])) {
    Value empty = tensor::EmptyOp::create(builder, loc, all, element);
    return linalg::FillOp::create(builder, loc, fill.getInputs()[0], empty).getResult(0);
  }
  std::optional<Sequence> sequence = of(init->get());
  return sequence ? moveAxis(*sequence, axis).value : Value();
}

std::optional<Sequence> TokenSequences::computeGeneric(linalg::GenericOp generic, unsigned result) {
  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps;
  std::optional<int64_t> axis;
  for (OpOperand *operand : generic.getDpsInputOperands()) {
    std::optional<Sequence> sequence =
        isa<RankedTensorType>(operand->get().getType()) ? of(operand->get()) : Sequence{operand->get()};
    if (!sequence)
      return std::nullopt;
    if (sequence->varies() && !axis)
      axis = sequence->axis;
    inputs.push_back(sequence->value);
  }
  SmallVector<Value> inits;
  int64_t rank = typeOf(generic.getResult(0)).getRank();
  int64_t tokens = std::min<int64_t>({axis.value_or(1), rank, int64_t(generic.getNumLoops())});
  for (unsigned number = 0; number < generic->getNumResults(); ++number) {
    if (typeOf(generic.getResult(number)).getRank() != rank)
      return std::nullopt;
    inits.push_back(initFor(generic, number, tokens));
    if (!inits.back())
      return std::nullopt;
  }
  // One more parallel loop, at the place where the results have their tokens.
  unsigned loops = generic.getNumLoops();
  AffineExpr token = builder.getAffineDimExpr(tokens);
  SmallVector<AffineExpr> shifted;
  for (unsigned dim = 0; dim < loops; ++dim)
    shifted.push_back(builder.getAffineDimExpr(dim + (dim >= tokens)));
  auto mapOf = [&](OpOperand &operand, int64_t at) {
    AffineMap map = generic.getMatchingIndexingMap(&operand).replaceDimsAndSymbols(shifted, {}, loops + 1, 0);
    return at < 0 ? map : map.insertResult(token, at);
  };
  for (OpOperand *operand : generic.getDpsInputOperands()) {
    bool isTensor = isa<RankedTensorType>(operand->get().getType());
    maps.push_back(mapOf(*operand, isTensor ? of(operand->get())->axis : -1));
  }
  for (OpOperand &operand : generic.getDpsInitsMutable())
    maps.push_back(mapOf(operand, tokens));
  SmallVector<utils::IteratorType> kinds =
      inserted<utils::IteratorType>(generic.getIteratorTypesArray(), tokens, utils::IteratorType::parallel);
  auto made = linalg::GenericOp::create(builder, loc, ValueRange(inits).getTypes(), inputs, inits, maps, kinds);
  if (!cloneBody(generic, made.getRegion(), tokens)) {
    made.erase();
    return std::nullopt;
  }
  return Sequence{made.getResult(result), tokens};
}

/// Position of the loop at a token.
Value TokenSequences::positionOf(OpBuilder &nested, Value token) {
  if (!loop.reversed)
    return arith::AddIOp::create(nested, loc, token, loop.loop.getLowerBound());
  Value one = arith::ConstantIndexOp::create(nested, loc, 1);
  Value last = arith::SubIOp::create(nested, loc, loop.loop.getUpperBound(), one);
  return arith::SubIOp::create(nested, loc, last, token);
}

/// Copies a body into a generic with a token loop at `axis`. What it reads from body tensors it reads at the token.
bool TokenSequences::cloneBody(linalg::GenericOp generic, Region &target, unsigned axis) {
  IRMapping mapping;
  generic.getRegion().cloneInto(&target, mapping);
  OpBuilder nested(&target.front(), target.front().begin());
  Value token = linalg::IndexOp::create(nested, loc, axis);
  for (linalg::IndexOp index : llvm::make_early_inc_range(target.getOps<linalg::IndexOp>()))
    if (index != token.getDefiningOp() && index.getDim() >= axis)
      index.setDim(index.getDim() + 1);
  llvm::SetVector<Value> captured;
  getUsedValuesDefinedAbove(generic.getRegion(), captured);
  for (Value value : captured) {
    if (loop.isOutside(value))
      continue;
    if (value == loop.loop.getInductionVar()) {
      replaceAllUsesInRegionWith(value, positionOf(nested, token), target);
      continue;
    }
    std::optional<Sequence> sequence = isa<RankedTensorType>(value.getType()) ? of(value) : std::nullopt;
    if (!sequence)
      return false;
    for (auto extract : llvm::make_early_inc_range(target.getOps<tensor::ExtractOp>())) {
      if (extract.getTensor() != value)
        continue;
      SmallVector<Value> indices(extract.getIndices());
      if (sequence->varies())
        indices.insert(indices.begin() + sequence->axis, token);
      OpBuilder here(extract);
      Value element = tensor::ExtractOp::create(here, loc, sequence->value, indices);
      extract.replaceAllUsesWith(element);
      extract.erase();
    }
  }
  if (token.use_empty())
    token.getDefiningOp()->erase();
  return true;
}

} // namespace heddle
