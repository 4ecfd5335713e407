#include "runtime/core/Session.h"
#include "runtime/core/Checked.h"
#include "runtime/core/Cpu.h"
#include "runtime/core/Options.h"
#include "runtime/core/View.h"
#include <ctime>
#include <sys/syscall.h>
#include <tuple>
#include <unistd.h>

using namespace heddle::runtime;

namespace {

/// What compiled code gets as its context: the ABI's part comes first.
struct RunContext {
  heddle_abi_context_t abi;
  heddle_session *session;
};

int64_t now() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return int64_t(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

/// A kernel and the listener of its ranges; lives on the stack of the call that runs the kernel.
struct TracedTask {
  heddle_task_t task;
  void *arguments;
  const char *kernel;
  heddle_trace_t trace;
  void *user;

  static void run(void *self, int64_t begin, int64_t end) {
    const auto &traced = *static_cast<TracedTask *>(self);
    int64_t start = now();
    traced.task(traced.arguments, begin, end);
    heddle_trace_event_t event = {
        sizeof event, traced.kernel, begin, end, start, now() - start, static_cast<int64_t>(::syscall(SYS_gettid))};
    traced.trace(traced.user, &event);
  }
};

void runLoop(heddle_session &session, heddle_task_t task, void *arguments, int64_t count, int64_t grain) {
  if (session.pool)
    session.pool->parallelFor(task, arguments, count, grain, &session.cancelled);
  else if (count > 0)
    session.options.executor(session.options.executor_user, task, arguments, count, grain);
}

/// The ABI's parallel_for.
void parallelFor(heddle_abi_context_t *context, heddle_abi_task_t task, void *arguments, int64_t count, int64_t grain,
                 int64_t kernel) {
  heddle_session &session = *reinterpret_cast<RunContext *>(context)->session;
  if (!session.trace)
    return runLoop(session, task, arguments, count, grain);
  const std::vector<std::string> &kernels = session.package->kernels;
  bool known = kernel >= 0 && kernel < static_cast<int64_t>(kernels.size());
  const char *name = known ? kernels[static_cast<size_t>(kernel)].c_str() : "";
  TracedTask traced{task, arguments, name, session.trace, session.traceUser};
  runLoop(session, TracedTask::run, &traced, count, grain);
}

} // namespace

heddle_session::heddle_session(heddle_package *package, const heddle_session_options_t &options)
    : package(package), options(options), room(*package) {
  if (!options.executor)
    pool.emplace(options.threads > 0 ? options.threads : usableCpus());
  heddle_package_retain(package);
}

heddle_session::~heddle_session() { heddle_package_release(package); }

Status heddle_session::reserveArena(const heddle_entry &entry, int64_t bytes) {
  if (options.max_arena_bytes > 0 && bytes > options.max_arena_bytes)
    return mismatch(HEDDLE_OUT_OF_MEMORY, "arena of entry '" + entry.info.name + "'",
                    "at most the session's limit of " + std::to_string(options.max_arena_bytes) + " bytes",
                    std::to_string(bytes));
  if (!arena.reserve(bytes))
    return Status(HEDDLE_OUT_OF_MEMORY,
                  "arena of entry '" + entry.info.name + "', no memory for " + std::to_string(bytes) + " bytes");
  peakArenaBytes = std::max(peakArenaBytes, bytes);
  return {};
}

Status heddle_session::prepare(const heddle_entry &entry, const heddle_tensor_view_t *inputs, size_t inputCount,
                               const heddle_tensor_view_t *outputs, size_t outputCount) {
  if (Status status = bindInputs(entry, inputs, inputCount, room); !status)
    return status;
  for (size_t i = 0; i < inputCount; ++i)
    if (Status status = checkRange(entry.info.inputs[i], inputs[i]); !status)
      return status;
  int64_t arenaBytes = 0;
  if (Status status = entry.planFor(room.symbols.data(), arenaBytes, room.outputDims.data()); !status)
    return status;
  if (Status status = bindOutputs(entry, inputs, outputs, outputCount, room); !status)
    return status;
  return reserveArena(entry, arenaBytes);
}

bool heddle_session::execute(const heddle_entry &entry) {
  static_assert(sizeof cancelled == sizeof(int32_t), "compiled code reads the flag as a plain number");
  RunContext context{{parallelFor, reinterpret_cast<const int32_t *>(&cancelled)}, this};
  int32_t result = entry.run(&context.abi, room.symbols.data(), room.inputs.data(), room.outputs.data(), arena.data(),
                             package->image.constants.data());
  return result == 0 && cancelled.load() == 0;
}

Status heddle_session::run(const heddle_entry *entry, const heddle_tensor_view_t *inputs, size_t inputCount,
                           const heddle_tensor_view_t *outputs, size_t outputCount) {
  if (!entry || entry->package != package)
    return Status(HEDDLE_INVALID_ARGUMENT, "entry, expected one of the session's package but got another");
  cancelled.store(0);
  if (Status status = prepare(*entry, inputs, inputCount, outputs, outputCount); !status)
    return status;
  bool finished = execute(*entry);
  if (options.arena_policy == HEDDLE_ARENA_RELEASE)
    arena.release();
  if (!finished)
    return Status(HEDDLE_CANCELLED, "run of entry '" + entry->info.name + "' was cancelled");
  return {};
}

Status heddle_session::step(const heddle_entry *entry, heddle_state &state, const bool *active,
                            const heddle_tensor_view_t *inputs, size_t inputCount, const heddle_tensor_view_t *outputs,
                            size_t outputCount) {
  if (entry != &state.entry || entry->package != package)
    return Status(HEDDLE_INVALID_ARGUMENT,
                  "state, expected one of the entry and the session's package but got another");
  size_t states = state.tensors.size();
  for (auto [kind, given, all] : {std::tuple("input", inputCount, entry->inputs.size()),
                                  std::tuple("output", outputCount, entry->outputs.size())})
    if (given != all - states)
      return invalid(std::string("number of ") + kind + "s beside the state", std::to_string(all - states),
                     std::to_string(given));
  state.inputs.assign(inputs, inputs + inputCount);
  state.outputs.assign(outputs, outputs + outputCount);
  state.appendViews(state.inputs, state.outputs);
  if (Status status = bindInputs(*entry, state.inputs.data(), state.inputs.size(), room); !status)
    return status;
  int64_t tokens = 0;
  if (mulOverflows(room.symbols[static_cast<size_t>(entry->info.tokens)], entry->info.block, tokens))
    return Status(HEDDLE_OUT_OF_RANGE, "tokens of the call, expected less than 2^63 but got more");
  if (Status status = state.admit(tokens, active, state.inputs[inputCount]); !status)
    return status;
  Status status = run(entry, state.inputs.data(), state.inputs.size(), state.outputs.data(), state.outputs.size());
  state.putBack();
  if (!status)
    return status;
  state.commit(active);
  return {};
}

// --- C API
// ------------------------------------------------------------------------------------------------------------

void heddle_session_options_init(heddle_session_options_t *options) {
  *options = {sizeof *options, 0, nullptr, nullptr, HEDDLE_ARENA_KEEP, 0};
}

heddle_status_t heddle_session_create(heddle_package_t *package, const heddle_session_options_t *options,
                                      heddle_session_t **out_session) {
  return guard([&]() -> Status {
    if (!package || !out_session)
      return Status(HEDDLE_INVALID_ARGUMENT, "package and out_session, expected addresses but got NULL");
    *out_session = nullptr;
    heddle_session_options_t given = readOptions(options, heddle_session_options_init);
    constexpr int32_t kMaxThreads = 1024;
    if (given.threads < 0 || given.threads > kMaxThreads)
      return mismatch(HEDDLE_INVALID_ARGUMENT, "threads", "0 to 1024", std::to_string(given.threads));
    *out_session = new heddle_session(package, given);
    return {};
  });
}

void heddle_session_release(heddle_session_t *session) { delete session; }

/// Runs `body` as the session's one run.
template <typename Body> static heddle_status_t runAlone(heddle_session *session, Body body) {
  return guard([&]() -> Status {
    if (session->running.exchange(true))
      return Status(HEDDLE_INVALID_ARGUMENT, "session, expected one run at a time but got a second");
    struct Running {
      heddle_session *session;
      ~Running() { session->running.store(false); }
    } running{session};
    return body();
  });
}

heddle_status_t heddle_session_run(heddle_session_t *session, const heddle_entry_t *entry,
                                   const heddle_tensor_view_t *inputs, size_t input_count,
                                   const heddle_tensor_view_t *outputs, size_t output_count) {
  return runAlone(session, [&] { return session->run(entry, inputs, input_count, outputs, output_count); });
}

heddle_status_t heddle_session_step(heddle_session_t *session, const heddle_entry_t *step, heddle_state_t *state,
                                    const bool *active, const heddle_tensor_view_t *inputs, size_t input_count,
                                    const heddle_tensor_view_t *outputs, size_t output_count) {
  return runAlone(session, [&] {
    return state ? session->step(step, *state, active, inputs, input_count, outputs, output_count)
                 : Status(HEDDLE_INVALID_ARGUMENT, "state, expected an address but got NULL");
  });
}

void heddle_session_cancel(heddle_session_t *session) { session->cancelled.store(1); }

int64_t heddle_session_peak_arena_bytes(const heddle_session_t *session) { return session->peakArenaBytes; }

int32_t heddle_session_threads(const heddle_session_t *session) { return session->pool ? session->pool->size() : 0; }

void heddle_session_set_trace(heddle_session_t *session, heddle_trace_t trace, void *user) {
  session->trace = trace;
  session->traceUser = user;
}
