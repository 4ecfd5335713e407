#include "passes/raise/Axes.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace heddle {

AxisList flatten(ArrayRef<AxisList> dims) {
  AxisList axes;
  for (const AxisList &dim : dims)
    llvm::append_range(axes, dim);
  return axes;
}

bool contains(ArrayRef<AxisId> axes, AxisId axis) { return llvm::is_contained(axes, axis); }

bool containsAny(ArrayRef<AxisId> axes, ArrayRef<AxisId> wanted) {
  return llvm::any_of(wanted, [&](AxisId axis) { return contains(axes, axis); });
}

AxisId Axes::add(int64_t size, Value tensor, int64_t dim) {
  bool isStatic = !tensor || !cast<RankedTensorType>(tensor.getType()).isDynamicDim(dim);
  table.push_back({size, tensor, dim, isStatic, {}});
  return table.size() - 1;
}

std::optional<AxisList> Axes::create(Value tensor, int64_t dim) {
  std::optional<int64_t> size = sizes.size(tensor, dim);
  if (!size)
    return std::nullopt;
  if (cast<RankedTensorType>(tensor.getType()).getDimSize(dim) == 1)
    return AxisList();
  return AxisList{add(*size, tensor, dim)};
}

std::optional<AxisDims> Axes::create(Value tensor) {
  AxisDims dims;
  for (int64_t dim = 0; dim < cast<RankedTensorType>(tensor.getType()).getRank(); ++dim) {
    std::optional<AxisList> axes = create(tensor, dim);
    if (!axes)
      return std::nullopt;
    dims.push_back(*axes);
  }
  return dims;
}

AxisList Axes::resolve(ArrayRef<AxisId> axes) const {
  AxisList resolved;
  for (AxisId axis : axes)
    if (table[axis].parts.empty())
      resolved.push_back(axis);
    else
      llvm::append_range(resolved, resolve(table[axis].parts));
  return resolved;
}

AxisDims Axes::resolveDims(ArrayRef<AxisList> dims) const {
  AxisDims resolved;
  for (const AxisList &dim : dims)
    resolved.push_back(resolve(dim));
  return resolved;
}

int64_t Axes::size(ArrayRef<AxisId> axes) const {
  int64_t product = 1;
  for (AxisId axis : resolve(axes))
    product *= table[axis].size;
  return product;
}

bool Axes::isStatic(ArrayRef<AxisId> axes) const {
  return llvm::all_of(resolve(axes), [&](AxisId axis) { return table[axis].isStatic; });
}

/// Results are as large as what they are written into. Taken from there, a size does not depend on a tensor that a
/// raise replaces by one of this size.
static OpFoldResult sizeOf(OpBuilder &builder, Location loc, Value tensor, int64_t dim) {
  while (auto op = tensor.getDefiningOp<DestinationStyleOpInterface>())
    tensor = op.getTiedOpOperand(cast<OpResult>(tensor))->get();
  if (auto empty = tensor.getDefiningOp<tensor::EmptyOp>())
    return empty.getMixedSizes()[dim];
  return tensor::DimOp::create(builder, loc, tensor, dim).getResult();
}

OpFoldResult Axes::sizeIn(OpBuilder &builder, Location loc, ArrayRef<AxisId> axes) const {
  OpFoldResult product = builder.getIndexAttr(1);
  for (AxisId axis : resolve(axes)) {
    const Entry &entry = table[axis];
    OpFoldResult factor =
        entry.isStatic ? OpFoldResult(builder.getIndexAttr(entry.size)) : sizeOf(builder, loc, entry.tensor, entry.dim);
    if (isConstantIntValue(product, 1)) {
      product = factor;
      continue;
    }
    AffineExpr left = builder.getAffineSymbolExpr(0), right = builder.getAffineSymbolExpr(1);
    product = affine::makeComposedFoldedAffineApply(builder, loc, left * right, {product, factor});
  }
  return product;
}

//===--- following reshapes ---------------------------------------------------------------===//

bool Axes::divide(ArrayRef<AxisId> axes, Value tensor, ArrayRef<int64_t> group, AxisDims &dims) {
  AxisList rest = resolve(axes);
  for (int64_t dim : group) {
    AxisList taken;
    std::optional<int64_t> wanted = sizes.size(tensor, dim);
    bool isUnit = cast<RankedTensorType>(tensor.getType()).getDimSize(dim) == 1;
    if (!wanted)
      return false;
    for (int64_t have = 1; !isUnit && have < *wanted;) {
      if (rest.empty() || *wanted % have)
        return false;
      int64_t missing = *wanted / have;
      AxisId next = rest.front();
      if (missing % table[next].size == 0) {
        // A part that was left over by a split gets its size from the first dim that is this part alone.
        if (!table[next].tensor && have == 1 && table[next].size == *wanted)
          table[next] = {*wanted, tensor, dim, !cast<RankedTensorType>(tensor.getType()).isDynamicDim(dim), {}};
        taken.push_back(next);
        rest.erase(rest.begin());
        have *= table[next].size;
        continue;
      }
      if (table[next].size % missing)
        return false;
      AxisId outer = add(missing, have == 1 ? tensor : Value(), dim);
      AxisId inner = add(table[next].size / missing, Value(), 0);
      table[next].parts = {outer, inner};
      rest.front() = inner;
      taken.push_back(outer);
      have = *wanted;
    }
    dims.push_back(std::move(taken));
  }
  return rest.empty();
}

