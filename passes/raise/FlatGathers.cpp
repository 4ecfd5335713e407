#include "passes/raise/FlatGathers.h"

#include "passes/raise/FixedPositions.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace heddle {
namespace {

/// An op that yields elements of one flat tensor.
struct FlatGather {
  linalg::GenericOp gather;
  tensor::ExtractOp read;
  tensor::CollapseShapeOp flat;
  SmallVector<int64_t> counts;
};

std::optional<FlatGather> matchGather(linalg::GenericOp gather) {
  auto read = gather.getBody()->getTerminator()->getOperand(0).getDefiningOp<tensor::ExtractOp>();
  auto flat = read ? read.getTensor().getDefiningOp<tensor::CollapseShapeOp>() : tensor::CollapseShapeOp();
  SmallVector<int64_t> counts = gather.getStaticLoopRanges();
  bool isGather = flat && flat.getResultType().getRank() == 1 && flat.getSrcType().hasStaticShape() &&
                  gather->getNumResults() == 1 && gather.getNumReductionLoops() == 0 &&
                  gather.getIndexingMapsArray().back().isIdentity() &&
                  llvm::all_of(counts, [](int64_t count) { return count > 0; });
  return isGather ? std::optional(FlatGather{gather, read, flat, counts}) : std::nullopt;
}

/// The place that each iteration reads. Nothing where data decides.
std::optional<std::vector<int64_t>> placesOf(FlatGather &flat, func::FuncOp entry) {
  SmallVector<AffineMap> maps = flat.gather.getIndexingMapsArray();
  maps.pop_back();
  auto indices = [&](OpBuilder &builder, ValueRange, ValueRange elements) {
    IRMapping mapping;
    mapping.map(flat.gather.getBody()->getArguments().drop_back(), elements);
    for (Operation &op : flat.gather.getBody()->without_terminator())
      if (&op != flat.read)
        builder.clone(op, mapping);
    return SmallVector<Value>{mapping.lookupOrDefault(flat.read.getIndices().front())};
  };
  std::optional<std::vector<int64_t>> places;
  for (ArrayRef<int64_t> symbols : positionSamples(entry)) {
    IterationSpace space{flat.gather, flat.counts, flat.gather.getInputs(), maps, symbols};
    std::optional<SmallVector<ReferenceTensor>> tables = evaluatePositions(entry, space, 1, indices);
    if (!tables || (places && *places != tables->front().integers))
      return std::nullopt;
    places = tables->front().integers;
  }
  return places;
}

/// The place in each dimension of what was made flat.
std::optional<SmallVector<AffinePosition>> unflattened(const FlatGather &flat, ArrayRef<int64_t> places,
                                                       ArrayRef<int64_t> shape) {
  SmallVector<AffinePosition> positions(shape.size());
  int64_t stride = 1;
  for (int64_t dim = int64_t(shape.size()) - 1; dim >= 0; stride *= shape[dim--]) {
    auto along = llvm::map_to_vector(places, [&](int64_t place) { return place / stride % shape[dim]; });
    std::optional<AffinePosition> position = affinePosition(along, flat.counts);
    if (!position)
      return std::nullopt;
    positions[dim] = std::move(*position);
  }
  return positions;
}

Value emit(OpBuilder &builder, Location loc, const AffinePosition &position) {
  Value sum = position.first ? arith::ConstantIndexOp::create(builder, loc, position.first).getResult() : Value();
  for (auto [loop, step] : llvm::enumerate(position.steps)) {
    if (step == 0)
      continue;
    Value term = linalg::IndexOp::create(builder, loc, loop);
    if (step != 1) {
      Value factor = arith::ConstantIndexOp::create(builder, loc, step);
      term = arith::MulIOp::create(builder, loc, term, factor);
    }
    sum = sum ? Value(arith::AddIOp::create(builder, loc, sum, term)) : term;
  }
  return sum ? sum : arith::ConstantIndexOp::create(builder, loc, 0).getResult();
}

void replace(FlatGather &flat, ArrayRef<AffinePosition> positions) {
  OpBuilder builder(flat.gather);
  auto body = [&](OpBuilder &nested, Location loc, ValueRange) {
    SmallVector<Value> indices;
    for (const AffinePosition &position : positions)
      indices.push_back(emit(nested, loc, position));
    linalg::YieldOp::create(nested, loc, Value(tensor::ExtractOp::create(nested, loc, flat.flat.getSrc(), indices)));
  };
  auto gather = linalg::GenericOp::create(builder, flat.gather.getLoc(), flat.gather.getResultTypes(), ValueRange(),
                                          flat.gather.getOutputs(), {flat.gather.getIndexingMapsArray().back()},
                                          flat.gather.getIteratorTypesArray(), body);
  flat.gather.getResult(0).replaceAllUsesWith(gather.getResult(0));
  flat.gather.erase();
}

} // namespace

void unflattenGathers(func::FuncOp entry) {
  for (linalg::GenericOp generic : llvm::make_early_inc_range(entry.getOps<linalg::GenericOp>())) {
    std::optional<FlatGather> flat = matchGather(generic);
    std::optional<std::vector<int64_t>> places = flat ? placesOf(*flat, entry) : std::nullopt;
    if (!places)
      continue;
    if (auto positions = unflattened(*flat, *places, flat->flat.getSrcType().getShape()))
      replace(*flat, *positions);
  }
}

} // namespace heddle
