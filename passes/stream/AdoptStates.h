// The step of a model that brings its states along: the entry itself, with what it keeps marked as states.
//
//   forward(x [B, T, 8], past [B, 4]) -> y [B, T, 8], present [B, 4]
//   step   (x [B, C, 8], position [B], past [B, 4]) -> y [B, C, 8], position [B], past [B, 4]
#ifndef HEDDLE_PASSES_STREAM_ADOPTSTATES_H
#define HEDDLE_PASSES_STREAM_ADOPTSTATES_H

#include "passes/stream/StatePairs.h"
#include "passes/stream/StreamProof.h"

namespace heddle {

/// Adds the step of `entry` behind it and proves it. `tokens`: the name of the symbol that counts the new tokens;
/// empty: the one that is no size of a state. Fails after a diagnostic.
llvm::LogicalResult adoptStates(mlir::func::FuncOp entry, const StatePairs &pairs, llvm::StringRef tokens,
                                llvm::StringRef name, ProofMode mode);

} // namespace heddle

#endif
