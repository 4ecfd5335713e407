// Reads a model description in JSON; docs/json-model.md is the reference of the format.
//
//   OwningOpRef<ModuleOp> module = importJson("examples/mamba.json", context, {});
//
// Invariant: null means that every mistake found was reported as a diagnostic at `FILE:JSON-POINTER`; the file never
// crashes the reader.
#ifndef HEDDLE_FRONTENDS_JSON_JSONIMPORTER_H
#define HEDDLE_FRONTENDS_JSON_JSONIMPORTER_H

#include "frontends/Importer.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace heddle {

mlir::OwningOpRef<mlir::ModuleOp> importJson(llvm::StringRef path, mlir::MLIRContext *context,
                                             const ImportOptions &options);

} // namespace heddle
#endif
