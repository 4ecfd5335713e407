// Discrete Fourier transforms along tokens, of real or complex numbers, as mixers with cosines and sines.
#ifndef HEDDLE_PASSES_RAISE_TOKENTRANSFORM_H
#define HEDDLE_PASSES_RAISE_TOKENTRANSFORM_H

#include "passes/raise/PositionMatrix.h"
#include "passes/raise/RegionRaise.h"

namespace heddle {

/// A transform of the region's input, or what keeps it from being one; nothing of both where it is something else.
RegionProposal proposeTransform(mlir::ImplicitLocOpBuilder &b, const TokenRegion &region, const Probe &probe);

} // namespace heddle

#endif
