// Names for masks: which member of the support family is this matrix of booleans?
//
//   1 1 0 0 0          every entry with i - 1 <= j <= i:  #mixer.window<left = 1, right = 0>
//   0 1 1 0 0
//   0 0 1 1 0
//
// A mask is seen at one or several lengths. A name is given only where it agrees in every entry at every length.
#ifndef HEDDLE_PASSES_RAISE_SUPPORTFIT_H
#define HEDDLE_PASSES_RAISE_SUPPORTFIT_H

#include "dialects/mixer/Mixer.h"

namespace heddle {

/// The pairs that one head sees at one length.
struct PairGrid {
  int64_t queries = 0, keys = 0;
  std::vector<char> seen; // row-major [queries, keys]

  bool at(int64_t i, int64_t j) const { return seen[i * keys + j]; }
};

/// A mask at one length: a grid for each head, or one for all.
struct MaskSample {
  llvm::SmallVector<PairGrid> heads;
};

struct FittedSupport {
  mixer::SupportAttrInterface support;
  mixer::Align align = mixer::Align::Start;
};

/// `isFixedLength`: the samples show all there is, so lists of blocks and bounds by the length say enough.
std::optional<FittedSupport> fitSupport(mlir::MLIRContext *context, llvm::ArrayRef<MaskSample> samples,
                                        bool isFixedLength);

/// 1 + the largest distance or position that a support names: at this length it differs from simpler ones.
int64_t lengthToSee(mlir::Attribute support);

} // namespace heddle

#endif
