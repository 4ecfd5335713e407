// Bringing a tensor from one arrangement of its axes to another.
#include "passes/raise/Axes.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace heddle {

/// Groups of consecutive dims of the longer shape, one for each dim of the shorter, where dims without axes join the
/// group in front of them (the first ones that behind).
static SmallVector<ReassociationIndices> groupsOf(ArrayRef<int64_t> axesPerGroup, ArrayRef<int64_t> axesPerDim) {
  SmallVector<ReassociationIndices> groups(axesPerGroup.size());
  int64_t group = 0, seen = 0;
  for (auto [dim, count] : llvm::enumerate(axesPerDim)) {
    if (count && seen == axesPerGroup[group]) {
      ++group;
      seen = 0;
    }
    seen += count;
    if (!groups.empty())
      groups[group].push_back(dim);
  }
  return groups;
}

static SmallVector<int64_t> countAxes(ArrayRef<AxisList> dims) {
  return llvm::map_to_vector(dims, [](const AxisList &dim) { return int64_t(dim.size()); });
}

static RankedTensorType typeOf(ArrayRef<OpFoldResult> shape, Value like) {
  SmallVector<int64_t> sizes;
  for (OpFoldResult size : shape)
    sizes.push_back(getConstantIntValue(size).value_or(ShapedType::kDynamic));
  return RankedTensorType::get(sizes, getElementTypeOrSelf(like));
}

Value Axes::arrange(OpBuilder &builder, Location loc, Value value, ArrayRef<AxisList> from,
                    ArrayRef<AxisList> to) const {
  AxisDims source = resolveDims(from), target = resolveDims(to);
  if (source == target)
    return value;
  AxisList order = flatten(source), wanted = flatten(target);
  // Where the order stays, dims are only joined and divided; a common refinement with one dim for each axis is between.
  auto shapeOf = [&](ArrayRef<AxisList> dims) {
    return llvm::map_to_vector(dims, [&](const AxisList &dim) { return sizeIn(builder, loc, dim); });
  };
  auto single = [](ArrayRef<AxisId> axes) {
    AxisDims dims;
    for (AxisId axis : axes)
      dims.push_back({axis});
    return dims;
  };
  auto collapse = [&](ArrayRef<AxisList> dims, ArrayRef<AxisList> joined) {
    if (dims.size() != joined.size())
      value = tensor::CollapseShapeOp::create(builder, loc, value, groupsOf(countAxes(joined), countAxes(dims)));
  };
  auto expand = [&](ArrayRef<AxisList> dims, ArrayRef<AxisList> divided) {
    if (dims.size() == divided.size())
      return;
    SmallVector<OpFoldResult> shape = shapeOf(divided);
    value = tensor::ExpandShapeOp::create(builder, loc, typeOf(shape, value), value,
                                          groupsOf(countAxes(dims), countAxes(divided)), shape);
  };
  auto withoutUnits = [](ArrayRef<AxisList> dims) {
    return llvm::to_vector_of<AxisList, 4>(
        llvm::make_filter_range(dims, [](const AxisList &dim) { return !dim.empty(); }));
  };
  AxisDims sourceCore = withoutUnits(source), targetCore = withoutUnits(target);
  collapse(source, sourceCore);
  AxisDims axesInOrder = single(order), axesWanted = single(wanted);
  expand(sourceCore, axesInOrder);
  if (order != wanted) {
    SmallVector<int64_t> permutation;
    for (AxisId axis : wanted)
      permutation.push_back(llvm::find(order, axis) - order.begin());
    SmallVector<OpFoldResult> shape = shapeOf(axesWanted);
    Value init = tensor::EmptyOp::create(builder, loc, shape, getElementTypeOrSelf(value));
    value = linalg::TransposeOp::create(builder, loc, value, init, permutation)->getResult(0);
  }
  collapse(axesWanted, targetCore);
  expand(targetCore, target);
  return value;
}

} // namespace heddle
