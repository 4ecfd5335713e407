#include "compiler/tools/Options.h"

#include "compiler/package/PackageWriter.h"
#include "compiler/pipeline/ImportModel.h"
#include "compiler/pipeline/Phases.h"

#include "mlir/IR/Remarks.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

#include <CLI/CLI.hpp>
#include <chrono>

using namespace mlir;

namespace heddle {
namespace {

std::vector<std::string> phaseNames() {
  std::vector<std::string> names;
  for (const Phase &phase : getPhases())
    names.push_back(phase.name.str());
  return names;
}

double secondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

} // namespace

void addModelOptions(CLI::App &command, ToolOptions &options) {
  command.add_option("MODEL", options.model, "model (.onnx, .json, .mlir) or package (.heddle)")->required();
  auto *quiet = command.add_flag("-q,--quiet", options.quiet, "print results and errors only");
  command.add_flag("-v,--verbose", options.verbose, "print what each step does")->excludes(quiet);
  command.add_flag("--remarks", options.remarks, "print every decision of the compiler with its reason");
  command.add_option("--dump-ir", options.dumpPhases, "print the IR at the end of a phase")
      ->check(CLI::IsMember(phaseNames()));
  command.add_option("--form", options.compile.form, "force one execution form on every mixer");
  command.add_option("--chunk", options.compile.chunk, "chunk length of the forced form")->check(CLI::PositiveNumber);
  command.add_option("--machine", options.compile.machine, "file of `heddle calibrate` by which forms are chosen")
      ->envname("HEDDLE_MACHINE");
  command.add_option("--verify-raises", options.compile.verifyRaises, "how recognised mixers are proved")
      ->check(CLI::IsMember({"off", "cheap", "always"}))
      ->capture_default_str();
  command.add_option("--entries", options.compile.entries, "entries of the package: forward, step")
      ->delimiter(',')
      ->allow_extra_args(false) // what follows is the model
      ->check(CLI::IsMember({"forward", "step"}))
      ->capture_default_str();
  command.add_option("--tokens", options.compile.tokens, "symbol that counts the tokens of a step");
  command
      .add_option("--state", options.compile.states, "what a model keeps by itself: INPUT=OUTPUT, or INPUT=OUTPUT=0")
      ->allow_extra_args(false);
  command
      .add_option("--lookahead", options.compile.lookAhead,
                  "tokens by which a step's outputs may come late, where tokens depend on some that follow")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command.add_flag("--keep-length", options.compile.keepLength, "leave a traced length as it is");
  command
      .add_option("--attention-causal", options.import.attentionCausal,
                  "which tokens of ONNX Attention meet where there are more keys than queries")
      ->transform(CLI::CheckedTransformer(
          std::map<std::string, CausalAlignment>{{"first", CausalAlignment::First}, {"last", CausalAlignment::Last}}));
  command.add_option("--cpu", options.compile.cpu, "CPU to compile for, by LLVM's name")->capture_default_str();
}

ToolContext::ToolContext(const ToolOptions &options) : console(options.verbosity()), options(options) {
  DialectRegistry registry;
  registerEverything(registry);
  // Single-threaded: a model is one function, so threads would only make the order of messages random.
  context = std::make_unique<MLIRContext>(registry, MLIRContext::Threading::DISABLED);
  console.attach(*context);
  if (options.remarks) {
    remark::RemarkCategories all{".*", ".*", ".*", ".*", ".*"};
    (void)remark::enableOptimizationRemarks(*context, nullptr, std::make_unique<remark::RemarkEmittingPolicyAll>(), all,
                                            /*printAsEmitRemarks=*/true);
  }
}

bool ToolContext::compile(ModuleOp module, CompiledModel &compiled) {
  CompileOptions compileOptions = options.compile;
  compileOptions.onStep = [this](unsigned index, unsigned count, const std::string &name) {
    console.progress(index, count, name);
    console.detail("phase " + name);
  };
  compileOptions.onPhaseEnd = [this](ModuleOp current, const std::string &phase) {
    if (!llvm::is_contained(options.dumpPhases, phase))
      return;
    OpPrintingFlags flags;
    flags.elideLargeElementsAttrs(16).elideLargeResourceString(64);
    current.print(llvm::outs(), flags);
    llvm::outs() << "\n";
  };
  LogicalResult result = compileModule(module, compileOptions, compiled);
  console.progressDone();
  return succeeded(result);
}

io::Status ToolContext::write(const std::string &path, const CompiledModel &compiled) {
  PackageContents contents;
  contents.manifest = compiled.manifest;
  contents.hostObject = {compiled.host.data(), compiled.host.size()};
  for (const ConstantBlob &blob : compiled.constants)
    contents.constants.push_back({blob.offset, blob.bytes.data(), blob.bytes.size()});
  contents.constantsBytes = compiled.constantBytes;
  return writePackage(path, contents);
}

std::optional<OpenModel> ToolContext::open(bool keepImported) {
  if (llvm::sys::path::extension(options.model) != ".heddle")
    return compileAndLoad(keepImported);
  std::optional<LoadedModel> loaded = loadPackage(options);
  if (!loaded)
    return std::nullopt;
  return OpenModel{std::move(*loaded), {}};
}

std::optional<OpenModel> ToolContext::compileAndLoad(bool keepImported) {
  auto start = std::chrono::steady_clock::now();
  OwningOpRef<ModuleOp> module = importModel(options.model, context.get(), options.import);
  if (!module)
    return std::nullopt;
  OpenModel opened;
  if (keepImported)
    opened.imported = module->clone();
  CompiledModel compiled;
  if (!compile(*module, compiled))
    return std::nullopt;
  opened.compileSeconds = secondsSince(start);

  llvm::SmallString<128> path;
  if (std::error_code code = llvm::sys::fs::createTemporaryFile("model", "heddle", path)) {
    console.error("temporary package: " + code.message());
    return std::nullopt;
  }
  // The runtime maps the file; once it is loaded the name is not needed any more.
  llvm::FileRemover remover(path);
  if (io::Status status = write(path.str().str(), compiled); !status) {
    console.error(status.message());
    return std::nullopt;
  }
  io::Result<std::unique_ptr<Runner>> runner = Runner::open(path.str().str(), options.threads);
  if (!runner) {
    console.error(runner.message());
    return std::nullopt;
  }
  opened.runner = std::move(*runner);
  return opened;
}

} // namespace heddle
