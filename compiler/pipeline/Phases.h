// The phases of a compilation: one table that drives the pipeline, its contracts, `--dump-ir`, `--help` and
// docs/phases.md.
//
// A phase has a promise, a sentence on what holds at its end. The contract checks it right after the phase has run, so
// a broken promise is reported where it broke and not three phases later as a puzzle.
#ifndef HEDDLE_COMPILER_PIPELINE_PHASES_H
#define HEDDLE_COMPILER_PIPELINE_PHASES_H

#include "compiler/pipeline/Options.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/ArrayRef.h"

namespace heddle {

struct Phase {
  llvm::StringLiteral name;
  llvm::StringLiteral promise;
  /// Adds the phase's passes. Null for import, which is done by a frontend.
  void (*build)(mlir::OpPassManager &, const CompileOptions &);
  /// Checks the promise; emits a diagnostic at the first (for import: at every) op that breaks it.
  llvm::LogicalResult (*check)(mlir::ModuleOp);
};

/// All phases in the order in which they run; the first is "import".
llvm::ArrayRef<Phase> getPhases();

/// The phase with this name, or null.
const Phase *findPhase(llvm::StringRef name);

/// Registers `--heddle-<phase>-phase` for every phase, and `--heddle-pipeline` for all of them.
void registerPhasePipelines();

} // namespace heddle

#endif
