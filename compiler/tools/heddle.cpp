// heddle: compiles, runs, checks, explains and measures models.
#include "compiler/tools/Commands.h"

#include <CLI/CLI.hpp>

int main(int argc, char **argv) {
  CLI::App app("Compiler for sequence models", "heddle");
  app.set_version_flag("--version", "heddle " HEDDLE_VERSION);
  app.require_subcommand(1);
  int exitCode = 0;
  heddle::addCompileCommand(app, exitCode);
  heddle::addRunCommand(app, exitCode);
  heddle::addVerifyCommand(app, exitCode);
  heddle::addInspectCommand(app, exitCode);
  heddle::addBenchCommand(app, exitCode);
  heddle::addStreamCommand(app, exitCode);
  heddle::addCalibrateCommand(app, exitCode);
  heddle::addDocsCommand(app, exitCode);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError &error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return exitCode;
}
