#include "passes/raise/SliceScatters.h"

#include "passes/raise/FixedPositions.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace heddle {
namespace {

/// Perfectly nested loops that write one element of a tensor in each iteration.
struct ScatterNest {
  SmallVector<scf::ForOp> loops; // outer to inner
  SmallVector<int64_t> counts;
  tensor::ExtractOp read;
  tensor::InsertOp write;

  std::optional<int64_t> loopOf(Value index) {
    auto found = llvm::find_if(loops, [&](scf::ForOp loop) { return index == loop.getInductionVar(); });
    return found == loops.end() ? std::nullopt : std::optional<int64_t>(found - loops.begin());
  }
};

std::optional<ScatterNest> matchNest(scf::ForOp loop) {
  ScatterNest nest;
  while (true) {
    std::optional<int64_t> count = getConstantIntValue(loop.getUpperBound());
    if (!count || *count < 1 || getConstantIntValue(loop.getLowerBound()) != 0 ||
        getConstantIntValue(loop.getStep()) != 1 || loop.getNumResults() != 1)
      return std::nullopt;
    nest.loops.push_back(loop);
    nest.counts.push_back(*count);
    auto inner = loop.getYieldedValues()[0].getDefiningOp<scf::ForOp>();
    bool isNested = inner && inner.getInitArgs() == ValueRange(loop.getRegionIterArg(0)) &&
                    llvm::hasNItems(loop.getBody()->without_terminator(), 1);
    if (!isNested)
      break;
    loop = inner;
  }
  nest.write = loop.getYieldedValues()[0].getDefiningOp<tensor::InsertOp>();
  nest.read = nest.write ? nest.write.getScalar().getDefiningOp<tensor::ExtractOp>() : tensor::ExtractOp();
  bool isScatter = nest.read && nest.read->hasOneUse() && nest.write.getDest() == loop.getRegionIterArg(0) &&
                   nest.loops.front().isDefinedOutsideOfLoop(nest.read.getTensor());
  return isScatter ? std::optional(nest) : std::nullopt;
}

/// Where each iteration writes: for each dimension a number for each iteration, outer to inner. Nothing where data
/// decides.
std::optional<SmallVector<ReferenceTensor>> positionsOf(ScatterNest &nest, func::FuncOp entry) {
  auto indices = [&](OpBuilder &builder, ValueRange positions, ValueRange) {
    IRMapping mapping;
    for (auto [loop, position] : llvm::zip_equal(nest.loops, positions))
      mapping.map(loop.getInductionVar(), position);
    for (Operation &op : nest.loops.back().getBody()->without_terminator())
      if (&op != nest.write && &op != nest.read)
        builder.clone(op, mapping);
    return llvm::map_to_vector(nest.write.getIndices(), [&](Value index) { return mapping.lookupOrDefault(index); });
  };
  return evaluatePositions(entry, {nest.loops.front(), nest.counts, {}, {}}, nest.write.getIndices().size(), indices);
}

/// A place along one dimension: a number, and the loop that is added to it, if any.
struct Place {
  int64_t first = 0;
  std::optional<int64_t> loop;
};

std::optional<Place> placeAlong(const ReferenceTensor &positions) {
  std::optional<AffinePosition> position = affinePosition(positions.integers, positions.shape);
  if (!position)
    return std::nullopt;
  Place place{position->first, std::nullopt};
  for (auto [loop, step] : llvm::enumerate(position->steps)) {
    if (step == 0)
      continue;
    if (step != 1 || place.loop)
      return std::nullopt;
    place.loop = loop;
  }
  return place;
}

/// Offsets and sizes of what a nest reads or writes; loops of several iterations occur once and from outer to inner.
struct Box {
  SmallVector<OpFoldResult> offsets, sizes, strides;
  SmallVector<int64_t> shape; // without dimensions at one place
};

std::optional<Box> boxOf(ScatterNest &nest, ArrayRef<Place> places) {
  Builder builder(nest.loops.front().getContext());
  Box box;
  int64_t next = 0;
  for (const Place &place : places) {
    int64_t size = place.loop ? nest.counts[*place.loop] : 1;
    box.offsets.push_back(builder.getIndexAttr(place.first));
    box.sizes.push_back(builder.getIndexAttr(size));
    box.strides.push_back(builder.getIndexAttr(1));
    if (size == 1)
      continue;
    while (next < *place.loop && nest.counts[next] == 1)
      ++next;
    if (*place.loop != next++)
      return std::nullopt;
    box.shape.push_back(size);
  }
  bool hasAll = llvm::all_of(ArrayRef(nest.counts).drop_front(next), [](int64_t count) { return count == 1; });
  return hasAll ? std::optional(box) : std::nullopt;
}

std::optional<Box> boxRead(ScatterNest &nest) {
  SmallVector<Place> places;
  for (Value index : nest.read.getIndices()) {
    std::optional<int64_t> loop = nest.loopOf(index), constant = getConstantIntValue(index);
    if (!loop && !constant)
      return std::nullopt;
    places.push_back({constant.value_or(0), loop});
  }
  return boxOf(nest, places);
}

std::optional<Box> boxWritten(ScatterNest &nest, func::FuncOp entry) {
  std::optional<SmallVector<ReferenceTensor>> positions = positionsOf(nest, entry);
  if (!positions)
    return std::nullopt;
  SmallVector<Place> places;
  for (const ReferenceTensor &along : *positions) {
    std::optional<Place> place = placeAlong(along);
    if (!place)
      return std::nullopt;
    places.push_back(*place);
  }
  return boxOf(nest, places);
}

void write(ScatterNest &nest, const Box &from, const Box &to) {
  scf::ForOp outer = nest.loops.front();
  OpBuilder builder(outer);
  Location loc = outer.getLoc();
  auto type = RankedTensorType::get(from.shape, nest.write.getScalar().getType());
  Value part =
      tensor::ExtractSliceOp::create(builder, loc, type, nest.read.getTensor(), from.offsets, from.sizes, from.strides);
  Value whole =
      tensor::InsertSliceOp::create(builder, loc, part, outer.getInitArgs()[0], to.offsets, to.sizes, to.strides);
  outer.getResult(0).replaceAllUsesWith(whole);
  outer.erase();
}

} // namespace

void writeScattersAsSlices(func::FuncOp entry) {
  for (scf::ForOp loop : llvm::make_early_inc_range(entry.getOps<scf::ForOp>())) {
    std::optional<ScatterNest> nest = matchNest(loop);
    std::optional<Box> from = nest ? boxRead(*nest) : std::nullopt;
    std::optional<Box> to = from ? boxWritten(*nest, entry) : std::nullopt;
    if (to && from->shape == to->shape)
      write(*nest, *from, *to);
  }
}

} // namespace heddle
