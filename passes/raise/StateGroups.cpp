#include "passes/raise/StateGroups.h"

#include "passes/raise/Reads.h"

#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/DenseSet.h"

using namespace mlir;

namespace heddle {
namespace {

/// States that `value` is computed from.
llvm::BitVector statesBehind(const TokenLoop &loop, Value value) {
  llvm::BitVector result(loop.states.size());
  SmallVector<Value> open = {value};
  llvm::DenseSet<Value> seen;
  while (!open.empty()) {
    Value next = open.pop_back_val();
    if (loop.isOutside(next) || !seen.insert(next).second)
      continue;
    for (auto [place, state] : llvm::enumerate(loop.states))
      if (next == loop.argument(state))
        result.set(place);
    if (Operation *op = next.getDefiningOp())
      llvm::append_range(open, readsOf(op));
  }
  return result;
}

} // namespace

SmallVector<StateGroup> groupStates(const TokenLoop &loop) {
  unsigned count = loop.states.size();
  SmallVector<llvm::BitVector> reach;
  for (unsigned state : loop.states)
    reach.push_back(statesBehind(loop, loop.yielded(state)));
  for (unsigned middle = 0; middle < count; ++middle)
    for (unsigned from = 0; from < count; ++from)
      if (reach[from].test(middle))
        reach[from] |= reach[middle];
  SmallVector<StateGroup> groups;
  llvm::BitVector placed(count);
  while (!placed.all()) {
    for (unsigned from = 0; from < count; ++from) {
      llvm::BitVector group(count);
      group.set(from);
      for (unsigned other = 0; other < count; ++other)
        if (reach[from].test(other) && reach[other].test(from))
          group.set(other);
      llvm::BitVector needs = reach[from];
      needs.reset(group);
      needs.reset(placed);
      if (placed.test(from) || needs.any())
        continue;
      StateGroup made;
      for (unsigned member : group.set_bits())
        made.states.push_back(loop.states[member]);
      made.carries = reach[from].test(from);
      groups.push_back(made);
      placed |= group;
    }
  }
  return groups;
}

} // namespace heddle
