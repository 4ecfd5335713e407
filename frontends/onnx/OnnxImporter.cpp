#include "frontends/onnx/OnnxImporter.h"
#include "frontends/onnx/GraphImporter.h"

using namespace mlir;

namespace heddle {

OwningOpRef<ModuleOp> importOnnx(StringRef path, MLIRContext *context, const ImportOptions &options) {
  std::optional<onnx::Model> model = onnx::readModel(path, context);
  if (!model || (!options.keepUnsupported && onnx::reportUnsupported(*model, context)))
    return nullptr;
  // Each round either ends the import or fixes one more of finitely many symbols.
  onnx::FixedSymbols fixed;
  while (true) {
    Location loc = FileLineColLoc::get(context, model->name, 0, 0);
    auto sizes = onnx::resolveInputSizes(model->graph.inputs, fixed, context, [&] { return emitError(loc); });
    if (!sizes)
      return nullptr;
    onnx::GraphImporter importer(*model, options, fixed, std::move(*sizes), context);
    OwningOpRef<ModuleOp> module = importer.run();
    if (module || !importer.newlyFixed())
      return module;
    if (!fixed.insert(*importer.newlyFixed()).second)
      return nullptr;
  }
}

std::string supportedOperatorsTable() { return onnx::OpTable::get().markdown(); }

} // namespace heddle
