#include "passes/raise/TokenSequences.h"

#include "passes/raise/Reads.h"
#include "passes/raise/TokenTypes.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace heddle {

//===--- sizes ----------------------------------------------------------------------------===//

std::optional<OpFoldResult> TokenSequences::indexOf(OpFoldResult bodyIndex) {
  auto value = dyn_cast<Value>(bodyIndex);
  if (!value || loop.isOutside(value))
    return bodyIndex;
  if (std::optional<int64_t> constant = getConstantIntValue(value))
    return builder.getIndexAttr(*constant);
  Operation *op = value.getDefiningOp();
  if (!op)
    return std::nullopt;
  if (auto dim = dyn_cast<tensor::DimOp>(op)) {
    std::optional<SmallVector<OpFoldResult>> sizes = sizesOf(dim.getSource());
    std::optional<int64_t> index = dim.getConstantIndex();
    return sizes && index ? std::optional((*sizes)[*index]) : std::nullopt;
  }
  if (!isa<arith::ArithDialect, affine::AffineDialect>(op->getDialect()) || op->getNumRegions())
    return std::nullopt;
  IRMapping mapping;
  for (Value operand : op->getOperands()) {
    std::optional<OpFoldResult> outside = indexOf(OpFoldResult(operand));
    if (!outside)
      return std::nullopt;
    mapping.map(operand, getValueOrCreateConstantIndexOp(builder, loc, *outside));
  }
  return builder.clone(*op, mapping)->getResult(0);
}

std::optional<SmallVector<OpFoldResult>> TokenSequences::indicesOf(ArrayRef<OpFoldResult> bodyIndices) {
  SmallVector<OpFoldResult> results;
  for (OpFoldResult index : bodyIndices) {
    std::optional<OpFoldResult> outside = indexOf(index);
    if (!outside)
      return std::nullopt;
    results.push_back(*outside);
  }
  return results;
}

std::optional<SmallVector<OpFoldResult>> TokenSequences::sizesOf(Value bodyValue) {
  if (typeOf(bodyValue).hasStaticShape())
    return getAsIndexOpFoldResult(builder.getContext(), typeOf(bodyValue).getShape());
  if (loop.isOutside(bodyValue))
    return tensor::getMixedSizes(builder, loc, bodyValue);
  if (auto argument = dyn_cast<BlockArgument>(bodyValue))
    return sizesOf(loop.loop.getTiedLoopInit(argument)->get());
  Operation *op = bodyValue.getDefiningOp();
  if (auto empty = dyn_cast<tensor::EmptyOp>(op))
    return indicesOf(empty.getMixedSizes());
  if (auto style = dyn_cast<DestinationStyleOpInterface>(op))
    return sizesOf(style.getTiedOpOperand(cast<OpResult>(bodyValue))->get());
  if (std::optional<Sequence> sequence = of(bodyValue)) {
    SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, sequence->value);
    if (sequence->varies())
      sizes.erase(sizes.begin() + sequence->axis);
    return sizes;
  }
  return std::nullopt;
}

//===--- rules ----------------------------------------------------------------------------===//

std::optional<Sequence> TokenSequences::of(Value bodyValue) {
  if (loop.isOutside(bodyValue))
    return Sequence{bodyValue};
  auto found = known.find(bodyValue);
  if (found != known.end())
    return found->second;
  std::optional<Sequence> sequence = compute(bodyValue);
  known[bodyValue] = sequence;
  return sequence;
}

void TokenSequences::define(Value bodyValue, Sequence sequence) {
  SmallVector<Value> unknown;
  for (auto &[value, found] : known)
    if (!found)
      unknown.push_back(value);
  for (Value value : unknown)
    known.erase(value);
  known[bodyValue] = sequence;
}

std::optional<Sequence> TokenSequences::compute(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op || !isa<RankedTensorType>(value.getType()))
    return std::nullopt;
  unsigned result = cast<OpResult>(value).getResultNumber();
  if (auto slice = dyn_cast<tensor::ExtractSliceOp>(op))
    if (std::optional<TokenAccess> access = loop.accessOf(slice))
      return readToken(slice, *access);
  if (std::optional<Sequence> uniform = computeUniform(op, result))
    return uniform;
  return TypeSwitch<Operation *, std::optional<Sequence>>(op)
      .Case([&](linalg::GenericOp generic) { return computeGeneric(generic, result); })
      .Case([&](tensor::ExpandShapeOp expand) { return computeExpand(expand); })
      .Case([&](tensor::CollapseShapeOp collapse) { return computeCollapse(collapse); })
      .Case([&](tensor::ExtractSliceOp slice) { return computeSlice(slice); })
      .Case([&](tensor::InsertSliceOp insert) { return computeInsert(insert); })
      .Case([&](tensor::PadOp pad) { return computePad(pad); })
      .Case([&](tensor::ConcatOp concat) { return computeConcat(concat); })
      .Case([&](tensor::CastOp cast) { return computeCast(cast); })
      .Default([](Operation *) { return std::nullopt; });
}

