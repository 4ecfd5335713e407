#include "passes/raise/PackedStates.h"

#include "passes/raise/TokenTypes.h"

using namespace mlir;

namespace heddle {

std::optional<PackedStates> PackedStates::create(const TokenLoop &loop, TokenSequences &sequences,
                                                 ArrayRef<unsigned> states) {
  PackedStates result(loop.loop.getLoc());
  Value front = loop.argument(states.front());
  std::optional<SmallVector<OpFoldResult>> first = sequences.sizesOf(front);
  if (!first)
    return std::nullopt;
  for (unsigned state : states) {
    RankedTensorType type = typeOf(loop.argument(state));
    if (type.getRank() < 2 || type.getDimSize(0) != typeOf(front).getDimSize(0))
      result.batchDims = 0;
  }
  result.batch = result.hasBatch() ? first->front() : OpFoldResult(OpBuilder(loop.loop).getIndexAttr(1));
  for (unsigned state : states) {
    RankedTensorType type = typeOf(loop.argument(state));
    ArrayRef<int64_t> shape = type.getShape().drop_front(result.batchDims);
    auto own = dyn_cast<FloatType>(type.getElementType());
    if (ShapedType::isDynamicShape(shape) || !own || own.getWidth() < 32 || (result.element && own != result.element))
      return std::nullopt;
    result.element = own;
    result.places.push_back({type, result.features, ShapedType::getNumElements(shape)});
    result.features += result.places.back().features;
  }
  return result;
}

/// [B, features] (or [features]) of one state.
Value PackedStates::flat(OpBuilder &b, Value state, const Place &packed) const {
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

Value PackedStates::pack(OpBuilder &b, ValueRange values) const {
  OpFoldResult one = b.getIndexAttr(1), zero = b.getIndexAttr(0);
  OpFoldResult rows = one;
  if (hasBatch())
    rows = tensor::getMixedSize(b, loc, values[0], 0);
  SmallVector<OpFoldResult> sizes = {rows, one, one, b.getIndexAttr(features)};
  Value result = tensor::EmptyOp::create(b, loc, sizes, element);
  for (auto [value, packed] : llvm::zip_equal(values, places)) {
    SmallVector<OpFoldResult> offsets = {zero, zero, zero, b.getIndexAttr(packed.offset)}, strides(4, one);
    sizes[3] = b.getIndexAttr(packed.features);
    result = tensor::InsertSliceOp::create(b, loc, flat(b, value, packed), result, offsets, sizes, strides);
  }
  return result;
}

Value PackedStates::unpack(OpBuilder &b, Value tensor, unsigned place, bool hasTokens) const {
  const Place &packed = places[place];
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

} // namespace heddle
