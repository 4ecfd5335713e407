// What padding adds and a slice takes away again, with elementwise ops in between.
//
//   slice(y + d * pad(x))    becomes    slice(y) + d * x
//
// A sequence is padded to whole chunks, and more is added to what comes out of the chunks before the padding is cut
// off: in front of the sum, the slice shows where the chunks end.
#ifndef HEDDLE_PASSES_RAISE_SLICEPADDING_H
#define HEDDLE_PASSES_RAISE_SLICEPADDING_H

#include "mlir/IR/PatternMatch.h"

namespace heddle {

void addSlicePaddingPatterns(mlir::RewritePatternSet &patterns);

} // namespace heddle

#endif