/// The axes of each group of neighbouring dims, one behind the other.
static AxisDims joinGroups(ArrayRef<AxisList> dims, ArrayRef<ReassociationIndices> groups) {
  return llvm::map_to_vector<4>(
      groups, [&](const ReassociationIndices &group) { return flatten(dims.slice(group.front(), group.size())); });
}

/// The one operand of an op that passes elements on unchanged along permutations and broadcasts, or null.
static OpOperand *movedOperand(linalg::LinalgOp op) {
  if (op.getNumReductionLoops() || op->getNumResults() != 1 || !op.hasPureTensorSemantics())
    return nullptr;
  auto yielded = dyn_cast<BlockArgument>(op.getBlock()->getTerminator()->getOperand(0));
  if (!yielded || yielded.getOwner() != op.getBlock() || yielded.getArgNumber() >= op.getNumDpsInputs())
    return nullptr;
  OpOperand *operand = op.getDpsInputOperand(yielded.getArgNumber());
  bool isProjection = op.getMatchingIndexingMap(operand).isProjectedPermutation(/*allowZeroInResults=*/true);
  bool isTensor = isa<RankedTensorType>(operand->get().getType());
  return isTensor && isProjection && op.getIndexingMapMatchingResult(op->getResult(0)).isPermutation() ? operand
                                                                                                       : nullptr;
}

std::optional<Axes::Source> Axes::stepBack(Value result, ArrayRef<AxisList> dims) {
  Operation *op = result.getDefiningOp();
  if (!op)
    return std::nullopt;
  if (auto cast = dyn_cast<tensor::CastOp>(op))
    return Source{cast.getSource(), AxisDims(dims.begin(), dims.end())};
  if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(op)) {
    AxisDims before;
    for (auto [dim, group] : llvm::enumerate(collapse.getReassociationIndices()))
      if (!divide(dims[dim], collapse.getSrc(), group, before))
        return std::nullopt;
    for (int64_t dim = before.size(); dim < collapse.getSrcType().getRank(); ++dim)
      before.emplace_back(); // a scalar in disguise
    return Source{collapse.getSrc(), before};
  }
  if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op))
    return Source{expand.getSrc(), joinGroups(dims, expand.getReassociationIndices())};
  auto structured = dyn_cast<linalg::LinalgOp>(op);
  OpOperand *operand = structured ? movedOperand(structured) : nullptr;
  if (!operand)
    return std::nullopt;
  AffineMap resultMap = structured.getIndexingMapMatchingResult(cast<OpResult>(result));
  AxisDims before;
  for (AffineExpr expr : structured.getMatchingIndexingMap(operand).getResults()) {
    auto loop = dyn_cast<AffineDimExpr>(expr);
    before.push_back(loop ? dims[*resultMap.getResultPosition(loop)] : AxisList());
  }
  return Source{operand->get(), before};
}

std::optional<AxisDims> Axes::stepForward(Value operand, ArrayRef<AxisList> dims, Operation *user) {
  if (isa<tensor::CastOp>(user))
    return AxisDims(dims.begin(), dims.end());
  if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(user))
    return joinGroups(dims, collapse.getReassociationIndices());
  if (auto expand = dyn_cast<tensor::ExpandShapeOp>(user)) {
    AxisDims after;
    for (auto [dim, group] : llvm::enumerate(expand.getReassociationIndices()))
      if (!divide(dims[dim], expand.getResult(), group, after))
        return std::nullopt;
    return int64_t(after.size()) == expand.getResultType().getRank() ? std::optional(after) : std::nullopt;
  }
  auto structured = dyn_cast<linalg::LinalgOp>(user);
  OpOperand *moved = structured ? movedOperand(structured) : nullptr;
  if (!moved || moved->get() != operand || !structured.getMatchingIndexingMap(moved).isPermutation())
    return std::nullopt;
  AffineMap map = structured.getMatchingIndexingMap(moved);
  AxisDims after;
  for (AffineExpr expr : structured.getIndexingMapMatchingResult(structured->getResult(0)).getResults())
    after.push_back(dims[*map.getResultPosition(expr)]);
  return after;
}

} // namespace heddle
