// From a file to a module, by the file's kind.
#ifndef HEDDLE_COMPILER_PIPELINE_IMPORTMODEL_H
#define HEDDLE_COMPILER_PIPELINE_IMPORTMODEL_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

#include <string>
#include <vector>

namespace heddle {

/// Imports a model: `.onnx` by the ONNX frontend, `.json` by the JSON frontend, `.mlir` by the parser. Reports every
/// problem as a diagnostic and returns null on failure.
mlir::OwningOpRef<mlir::ModuleOp> importModel(llvm::StringRef path, mlir::MLIRContext *context);

/// Names of the operators of an ONNX file that nothing supports, each once; empty when there are none or the file
/// cannot be read.
std::vector<std::string> listUnsupported(llvm::StringRef path, mlir::MLIRContext *context);

} // namespace heddle

#endif
