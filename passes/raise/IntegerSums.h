// Running sums of integers, as exporters write positions: the number of tokens so far that are no padding.
//
//   %n:2 = scf.for .. { %c1 = %c + %mask_t : i32 ; write %c1 }       loops in f64 between two conversions
//
// Mixers compute with floats. A sum in f64 is exact below 2^53, which is decided by the width of what is summed and the
// number of tokens, so that the loop becomes one of floats, and a mixer like any other. Numbers of unknown size, such
// as the i64 of a mask that is an input, are summed in parts of so few bits that each sum is exact.
#ifndef HEDDLE_PASSES_RAISE_INTEGERSUMS_H
#define HEDDLE_PASSES_RAISE_INTEGERSUMS_H

#include "passes/raise/Raiser.h"

namespace heddle {

/// Rewrites loops of an entry that only add up integers.
void raiseIntegerSums(mlir::func::FuncOp entry, Raiser &raiser);

} // namespace heddle

#endif
