// Attention that no spelling shows: blocks gathered and rolled, chunks that overlap, rows of several softmaxes put
// together. What it is shows in what it does to chosen inputs.
//
//   q = k = 0, v one-hot    the output is n / N where a pair is read n times by a row that reads N keys: the support,
//                           and which pairs count several times because their block was gathered several times
//   q, k random             quotients of weights give the scale
#ifndef HEDDLE_PASSES_RAISE_PROBEATTENTION_H
#define HEDDLE_PASSES_RAISE_PROBEATTENTION_H

#include "passes/raise/LinearMixer.h"
#include "passes/raise/RegionRaise.h"
#include "passes/raise/SupportFit.h"

namespace heddle {

/// Pairs of all heads that are read `count` times, by the positions of a rectangle.
struct RepeatedPairs {
  int64_t firstQuery, endQuery, firstKey, endKey;
  int64_t count;
};

/// A softmax attention as a probe reads it off a region with three inputs.
struct ProbedAttention {
  Influence query, key, value;
  OutputDims dims;
  FittedSupport support;
  double scale = 1;
  llvm::SmallVector<RepeatedPairs> repeats;
};

/// Nothing where the region is no attention; then `why` has a reason if it looks like one.
std::optional<ProbedAttention> probeAttention(const Probe &probe, std::string &why);

/// A mixer with softmax score for a region with a query, a key and a value.
RegionProposal proposeProbedAttention(mlir::ImplicitLocOpBuilder &builder, const TokenRegion &region,
                                      const Probe &probe);

} // namespace heddle

#endif
