// Scatters at constant positions are slices that are written.
//
//   %r = scf.for %c = %c0 to %c32 step %c1 iter_args(%out = %y) {        %row = tensor.extract_slice %token[0, 0] [1,
//   32] ..
//     %e = tensor.extract %token[%c0, %c]                          ->    %r = tensor.insert_slice %row into %y[0, 5, 0]
//     [1, 1, 32] .. %i = tensor.insert %e into %out[%c0, %c5, %c] scf.yield %i
//   }
//
// Positions that a frontend has joined into one tensor are followed to the constants that they come from.
#ifndef HEDDLE_PASSES_RAISE_SLICESCATTERS_H
#define HEDDLE_PASSES_RAISE_SLICESCATTERS_H

#include "mlir/IR/PatternMatch.h"

namespace heddle {

void addSliceScatterPatterns(mlir::RewritePatternSet &patterns);

} // namespace heddle

#endif
