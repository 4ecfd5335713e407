#include "passes/raise/SupportFit.h"

#include "passes/raise/SupportProposals.h"

using namespace mlir;

namespace heddle {

static int64_t shiftOf(const PairGrid &grid, mixer::Align align) {
  return align == mixer::Align::End ? grid.keys - grid.queries : 0;
}

static bool explains(Attribute attribute, const PairGrid &grid, int64_t shift) {
  auto support = cast<mixer::SupportAttrInterface>(attribute);
  for (int64_t i = 0; i < grid.queries; ++i)
    for (int64_t j = 0; j < grid.keys; ++j)
      if (support.contains(i + shift, j, 0) != grid.at(i, j))
        return false;
  return true;
}

/// The first of the supports that the largest grid suggests which explains all of them, or null.
static Attribute fitGrids(MLIRContext *context, ArrayRef<const PairGrid *> grids, mixer::Align align,
                          bool isFixedLength) {
  const PairGrid &largest =
      **llvm::max_element(grids, [](const PairGrid *a, const PairGrid *b) { return a->keys < b->keys; });
  SupportProposals proposals(context, largest, shiftOf(largest, align));
  // A bound that no grid shows may come from the length itself.
  auto isSeen = [&](Attribute support) { return isFixedLength || lengthToSee(support) <= largest.keys; };
  auto firstOf = [&](const SupportProposals::List &list) -> Attribute {
    auto fits = llvm::find_if(list, [&](Attribute support) {
      return isSeen(support) &&
             llvm::all_of(grids, [&](const PairGrid *grid) { return explains(support, *grid, shiftOf(*grid, align)); });
    });
    return fits == list.end() ? Attribute() : *fits;
  };
  if (Attribute support = firstOf(proposals.simple()))
    return support;
  if (Attribute support = firstOf(proposals.unions()))
    return support;
  return isFixedLength ? firstOf(proposals.blocks()) : Attribute();
}

std::optional<FittedSupport> fitSupport(MLIRContext *context, ArrayRef<MaskSample> samples, bool isFixedLength) {
  // Where keys outnumber queries, the queries are the newest tokens more often than the oldest.
  auto hasMoreKeys = [](const MaskSample &sample) { return sample.heads[0].keys > sample.heads[0].queries; };
  SmallVector<mixer::Align> aligns{mixer::Align::Start};
  if (llvm::all_of(samples, hasMoreKeys))
    aligns.insert(aligns.begin(), mixer::Align::End);
  for (mixer::Align align : aligns) {
    SmallVector<int64_t> heads;
    SmallVector<Attribute> classes;
    size_t count = samples.front().heads.size();
    for (size_t head = 0; head < count; ++head) {
      auto grids = llvm::map_to_vector(samples, [&](const MaskSample &sample) { return &sample.heads[head]; });
      Attribute support = fitGrids(context, grids, align, isFixedLength);
      if (!support)
        break;
      auto *known = llvm::find(classes, support);
      heads.push_back(known - classes.begin());
      if (known == classes.end())
        classes.push_back(support);
    }
    if (heads.size() < count)
      continue;
    Attribute support = classes.size() == 1 ? classes[0] : mixer::PerHeadAttr::get(context, heads, classes);
    auto fitted = cast<mixer::SupportAttrInterface>(support);
    return FittedSupport{fitted, fitted.isFull() ? mixer::Align::Start : align};
  }
  return std::nullopt;
}

} // namespace heddle
