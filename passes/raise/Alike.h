// Whether two ops do the same to different values.
#ifndef HEDDLE_PASSES_RAISE_ALIKE_H
#define HEDDLE_PASSES_RAISE_ALIKE_H

#include "mlir/IR/Operation.h"

namespace heddle {

/// Nothing where the ops differ in more than what they read. Otherwise what `op` reads: its operands, then the values
/// of the entry that its regions capture, in the order in which `sample` first mentions them.
std::optional<llvm::SmallVector<mlir::Value>> readsWhereAlike(mlir::Operation *sample, mlir::Operation *op);

} // namespace heddle

#endif
