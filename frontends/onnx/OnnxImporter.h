// ONNX files as IR.
//
//   OwningOpRef<ModuleOp> module = importOnnx("model.onnx", context, {});
//
// The module has one entry, `@forward`, with the graph's inputs and outputs under their names; named dimensions are its
// symbols. Opsets 1 to 28 of the default operator set are read; the operators are those of supportedOperatorsTable().
// Files are untrusted: whatever is wrong with one is reported as a diagnostic at "model.onnx:node", and the result is
// null.
#ifndef HEDDLE_FRONTENDS_ONNX_ONNXIMPORTER_H
#define HEDDLE_FRONTENDS_ONNX_ONNXIMPORTER_H

#include "frontends/Importer.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include <string>

namespace heddle {

mlir::OwningOpRef<mlir::ModuleOp> importOnnx(llvm::StringRef path, mlir::MLIRContext *context,
                                             const ImportOptions &options);

// A markdown table: each operator with the opsets since which its meanings are known.
std::string supportedOperatorsTable();

} // namespace heddle
#endif
