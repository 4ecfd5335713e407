// Lengths that a trace has frozen.
#ifndef HEDDLE_PASSES_RAISE_FREELENGTH_H
#define HEDDLE_PASSES_RAISE_FREELENGTH_H

#include "passes/raise/LengthProof.h"

namespace heddle {

/// The traced length of `entry` becomes a symbol of at most this length, its last one: tables with a row for each token
/// are cut to as many rows as there are tokens. That computes the first outputs of the entry where they do not depend
/// on later tokens, and is otherwise another model: whoever asks has to prove which. Fails after a diagnostic at the op
/// that makes sense at this length alone.
///
/// \returns the lengths that it takes, up to the traced one
llvm::FailureOr<LengthRange> limitLength(mlir::func::FuncOp entry);

} // namespace heddle

#endif
