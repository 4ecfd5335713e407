// Whether an entry with a symbolic length computes what the entry with the traced length did.
//
// At the traced length both are evaluated on the same random inputs. At other lengths there is only the new entry:
// where the model is causal, what it computes from the first tokens is the beginning of what it computes from all.
#ifndef HEDDLE_PASSES_RAISE_LENGTHPROOF_H
#define HEDDLE_PASSES_RAISE_LENGTHPROOF_H

#include "passes/raise/Proof.h"

namespace heddle {

struct LengthVerdict {
  bool holds = false;
  std::string reason;
};

/// The last symbol of `freed` is the length. Lengths from `least` on are tried.
LengthVerdict proveLength(mlir::func::FuncOp original, mlir::func::FuncOp freed, int64_t length, int64_t least,
                          ProofMode mode);

} // namespace heddle

#endif
