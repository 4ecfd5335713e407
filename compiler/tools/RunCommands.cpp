// heddle run, heddle bench: the runtime's verbs for models as well as packages; a model is compiled first. heddle
// stream: for packages alone.
#include "compiler/tools/Commands.h"
#include "compiler/tools/Options.h"

#include <CLI/CLI.hpp>

namespace heddle {
namespace {

CLI::App *addCommand(CLI::App &app, const char *name, const char *description, ToolOptions &options) {
  CLI::App *command = app.add_subcommand(name, description);
  addModelOptions(*command, options);
  addRunOptions(*command, options);
  return command;
}

/// The loader keeps the options alive as long as the command that holds it.
Loader loaderOf(std::shared_ptr<ToolOptions> options) {
  return [options]() -> std::optional<LoadedModel> { return ToolContext(*options).open(); };
}

} // namespace

void addRunCommand(CLI::App &app, int &exitCode) {
  auto options = std::make_shared<ToolOptions>();
  CLI::App *command = addCommand(app, "run", "run a model or a package on given inputs", *options);
  addRunVerb(*command, *options, loaderOf(options), exitCode);
}

void addBenchCommand(CLI::App &app, int &exitCode) {
  auto options = std::make_shared<ToolOptions>();
  CLI::App *command = addCommand(app, "bench", "measure a model or a package on random inputs", *options);
  addBenchVerb(*command, *options, loaderOf(options), exitCode);
}

void addStreamCommand(CLI::App &app, int &exitCode) {
  addPackageCommand(app, "stream", "run a package token by token", "step", addStreamVerb, exitCode);
}

} // namespace heddle
