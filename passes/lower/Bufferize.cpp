// Tensors become buffers in one module-wide analysis; function boundaries are dense row-major memrefs.
#include "passes/Passes.h"

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Bufferization/Transforms/OneShotAnalysis.h"
#include "mlir/Dialect/Bufferization/Transforms/OneShotModuleBufferize.h"
#include "mlir/Dialect/Bufferization/Transforms/Transforms.h"
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

/// The caller's inputs are read-only: an op that would write in place into one gets a copy.
void protectInputs(ModuleOp module) {
  for (auto func : module.getOps<func::FuncOp>())
    if (func.isPublic())
      for (unsigned index = 0; index < func.getNumArguments(); ++index)
        if (isa<TensorType>(func.getArgumentTypes()[index]))
          func.setArgAttr(index, BufferizationDialect::kWritableAttrName, BoolAttr::get(module.getContext(), false));
}

struct BufferizePass : heddle::impl::BufferizePassBase<BufferizePass> {
  using BufferizePassBase::BufferizePassBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    protectInputs(module);
    IRRewriter rewriter(module.getContext());
    if (failed(eliminateEmptyTensors(rewriter, module)))
      return signalPassFailure();
    BufferizationState state;
    if (failed(runOneShotModuleBufferize(module, bufferizationOptions(), state)))
      return signalPassFailure();
    removeBufferizationAttributesInModule(module);
  }
};

} // namespace
