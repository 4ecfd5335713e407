// Every allocation of an entry becomes a view of one arena; results become output parameters.
#include "passes/Passes.h"
#include "passes/lower/EntryBoundary.h"
#include "passes/lower/MemoryFormula.h"
#include "passes/lower/MemoryPlan.h"
#include "passes/lower/Names.h"
#include "passes/lower/SymbolicSizes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Interfaces/DataLayoutInterfaces.h"

namespace heddle {
#define GEN_PASS_DEF_PLANMEMORYPASS
#include "passes/Passes.h.inc"
} // namespace heddle

using namespace mlir;
using namespace heddle;

namespace {

/// Plans one entry. The methods run in the order in which they stand.
class EntryPlanner {
public:
  EntryPlanner(func::FuncOp entry, int64_t typicalLength)
      : entry(entry), builder(entry.getContext()), sizes(entry), aliases(entry, BufferAliases::Views::SameBuffer),
        typicalLength(typicalLength) {}

  void addParameters();
  LogicalResult collectBuffers();
  void placeInSlots();
  LogicalResult joinAppended() { return heddle::joinAppended(entry, parameters); }
  void emitResults();
  void emitBuffers();
  void replaceInputDims();

private:
  Value byteView(Value bytes, Value offset, MemRefType type, ValueRange dynamicSizes, Location loc);
  bool isInOutput(Value result, Value output) {
    auto view = result.getDefiningOp<memref::ViewOp>();
    return view && view.getSource() == output;
  }
  memref::AllocOp directResult(Value result);
  bool outlivesIteration(memref::AllocOp alloc);
  Value emitSlotSize(AffineMap slot);
  SmallVector<StringRef> symbolNames();

