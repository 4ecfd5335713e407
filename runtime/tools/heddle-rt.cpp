// heddle-rt: runs and measures packages. The runtime and nothing else.
#include "runtime/tools/Verbs.h"

#include <CLI/CLI.hpp>

int main(int argc, char **argv) {
  CLI::App app("Runs packages of the Heddle compiler", "heddle-rt");
  app.set_version_flag("--version", "heddle-rt " HEDDLE_VERSION);
  app.require_subcommand(1);
  int exitCode = 0;
  heddle::addPackageCommand(app, "run", "run a package on given inputs", "forward", heddle::addRunVerb, exitCode);
  heddle::addPackageCommand(app, "bench", "measure a package on random inputs", "forward", heddle::addBenchVerb,
                            exitCode);
  heddle::addPackageCommand(app, "stream", "run a package token by token", "step", heddle::addStreamVerb, exitCode);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError &error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return exitCode;
}
