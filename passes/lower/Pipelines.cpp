#include "passes/lower/Lower.h"

#include "passes/Passes.h"

#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Bufferization/Transforms/Passes.h"
#include "mlir/Dialect/Func/Transforms/Passes.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Dialect/Vector/Transforms/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace heddle {

void buildBufferizePipeline(OpPassManager &pm) {
  pm.addPass(createBufferizePass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}

/// Before: float arithmetic of any type and any math function. After: what LLVM turns into vector instructions, and
/// calls of libm for the rest.
static void buildMathPipeline(OpPassManager &pm, const LowerOptions &options) {
  // Half precision computes in f32: the hardware converts, it does not compute.
  arith::ArithEmulateUnsupportedFloatsOptions emulate;
  emulate.sourceTypeStrs = {"bf16", "f16"};
  emulate.targetTypeStr = "f32";
  pm.addPass(math::createMathExtendToSupportedTypes());
  pm.addPass(arith::createArithEmulateUnsupportedFloats(emulate));
  // Flags come before approximations: reassociation would undo the two-part constants of range reduction.
  pm.addPass(createSetFastmathPass());
  ApproximateMathPassOptions approximate;
  approximate.scalesByPowersOfTwo = options.scalesByPowersOfTwo;
  pm.addPass(createApproximateMathPass(approximate));
}

void buildLowerToLLVMPipeline(OpPassManager &pm) {
  pm.addPass(createConvertVectorToSCFPass(VectorTransferToSCFOptions().enableFullUnroll()));
  pm.addNestedPass<func::FuncOp>(createExpandReshapesPass());
  pm.addPass(memref::createExpandStridedMetadataPass());
  pm.addPass(createLowerAffinePass());
  pm.addPass(createSCFToControlFlowPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(createConvertVectorToLLVMPass());
  pm.addPass(createConvertMathToLLVMPass());
  pm.addPass(createConvertMathToLibmPass());
  pm.addPass(arith::createArithExpandOpsPass());
  pm.addPass(createFinalizeMemRefToLLVMConversionPass());
  pm.addPass(createArithToLLVMConversionPass());
  pm.addPass(createConvertIndexToLLVMPass());
  pm.addPass(createConvertControlFlowToLLVMPass());
  pm.addPass(createConvertFuncToLLVMPass());
  pm.addPass(createReconcileUnrealizedCastsPass());
  pm.addPass(createCSEPass());
}

void buildLowerPipeline(OpPassManager &pm, const LowerOptions &options) {
  pm.addNestedPass<func::FuncOp>(createPlanMemoryPass());
  pm.addPass(createExternalizeConstantsPass());
  // Equal views and sizes become one value, so that a kernel captures each once and equal layers get equal kernels.
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(createOutlineKernelsPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(func::createDuplicateFunctionEliminationPass());
  pm.addPass(createLowerCopiesPass());
  buildMathPipeline(pm, options);
  // After outlining, because the entry's signature is what the entry points call.
  pm.addPass(createEmitEntryPointsPass());
  buildLowerToLLVMPipeline(pm);
  pm.addPass(createLowerLaunchesPass());
}

} // namespace heddle
