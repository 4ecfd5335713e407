#include "compiler/pipeline/ImportModel.h"

#include "compiler/pipeline/Contracts.h"
#include "dialects/mixer/Mixer.h"
#include "frontends/json/JsonImporter.h"
#include "frontends/onnx/OnnxImporter.h"

#include "mlir/Parser/Parser.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace mlir;

namespace heddle {
namespace {

OwningOpRef<ModuleOp> readModel(llvm::StringRef path, MLIRContext *context) {
  llvm::StringRef extension = llvm::sys::path::extension(path);
  if (extension == ".onnx")
    return importOnnx(path, context, {});
  if (extension == ".json")
    return importJson(path, context, {});
  if (extension == ".mlir")
    return parseSourceFile<ModuleOp>(path, ParserConfig(context));
  emitError(FileLineColLoc::get(context, path, 0, 0))
      << "kind of model, expected .onnx, .json or .mlir but got '" << extension << "'";
  return nullptr;
}

} // namespace

OwningOpRef<ModuleOp> importModel(llvm::StringRef path, MLIRContext *context) {
  if (!llvm::sys::fs::is_regular_file(path)) {
    emitError(FileLineColLoc::get(context, path, 0, 0)) << "model is not a readable file";
    return nullptr;
  }
  OwningOpRef<ModuleOp> module = readModel(path, context);
  if (!module || failed(checkImport(*module)))
    return nullptr;
  return module;
}

std::vector<std::string> listUnsupported(llvm::StringRef path, MLIRContext *context) {
  // Mistakes of the file are reported by the import that follows.
  ScopedDiagnosticHandler silent(context, [](Diagnostic &) { return success(); });
  ImportOptions options;
  options.keepUnsupported = true;
  OwningOpRef<ModuleOp> module = importOnnx(path, context, options);
  llvm::SetVector<llvm::StringRef> names;
  if (module)
    module->walk([&](mixer::UnsupportedOp op) { names.insert(op.getOperatorName()); });
  return {names.begin(), names.end()};
}

} // namespace heddle
