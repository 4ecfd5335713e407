#include "dialects/mixer/reference/LoopNest.h"

using namespace mlir;

namespace heddle {

int64_t OperandWalk::offset(ArrayRef<int64_t> loops) const {
  if (linear)
    return linear->base + dot(linear->coefficients, loops);
  int64_t offset = 0;
  for (auto [result, stride] : llvm::zip_equal(map.getResults(), strides))
    offset += stride * evaluateAffine(result, loops, map.getNumDims());
  return offset;
}

bool LoopNest::isLinear() const {
  return llvm::all_of(walks, [](const OperandWalk &walk) { return walk.linear.has_value(); });
}

// True when no point of the nest leaves `shape`. Affine expressions built of +, *, floordiv are monotone in each loop,
// so the two extreme corners decide for non-negative coefficients; every corner is tried to cover negative ones.
static bool staysInside(const OperandWalk &walk, ArrayRef<int64_t> bounds, ArrayRef<int64_t> shape) {
  for (auto [result, size] : llvm::zip_equal(walk.map.getResults(), shape)) {
    SmallVector<int64_t> corner(bounds.size(), 0);
    for (unsigned d = 0; d < bounds.size(); ++d)
      if (result.isFunctionOfDim(d)) {
        corner[d] = bounds[d] - 1;
        int64_t high = evaluateAffine(result, corner, bounds.size());
        corner[d] = 0;
        int64_t low = evaluateAffine(result, corner, bounds.size());
        if (high < low)
          corner[d] = bounds[d] - 1;
      }
    int64_t low = evaluateAffine(result, corner, bounds.size());
    for (unsigned d = 0; d < bounds.size(); ++d)
      corner[d] = bounds[d] - 1 - corner[d];
    int64_t high = evaluateAffine(result, corner, bounds.size());
    if (std::min(low, high) < 0 || std::max(low, high) >= size)
      return false;
  }
  return true;
}

std::optional<LoopNest> LoopNest::of(linalg::LinalgOp op, ArrayRef<ArrayRef<int64_t>> shapes) {
  LoopNest nest;
  SmallVector<int64_t> sizes;
  for (ArrayRef<int64_t> shape : shapes)
    llvm::append_range(sizes, shape);
  AffineMap shapesToLoops = op.getShapesToLoopsMap();
  if (!shapesToLoops) {
    op.emitOpError("expected indexing maps from which loop bounds can be read");
    return std::nullopt;
  }
  for (AffineExpr bound : shapesToLoops.getResults())
    nest.bounds.push_back(evaluateAffine(bound, sizes, shapesToLoops.getNumDims()));
  bool isEmpty = elementCount(nest.bounds) == 0;
  for (auto [map, shape] : llvm::zip_equal(op.getIndexingMapsArray(), shapes)) {
    OperandWalk walk{map, rowMajorStrides(shape), std::nullopt};
    walk.linear = linearOffset(map, walk.strides);
    if (!isEmpty && !staysInside(walk, nest.bounds, shape)) {
      op.emitOpError("operand ") << nest.walks.size() << " expected large enough for the loop bounds";
      return std::nullopt;
    }
    nest.walks.push_back(std::move(walk));
  }
  return nest;
}

} // namespace heddle
