// heddle-rt: runs and measures packages. The runtime and nothing else.
#include "runtime/tools/Verbs.h"

#include <CLI/CLI.hpp>

namespace {

using AddVerb = void (*)(CLI::App &, const heddle::RunTarget &, heddle::Loader, int &);

void addCommand(CLI::App &app, const char *name, const char *description, AddVerb addVerb, int &exitCode) {
  auto target = std::make_shared<heddle::RunTarget>();
  CLI::App *command = app.add_subcommand(name, description);
  command->add_option("PACKAGE", target->model, "package (.heddle)")->required();
  heddle::addRunOptions(*command, *target);
  // The callback keeps the target alive as long as the command.
  addVerb(*command, *target, [target] { return heddle::loadPackage(*target); }, exitCode);
}

} // namespace

int main(int argc, char **argv) {
  CLI::App app("Runs packages of the Heddle compiler", "heddle-rt");
  app.set_version_flag("--version", "heddle-rt " HEDDLE_VERSION);
  app.require_subcommand(1);
  int exitCode = 0;
  addCommand(app, "run", "run a package on given inputs", heddle::addRunVerb, exitCode);
  addCommand(app, "bench", "measure a package on random inputs", heddle::addBenchVerb, exitCode);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError &error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return exitCode;
}
