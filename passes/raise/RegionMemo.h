// What was made of regions before, so that equal layers of a model are probed once.
//
//   layer 24: %q, %k, %v -> chunks, masks, sums -> %o       probed, raised to mixer.mix
//   layer 23: the same ops on other values                  the same mixer.mix on these values, then a proof as always
//
// Two regions are the same where their functions are equal op by op, constants included, and tokens run along the same
// dimensions: a probe would answer the same. So what is raised does not depend on how many layers there are.
#ifndef HEDDLE_PASSES_RAISE_REGIONMEMO_H
#define HEDDLE_PASSES_RAISE_REGIONMEMO_H

#include "passes/raise/RegionRaise.h"

namespace heddle {

class RegionMemo {
public:
  /// A region as it is compared.
  struct Key {
    Excerpt excerpt;
    llvm::SmallVector<std::optional<int64_t>> tokenDims; // of the inputs, then of the output
  };
  static Key keyOf(const TokenRegion &region, const TokenAxes &axes, ConcreteSizes &sizes);

  /// What was proposed for a region that is the same, built again from the inputs of this one; nothing where there was
  /// none.
  std::optional<RegionProposal> find(mlir::ImplicitLocOpBuilder &builder, const Key &key) const;
  void add(Key key, const RegionProposal &proposal);

private:
  struct Entry {
    Key key;
    RegionProposal proposal;                           // without its value
    mlir::OwningOpRef<mlir::func::FuncOp> replacement; // from the inputs of the region; null where there is none
  };
  std::vector<Entry> entries;
};

} // namespace heddle

#endif
