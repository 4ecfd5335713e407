// Positions that are the same for all elements of a gather, such as the token of a loop.
//
//   %i = linalg.generic {yield index_cast %t} -> tensor<i64>           ONNX carries the iteration as a tensor,
//   %p = tensor.extract %i[]                                           counts negative positions from the end,
//   %q = select (%p < 0), %p + %T, %p                            ->    and the importer keeps them inside: all is %t
//   %r = minsi (maxsi %q, 0), %T - 1
#ifndef HEDDLE_PASSES_RAISE_SLICEPOSITIONS_H
#define HEDDLE_PASSES_RAISE_SLICEPOSITIONS_H

#include "mlir/IR/PatternMatch.h"

namespace heddle {

void addSlicePositionPatterns(mlir::RewritePatternSet &patterns);

} // namespace heddle

#endif
