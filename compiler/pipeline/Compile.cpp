#include "compiler/pipeline/Compile.h"

#include "compiler/pipeline/Constants.h"
#include "compiler/pipeline/Manifest.h"
#include "compiler/pipeline/Phases.h"
#include "compiler/target/cpu/EmitObject.h"
#include "compiler/target/cpu/LinkShared.h"

#include "mlir/Pass/PassManager.h"

using namespace mlir;

namespace heddle {
namespace {

LogicalResult runPasses(const Phase &phase, ModuleOp module, const CompileOptions &options) {
  PassManager pm(module.getContext());
  phase.build(pm, options);
  if (options.onPassManager)
    options.onPassManager(pm, phase.name.str());
  return pm.run(module);
}

LogicalResult runPhase(const Phase &phase, ModuleOp module, const CompileOptions &options) {
  if (failed(runPasses(phase, module, options)) || failed(phase.check(module)))
    return failure();
  if (options.onPhaseEnd)
    options.onPhaseEnd(module, phase.name.str());
  return success();
}

} // namespace

LogicalResult compileModule(ModuleOp module, const CompileOptions &options, CompiledModel &compiled) {
  llvm::ArrayRef<Phase> phases = getPhases();
  unsigned step = 0, steps = phases.size() + 1;
  auto announce = [&](const std::string &name) {
    if (options.onStep)
      options.onStep(step, steps, name);
    ++step;
  };

  if (options.onPhaseEnd)
    options.onPhaseEnd(module, phases.front().name.str());
  ManifestBuilder manifest(module);
  for (const Phase &phase : phases.drop_front()) {
    announce(phase.name.str());
    if (failed(runPhase(phase, module, options)))
      return failure();
    manifest.observe(module, phase.name);
  }

  announce("code");
  FailureOr<std::vector<char>> object = emitObject(module, options.cpu);
  if (failed(object))
    return failure();
  announce("link");
  FailureOr<std::vector<char>> library = linkShared(*object, module.getLoc());
  if (failed(library))
    return failure();
  compiled.host = std::move(*library);
  if (failed(collectConstants(module, compiled)))
    return failure();
  compiled.manifest = manifest.finish(options, compiled.constantBytes);
  return success();
}

LogicalResult describeModule(ModuleOp module, const CompileOptions &options, std::string &manifest) {
  ManifestBuilder builder(module);
  for (llvm::StringRef name : {"simplify", "raise", "form"}) {
    if (failed(runPasses(*findPhase(name), module, options)))
      return failure();
    builder.observe(module, name);
  }
  manifest = builder.finish(options, 0);
  return success();
}

} // namespace heddle
