#include "passes/raise/SliceScatters.h"

#include "passes/raise/ScatterNest.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;

namespace heddle {
namespace {

/// Offsets and sizes of what a nest reads or writes; loops of several iterations occur once and from outer to inner.
struct Box {
  SmallVector<OpFoldResult> offsets, sizes, strides;
  SmallVector<int64_t> shape; // without dimensions at one place
};

std::optional<Box> boxOf(ScatterNest &nest, ArrayRef<ScatterPlace> places) {
  OpFoldResult one = Builder(nest.outer().getContext()).getIndexAttr(1);
  Box box;
  unsigned next = 0;
  auto skipSingle = [&] {
    while (next < nest.loops.size() && nest.isSingle(next))
      ++next;
  };
  for (const ScatterPlace &place : places) {
    bool isMoving = place.loop && !nest.isSingle(*place.loop);
    box.offsets.push_back(place.first);
    box.sizes.push_back(isMoving ? nest.count(*place.loop) : one);
    box.strides.push_back(one);
    if (!isMoving)
      continue;
    skipSingle();
    if (*place.loop != next++)
      return std::nullopt;
    box.shape.push_back(getConstantIntValue(box.sizes.back()).value_or(ShapedType::kDynamic));
  }
  skipSingle();
  return next == nest.loops.size() ? std::optional(box) : std::nullopt;
}

/// What is written, as one tensor.
Value partOf(OpBuilder &builder, ScatterNest &nest, const Box &from) {
  Location loc = nest.outer().getLoc();
  auto type = RankedTensorType::get(from.shape, nest.write.getScalar().getType());
  if (nest.read)
    return tensor::ExtractSliceOp::create(builder, loc, type, nest.read.getTensor(), from.offsets, from.sizes,
                                          from.strides);
  SmallVector<OpFoldResult> sizes;
  llvm::copy_if(from.sizes, std::back_inserter(sizes), [](OpFoldResult size) { return !isConstantIntValue(size, 1); });
  Value empty = tensor::EmptyOp::create(builder, loc, sizes, type.getElementType());
  return linalg::FillOp::create(builder, loc, nest.write.getScalar(), empty).getResult(0);
}

void write(ScatterNest &nest, const Box &from, const Box &to) {
  scf::ForOp outer = nest.outer();
  OpBuilder builder(outer);
  Value part = partOf(builder, nest, from);
  Value whole = tensor::InsertSliceOp::create(builder, outer.getLoc(), part, outer.getInitArgs()[0], to.offsets,
                                              to.sizes, to.strides);
  outer.getResult(0).replaceAllUsesWith(whole);
  outer.erase();
}

} // namespace

void writeScattersAsSlices(func::FuncOp entry) {
  for (scf::ForOp loop : llvm::make_early_inc_range(entry.getOps<scf::ForOp>())) {
    std::optional<ScatterNest> nest = ScatterNest::match(loop);
    auto read = nest ? nest->placesRead() : std::nullopt;
    std::optional<Box> from = read ? boxOf(*nest, *read) : std::nullopt;
    auto written = from ? nest->placesWritten(entry) : std::nullopt;
    std::optional<Box> to = written ? boxOf(*nest, *written) : std::nullopt;
    if (to)
      write(*nest, *from, *to);
  }
}

} // namespace heddle
