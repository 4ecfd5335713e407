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
  bool exceedsBudget = false;
};

struct LengthRange {
  int64_t least = 1, most = std::numeric_limits<int64_t>::max();
};

/// `proveLength` for an entry that takes too long, at small sizes of everything else that no op needs; weights are
/// drawn like inputs. What is a symbol in `freed` and no other size of `original` is the length.
LengthVerdict proveSmallLength(mlir::func::FuncOp original, mlir::func::FuncOp freed, int64_t length, ProofMode mode);

/// The last symbol of `freed` is the length. Lengths within `range` are tried. Where it ends at the traced one, what
/// the shorter ones mean is known of models alone that see at most `lookAhead` tokens which follow, and others are
/// turned down.
LengthVerdict proveLength(mlir::func::FuncOp original, mlir::func::FuncOp freed, int64_t length, LengthRange range,
                          ProofMode mode, int64_t lookAhead = 0);

} // namespace heddle

#endif
