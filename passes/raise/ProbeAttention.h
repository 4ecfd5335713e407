// Attention as a probe reads it off a region whose spelling shows nothing: chunks, rolls, gathered blocks.
#ifndef HEDDLE_PASSES_RAISE_PROBEATTENTION_H
#define HEDDLE_PASSES_RAISE_PROBEATTENTION_H

#include "passes/raise/RegionRaise.h"

namespace heddle {

/// A mixer with softmax score for a region with a query, a key, a value and several softmaxes.
RegionProposal proposeComposedAttention(mlir::ImplicitLocOpBuilder &builder, const TokenRegion &region,
                                        const Probe &probe);

} // namespace heddle

#endif