/// An op whose operands are the same for all tokens is computed once.
std::optional<Sequence> TokenSequences::computeUniform(Operation *op, unsigned result) {
  IRMapping mapping;
  for (Value read : readsOf(op)) {
    if (read == loop.loop.getInductionVar())
      return std::nullopt;
    if (!isa<RankedTensorType>(read.getType())) {
      if (loop.isOutside(read))
        continue;
      std::optional<OpFoldResult> outside = read.getType().isIndex() ? indexOf(OpFoldResult(read)) : std::nullopt;
      if (!outside)
        return std::nullopt;
      mapping.map(read, getValueOrCreateConstantIndexOp(builder, loc, *outside));
      continue;
    }
    std::optional<Sequence> sequence = of(read);
    if (!sequence || sequence->varies())
      return std::nullopt;
    mapping.map(read, sequence->value);
  }
  return Sequence{builder.clone(*op, mapping)->getResult(result)};
}

std::optional<Sequence> TokenSequences::readToken(tensor::ExtractSliceOp slice, const TokenAccess &access) {
  std::optional<Sequence> source = of(slice.getSource());
  std::optional<SmallVector<OpFoldResult>> sizes = indicesOf(slice.getMixedSizes());
  if (!source || source->varies() || !sizes)
    return std::nullopt;
  SmallVector<OpFoldResult> offsets = slice.getMixedOffsets();
  offsets[access.axis] = access.shift;
  (*sizes)[access.axis] = loop.length;
  for (OpFoldResult &offset : offsets) {
    std::optional<OpFoldResult> outside = indexOf(offset);
    if (!outside)
      return std::nullopt;
    offset = *outside;
  }
  llvm::SmallBitVector dropped = slice.getDroppedDims();
  bool keepsToken = !dropped.test(access.axis);
  int64_t axis = 0;
  for (int64_t dim = 0; dim < access.axis; ++dim)
    axis += !dropped.test(dim);
  SmallVector<int64_t> shape(slice.getType().getShape());
  int64_t count = getConstantIntValue(loop.length).value_or(ShapedType::kDynamic);
  if (keepsToken)
    shape[axis] = count;
  else
    shape = inserted<int64_t>(shape, axis, count);
  auto type = slice.getType().clone(shape);
  Value tokens;
  auto whole = tensor::getMixedSizes(builder, loc, source->value);
  bool isWhole = llvm::all_of(offsets, [](OpFoldResult offset) { return isConstantIntValue(offset, 0); }) &&
                 isEqualConstantIntOrValueArray(whole, *sizes);
  if (isWhole && typeOf(source->value) == type)
    tokens = source->value;
  else
    tokens =
        tensor::ExtractSliceOp::create(builder, loc, type, source->value, offsets, *sizes, slice.getMixedStrides());
  if (!keepsToken)
    return Sequence{tokens, axis};
  // The token keeps its dimension, of size 1, behind the token axis.
  SmallVector<ReassociationIndices> groups;
  for (int64_t dim = 0, position = 0; dim < type.getRank(); ++dim, ++position) {
    groups.push_back({position});
    if (dim == axis)
      groups.back().push_back(++position);
  }
  auto expanded = type.clone(inserted<int64_t>(shape, axis + 1, 1));
  SmallVector<OpFoldResult> expandedSizes =
      inserted<OpFoldResult>(tensor::getMixedSizes(builder, loc, tokens), axis + 1, builder.getIndexAttr(1));
  return Sequence{tensor::ExpandShapeOp::create(builder, loc, expanded, tokens, groups, expandedSizes), axis};
}

/// A value of every token: itself `length` times.
Value TokenSequences::repeat(Value value, int64_t axis) {
  RankedTensorType type = typeOf(value);
  SmallVector<OpFoldResult> sizes =
      inserted<OpFoldResult>(tensor::getMixedSizes(builder, loc, value), axis, loop.length);
  Value empty = tensor::EmptyOp::create(builder, loc, sizes, type.getElementType());
  SmallVector<AffineMap> maps(2, builder.getMultiDimIdentityMap(type.getRank() + 1));
  maps[0] = maps[0].dropResult(axis);
  SmallVector<utils::IteratorType> kinds(type.getRank() + 1, utils::IteratorType::parallel);
  auto body = [](OpBuilder &nested, Location at, ValueRange elements) {
    linalg::YieldOp::create(nested, at, elements[0]);
  };
  return linalg::GenericOp::create(builder, loc, empty.getType(), value, empty, maps, kinds, body).getResult(0);
}

Sequence TokenSequences::moveAxis(Sequence sequence, int64_t axis) {
  if (!sequence.varies())
    return {repeat(sequence.value, axis), axis};
  if (sequence.axis == axis)
    return sequence;
  SmallVector<int64_t> order = llvm::to_vector(llvm::seq<int64_t>(0, typeOf(sequence.value).getRank()));
  order.erase(order.begin() + sequence.axis);
  order.insert(order.begin() + axis, sequence.axis);
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, sequence.value), permuted;
  for (int64_t dim : order)
    permuted.push_back(sizes[dim]);
  Value empty = tensor::EmptyOp::create(builder, loc, permuted, typeOf(sequence.value).getElementType());
  return {linalg::TransposeOp::create(builder, loc, sequence.value, empty, order)->getResult(0), axis};
}

} // namespace heddle
