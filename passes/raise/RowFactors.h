// Factors that the weights of a row share leave the sum over its tokens.
//
//   sum_j (w_ij / r_i) v_j     ->     (sum_j w_ij v_j) / r_i
//
// A mixer has no factor for each row: retention divides its decays by the root of their sum, and its scores by their
// size where that is above 1. Behind the sum what is left of the weights is a product of query, decay and key, and the
// quotient is one for each row instead of one for each pair.
#ifndef HEDDLE_PASSES_RAISE_ROWFACTORS_H
#define HEDDLE_PASSES_RAISE_ROWFACTORS_H

#include "passes/raise/Raiser.h"

namespace heddle {

/// Moves them behind every sum along tokens over pairs of tokens.
void moveRowFactors(mlir::func::FuncOp entry, Raiser &raiser);

} // namespace heddle

#endif
