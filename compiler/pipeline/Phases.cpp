#include "compiler/pipeline/Phases.h"

#include "compiler/pipeline/Contracts.h"
#include "compiler/target/cpu/EmitObject.h"
#include "passes/Passes.h"
#include "passes/lower/Lower.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace heddle {
namespace {

// Before: linalg on tensors and mixer.mix, as a frontend wrote it. After: nothing dead, nothing twice.
void buildSimplify(OpPassManager &pm, const CompileOptions &) {
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}

// Before: whatever an exporter wrote. After: what it means; every mixer that was recognised was proved equal to what it
// replaces. Raising comes after simplify: each matcher then meets one spelling of an index, a size and a constant.
void buildRaise(OpPassManager &pm, const CompileOptions &options) {
  pm.addNestedPass<func::FuncOp>(createSliceGathersPass());
  pm.addPass(createCSEPass());
  pm.addNestedPass<func::FuncOp>(createRerollRecurrencesPass({options.verifyRaises}));
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addNestedPass<func::FuncOp>(createContractProductsPass());
  pm.addNestedPass<func::FuncOp>(createRaiseAttentionPass({options.verifyRaises}));
  // Sizes come from the entry's inputs, because one that is read off the weights of a raised softmax keeps them alive.
  pm.addPass(memref::createResolveRankedShapeTypeResultDimsPass());
  pm.addPass(createCanonicalizerPass());
  pm.addNestedPass<func::FuncOp>(createRaiseLinearAttentionPass({options.verifyRaises}));
  pm.addNestedPass<func::FuncOp>(createRaiseConvolutionsPass({options.verifyRaises}));
  pm.addNestedPass<func::FuncOp>(createRaiseTokenMatricesPass({options.verifyRaises}));
  pm.addNestedPass<func::FuncOp>(createRaiseRecurrencesPass({options.verifyRaises}));
  pm.addPass(memref::createResolveRankedShapeTypeResultDimsPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addNestedPass<func::FuncOp>(createFreeLengthPass({options.keepLength, options.verifyRaises}));
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}

// Before: one entry on whole sequences. After: the entries that were asked for. Steps are derived behind the raises,
// because a loop over tokens or a mask has no step until it is a mixer, and in front of the forms, because a step wants
// other forms than a whole sequence. States that the model brings along are told in any case.
void buildStream(OpPassManager &pm, const CompileOptions &options) {
  if (!llvm::is_contained(options.entries, "step")) {
    PairStatesPassOptions pair;
    pair.tokens = options.tokens;
    pair.states.assign(options.states.begin(), options.states.end());
    pm.addPass(createPairStatesPass(pair));
    return;
  }
  DeriveStreamPassOptions derive;
  derive.tokens = options.tokens;
  derive.states.assign(options.states.begin(), options.states.end());
  derive.lookAhead = options.lookAhead;
  derive.keepEntry = llvm::is_contained(options.entries, "forward");
  derive.verify = options.verifyRaises;
  pm.addPass(createDeriveStreamPass(derive));
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}

// Before: mixers without a form. After: each has one, and a remark says what it and its rivals cost.
void buildForm(OpPassManager &pm, const CompileOptions &options) {
  PickFormPassOptions pick;
  pick.force = options.form;
  pick.chunk = options.chunk;
  pick.machine = options.machine;
  pm.addPass(createPickFormPass(pick));
}

// Before: one linalg op per arithmetic step. After: elementwise chains are single ops, and constant weights are stored
// in the order in which the matmul kernel reads them. Region transports become loops over tokens first, and the form
// factored two contractions, because these are tensor code that wants fusing too.
void buildFuse(OpPassManager &pm, const CompileOptions &) {
  pm.addPass(createExpandRegionTransportPass());
  pm.addPass(createExpandFactoredPass());
  pm.addNestedPass<func::FuncOp>(createFuseElementwisePass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(createPackWeightsPass());
}

// Before: tensors. After: the same ops on buffers.
void buildBufferize(OpPassManager &pm, const CompileOptions &) { buildBufferizePipeline(pm); }

// Before: linalg and mixers on buffers. After: every computation is a parallel kernel. Kernels are written on buffers
// because a kernel decides its own temporaries; those over the same rows are joined afterwards, once equal views are
// one value.
void buildTile(OpPassManager &pm, const CompileOptions &) {
  pm.addPass(createExpandMixPass());
  pm.addNestedPass<func::FuncOp>(createLowerContractionsPass());
  pm.addNestedPass<func::FuncOp>(createLowerGenericsPass());
  pm.addPass(createCSEPass());
  pm.addNestedPass<func::FuncOp>(createFuseKernelsPass());
  pm.addNestedPass<func::FuncOp>(createLocalizeBuffersPass());
}

// Before: kernels on buffers. After: the LLVM dialect, one arena, one constants section, the C ABI.
void buildLower(OpPassManager &pm, const CompileOptions &options) {
  LowerOptions machine;
  machine.scalesByPowersOfTwo = llvm::is_contained(cpuFeatures(options.cpu), "+avx512f");
  buildLowerPipeline(pm, machine);
}

constexpr Phase phases[] = {
    {"import", "the model is linalg on tensors and mixer.mix; every operator is supported", nullptr, checkImport},
    {"simplify", "nothing dead and nothing computed twice is left", buildSimplify, checkImport},
    {"raise", "recurrences, attention and convolutions that were recognised are mixer.mix", buildRaise, checkImport},
    {"stream", "the entries that were asked for exist", buildStream, checkImport},
    {"form", "every mixer carries a form", buildForm, checkForm},
    {"fuse", "elementwise chains are one op", buildFuse, checkForm},
    {"bufferize", "all data is in buffers", buildBufferize, checkForm},
    {"tile", "every computation is a parallel kernel on buffers", buildTile, checkTile},
    {"lower", "the module is in the LLVM dialect; no allocation is left", buildLower, checkLower},
};

} // namespace

llvm::ArrayRef<Phase> getPhases() { return phases; }

const Phase *findPhase(llvm::StringRef name) {
  for (const Phase &phase : phases)
    if (phase.name == name)
      return &phase;
  return nullptr;
}

void registerPhasePipelines() {
  for (const Phase &phase : phases) {
    if (!phase.build)
      continue;
    PassPipelineRegistration<>("heddle-" + phase.name.str() + "-phase", phase.promise,
                               [&phase](OpPassManager &pm) { phase.build(pm, {}); });
  }
  PassPipelineRegistration<>("heddle-pipeline", "every phase after import, in order", [](OpPassManager &pm) {
    for (const Phase &phase : phases)
      if (phase.build)
        phase.build(pm, {});
  });
}

} // namespace heddle
