#include "compiler/pipeline/Constants.h"

#include "passes/lower/Names.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/DialectResourceBlobManager.h"

using namespace mlir;

namespace heddle {
namespace {

std::optional<llvm::ArrayRef<char>> bytesOf(Attribute value) {
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(value)) {
    AsmResourceBlob *blob = resource.getRawHandle().getBlob();
    return blob ? std::optional(blob->getData()) : std::nullopt;
  }
  // A splat holds one element only; externalize-constants leaves those to code.
  if (auto dense = dyn_cast<DenseElementsAttr>(value); dense && !dense.isSplat())
    return dense.getRawData();
  return std::nullopt;
}

} // namespace

LogicalResult collectConstants(ModuleOp module, CompiledModel &compiled) {
  auto list = module->getAttrOfType<ArrayAttr>(kConstantsAttr);
  for (Attribute element : list ? list.getValue() : llvm::ArrayRef<Attribute>()) {
    auto entry = cast<DictionaryAttr>(element);
    uint64_t offset = entry.getAs<IntegerAttr>("offset").getInt();
    std::optional<llvm::ArrayRef<char>> bytes = bytesOf(entry.get("value"));
    if (!bytes)
      return module.emitError("constant at offset ")
             << offset << " has no bytes, expected dense elements or a resource";
    compiled.constants.push_back({offset, *bytes});
    compiled.constantBytes = std::max(compiled.constantBytes, offset + bytes->size());
  }
  return success();
}

} // namespace heddle
