#include "passes/tile/IterationSpace.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;

namespace heddle {

int64_t LoopInfo::staticSize() const { return getConstantIntValue(size).value_or(ShapedType::kDynamic); }

//===--- access ---------------------------------------------------------------------------===//

std::optional<unsigned> Access::unitStrideLoop() const {
  if (!map || map.getNumResults() == 0)
    return std::nullopt;
  auto [strides, offset] = type().getStridesAndOffset();
  if (strides.back() != 1)
    return std::nullopt;
  AffineExpr last = map.getResults().back();
  for (unsigned loop = 0; loop < map.getNumDims(); ++loop) {
    AffineExpr dim = getAffineDimExpr(loop, map.getContext());
    // d_loop + (anything without d_loop) also moves by one element per step.
    AffineExpr rest = simplifyAffineExpr(last - dim, map.getNumDims(), 0);
    if (rest.isFunctionOfDim(loop))
      continue;
    bool elsewhere = llvm::any_of(map.getResults().drop_back(), [&](AffineExpr e) { return e.isFunctionOfDim(loop); });
    if (!elsewhere)
      return loop;
  }
  return std::nullopt;
}

std::optional<unsigned> Access::dimOfLoop(unsigned loop) const {
  if (!map)
    return std::nullopt;
  return map.getResultPosition(getAffineDimExpr(loop, map.getContext()));
}

//===--- construction ---------------------------------------------------------------------===//

SmallVector<unsigned> IterationSpace::loopsOfKind(bool reduction) const {
  SmallVector<unsigned> found;
  for (auto [index, loop] : llvm::enumerate(loops))
    if (loop.isReduction == reduction)
      found.push_back(index);
  return found;
}

int64_t IterationSpace::estimateTrips(ArrayRef<unsigned> which, int64_t dynamicSize) const {
  int64_t trips = 1;
  for (unsigned loop : which) {
    int64_t size = loops[loop].staticSize();
    trips *= ShapedType::isDynamic(size) ? dynamicSize : std::max<int64_t>(size, 1);
  }
  return trips;
}

IterationSpace makeIterationSpace(OpBuilder &builder, linalg::LinalgOp op) {
  IterationSpace space;
  SmallVector<utils::IteratorType> kinds = op.getIteratorTypesArray();
  for (auto [range, kind] : llvm::zip_equal(op.createLoopRanges(builder, op.getLoc()), kinds))
    space.loops.push_back({range.size, kind == utils::IteratorType::reduction});
  for (OpOperand &operand : op->getOpOperands()) {
    bool isScalar = op.isScalar(&operand);
    space.accesses.push_back({operand.get(), isScalar ? AffineMap() : op.getMatchingIndexingMap(&operand)});
  }
  space.numInputs = op.getNumDpsInputs();
  return space;
}

IterationSpace makeCopySpace(OpBuilder &builder, Location loc, Value source, Value target) {
  auto type = cast<MemRefType>(target.getType());
  AffineMap identity = builder.getMultiDimIdentityMap(type.getRank());
  IterationSpace space;
  for (int64_t dim = 0; dim < type.getRank(); ++dim) {
    OpFoldResult size = type.isDynamicDim(dim)
                            ? OpFoldResult(memref::DimOp::create(builder, loc, target, dim).getResult())
                            : OpFoldResult(builder.getIndexAttr(type.getDimSize(dim)));
    space.loops.push_back({size, /*isReduction=*/false});
  }
  space.accesses = {{source, identity}, {target, identity}};
  space.numInputs = 1;
  return space;
}

//===--- merging --------------------------------------------------------------------------===//

namespace {

/// The reassociation that joins dimensions `dim` and `dim + 1` of a memref of `rank`.
SmallVector<ReassociationIndices> joinDims(int64_t rank, int64_t dim) {
  SmallVector<ReassociationIndices> groups;
  for (int64_t i = 0; i < rank; ++i) {
    if (i == dim + 1)
      groups.back().push_back(i);
    else
      groups.push_back({i});
  }
  return groups;
}

/// Whether `access` walks the two loops as one: it uses neither, or both as adjacent contiguous dimensions.
bool walksAsOne(const Access &access, unsigned outer, unsigned inner) {
  if (!access.usesLoop(outer) && !access.usesLoop(inner))
    return true;
  auto outerDim = access.dimOfLoop(outer), innerDim = access.dimOfLoop(inner);
  if (!outerDim || !innerDim || *innerDim != *outerDim + 1)
    return false;
  for (auto [dim, expr] : llvm::enumerate(access.map.getResults()))
    if (dim != *outerDim && dim != *innerDim && (expr.isFunctionOfDim(outer) || expr.isFunctionOfDim(inner)))
      return false;
  return memref::CollapseShapeOp::isGuaranteedCollapsible(access.type(), joinDims(access.type().getRank(), *outerDim));
}

/// Removes loop `inner` from the maps, and the memref dimension that it indexed.
void joinAccess(OpBuilder &builder, Location loc, Access &access, unsigned outer, unsigned inner) {
  if (access.isScalar())
    return;
  SmallVector<AffineExpr> results(access.map.getResults());
  if (auto dim = access.dimOfLoop(inner)) {
    access.base =
        memref::CollapseShapeOp::create(builder, loc, access.base, joinDims(access.type().getRank(), *dim - 1));
    results.erase(results.begin() + *dim);
  }
  SmallVector<AffineExpr> renumbered;
  unsigned numLoops = access.map.getNumDims();
  for (unsigned loop = 0; loop < numLoops; ++loop)
    renumbered.push_back(builder.getAffineDimExpr(loop < inner ? loop : loop == inner ? 0 : loop - 1));
  AffineMap reduced = AffineMap::get(numLoops, 0, results, builder.getContext());
  access.map = reduced.replaceDimsAndSymbols(renumbered, {}, numLoops - 1, 0);
}

OpFoldResult multiplySizes(OpBuilder &builder, Location loc, OpFoldResult a, OpFoldResult b) {
  auto staticA = getConstantIntValue(a), staticB = getConstantIntValue(b);
  if (staticA && staticB)
    return builder.getIndexAttr(*staticA * *staticB);
  return arith::MulIOp::create(builder, loc, getValueOrCreateConstantIndexOp(builder, loc, a),
                               getValueOrCreateConstantIndexOp(builder, loc, b))
      .getResult();
}

void joinLoops(OpBuilder &builder, Location loc, IterationSpace &space, unsigned outer, unsigned inner) {
  for (Access &access : space.accesses)
    joinAccess(builder, loc, access, outer, inner);
  space.loops[outer].size = multiplySizes(builder, loc, space.loops[outer].size, space.loops[inner].size);
  space.loops.erase(space.loops.begin() + inner);
}

/// A pair of loops that can be merged, if there is one.
std::optional<std::pair<unsigned, unsigned>> findPair(const IterationSpace &space,
                                                      llvm::function_ref<bool(unsigned, unsigned)> mayMerge) {
  for (unsigned outer = 0; outer < space.loops.size(); ++outer)
    for (unsigned inner = 0; inner < space.loops.size(); ++inner) {
      if (outer == inner || space.loops[outer].isReduction != space.loops[inner].isReduction || !mayMerge(outer, inner))
        continue;
      if (llvm::all_of(space.accesses, [&](const Access &a) { return a.isScalar() || walksAsOne(a, outer, inner); }))
        return std::make_pair(outer, inner);
    }
  return std::nullopt;
}

} // namespace

void mergeLoops(OpBuilder &builder, Location loc, IterationSpace &space,
                llvm::function_ref<bool(unsigned, unsigned)> mayMerge) {
  while (auto pair = findPair(space, mayMerge))
    joinLoops(builder, loc, space, pair->first, pair->second);
}

//===--- indices --------------------------------------------------------------------------===//

SmallVector<Value> materializeIndices(OpBuilder &builder, Location loc, const Access &access, ValueRange ivs) {
  SmallVector<Value> indices;
  for (AffineExpr expr : access.map.getResults()) {
    if (auto dim = dyn_cast<AffineDimExpr>(expr)) {
      indices.push_back(ivs[dim.getPosition()]);
      continue;
    }
    // Only the loops in use: the value of another loop may not exist yet.
    AffineMap map = compressUnusedDims(AffineMap::get(access.map.getNumDims(), 0, expr));
    SmallVector<OpFoldResult> operands;
    for (auto [loop, iv] : llvm::enumerate(ivs))
      if (expr.isFunctionOfDim(loop))
        operands.push_back(iv);
    OpFoldResult index = affine::makeComposedFoldedAffineApply(builder, loc, map, operands);
    indices.push_back(getValueOrCreateConstantIndexOp(builder, loc, index));
  }
  return indices;
}

} // namespace heddle
