// Which values a re-rolled loop carries, when it has the choice.
//
//   h[t] = m[t] + x[t]     m[t+1] = a * h[t]      carries m[t+1], when all is computed as soon as it can be
//                          m[t] = a * h[t-1]      carries h[t], when m waits for the iteration that reads it
//
// The fewest values are carried, and of equals those closest to the tokens: a minimum cut between the rows that cannot
// wait and the iterations that follow.
#ifndef HEDDLE_PASSES_RAISE_REROLLCUT_H
#define HEDDLE_PASSES_RAISE_REROLLCUT_H

#include "passes/raise/RerollSchedule.h"

namespace heddle {

/// Rows that are better computed one iteration later than the schedule has it.
llvm::SmallVector<unsigned> rowsToDelay(const UnrolledTable &table, const RerollSchedule &schedule);

} // namespace heddle

#endif
