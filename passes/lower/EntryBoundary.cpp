#include "passes/lower/EntryBoundary.h"

#include "passes/lower/Names.h"
#include "passes/lower/SymbolicSizes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

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

Value viewOutput(OpBuilder &builder, Location loc, Value output, MemRefType type, AffineMap shape, ValueRange symbols) {
  SmallVector<Value> sizes;
  for (auto [dim, size] : llvm::enumerate(shape.getResults()))
    if (type.isDynamicDim(dim))
      sizes.push_back(emitExpression(builder, loc, size, symbols));
  Value zero = arith::ConstantIndexOp::create(builder, loc, 0);
  return memref::ViewOp::create(builder, loc, type, output, zero, sizes);
}

/// `kept` takes the place of the input, copied there where it is other memory.
static void replaceAppended(OpBuilder &builder, BlockArgument input, Value output, Value kept) {
  Location loc = kept.getLoc();
  Value from = memref::ExtractAlignedPointerAsIndexOp::create(builder, loc, input);
  Value to = memref::ExtractAlignedPointerAsIndexOp::create(builder, loc, output);
  Value isElsewhere = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ne, from, to);
  auto copy = scf::IfOp::create(builder, loc, isElsewhere, [&](OpBuilder &nested, Location) {
    memref::CopyOp::create(nested, loc, input, kept);
    scf::YieldOp::create(nested, loc);
  });
  // Sizes are functions of the symbols, whatever memref they are asked of.
  input.replaceUsesWithIf(kept, [&](OpOperand &use) {
    return use.getOwner() != from.getDefiningOp() && !copy->isProperAncestor(use.getOwner()) &&
           !isa<memref::DimOp>(use.getOwner());
  });
}

LogicalResult joinAppended(func::FuncOp entry, const EntryParameters &parameters) {
  OpBuilder builder = OpBuilder::atBlockBegin(&entry.getBody().front());
  Operation *end = entry.getBody().front().getTerminator();
  auto shapes = entry->getAttrOfType<ArrayAttr>(kOutputShapesAttr).getAsRange<AffineMapAttr>();
  for (auto [index, shape] : llvm::enumerate(shapes)) {
    if (!entry.getResultAttr(index, kAppendAttr))
      continue;
    auto input = dyn_cast<BlockArgument>(end->getOperand(index));
    if (!input || !entry.getArgAttr(input.getArgNumber(), kAppendAttr))
      return entry.emitError("output ") << index << " of entry '" << entry.getName()
                                        << "', expected the input that it is appended to but got another buffer";
    Value output = parameters.outputs[index];
    auto type = cast<MemRefType>(input.getType());
    Value kept = viewOutput(builder, entry.getLoc(), output, type, shape.getValue(), parameters.symbols);
    replaceAppended(builder, input, output, kept);
  }
  return success();
}

} // namespace heddle
