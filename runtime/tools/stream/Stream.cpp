// The verb `stream`: one sequence through a step, or several side by side, some tokens at a time, written as it is
// computed.
#include "runtime/tools/stream/BatchPlan.h"
#include "runtime/tools/stream/StateFile.h"
#include "runtime/tools/stream/StreamOptions.h"
#include "runtime/tools/stream/StreamPlan.h"

#include "runtime/tools/ProcessMemory.h"
#include <CLI/CLI.hpp>
#include <chrono>

namespace heddle {
namespace {

double secondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// What is counted goes to standard error: standard output may carry tokens.
void reportSpeed(const char *what, int64_t tokens, double seconds) {
  fprintf(stderr, "%s%lld tokens, %.1f per second\n", what, (long long)tokens,
          seconds > 0 ? double(tokens) / seconds : 0.0);
}

void reportMemory(int64_t before, int64_t formula) {
  int64_t peak = residentPeakBytes(), expected = before + formula;
  fprintf(stderr, "process: %lld bytes, %.3f of the formula and the %lld bytes before the model\n", (long long)peak,
          double(peak) / double(expected), (long long)before);
}

io::Status stream(const RunTarget &target, const StreamOptions &options, Runner &runner, int64_t before) {
  io::Result<StreamPlan> plan = StreamPlan::make(target, options, runner);
  if (!plan)
    return plan.error();
  fprintf(stderr, "memory: %s\n", plan->memoryText().c_str());
  auto start = std::chrono::steady_clock::now();
  io::Result<int64_t> tokens = plan->stream->consume();
  if (!tokens)
    return tokens.error();
  reportSpeed("", *tokens, secondsSince(start));
  if (plan->generation) {
    start = std::chrono::steady_clock::now();
    io::Result<int64_t> made = plan->stream->generate(*plan->generation, *plan->generated);
    if (!made)
      return made.error();
    reportSpeed("generated ", *made, secondsSince(start));
    if (io::Status status = plan->generated->close(); !status)
      return status;
  }
  // A state that is saved goes on: its last outputs come with the tokens that follow.
  if (io::Status status = options.stateOut.empty() ? plan->stream->flush() : io::Status(); !status)
    return status;
  if (io::Status status = plan->stream->finish(); !status)
    return status;
  reportMemory(before, plan->memoryBytes);
  return options.stateOut.empty() ? io::Status() : saveState(plan->stream->state, options.stateOut);
}

io::Status streamRows(const RunTarget &target, const StreamOptions &options, Runner &runner) {
  io::Result<BatchPlan> plan = BatchPlan::make(target, options, runner);
  if (!plan)
    return plan.error();
  fprintf(stderr, "memory: %s\n", plan->memoryText().c_str());
  auto start = std::chrono::steady_clock::now();
  if (io::Status status = plan->batch->run(); !status)
    return status;
  const BatchRun::Counts &counts = plan->batch->counts;
  fprintf(stderr, "%lld sequences in %lld calls\n", (long long)counts.sequences, (long long)counts.calls);
  reportSpeed("", counts.tokens, secondsSince(start));
  if (options.generate > 0)
    fprintf(stderr, "generated %lld tokens\n", (long long)counts.generated);
  return {};
}

int streamTarget(const RunTarget &target, const StreamOptions &options, const Loader &load) try {
  if (io::Status status = options.check(); !status)
    return printError(status.message());
  int64_t before = residentBytes();
  std::optional<LoadedModel> model = load();
  if (!model)
    return 1;
  io::Status status =
      options.rows > 0 ? streamRows(target, options, *model->runner) : stream(target, options, *model->runner, before);
  return status ? 0 : printError(status.message());
} catch (const Error &error) {
  return printError(error.what());
}

} // namespace

void addStreamVerb(CLI::App &command, const RunTarget &target, Loader load, int &exitCode) {
  auto options = std::make_shared<StreamOptions>();
  options->addTo(command);
  command.callback([=, &target, &exitCode] { exitCode = streamTarget(target, *options, load); });
}

} // namespace heddle
