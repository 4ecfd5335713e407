// Filters of few taps along tokens. They stay ordinary operations, which fuse with what stands around them, and a model
// has one in every layer: so they are told from what may be a mixer before anything is evaluated.
#ifndef HEDDLE_PASSES_RAISE_SHORTFILTER_H
#define HEDDLE_PASSES_RAISE_SHORTFILTER_H

#include "passes/raise/TokenRegion.h"

namespace heddle {

/// Taps of the longest filter that stays as it is.
inline constexpr int64_t kShortTaps = 8;

/// Whether the region does more than one convolution of few taps, with padding and elementwise ops around it.
bool isNoShortFilter(const TokenRegion &region, const TokenAxes &axes);

} // namespace heddle

#endif
