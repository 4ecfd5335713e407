// Running entries: threads, arena, cancellation, traces.
#ifndef HEDDLE_RUNTIME_CORE_SESSION_H
#define HEDDLE_RUNTIME_CORE_SESSION_H

#include "runtime/core/Arena.h"
#include "runtime/core/Binding.h"
#include "runtime/core/State.h"
#include "runtime/core/ThreadPool.h"
#include <atomic>
#include <optional>

struct heddle_session {
  heddle_session(heddle_package *package, const heddle_session_options_t &options);
  ~heddle_session();

  heddle::runtime::Status run(const heddle_entry *entry, const heddle_tensor_view_t *inputs, size_t inputCount,
                              const heddle_tensor_view_t *outputs, size_t outputCount);

  /// run() on the tokens that come next, for the rows that take part (all: null); the state changes when all has gone
  /// well.
  heddle::runtime::Status step(const heddle_entry *entry, heddle_state &state, const bool *active,
                               const heddle_tensor_view_t *inputs, size_t inputCount,
                               const heddle_tensor_view_t *outputs, size_t outputCount);

  heddle_package *const package; // holds a reference
  const heddle_session_options_t options;
  std::atomic<int32_t> cancelled{0};
  std::atomic<bool> running{false};
  int64_t peakArenaBytes = 0;
  heddle_trace_t trace = nullptr;
  void *traceUser = nullptr;
  std::optional<heddle::runtime::ThreadPool> pool; // none with an executor of the caller

private:
  heddle::runtime::Status prepare(const heddle_entry &entry, const heddle_tensor_view_t *inputs, size_t inputCount,
                                  const heddle_tensor_view_t *outputs, size_t outputCount);
  heddle::runtime::Status reserveArena(const heddle_entry &entry, int64_t bytes);
  bool execute(const heddle_entry &entry);

  heddle::runtime::BindingRoom room;
  heddle::runtime::Arena arena;
};

#endif
