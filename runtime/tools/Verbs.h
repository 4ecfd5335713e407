// The verbs that need a package and nothing of the compiler: `run`, `bench` and `stream`.
//
// `heddle` offers them for models too and compiles first; `heddle-rt` is the runtime alone with these verbs, small, to
// be carried to machines without a compiler, and the honest way to measure what a run costs in memory.
#ifndef HEDDLE_RUNTIME_TOOLS_VERBS_H
#define HEDDLE_RUNTIME_TOOLS_VERBS_H

#include "runtime/tools/Runner.h"

#include <functional>
#include <optional>

namespace CLI {
class App;
}

namespace heddle {

/// What to run and how, for every verb that runs.
struct RunTarget {
  std::string model;
  std::string entry = "forward";
  int threads = 0;
};

/// A model that can run, and what it took to get there.
struct LoadedModel {
  std::unique_ptr<Runner> runner;
  double compileSeconds = 0; // 0 for a package
};

/// Makes the target's model runnable; empty after messages.
using Loader = std::function<std::optional<LoadedModel>()>;

/// Loads a package; a failure is printed.
std::optional<LoadedModel> loadPackage(const RunTarget &target);

/// --threads and --entry.
void addRunOptions(CLI::App &command, RunTarget &target);

/// Add the verb's own options to `command`. The target is read, and the loader called, when the verb runs; the exit
/// code is then 0 (done) or 1 (a user's error, printed).
void addRunVerb(CLI::App &command, const RunTarget &target, Loader load, int &exitCode);
void addBenchVerb(CLI::App &command, const RunTarget &target, Loader load, int &exitCode);
void addStreamVerb(CLI::App &command, const RunTarget &target, Loader load, int &exitCode);

/// Adds a command of this name for a verb on packages, with the entry that it runs unless --entry names another.
using AddVerb = void (*)(CLI::App &, const RunTarget &, Loader, int &);
void addPackageCommand(CLI::App &app, const char *name, const char *description, const char *entry, AddVerb addVerb,
                       int &exitCode);

/// Prints `error: <what>` to standard error, in colour on a terminal; returns 1, the exit code of a user's error.
int printError(const std::string &what);

} // namespace heddle

#endif
