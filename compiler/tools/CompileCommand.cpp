// heddle compile: a model in, a package out.
#include "compiler/pipeline/ImportModel.h"
#include "compiler/tools/Commands.h"
#include "compiler/tools/Options.h"
#include "compiler/tools/StatePairText.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"

#include <CLI/CLI.hpp>
#include <chrono>

namespace heddle {
namespace {

/// The states that the model brings along, of whichever entry has them.
void tellStates(const ToolContext &tool, const CompiledModel &compiled) {
  llvm::Expected<llvm::json::Value> manifest = llvm::json::parse(compiled.manifest);
  if (!manifest)
    llvm::report_fatal_error(manifest.takeError());
  const llvm::json::Value &entry = manifest->getAsObject()->getArray("entries")->front();
  for (const std::string &line : statePairLines(*entry.getAsObject()))
    tool.console.detail(line);
}

int compileToFile(const ToolOptions &options, std::string output) {
  ToolContext tool(options);
  if (llvm::sys::path::extension(options.model) == ".heddle")
    return tool.console.error(options.model + ": model is a package already, expected .onnx, .json or .mlir");
  if (output.empty())
    output = llvm::sys::path::stem(options.model).str() + ".heddle";

  auto start = std::chrono::steady_clock::now();
  auto module = importModel(options.model, &tool.mlir(), options.import);
  CompiledModel compiled;
  if (!module || !tool.compile(*module, compiled))
    return 1;
  tellStates(tool, compiled);
  if (io::Status status = tool.write(output, compiled); !status)
    return tool.console.error(status.message());
  double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  tool.console.note(llvm::formatv("{0}: {1} bytes of code, {2} bytes of constants, compiled in {3:f2} s", output,
                                  compiled.host.size(), compiled.constantBytes, seconds));
  return 0;
}

} // namespace

void addCompileCommand(CLI::App &app, int &exitCode) {
  auto options = std::make_shared<ToolOptions>();
  auto output = std::make_shared<std::string>();
  CLI::App *command = app.add_subcommand("compile", "compile a model to a package");
  addModelOptions(*command, *options);
  command->add_option("-o,--output", *output, "package to write (default: the model's name with .heddle)");
  command->callback([=, &exitCode] { exitCode = compileToFile(*options, *output); });
}

} // namespace heddle