  func::FuncOp entry;
  OpBuilder builder;
  SymbolicSizes sizes;
  BufferAliases aliases;
  int64_t typicalLength;
  SmallVector<PlannedBuffer> buffers;
  SmallVector<AffineMap> slots;
  EntryParameters parameters;
  SmallVector<memref::AllocOp> direct; // per result: the buffer that the output parameter replaces, or null
};

SmallVector<StringRef> EntryPlanner::symbolNames() {
  SmallVector<StringRef> names;
  if (auto attr = entry->getAttrOfType<ArrayAttr>(kSymbolsAttr))
    names = llvm::to_vector(attr.getAsValueRange<StringAttr>());
  return names;
}

void EntryPlanner::addParameters() { parameters = addEntryParameters(entry, sizes.getNumSymbols()); }

/// True when a loop around the allocation hands the buffer to its next iteration or out of it.
bool EntryPlanner::outlivesIteration(memref::AllocOp alloc) {
  return llvm::any_of(aliases.getMembers(alloc), [&](Value member) {
    auto argument = dyn_cast<BlockArgument>(member);
    return argument && argument.getOwner()->getParentOp() != entry &&
           argument.getOwner()->getParentOp()->isProperAncestor(alloc);
  });
}

LogicalResult EntryPlanner::collectBuffers() {
  WalkResult result = entry.walk([&](memref::AllocOp alloc) -> WalkResult {
    if (alloc->getParentOfType<scf::ParallelOp>())
      return alloc.emitError("allocation inside of a kernel, expected memref.alloca");
    if (outlivesIteration(alloc))
      return alloc.emitError("buffer made in a loop, expected its content to be dead at the end of the iteration");
    MemRefType type = alloc.getType();
    AffineExpr bytes = builder.getAffineConstantExpr(DataLayout::closest(alloc).getTypeSize(type.getElementType()));
    for (int64_t dim = 0; dim < type.getRank(); ++dim) {
      AffineExpr size = sizes.resolveDim(alloc, dim, SymbolicSizes::Bound::Upper);
      if (!size)
        return alloc.emitError("size of dimension ")
               << dim << " of this buffer, expected a function of the entry's "
               << "symbols but got " << alloc.getDynamicSizes()[type.getDynamicDimIndex(dim)];
      bytes = bytes * size;
    }
    buffers.push_back({alloc, alignSize(bytes, kBufferAlignment)});
    return WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

void EntryPlanner::placeInSlots() {
  // A result that is a whole buffer of the entry is computed where the caller wants it.
  auto terminator = cast<func::ReturnOp>(entry.getBody().front().getTerminator());
  for (Value result : terminator.getOperands())
    direct.push_back(directResult(result));
  llvm::erase_if(buffers, [&](PlannedBuffer &buffer) { return llvm::is_contained(direct, buffer.alloc); });
  computeLiveRanges(entry, aliases, buffers);

  SmallVector<int64_t> typical;
  for (StringRef name : symbolNames())
    typical.push_back(name == "B" ? 1 : typicalLength);
  if (auto defaults = entry->getAttrOfType<DenseI64ArrayAttr>("heddle.defaults"))
    typical.assign(defaults.asArrayRef().begin(), defaults.asArrayRef().end());
  slots = assignSlots(buffers, typical, entry.getContext());

  entry->setAttr(kMemoryAttr, builder.getStringAttr(printArena(slots, symbolNames())));
  entry->setAttr(kSlotsAttr, builder.getAffineMapArrayAttr(slots));
}

/// The buffer behind a result, when the result is all of it and nothing else may be behind it.
memref::AllocOp EntryPlanner::directResult(Value result) {
  Value source = result;
  while (Operation *op = source.getDefiningOp()) {
    if (!isa<memref::CastOp, memref::CollapseShapeOp, memref::ExpandShapeOp>(op))
      break;
    source = op->getOperand(0);
  }
  auto alloc = source.getDefiningOp<memref::AllocOp>();
  if (!alloc || alloc->getParentOp() != entry)
    return {};
  bool sharesClass = llvm::any_of(aliases.getMembers(alloc), [&](Value member) {
    return member != alloc.getResult() &&
           (!member.getDefiningOp() || member.getDefiningOp<memref::AllocOp>() ||
            member.getDefiningOp()->getNumRegions() || isa<memref::GetGlobalOp>(member.getDefiningOp()));
  });
  auto terminator = cast<func::ReturnOp>(entry.getBody().front().getTerminator());
  int64_t returned = llvm::count_if(terminator.getOperands(),
                                    [&](Value other) { return aliases.getClass(other) == aliases.getClass(result); });
  return sharesClass || returned != 1 ? memref::AllocOp() : alloc;
}

Value EntryPlanner::byteView(Value bytes, Value offset, MemRefType type, ValueRange dynamicSizes, Location loc) {
  return memref::ViewOp::create(builder, loc, type, bytes, offset, dynamicSizes);
}

void EntryPlanner::emitResults() {
  auto terminator = cast<func::ReturnOp>(entry.getBody().front().getTerminator());
  auto outputShapes = entry->getAttrOfType<ArrayAttr>(kOutputShapesAttr).getAsRange<AffineMapAttr>();
  for (auto [result, output, shape, alloc] :
       llvm::zip_equal(SmallVector<Value>(terminator.getOperands()), parameters.outputs, outputShapes, direct)) {
    Location loc = result.getLoc();
    if (alloc) {
      builder.setInsertionPoint(alloc);
      Value zero = arith::ConstantIndexOp::create(builder, loc, 0);
      alloc.replaceAllUsesWith(byteView(output, zero, alloc.getType(), alloc.getDynamicSizes(), loc));
      alloc.erase();
      continue;
    }
    if (isInOutput(result, output))
      continue;
    builder.setInsertionPoint(terminator);
    Value to =
        viewOutput(builder, loc, output, cast<MemRefType>(result.getType()), shape.getValue(), parameters.symbols);
    memref::CopyOp::create(builder, loc, result, to);
  }
  builder.setInsertionPoint(terminator);
  func::ReturnOp::create(builder, terminator.getLoc());
  terminator.erase();
  (void)entry.eraseResults(llvm::BitVector(entry.getNumResults(), true));
}

Value EntryPlanner::emitSlotSize(AffineMap slot) {
  Value size;
  for (AffineExpr candidate : slot.getResults()) {
    Value value = emitExpression(builder, entry.getLoc(), candidate, parameters.symbols);
    size = size ? arith::MaxSIOp::create(builder, entry.getLoc(), size, value).getResult() : value;
  }
  return size;
}

void EntryPlanner::emitBuffers() {
  builder.setInsertionPointToStart(&entry.getBody().front());
  SmallVector<Value> offsets;
  Value offset = arith::ConstantIndexOp::create(builder, entry.getLoc(), 0);
  for (AffineMap slot : slots) {
    offsets.push_back(offset);
    offset = arith::AddIOp::create(builder, entry.getLoc(), offset, emitSlotSize(slot));
  }
  for (PlannedBuffer &buffer : buffers) {
    builder.setInsertionPoint(buffer.alloc);
    buffer.alloc.replaceAllUsesWith(byteView(parameters.arena, offsets[buffer.slot], buffer.alloc.getType(),
                                             buffer.alloc.getDynamicSizes(), buffer.alloc.getLoc()));
    buffer.alloc.erase();
  }
  entry.walk([](memref::DeallocOp dealloc) { dealloc.erase(); });
}

/// Sizes come from the symbols, so that the same size is the same value everywhere.
void EntryPlanner::replaceInputDims() {
  SmallVector<memref::DimOp> dims;
  entry.walk([&](memref::DimOp dim) {
    if (isa<BlockArgument>(dim.getSource()))
      dims.push_back(dim);
  });
  for (memref::DimOp dim : dims) {
    AffineExpr size = sizes.resolve(dim);
    if (!size)
      continue;
    builder.setInsertionPoint(dim);
    dim.replaceAllUsesWith(emitExpression(builder, dim.getLoc(), size, parameters.symbols));
    dim.erase();
  }
}

struct PlanMemoryPass : heddle::impl::PlanMemoryPassBase<PlanMemoryPass> {
  using PlanMemoryPassBase::PlanMemoryPassBase;

  void runOnOperation() override {
    func::FuncOp entry = getOperation();
    if (entry.isDeclaration() || !entry.isPublic())
      return;
    EntryPlanner planner(entry, typicalLength);
    if (failed(checkBoundary(entry)) || failed(planner.collectBuffers()))
      return signalPassFailure();
    planner.addParameters();
    planner.placeInSlots();
    if (failed(planner.joinAppended()))
      return signalPassFailure();
    planner.emitResults();
    planner.emitBuffers();
    planner.replaceInputDims();
  }
};

} // namespace
