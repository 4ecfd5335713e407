#include "passes/lower/EntryBoundary.h"

#include "passes/lower/Names.h"

#include "mlir/IR/BuiltinTypes.h"

using namespace mlir;

namespace heddle {

LogicalResult checkBoundary(func::FuncOp entry) {
  if (!entry.getBody().hasOneBlock())
    return entry.emitError("entry '") << entry.getName() << "' has " << entry.getBody().getBlocks().size()
                                      << " blocks, expected structured control flow in one";
  auto check = [&](Type type, AffineMapAttr shape, const char *kind, unsigned index) -> LogicalResult {
    auto memref = dyn_cast<MemRefType>(type);
    if (!memref || !memref.getLayout().isIdentity())
      return entry.emitError() << kind << " " << index << " of entry '" << entry.getName()
                               << "', expected a dense row-major memref but got " << type;
    if (shape ? shape.getValue().getNumResults() != memref.getRank() : !memref.hasStaticShape())
      return entry.emitError() << kind << " " << index << " of entry '" << entry.getName() << "', expected attribute "
                               << kShapeAttr << " with " << memref.getRank() << " sizes but got "
                               << (shape ? Attribute(shape) : Attribute(UnitAttr::get(entry.getContext())));
    return success();
  };
  for (unsigned index = 0; index < entry.getNumArguments(); ++index)
    if (failed(check(entry.getArgumentTypes()[index], entry.getArgAttrOfType<AffineMapAttr>(index, kShapeAttr), "input",
                     index)))
      return failure();
  for (unsigned index = 0; index < entry.getNumResults(); ++index)
    if (failed(check(entry.getResultTypes()[index], entry.getResultAttrOfType<AffineMapAttr>(index, kShapeAttr),
                     "output", index)))
      return failure();
  return success();
}

/// Shape of an input or output as a map of the symbols.
static AffineMapAttr shapeOf(Type type, AffineMapAttr declared, unsigned numSymbols) {
  if (declared)
    return declared;
  SmallVector<AffineExpr> sizes;
  for (int64_t size : cast<MemRefType>(type).getShape())
    sizes.push_back(getAffineConstantExpr(size, type.getContext()));
  return AffineMapAttr::get(AffineMap::get(0, numSymbols, sizes, type.getContext()));
}

static Value addParameter(func::FuncOp entry, Type type, StringRef role) {
  Builder builder(entry.getContext());
  unsigned index = entry.getNumArguments();
  auto attrs = builder.getDictionaryAttr(builder.getNamedAttr(kRoleAttr, builder.getStringAttr(role)));
  (void)entry.insertArgument(index, type, attrs, entry.getLoc());
  return entry.getArgument(index);
}

EntryParameters addEntryParameters(func::FuncOp entry, unsigned numSymbols) {
  Builder builder(entry.getContext());
  EntryParameters parameters;
  SmallVector<Attribute> inputShapes, outputShapes;
  unsigned numInputs = entry.getNumArguments();
  for (unsigned index = 0; index < numInputs; ++index)
    inputShapes.push_back(
        shapeOf(entry.getArgumentTypes()[index], entry.getArgAttrOfType<AffineMapAttr>(index, kShapeAttr), numSymbols));
  auto bytes = MemRefType::get({ShapedType::kDynamic}, builder.getI8Type());
  for (unsigned index = 0; index < entry.getNumResults(); ++index) {
    outputShapes.push_back(shapeOf(entry.getResultTypes()[index],
                                   entry.getResultAttrOfType<AffineMapAttr>(index, kShapeAttr), numSymbols));
    parameters.outputs.push_back(addParameter(entry, bytes, "output"));
  }
  for (unsigned index = 0; index < numSymbols; ++index)
    parameters.symbols.push_back(addParameter(entry, builder.getIndexType(), "symbol"));
  parameters.arena = addParameter(entry, bytes, "arena");
  entry->setAttr(kInputShapesAttr, builder.getArrayAttr(inputShapes));
  entry->setAttr(kOutputShapesAttr, builder.getArrayAttr(outputShapes));
  return parameters;
}

} // namespace heddle
