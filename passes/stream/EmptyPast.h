// The whole-sequence entry behind a model whose caches grow: the model in front of its first token.
//
//   forward(q [B, T, 8], past [B, P, 8]) -> y [B, T, 8], present [B, P + T, 8]
//   whole  (q [B, T, 8]) -> y [B, T, 8]                          with P = 0 and every other state at its initial value
//
// A step is derived from it like from any other entry, with caches that are appended to.
#ifndef HEDDLE_PASSES_STREAM_EMPTYPAST_H
#define HEDDLE_PASSES_STREAM_EMPTYPAST_H

#include "passes/stream/StatePairs.h"

namespace heddle {

/// Turns a copy of an entry into the entry without states. Fails after a diagnostic.
llvm::LogicalResult emptyPast(mlir::func::FuncOp copy, const StatePairs &pairs);

} // namespace heddle

#endif
