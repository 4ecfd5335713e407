// States that depend on each other, in an order in which each group depends on earlier ones alone.
//
//   h' = f(h, x), c' = g(c, h')      ->   {h}, {c}           re' = a re - b im, im' = a im + b re    ->   {re, im}
#ifndef HEDDLE_PASSES_RAISE_STATEGROUPS_H
#define HEDDLE_PASSES_RAISE_STATEGROUPS_H

#include "passes/raise/TokenLoop.h"

namespace heddle {

struct StateGroup {
  llvm::SmallVector<unsigned, 2> states; // iteration arguments
  bool carries = true;                   // false: the new value does not depend on the old one
};

llvm::SmallVector<StateGroup> groupStates(const TokenLoop &loop);

} // namespace heddle

#endif
