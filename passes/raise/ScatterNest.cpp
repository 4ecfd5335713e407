#include "passes/raise/ScatterNest.h"

#include "passes/raise/ConcreteSizes.h"
#include "passes/raise/FixedPositions.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace heddle {
namespace {

/// One index of the write, as a function of the loops that it depends on.
class WrittenIndex {
public:
  WrittenIndex(ScatterNest &nest, int64_t dim) : nest(nest), dim(dim) { collect(); }

  std::optional<ScatterPlace> place(func::FuncOp entry) {
    if (ops.empty())
      return simplePlace();
    if (llvm::any_of(ops, [](Operation *op) { return op->getNumRegions() != 0; }))
      return std::nullopt;
    for (ArrayRef<int64_t> symbols : positionSamples(entry))
      if (!sample(entry, symbols))
        return std::nullopt;
    if (std::optional<int64_t> first = constantFirst())
      return ScatterPlace{Builder(entry.getContext()).getIndexAttr(*first), along()};
    if (std::optional<int64_t> fromEnd = fixedFromEnd())
      return ScatterPlace{firstFromEnd(*fromEnd), along()};
    return std::nullopt;
  }

private:
  /// The positions at some sizes of the symbols.
  struct Sample {
    int64_t first, size; // of the dimension that is written to
    SmallVector<int64_t> steps, counts;
  };

  Value index() { return nest.write.getIndices()[dim]; }
  bool isInside(Operation *op) { return op && nest.outer()->isAncestor(op); }

  /// The ops of the innermost body that compute the index, and the loops whose positions they read.
  void collect() {
    SmallVector<Value> open{index()};
    llvm::SetVector<Operation *> found;
    while (!open.empty()) {
      Value value = open.pop_back_val();
      if (std::optional<unsigned> loop = nest.loopOf(value))
        loops.insert(*loop);
      else if (Operation *op = value.getDefiningOp(); isInside(op) && found.insert(op))
        llvm::append_range(open, op->getOperands());
    }
    ops = found.takeVector();
    llvm::sort(ops, [](Operation *left, Operation *right) { return left->isBeforeInBlock(right); });
  }

  /// Outside of the loops, or the position of one of them.
  std::optional<ScatterPlace> simplePlace() {
    OpFoldResult zero = Builder(nest.outer().getContext()).getIndexAttr(0);
    if (std::optional<unsigned> loop = nest.loopOf(index()))
      return ScatterPlace{zero, loop};
    return ScatterPlace{getAsOpFoldResult(index()), std::nullopt};
  }

  bool sample(func::FuncOp entry, ArrayRef<int64_t> symbols) {
    ConcreteSizes sizes(entry, symbols);
    Sample at;
    for (unsigned loop : loops) {
      std::optional<int64_t> count = sizes.value(nest.count(loop));
      if (count.value_or(0) < 1)
        return false;
      at.counts.push_back(*count);
    }
    auto indices = [&](OpBuilder &builder, ValueRange positions, ValueRange) {
      IRMapping mapping;
      for (auto [loop, position] : llvm::zip_equal(loops, positions))
        mapping.map(nest.loops[loop].getInductionVar(), position);
      for (Operation *op : ops)
        builder.clone(*op, mapping);
      return SmallVector<Value>{mapping.lookupOrDefault(index())};
    };
    IterationSpace space{nest.outer(), at.counts, {}, {}, symbols};
    std::optional<SmallVector<ReferenceTensor>> table = evaluatePositions(entry, space, 1, indices);
    std::optional<AffinePosition> position = table ? affinePosition(table->front().integers, at.counts) : std::nullopt;
    std::optional<int64_t> size = sizes.size(nest.outer().getInitArgs()[0], dim);
    if (!position || !size)
      return false;
    at.first = position->first, at.size = *size, at.steps = position->steps;
    samples.push_back(std::move(at));
    return hasOneStep(samples.back());
  }

  /// Every sample moves by 1 with the loop of the first, and with no other.
  bool hasOneStep(const Sample &at) const {
    for (auto [loop, step, count] : llvm::zip_equal(loops, at.steps, at.counts))
      if (count > 1 && step != (along() == loop ? 1 : 0))
        return false;
    return true;
  }

  std::optional<unsigned> along() const {
    for (auto [loop, step] : llvm::zip_equal(loops, samples.front().steps))
      if (step != 0)
        return loop;
    return std::nullopt;
  }

