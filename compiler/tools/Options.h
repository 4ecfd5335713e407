// Options that several verbs share, and the road from a model file to a runnable model.
#ifndef HEDDLE_COMPILER_TOOLS_OPTIONS_H
#define HEDDLE_COMPILER_TOOLS_OPTIONS_H

#include "compiler/pipeline/Compile.h"
#include "compiler/tools/Console.h"
#include "frontends/Importer.h"
#include "runtime/tools/Verbs.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"

namespace CLI {
class App;
}

namespace heddle {

/// The target's model may be a source model as well as a package.
struct ToolOptions : RunTarget {
  bool quiet = false, verbose = false, remarks = false;
  std::vector<std::string> dumpPhases;
  ImportOptions import;
  CompileOptions compile;

  Verbosity verbosity() const { return quiet ? Verbosity::Quiet : verbose ? Verbosity::Verbose : Verbosity::Normal; }
};

/// MODEL, -q, -v and everything that steers a compilation.
void addModelOptions(CLI::App &command, ToolOptions &options);
/// A model that can run, with what the frontend made of it.
struct OpenModel : LoadedModel {
  mlir::OwningOpRef<mlir::ModuleOp> imported; // before any pass; null for a package
};

/// The context of one command: registered, single-threaded, with diagnostics and remarks going to the console.
class ToolContext {
public:
  explicit ToolContext(const ToolOptions &options);
  Console console;
  mlir::MLIRContext &mlir() { return *context; }

  /// Compiles `module` in place; false after diagnostics.
  bool compile(mlir::ModuleOp module, CompiledModel &compiled);
  /// Writes a compiled model to `path`.
  io::Status write(const std::string &path, const CompiledModel &compiled);
  /// Loads a package, or imports and compiles a source model. Empty after messages.
  std::optional<OpenModel> open(bool keepImported = false);

private:
  std::optional<OpenModel> compileAndLoad(bool keepImported);
  const ToolOptions &options;
  std::unique_ptr<mlir::MLIRContext> context;
};

} // namespace heddle

#endif
