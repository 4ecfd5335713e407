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

} // namespace heddle
