// The constants section of a package, from the module's list of constants.
#ifndef HEDDLE_COMPILER_PIPELINE_CONSTANTS_H
#define HEDDLE_COMPILER_PIPELINE_CONSTANTS_H

#include "compiler/pipeline/Compile.h"

namespace heddle {

/// Fills `compiled.constants` with views of the module's dense and resource attributes: nothing is copied, so the
/// module must live until the package is written.
llvm::LogicalResult collectConstants(mlir::ModuleOp module, CompiledModel &compiled);

} // namespace heddle

#endif
