#include "dialects/mixer/LookAhead.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace heddle::mixer {
namespace {

using Bound = std::optional<int64_t>;

/// The largest bound, where each of the parts has one.
Bound farthest(ArrayRef<Attribute> parts) {
  int64_t ahead = 0;
  for (Attribute part : parts) {
    Bound own = lookAheadOf(cast<SupportAttrInterface>(part));
    if (!own)
      return std::nullopt;
    ahead = std::max(ahead, *own);
  }
  return ahead;
}

/// The smallest bound of those that there are: a pair has to be in every part.
Bound nearest(ArrayRef<Attribute> parts) {
  Bound ahead;
  for (Attribute part : parts)
    if (Bound own = lookAheadOf(cast<SupportAttrInterface>(part)))
      ahead = ahead ? std::min(*ahead, *own) : *own;
  return ahead;
}

/// From the first token of a block to the last one of the last block that it sees.
Bound ofBlocks(BlockListAttr list) {
  ArrayRef<int64_t> offsets = list.getOffsets();
  int64_t ahead = 0;
  for (int64_t row = 0; row + 1 < int64_t(offsets.size()); ++row)
    if (offsets[row] < offsets[row + 1])
      ahead = std::max(ahead, (list.getBlocks()[offsets[row + 1] - 1] + 1 - row) * list.getBlock() - 1);
  return ahead;
}

} // namespace

Bound lookAheadOf(SupportAttrInterface support) {
  if (support.isCausal())
    return 0;
  return llvm::TypeSwitch<Attribute, Bound>(support)
      .Case<WindowAttr>([](WindowAttr window) { return window.getRight(); })
      .Case<DilatedAttr>([](DilatedAttr window) { return window.getRight() / window.getStep() * window.getStep(); })
      .Case<BlockCausalAttr>([](BlockCausalAttr blocks) { return blocks.getBlock() - 1; })
      .Case<GroupsAttr>([](GroupsAttr groups) { return groups.getSize() - 1; })
      .Case<SinksAttr>([](SinksAttr sinks) { return sinks.getCount() - 1; })
      .Case<BlockListAttr>(ofBlocks)
      .Case<Window2DAttr>([](Window2DAttr grid) { return grid.getReach(); })
      .Case<PerHeadAttr>([](PerHeadAttr heads) { return farthest(heads.getClasses()); })
      .Case<AnyOfAttr>([](AnyOfAttr parts) { return farthest(parts.getSupports()); })
      .Case<AllOfAttr>([](AllOfAttr parts) { return nearest(parts.getSupports()); })
      .Default(Bound());
}

} // namespace heddle::mixer
