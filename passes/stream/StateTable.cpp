#include "passes/stream/StateTable.h"

#include "passes/lower/MemoryFormula.h"
#include "passes/lower/Names.h"
#include "passes/stream/Names.h"
#include "passes/stream/StateRoles.h"

using namespace mlir;

namespace heddle {
namespace {

AffineExpr bytesOf(func::FuncOp entry, unsigned input) {
  auto type = cast<ShapedType>(entry.getArgumentTypes()[input]);
  AffineMap shape = inputShape(entry, input);
  MLIRContext *context = entry.getContext();
  AffineExpr bytes = getAffineConstantExpr(llvm::divideCeil(type.getElementTypeBitWidth(), 8), context);
  for (auto [dim, size] : llvm::enumerate(type.getShape()))
    bytes = bytes * (ShapedType::isDynamic(size) ? shape.getResult(dim) : getAffineConstantExpr(size, context));
  return bytes;
}

} // namespace

void writeStateTable(func::FuncOp entry, const StatePairs &pairs) {
  Builder b(entry.getContext());
  SmallVector<StringRef> symbols;
  if (auto names = entry->getAttrOfType<ArrayAttr>(kSymbolsAttr))
    symbols = llvm::to_vector(names.getAsValueRange<StringAttr>());
  SmallVector<Attribute> rows;
  for (const StatePair &pair : pairs)
    rows.push_back(b.getDictionaryAttr(
        {b.getNamedAttr("input", b.getStringAttr(inputName(entry, pair.input))),
         b.getNamedAttr("output", b.getStringAttr(outputName(entry, pair.output))),
         b.getNamedAttr("evidence", b.getStringAttr(pair.evidence)),
         b.getNamedAttr("initial", b.getF64FloatAttr(pair.initial)),
         b.getNamedAttr("bytes", b.getStringAttr(printSize(bytesOf(entry, pair.input), symbols)))}));
  if (!rows.empty())
    entry->setAttr(kStatePairsAttr, b.getArrayAttr(rows));
}

} // namespace heddle
