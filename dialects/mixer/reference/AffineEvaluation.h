// Values of affine expressions on numbers, without creating attributes as AffineMap::constantFold does.
#ifndef HEDDLE_DIALECTS_MIXER_REFERENCE_AFFINEEVALUATION_H
#define HEDDLE_DIALECTS_MIXER_REFERENCE_AFFINEEVALUATION_H

#include "mlir/IR/AffineMap.h"

namespace heddle {

/// `values` holds the dimensions, then the symbols. Division by a non-positive number yields 0.
int64_t evaluateAffine(mlir::AffineExpr expression, llvm::ArrayRef<int64_t> values, unsigned numDims);

/// offset = base + sum of coefficient[d] * loop[d] over all results of `map` weighted by `strides`; nullopt when an
/// expression is not linear.
struct LinearOffset {
  int64_t base = 0;
  llvm::SmallVector<int64_t> coefficients;
};
std::optional<LinearOffset> linearOffset(mlir::AffineMap map, llvm::ArrayRef<int64_t> strides);

} // namespace heddle
#endif
