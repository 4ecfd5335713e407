#include "runtime/tools/Verbs.h"

#include <CLI/CLI.hpp>

#include <unistd.h>

namespace heddle {

int printError(const std::string &what) {
  bool color = isatty(STDERR_FILENO);
  fprintf(stderr, "%serror: %s%s\n", color ? "\033[1;31m" : "", color ? "\033[0m" : "", what.c_str());
  return 1;
}

std::optional<LoadedModel> loadPackage(const RunTarget &target) {
  io::Result<std::unique_ptr<Runner>> runner = Runner::open(target.model, target.threads);
  if (!runner) {
    printError(runner.message());
    return std::nullopt;
  }
  return LoadedModel{std::move(*runner)};
}

void addRunOptions(CLI::App &command, RunTarget &target) {
  command.add_option("--threads", target.threads, "threads of a run (0: one per CPU)")->check(CLI::NonNegativeNumber);
  command.add_option("--entry", target.entry, "entry to run")->capture_default_str();
}

void addPackageCommand(CLI::App &app, const char *name, const char *description, const char *entry, AddVerb addVerb,
                       int &exitCode) {
  auto target = std::make_shared<RunTarget>();
  target->entry = entry;
  CLI::App *command = app.add_subcommand(name, description);
  command->add_option("PACKAGE", target->model, "package (.heddle)")->required();
  addRunOptions(*command, *target);
  // The callback keeps the target alive as long as the command.
  addVerb(*command, *target, [target] { return loadPackage(*target); }, exitCode);
}

} // namespace heddle
