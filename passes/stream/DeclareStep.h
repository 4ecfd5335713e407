// The step of an entry before it has a body.
#ifndef HEDDLE_PASSES_STREAM_DECLARESTEP_H
#define HEDDLE_PASSES_STREAM_DECLARESTEP_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace heddle {

/// A function behind `entry` with its arguments and attributes, an empty block and no results. `tokens` is the number
/// of the symbol that counts the new tokens; its longest length is how many tokens a row may see.
mlir::func::FuncOp declareStep(mlir::func::FuncOp entry, llvm::StringRef name, unsigned tokens);

} // namespace heddle

#endif
