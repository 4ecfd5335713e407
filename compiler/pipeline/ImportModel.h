// From a file to a module, by the file's kind.
#ifndef HEDDLE_COMPILER_PIPELINE_IMPORTMODEL_H
#define HEDDLE_COMPILER_PIPELINE_IMPORTMODEL_H

#include "frontends/Importer.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace heddle {

/// Imports a model: `.onnx` by the ONNX frontend, `.json` by the JSON frontend, `.mlir` by the parser. Reports every
/// problem as a diagnostic and returns null on failure.
mlir::OwningOpRef<mlir::ModuleOp> importModel(llvm::StringRef path, mlir::MLIRContext *context,
                                              const ImportOptions &options = {});

} // namespace heddle

#endif
