// What leaves a loop: sequences as its results, the value behind the last token, the value of the token before.
#include "passes/raise/TokenSequences.h"
#include "passes/raise/TokenTypes.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"

using namespace mlir;

namespace heddle {

Sequence TokenSequences::delayed(Sequence after, Value initial) {
  after = moveAxis(after, after.varies() ? after.axis : 0);
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, after.value);
  SmallVector<OpFoldResult> zeros(sizes.size(), builder.getIndexAttr(0)), ones(sizes.size(), builder.getIndexAttr(1));
  AffineExpr length = builder.getAffineSymbolExpr(0);
  OpFoldResult rest = affine::makeComposedFoldedAffineApply(builder, loc, length - 1, {loop.length});
  SmallVector<OpFoldResult> restSizes = sizes, oneSize = sizes, behind = zeros;
  restSizes[after.axis] = rest;
  oneSize[after.axis] = builder.getIndexAttr(1);
  behind[after.axis] = builder.getIndexAttr(1);
  SmallVector<OpFoldResult> initialAt = zeros;
  if (loop.reversed)
    initialAt[after.axis] = rest;
  Value moved =
      tensor::ExtractSliceOp::create(builder, loc, after.value, loop.reversed ? behind : zeros, restSizes, ones);
  Value empty = tensor::EmptyOp::create(builder, loc, sizes, getElementTypeOrSelf(after.value));
  Value filled =
      tensor::InsertSliceOp::create(builder, loc, moved, empty, loop.reversed ? zeros : behind, restSizes, ones);
  return {tensor::InsertSliceOp::create(builder, loc, initial, filled, initialAt, oneSize, ones), after.axis};
}

Value TokenSequences::lastOf(Sequence after) {
  if (!after.varies())
    return after.value;
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, after.value);
  SmallVector<OpFoldResult> offsets(sizes.size(), builder.getIndexAttr(0)), ones(sizes.size(), builder.getIndexAttr(1));
  if (!loop.reversed)
    offsets[after.axis] =
        affine::makeComposedFoldedAffineApply(builder, loc, builder.getAffineSymbolExpr(0) - 1, {loop.length});
  sizes[after.axis] = builder.getIndexAttr(1);
  auto type = cast<RankedTensorType>(after.value.getType());
  SmallVector<int64_t> shape(type.getShape());
  shape.erase(shape.begin() + after.axis);
  return tensor::ExtractSliceOp::create(builder, loc, type.clone(shape), after.value, offsets, sizes, ones);
}

Value TokenSequences::outputOf(const TokenLoop::Output &output) {
  std::optional<Sequence> sequence = of(output.token);
  if (!sequence)
    return {};
  auto insert = cast<tensor::InsertSliceOp>(output.insert);
  llvm::SmallBitVector dropped = insert.getDroppedDims();
  int64_t axis = 0;
  for (int64_t dim = 0; dim < output.access.axis; ++dim)
    axis += !dropped.test(dim);
  Value tokens = moveAxis(*sequence, axis).value;
  if (!dropped.test(output.access.axis)) {
    // Tokens take the place of the dimension of size 1.
    SmallVector<ReassociationIndices> groups;
    for (int64_t dim = 0, rank = cast<RankedTensorType>(tokens.getType()).getRank(); dim < rank; ++dim) {
      groups.push_back({dim});
      if (dim == axis)
        groups.back().push_back(++dim);
    }
    tokens = tensor::CollapseShapeOp::create(builder, loc, tokens, groups);
  }
  Value whole = loop.loop.getInitArgs()[output.number];
  if (tokens.getType() == whole.getType() && isConstantIntValue(output.access.shift, 0))
    return tokens;
  SmallVector<OpFoldResult> offsets = insert.getMixedOffsets(), sizes = insert.getMixedSizes();
  offsets[output.access.axis] = output.access.shift;
  sizes[output.access.axis] = loop.length;
  for (OpFoldResult mixed : llvm::concat<OpFoldResult>(offsets, sizes))
    if (auto value = dyn_cast<Value>(mixed); value && !loop.isOutside(value))
      return {};
  return tensor::InsertSliceOp::create(builder, loc, tokens, whole, offsets, sizes, insert.getMixedStrides());
}

} // namespace heddle
