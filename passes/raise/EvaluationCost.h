// How long the reference evaluator takes for an op, as elementary operations: about 5e7 of them in a second.
//
//   linalg.matmul 64x32 by 32x16             32768
//   scf.for over 2048 tokens                 2048 times its body
//   mixer.mix, causal, scalar decay          tokens times the state: the evaluator runs its recurrence
//   mixer.mix, softmax                       pairs of tokens times the features
#ifndef HEDDLE_PASSES_RAISE_EVALUATIONCOST_H
#define HEDDLE_PASSES_RAISE_EVALUATIONCOST_H

#include "passes/raise/ConcreteSizes.h"

namespace heddle {

/// A size that is not known counts as 1.
double evaluationCost(mlir::Operation *op, ConcreteSizes &sizes);

} // namespace heddle

#endif
