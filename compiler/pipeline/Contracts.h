// The promises of the phases as predicates over a module. Each emits a diagnostic at the op that breaks it.
#ifndef HEDDLE_COMPILER_PIPELINE_CONTRACTS_H
#define HEDDLE_COMPILER_PIPELINE_CONTRACTS_H

#include "mlir/IR/BuiltinOps.h"

namespace heddle {

/// No mixer.unsupported; all of them are reported in one go, so that a user sees the whole distance at once.
llvm::LogicalResult checkImport(mlir::ModuleOp module);
/// Every mixer.mix has a form that it admits.
llvm::LogicalResult checkForm(mlir::ModuleOp module);
/// No tensor computation, no linalg and no mixer op is left.
llvm::LogicalResult checkTile(mlir::ModuleOp module);
/// Everything is in the LLVM dialect and nothing calls an allocator.
llvm::LogicalResult checkLower(mlir::ModuleOp module);

} // namespace heddle

#endif