  std::optional<int64_t> constantFirst() const {
    int64_t first = samples.front().first;
    bool isSame = llvm::all_of(samples, [&](const Sample &each) { return each.first == first; });
    return isSame ? std::optional(first) : std::nullopt;
  }

  std::optional<int64_t> fixedFromEnd() const {
    int64_t fromEnd = samples.front().first - samples.front().size;
    bool isSame = llvm::all_of(samples, [&](const Sample &each) { return each.first - each.size == fromEnd; });
    return isSame ? std::optional(fromEnd) : std::nullopt;
  }

  OpFoldResult firstFromEnd(int64_t fromEnd) {
    OpBuilder builder(nest.outer());
    Location loc = nest.outer().getLoc();
    OpFoldResult size = tensor::getMixedSize(builder, loc, nest.outer().getInitArgs()[0], dim);
    AffineExpr sum = builder.getAffineSymbolExpr(0) + fromEnd;
    return affine::makeComposedFoldedAffineApply(builder, loc, sum, {size});
  }

  ScatterNest &nest;
  int64_t dim;
  SmallVector<Operation *> ops;
  llvm::SetVector<unsigned> loops;
  SmallVector<Sample> samples;
};

} // namespace

std::optional<ScatterNest> ScatterNest::match(scf::ForOp outer) {
  ScatterNest nest;
  scf::ForOp loop = outer;
  while (true) {
    std::optional<int64_t> count = getConstantIntValue(loop.getUpperBound());
    if (count.value_or(1) < 1 || !outer.isDefinedOutsideOfLoop(loop.getUpperBound()) ||
        getConstantIntValue(loop.getLowerBound()) != 0 || getConstantIntValue(loop.getStep()) != 1 ||
        loop.getNumResults() != 1)
      return std::nullopt;
    nest.loops.push_back(loop);
    auto inner = loop.getYieldedValues()[0].getDefiningOp<scf::ForOp>();
    bool isNested = inner && inner.getInitArgs() == ValueRange(loop.getRegionIterArg(0)) &&
                    llvm::hasNItems(loop.getBody()->without_terminator(), 1);
    if (!isNested)
      break;
    loop = inner;
  }
  nest.write = loop.getYieldedValues()[0].getDefiningOp<tensor::InsertOp>();
  if (!nest.write || nest.write.getDest() != loop.getRegionIterArg(0))
    return std::nullopt;
  if (outer.isDefinedOutsideOfLoop(nest.write.getScalar()))
    return nest;
  nest.read = nest.write.getScalar().getDefiningOp<tensor::ExtractOp>();
  bool isMove = nest.read && nest.read->hasOneUse() && outer.isDefinedOutsideOfLoop(nest.read.getTensor());
  return isMove ? std::optional(nest) : std::nullopt;
}

OpFoldResult ScatterNest::count(unsigned loop) { return getAsOpFoldResult(loops[loop].getUpperBound()); }

bool ScatterNest::isSingle(unsigned loop) { return getConstantIntValue(count(loop)) == 1; }

std::optional<unsigned> ScatterNest::loopOf(Value index) {
  auto found = llvm::find_if(loops, [&](scf::ForOp loop) { return index == loop.getInductionVar(); });
  return found == loops.end() ? std::nullopt : std::optional<unsigned>(found - loops.begin());
}

std::optional<SmallVector<ScatterPlace>> ScatterNest::placesRead() {
  SmallVector<ScatterPlace> places;
  OpFoldResult zero = Builder(outer().getContext()).getIndexAttr(0);
  if (!read) {
    for (unsigned loop = 0; loop < loops.size(); ++loop)
      places.push_back({zero, loop});
    return places;
  }
  for (Value index : read.getIndices()) {
    std::optional<unsigned> loop = loopOf(index);
    if (!loop && !getConstantIntValue(index))
      return std::nullopt;
    places.push_back({loop ? zero : getAsOpFoldResult(index), loop});
  }
  return places;
}

std::optional<SmallVector<ScatterPlace>> ScatterNest::placesWritten(func::FuncOp entry) {
  SmallVector<ScatterPlace> places;
  for (int64_t dim = 0, rank = write.getIndices().size(); dim < rank; ++dim) {
    std::optional<ScatterPlace> place = WrittenIndex(*this, dim).place(entry);
    if (!place)
      return std::nullopt;
    places.push_back(*place);
  }
  return places;
}

} // namespace heddle
