// Tensors become buffers in one module-wide analysis; function boundaries are dense row-major memrefs.
#include "passes/Passes.h"
#include "passes/lower/Names.h"

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Bufferization/Transforms/OneShotAnalysis.h"
#include "mlir/Dialect/Bufferization/Transforms/OneShotModuleBufferize.h"
#include "mlir/Dialect/Bufferization/Transforms/Transforms.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"

namespace heddle {
#define GEN_PASS_DEF_BUFFERIZEPASS
#include "passes/Passes.h.inc"
} // namespace heddle

using namespace mlir;
using namespace mlir::bufferization;

namespace {

OneShotBufferizationOptions bufferizationOptions() {
  OneShotBufferizationOptions options;
  options.bufferizeFunctionBoundaries = true;
  options.setFunctionBoundaryTypeConversion(LayoutMapOption::IdentityLayoutMap);
  options.unknownTypeConverterFn = [](TensorType type, Attribute memorySpace, const BufferizationOptions &) {
    return getMemRefTypeWithStaticIdentityLayout(type, memorySpace);
  };
  // A scf.parallel on tensors writes disjoint slices; kernels are made on buffers, so this only concerns user loops.
  options.checkParallelRegions = false;
  return options;
}

/// The caller's inputs are read-only: an op that would write in place into one gets a copy. What is appended to is
/// written where it lies; planning then puts the output in its place.
void protectInputs(ModuleOp module) {
  for (auto func : module.getOps<func::FuncOp>())
    if (func.isPublic())
      for (unsigned index = 0; index < func.getNumArguments(); ++index)
        if (isa<TensorType>(func.getArgumentTypes()[index]))
          func.setArgAttr(index, BufferizationDialect::kWritableAttrName,
                          BoolAttr::get(module.getContext(), func.getArgAttr(index, heddle::kAppendAttr) != nullptr));
}

/// True for a value that is made anew more cheaply than it is kept: an uninitialised tensor, or a fill of one.
bool isCheapInit(Operation *op) {
  if (isa_and_nonnull<tensor::EmptyOp>(op))
    return true;
  auto fill = dyn_cast_or_null<linalg::FillOp>(op);
  return fill && isCheapInit(fill.getOutputs()[0].getDefiningOp());
}

/// Gives every use of a cheap initial value its own copy in front of it. A shared zero tensor would otherwise become
/// one buffer that lives long and is copied into each result.
void separateInits(ModuleOp module) {
  SmallVector<Operation *> inits;
  module.walk([&](Operation *op) {
    if (isCheapInit(op))
      inits.push_back(op);
  });
  // Last first: a fill that is cloned brings new uses of its empty tensor.
  for (Operation *init : llvm::reverse(inits)) {
    for (OpOperand &use : llvm::make_early_inc_range(init->getUses())) {
      OpBuilder builder(use.getOwner());
      use.set(builder.clone(*init)->getResult(0));
    }
    init->erase();
  }
}

/// Whether a loop's yielded tensor is its carried one, written in place.
bool isWrittenInPlace(Value yielded, BlockArgument carried) {
  while (yielded != carried) {
    auto result = dyn_cast<OpResult>(yielded);
    if (!result)
      return false;
    Operation *op = result.getOwner();
    if (auto insert = dyn_cast<tensor::InsertSliceOp>(op))
      yielded = insert.getDest();
    else if (auto style = dyn_cast<DestinationStyleOpInterface>(op))
      yielded = style.getTiedOpOperand(result)->get();
    else if (auto inner = dyn_cast<scf::ForOp>(op))
      yielded = inner.getInitArgs()[result.getResultNumber()];
    else
      return false;
  }
  return true;
}

/// A copy of a state that is handed on as another one: in a swap neither may be overwritten first.
Value copyIfCarried(OpBuilder &builder, scf::ForOp loop, Value state) {
  auto argument = dyn_cast<BlockArgument>(state);
  if (!argument || argument.getOwner() != loop.getBody())
    return state;
  auto type = cast<RankedTensorType>(state.getType());
  return AllocTensorOp::create(builder, loop.getLoc(), type, ValueRange(), state).getResult();
}

/// What a loop carries is written over what it carried before: left to itself, bufferization may carry a new buffer
/// out of the loop.
void writeStatesInPlace(ModuleOp module) {
  module.walk([](scf::ForOp loop) {
    auto yield = cast<scf::YieldOp>(loop.getBody()->getTerminator());
    OpBuilder builder(yield);
    for (auto [operand, carried] : llvm::zip_equal(yield->getOpOperands(), loop.getRegionIterArgs()))
      if (isa<RankedTensorType>(operand.get().getType()) && operand.get() != carried)
        operand.set(copyIfCarried(builder, loop, operand.get()));
    for (auto [operand, carried] : llvm::zip_equal(yield->getOpOperands(), loop.getRegionIterArgs())) {
      Value state = operand.get();
      if (isa<RankedTensorType>(state.getType()) && !isWrittenInPlace(state, carried))
        operand.set(
            MaterializeInDestinationOp::create(builder, loop.getLoc(), state.getType(), state, carried).getResult());
    }
  });
}

/// Dimensions of the source next to each other, for each one of the result: those that are dropped stand with a kept
/// one.
SmallVector<ReassociationIndices> groupAround(const llvm::SmallDenseSet<unsigned> &dropped, int64_t rank) {
  SmallVector<ReassociationIndices> groups;
  ReassociationIndices leading;
  for (int64_t dim = 0; dim < rank; ++dim) {
    bool isDropped = dropped.contains(dim);
    if (isDropped && groups.empty()) {
      leading.push_back(dim);
    } else if (isDropped) {
      groups.back().push_back(dim);
    } else {
      groups.push_back(std::exchange(leading, {}));
      groups.back().push_back(dim);
    }
  }
  return groups;
}

/// Splits views that drop a dimension of size 1 and keep another. A view does not say which one it drops, and lowering
/// guesses by strides, which say nothing where they are dynamic; collapsing names the dimension.
void nameDroppedDims(ModuleOp module) {
  module.walk([](memref::SubViewOp view) {
    MemRefType type = view.getType();
    SmallVector<int64_t> sizes(view.getStaticSizes());
    auto meant = computeRankReductionMask(sizes, type.getShape());
    if (!meant || meant->empty() || !llvm::is_contained(type.getShape(), 1))
      return;
    OpBuilder builder(view);
    Value whole = memref::SubViewOp::create(builder, view.getLoc(), view.getSource(), view.getMixedOffsets(),
                                            view.getMixedSizes(), view.getMixedStrides());
    Value part = memref::CollapseShapeOp::create(builder, view.getLoc(), whole, groupAround(*meant, sizes.size()));
    if (part.getType() != type)
      part = memref::CastOp::create(builder, view.getLoc(), type, part);
    view.replaceAllUsesWith(part);
    view.erase();
  });
}

struct BufferizePass : heddle::impl::BufferizePassBase<BufferizePass> {
  using BufferizePassBase::BufferizePassBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    protectInputs(module);
    writeStatesInPlace(module);
    separateInits(module);
    IRRewriter rewriter(module.getContext());
    if (failed(eliminateEmptyTensors(rewriter, module)))
      return signalPassFailure();
    BufferizationState state;
    if (failed(runOneShotModuleBufferize(module, bufferizationOptions(), state)))
      return signalPassFailure();
    removeBufferizationAttributesInModule(module);
    nameDroppedDims(module);
  }
};

} // namespace
