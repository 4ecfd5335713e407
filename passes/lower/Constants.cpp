#include "passes/lower/Constants.h"

#include "passes/lower/Names.h"

#include "mlir/IR/DialectResourceBlobManager.h"

using namespace mlir;

namespace heddle {

static size_t byteSize(ElementsAttr value) {
  unsigned bits = value.getElementType().getIntOrFloatBitWidth();
  return size_t(value.getNumElements()) * ((bits + 7) / 8);
}

/// Fills `storage` by repeating its first `period` bytes.
static void repeat(std::vector<char> &storage, size_t period, size_t total) {
  storage.resize(total);
  for (size_t filled = period; filled < total; filled *= 2)
    std::copy_n(storage.data(), std::min(filled, total - filled), storage.data() + filled);
}

ConstantPiece getConstantBytes(ElementsAttr value) {
  ConstantPiece piece;
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(value)) {
    if (AsmResourceBlob *blob = resource.getRawHandle().getBlob())
      piece.bytes = blob->getData();
    return piece;
  }
  auto dense = dyn_cast<DenseIntOrFPElementsAttr>(value);
  if (!dense)
    return piece;
  if (dense.getElementType().isInteger(1)) {
    piece.storage.reserve(dense.getNumElements());
    for (bool element : dense.getValues<bool>())
      piece.storage.push_back(element);
  } else if (dense.isSplat()) {
    piece.storage.assign(dense.getRawData().begin(), dense.getRawData().end());
    repeat(piece.storage, piece.storage.size(), byteSize(dense));
  } else {
    piece.bytes = dense.getRawData();
    return piece;
  }
  piece.bytes = piece.storage;
  return piece;
}

std::vector<ConstantPiece> getConstantPieces(ModuleOp module) {
  std::vector<ConstantPiece> pieces;
  auto constants = module->getAttrOfType<ArrayAttr>(kConstantsAttr);
  if (!constants)
    return pieces;
  for (auto constant : constants.getAsRange<DictionaryAttr>()) {
    pieces.push_back(getConstantBytes(constant.getAs<ElementsAttr>("value")));
    pieces.back().offset = constant.getAs<IntegerAttr>("offset").getInt();
  }
  return pieces;
}

uint64_t getConstantsSize(ModuleOp module) {
  auto constants = module->getAttrOfType<ArrayAttr>(kConstantsAttr);
  if (!constants || constants.empty())
    return 0;
  auto last = cast<DictionaryAttr>(constants.getValue().back());
  return last.getAs<IntegerAttr>("offset").getInt() + byteSize(last.getAs<ElementsAttr>("value"));
}

} // namespace heddle
