// Before a step is handed on, it is compared with the entry that it was derived from.
//
//   forward on 9 random tokens     y0 .. y8
//   step on 4, 1, 1 and 3          y0 .. y3   y4   y5   y6 .. y8, the states handed from call to call
//   with a latency of 2            .. y1   y2   y3   y4 .. y6, and y7, y8 from any two tokens behind the end
//
// Both run in the reference evaluator, in double, so that the proof shares no code with what is compiled. A derivation
// that is wrong is an error at the entry and never a wrong result.
#ifndef HEDDLE_PASSES_STREAM_STREAMPROOF_H
#define HEDDLE_PASSES_STREAM_STREAMPROOF_H

#include "passes/raise/Proof.h"

namespace heddle {

struct StreamClaim {
  mlir::func::FuncOp entry, step;
  unsigned tokens = 0; // the symbol that counts them, or blocks of them
  int64_t depth = 0;   // the longest tail, counted alike: a sequence must be longer to show what falls out of it
  int64_t latency = 0; // how late the latest output is, counted alike
  // A model that brings its states along: one call on all tokens is compared with several.
  bool isOwnEntry() const { return entry == step; }
};

/// Cheap proves at one length, within a budget, and warns where it cannot; Always at several lengths.
llvm::LogicalResult proveStep(const StreamClaim &claim, ProofMode mode);

} // namespace heddle

#endif
