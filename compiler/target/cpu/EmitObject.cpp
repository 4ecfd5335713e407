#include "compiler/target/cpu/EmitObject.h"

#include "passes/lower/Names.h"
#include "runtime/abi/kernel_abi.h"

#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/SubtargetFeature.h"

using namespace mlir;

namespace heddle {

static_assert(kBufferAlignment == HEDDLE_ABI_ALIGNMENT, "passes see the ABI's alignment under their own name");

namespace {

std::string nativeFeatures() {
  llvm::SubtargetFeatures features;
  for (auto &[name, enabled] : llvm::sys::getHostCPUFeatures())
    features.AddFeature(name, enabled);
  return features.getString();
}

FailureOr<std::unique_ptr<llvm::TargetMachine>> createTargetMachine(ModuleOp module, const std::string &cpu) {
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
  llvm::Triple triple(llvm::sys::getDefaultTargetTriple());
  std::string error;
  const llvm::Target *target = llvm::TargetRegistry::lookupTarget(triple, error);
  if (!target)
    return module.emitError("target of this machine is unknown: ") << error;
  bool native = cpu == "native";
  std::string name = native ? llvm::sys::getHostCPUName().str() : cpu;
  std::unique_ptr<llvm::MCSubtargetInfo> known(target->createMCSubtargetInfo(triple, "", ""));
  if (!known->isCPUStringValid(name))
    return module.emitError("cpu, expected a CPU that LLVM knows for ")
           << triple.getArchName() << " but got '" << name << "'";
  llvm::TargetOptions options;
  // A fused multiply-add rounds once: never less exact than two roundings, and twice as fast.
  options.AllowFPOpFusion = llvm::FPOpFusion::Fast;
  return std::unique_ptr<llvm::TargetMachine>(target->createTargetMachine(triple, name, native ? nativeFeatures() : "",
                                                                          options, llvm::Reloc::PIC_, std::nullopt,
                                                                          llvm::CodeGenOptLevel::Aggressive));
}

/// Wide vectors pay off in kernels that stream; LLVM would choose 256 bits on many machines.
void preferWideVectors(llvm::Module &module, const llvm::TargetMachine &machine) {
  for (llvm::Function &function : module) {
    if (function.isDeclaration())
      continue;
    function.addFnAttr("prefer-vector-width", "512");
    function.addFnAttr("target-cpu", machine.getTargetCPU());
    function.addFnAttr("target-features", machine.getTargetFeatureString());
    function.addFnAttr(llvm::Attribute::NoUnwind);
  }
}

void optimize(llvm::Module &module, llvm::TargetMachine &machine) {
  llvm::PipelineTuningOptions tuning;
  tuning.LoopVectorization = tuning.LoopInterleaving = tuning.LoopUnrolling = tuning.SLPVectorization = true;
  llvm::PassBuilder builder(&machine, tuning);
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager callGraph;
  llvm::ModuleAnalysisManager modules;
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(callGraph);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, callGraph, modules);
  builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O3).run(module, modules);
}

} // namespace

FailureOr<std::vector<char>> emitObject(ModuleOp module, const std::string &cpu) {
  FailureOr<std::unique_ptr<llvm::TargetMachine>> machine = createTargetMachine(module, cpu);
  if (failed(machine))
    return failure();
  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> code = translateModuleToLLVMIR(module, context, "heddle");
  if (!code)
    return module.emitError("module has no translation to LLVM IR");
  code->setTargetTriple((*machine)->getTargetTriple());
  code->setDataLayout((*machine)->createDataLayout());
  preferWideVectors(*code, **machine);
  optimize(*code, **machine);

  llvm::SmallVector<char, 0> object;
  llvm::raw_svector_ostream stream(object);
  llvm::legacy::PassManager emitter;
  if ((*machine)->addPassesToEmitFile(emitter, stream, nullptr, llvm::CodeGenFileType::ObjectFile))
    return module.emitError("target cannot emit object files");
  emitter.run(*code);
  return std::vector<char>(object.begin(), object.end());
}

std::vector<std::string> cpuFeatures(const std::string &cpu) {
  llvm::InitializeNativeTarget();
  llvm::Triple triple(llvm::sys::getDefaultTargetTriple());
  std::string error;
  const llvm::Target *target = llvm::TargetRegistry::lookupTarget(triple, error);
  if (!target)
    return {};
  bool native = cpu == "native";
  std::unique_ptr<llvm::MCSubtargetInfo> subtarget(target->createMCSubtargetInfo(
      triple, native ? llvm::sys::getHostCPUName() : llvm::StringRef(cpu), native ? nativeFeatures() : ""));
  std::vector<std::string> names;
  for (const llvm::SubtargetFeatureKV &feature : subtarget->getEnabledProcessorFeatures())
    names.push_back("+" + std::string(feature.Key));
  llvm::sort(names);
  return names;
}

} // namespace heddle
