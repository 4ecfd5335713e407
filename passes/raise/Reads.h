// What an op reads: its operands, and what its regions use from outside of it.
//
//   %y = linalg.generic ins(%x) outs(%init) { %e = tensor.extract %table[%i] .. }       reads {%x, %init, %table, %i}
#ifndef HEDDLE_PASSES_RAISE_READS_H
#define HEDDLE_PASSES_RAISE_READS_H

#include "mlir/IR/Operation.h"
#include "llvm/ADT/SetVector.h"

namespace heddle {

/// Each value once: operands first, then values that are defined above the op's regions.
llvm::SetVector<mlir::Value> readsOf(mlir::Operation *op);

} // namespace heddle

#endif
