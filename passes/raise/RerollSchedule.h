// When a re-rolled loop computes each row of an unrolled table.
//
//   rows: g[i] = a * g[i-1] + x[i-1]   (the state before the update),   y[i] = c * g[i]
//
//   shift g = 1: iteration t computes g[t+1] from the carried g[t] and x[t];   shift y = 0: it computes y[t] from g[t]
//
// A loop may run towards smaller positions: then iteration t is column N-1-t of the table, and all distances change
// sign.
#ifndef HEDDLE_PASSES_RAISE_REROLLSCHEDULE_H
#define HEDDLE_PASSES_RAISE_REROLLSCHEDULE_H

#include "passes/raise/Stacks.h"
#include "passes/raise/UnrolledTable.h"

namespace heddle {

/// A stack whose pieces are a row's values.
struct RowStack {
  Stack stack;
  UnrolledRead read;
};

/// Rows of one loop, all numbers in the loop's own order of iterations.
struct RerollSchedule {
  int64_t iterations;
  bool reversed;
  llvm::SmallVector<unsigned> rows;         // in an order in which one iteration can compute them
  llvm::DenseMap<unsigned, int64_t> shifts; // iteration t computes the row's value of iteration t + shift
  llvm::SmallVector<RowStack> stacks;
  int64_t begin, end; // iterations that are alike in all rows: [begin, end)

  /// Column of the table.
  int64_t column(int64_t iteration) const { return reversed ? iterations - 1 - iteration : iteration; }
  /// How many iterations before the one that computes `user` the loop computes the row that it reads.
  int64_t carriedOver(unsigned user, const UnrolledRead &read) const {
    return (reversed ? -read.distance : read.distance) + shifts.lookup(read.index) - shifts.lookup(user);
  }
  int64_t carriedOver(const RowStack &stack) const {
    return (reversed ? -stack.read.distance : stack.read.distance) + shifts.lookup(stack.read.index);
  }
  /// What a row's result is in the given iteration of its own, if it is known.
  mlir::Value valueAt(const UnrolledTable &table, unsigned row, unsigned result, int64_t iteration) const {
    return table.rows[row].valueAt(result, column(iteration));
  }
  /// Position of a moving slice at an iteration: stride and offset in the loop's order.
  std::pair<int64_t, int64_t> position(const MovingSlice &slice) const {
    return reversed ? std::pair(-slice.stride, slice.offset + slice.stride * (iterations - 1))
                    : std::pair(slice.stride, slice.offset);
  }
};

/// One schedule for each set of rows that belong together and carry a state from token to token, if they have a stack
/// or one of `roots`. Rows of which neither direction gives an order are left out.
std::vector<RerollSchedule> scheduleRows(const UnrolledTable &table, llvm::ArrayRef<RowStack> stacks,
                                         llvm::ArrayRef<unsigned> roots);

} // namespace heddle

#endif
