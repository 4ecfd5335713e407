// Fourier transforms of features are products with a matrix: what does not mix tokens is no mixer.
#ifndef HEDDLE_PASSES_RAISE_FEATURETRANSFORMS_H
#define HEDDLE_PASSES_RAISE_FEATURETRANSFORMS_H

#include "passes/raise/Raiser.h"

namespace heddle {

/// Writes cosine and sine mixers along dimensions that are not made from tokens as products with constant matrices, and
/// those of zeros as zeros.
void lowerFeatureTransforms(mlir::func::FuncOp entry, Raiser &raiser);

} // namespace heddle

#endif
