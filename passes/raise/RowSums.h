// A mixer divided by the sums of its own weights is a normalised mixer.
#ifndef HEDDLE_PASSES_RAISE_ROWSUMS_H
#define HEDDLE_PASSES_RAISE_ROWSUMS_H

#include "passes/raise/Raiser.h"

namespace heddle {

/// Proposes norm row_sum wherever the output of a linear mixer is divided.
void raiseRowSums(mlir::func::FuncOp entry, Raiser &raiser);

} // namespace heddle

#endif
