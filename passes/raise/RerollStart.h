// Guesses of what a re-rolled loop starts from, where folding has removed the initial state from the trace.
//
//   h0 = add %x0, 0.0       was  a * zeros + x0
//   m0 = max %k0, -1e38     was  max(start, k0)
//
// A guess is checked by the proof of the loop, so there are few and simple ones: zero, what the odd first iterations
// mention, one; and for a running maximum or minimum, the most extreme of these.
#ifndef HEDDLE_PASSES_RAISE_REROLLSTART_H
#define HEDDLE_PASSES_RAISE_REROLLSTART_H

#include "passes/raise/RerollLoop.h"

namespace heddle {

/// For each attempt, one number for each of the loop's carried values, used where its first value is not known.
llvm::SmallVector<llvm::SmallVector<double>> guessStarts(const UnrolledTable &table, const RerollSchedule &schedule,
                                                         const RerollLoop &loop);

/// A value like the results of a row with that number everywhere. Null where the row's type has no numbers.
mlir::Value startOf(mlir::OpBuilder &builder, const UnrolledTable &table, const CarriedValue &value, double number);

} // namespace heddle

#endif
