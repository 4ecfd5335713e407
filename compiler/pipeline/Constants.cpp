#include "compiler/pipeline/Constants.h"

#include "passes/lower/Constants.h"
#include "passes/lower/Names.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/DialectResourceBlobManager.h"

using namespace mlir;

namespace heddle {
LogicalResult collectConstants(ModuleOp module, CompiledModel &compiled) {
  auto list = module->getAttrOfType<ArrayAttr>(kConstantsAttr);
  for (Attribute element : list ? list.getValue() : llvm::ArrayRef<Attribute>()) {
    auto entry = cast<DictionaryAttr>(element);
    uint64_t offset = entry.getAs<IntegerAttr>("offset").getInt();
    auto value = cast<ElementsAttr>(entry.get("value"));
    ConstantPiece piece = getConstantBytes(value);
    if (piece.bytes.empty() && value.getNumElements() != 0)
      return module.emitError("constant at offset ")
             << offset << " has no bytes, expected dense elements or a resource";
    compiled.constantBytes = std::max(compiled.constantBytes, offset + piece.bytes.size());
    compiled.constants.push_back({offset, piece.bytes, std::move(piece.storage)});
  }
  return success();
}

} // namespace heddle
