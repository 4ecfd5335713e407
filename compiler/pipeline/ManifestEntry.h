// An entry as the manifest describes it: symbols with their ranges, inputs and outputs, what a trace froze.
#ifndef HEDDLE_COMPILER_PIPELINE_MANIFESTENTRY_H
#define HEDDLE_COMPILER_PIPELINE_MANIFESTENTRY_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/JSON.h"

namespace heddle {

/// Names of the symbolic sizes of an entry, in the order of its formulas' dimensions.
llvm::SmallVector<llvm::StringRef> readSymbols(mlir::Operation *func);

llvm::json::Object entryToJson(mlir::func::FuncOp func);

} // namespace heddle

#endif
