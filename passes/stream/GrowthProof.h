// Models whose caches grow: calls one after the other against one call on all tokens.
#ifndef HEDDLE_PASSES_STREAM_GROWTHPROOF_H
#define HEDDLE_PASSES_STREAM_GROWTHPROOF_H

#include "passes/stream/StatePairs.h"

namespace heddle {

/// Whether an input that is no state depends on the length of the past, as a mask of all keys does. One call on all
/// tokens may then mean something else than several calls.
bool hasInputsOfThePast(mlir::func::FuncOp entry, const StatePairs &pairs);

/// Two calls of the entry, the second with what the first left, against one call on all tokens, in the reference
/// evaluator. Fails after a diagnostic where they differ, or where an input depends on the length of the past otherwise
/// than by an element for each token so far.
llvm::LogicalResult proveGrowth(mlir::func::FuncOp entry, const StatePairs &pairs);

} // namespace heddle

#endif
