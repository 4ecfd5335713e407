#include "compiler/pipeline/ImportModel.h"

#include "compiler/pipeline/Contracts.h"
#include "frontends/json/JsonImporter.h"
#include "frontends/onnx/OnnxImporter.h"

#include "mlir/Parser/Parser.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace mlir;

namespace heddle {
namespace {

OwningOpRef<ModuleOp> readModel(llvm::StringRef path, MLIRContext *context, const ImportOptions &options) {
  llvm::StringRef extension = llvm::sys::path::extension(path);
  if (extension == ".onnx")
    return importOnnx(path, context, options);
  if (extension == ".json")
    return importJson(path, context, options);
  if (extension == ".mlir")
    return parseSourceFile<ModuleOp>(path, ParserConfig(context));
  emitError(FileLineColLoc::get(context, path, 0, 0))
      << "kind of model, expected .onnx, .json or .mlir but got '" << extension << "'";
  return nullptr;
}

} // namespace

OwningOpRef<ModuleOp> importModel(llvm::StringRef path, MLIRContext *context, const ImportOptions &options) {
  if (!llvm::sys::fs::is_regular_file(path)) {
    emitError(FileLineColLoc::get(context, path, 0, 0)) << "model is not a readable file";
    return nullptr;
  }
  OwningOpRef<ModuleOp> module = readModel(path, context, options);
  if (!module || (!options.keepUnsupported && failed(checkImport(*module))))
    return nullptr;
  return module;
}

} // namespace heddle
