// Machine code for the host from a module in the LLVM dialect.
#ifndef HEDDLE_COMPILER_TARGET_CPU_EMITOBJECT_H
#define HEDDLE_COMPILER_TARGET_CPU_EMITOBJECT_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/LogicalResult.h"

#include <string>
#include <vector>

namespace heddle {

/// Optimises and emits a relocatable object. `cpu` is a CPU by LLVM's name, or "native" with all features of this
/// machine. Same module and CPU, same bytes. An unknown CPU is a diagnostic that lists the nearest names.
llvm::FailureOr<std::vector<char>> emitObject(mlir::ModuleOp module, const std::string &cpu);

/// Instruction-set features that code for `cpu` may use, sorted: what the loading machine must have. Empty for an
/// unknown CPU.
std::vector<std::string> cpuFeatures(const std::string &cpu);

} // namespace heddle

#endif
