#include "passes/raise/TokenMajor.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/ReshapeOpsUtils.h"

using namespace mlir;

namespace heddle {
namespace {

/// The dimensions `kept` of `tensor` in their order; the others have size 1.
Value permuted(ImplicitLocOpBuilder &b, Value tensor, ArrayRef<int64_t> kept) {
  auto type = cast<RankedTensorType>(tensor.getType());
  if (llvm::equal(kept, llvm::seq<int64_t>(0, type.getRank())))
    return tensor;
  SmallVector<OpFoldResult> all = tensor::getMixedSizes(b, b.getLoc(), tensor), sizes;
  SmallVector<AffineExpr> reads(type.getRank(), b.getAffineConstantExpr(0));
  for (auto [place, dim] : llvm::enumerate(kept)) {
    sizes.push_back(all[dim]);
    reads[dim] = b.getAffineDimExpr(place);
  }
  Value empty = tensor::EmptyOp::create(b, sizes, type.getElementType());
  SmallVector<AffineMap> maps = {AffineMap::get(kept.size(), 0, reads, b.getContext()),
                                 b.getMultiDimIdentityMap(kept.size())};
  SmallVector<utils::IteratorType> iterators(kept.size(), utils::IteratorType::parallel);
  return linalg::GenericOp::create(b, empty.getType(), tensor, empty, maps, iterators,
                                   [](OpBuilder &body, Location loc, ValueRange elements) {
                                     linalg::YieldOp::create(body, loc, elements[0]);
                                   })
      .getResult(0);
}

/// Groups of slots, each with one named dimension; new ones go with the one in front of them.
SmallVector<ReassociationIndices> groupsOf(const Slots &slots, int64_t count) {
  SmallVector<ReassociationIndices> groups(count);
  int64_t group = -1;
  for (auto [place, dim] : llvm::enumerate(slots)) {
    if (dim)
      ++group;
    groups[std::max<int64_t>(group, 0)].push_back(place);
  }
  return groups;
}

SmallVector<int64_t> namedDims(const Slots &slots) {
  SmallVector<int64_t> dims;
  for (std::optional<int64_t> dim : slots)
    if (dim)
      dims.push_back(*dim);
  return dims;
}

} // namespace

Value toSlots(ImplicitLocOpBuilder &b, Value tensor, const Slots &slots) {
  auto type = cast<RankedTensorType>(tensor.getType());
  SmallVector<int64_t> kept = namedDims(slots);
  for (int64_t dim = 0; dim < type.getRank(); ++dim)
    if (!llvm::is_contained(kept, dim) && type.getDimSize(dim) != 1)
      return nullptr;
  Value ordered = permuted(b, tensor, kept);
  if (kept.size() == slots.size())
    return ordered;
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(b, b.getLoc(), ordered), output;
  SmallVector<int64_t> shape;
  int64_t next = 0;
  for (std::optional<int64_t> dim : slots) {
    output.push_back(dim ? sizes[next] : OpFoldResult(b.getIndexAttr(1)));
    shape.push_back(dim ? cast<RankedTensorType>(ordered.getType()).getDimSize(next++) : 1);
  }
  return tensor::ExpandShapeOp::create(b, RankedTensorType::get(shape, type.getElementType()), ordered,
                                       groupsOf(slots, kept.size()), output);
}

Value fromSlots(ImplicitLocOpBuilder &b, Value tensor, const Slots &slots, RankedTensorType type) {
  SmallVector<int64_t> kept = namedDims(slots);
  Value collapsed = tensor;
  if (kept.size() != slots.size())
    collapsed = tensor::CollapseShapeOp::create(b, tensor, groupsOf(slots, kept.size()));
  Slots all;
  for (int64_t dim = 0; dim < type.getRank(); ++dim) {
    auto *found = llvm::find(kept, dim);
    all.push_back(found == kept.end() ? std::nullopt : std::optional<int64_t>(found - kept.begin()));
  }
  return toSlots(b, collapsed, all);
}

Value emptyWithSlots(ImplicitLocOpBuilder &b, Value like, const Slots &slots) {
  SmallVector<OpFoldResult> all = tensor::getMixedSizes(b, b.getLoc(), like), sizes;
  for (std::optional<int64_t> dim : slots)
    sizes.push_back(dim ? all[*dim] : OpFoldResult(b.getIndexAttr(1)));
  return tensor::EmptyOp::create(b, sizes, getElementTypeOrSelf(like));
}

Value ones(ImplicitLocOpBuilder &b, Type element, int64_t rank) {
  auto type = RankedTensorType::get(SmallVector<int64_t>(rank, 1), element);
  return arith::ConstantOp::create(b, DenseElementsAttr::get(type, b.getFloatAttr(element, 1.0)));
}

} // namespace heddle
