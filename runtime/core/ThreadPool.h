// A few threads that run loops together. One pool belongs to one session.
//
//   pool.parallelFor(task, arguments, count, grain)
//
// The caller takes part. Ranges are handed out one by one from a shared counter, several per thread, so that a thread
// that was interrupted does not hold up the others. Workers wait by spinning for some microseconds (the next kernel of
// a model usually follows at once), then sleep on a futex. Nothing is allocated after construction.
//
// Join protocol: `door` holds an "open" bit and the number of workers inside. A worker enters by a compare-and-swap
// that sees the bit, so it never touches a loop that is over. The caller closes the door when no range is left and
// returns when nobody is inside; only then may the loop's fields change.
#ifndef HEDDLE_RUNTIME_CORE_THREADPOOL_H
#define HEDDLE_RUNTIME_CORE_THREADPOOL_H

#include "heddle/runtime.h"
#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>

namespace heddle::runtime {

class ThreadPool {
public:
  /// Starts `threads - 1` workers; fewer when the system has no more (see size()).
  explicit ThreadPool(int32_t threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool &) = delete;
  ThreadPool &operator=(const ThreadPool &) = delete;

  /// Runs task over [0, count) in ranges of at least `grain` (the last may be shorter). One call at a time; a call from
  /// inside a task runs on its own thread alone. Once *cancelled is not 0, the ranges not yet begun are dropped.
  void parallelFor(heddle_task_t task, void *arguments, int64_t count, int64_t grain,
                   const std::atomic<int32_t> *cancelled);

  /// Threads that take part, the caller's included.
  int32_t size() const { return workerCount + 1; }

private:
  struct Loop {
    heddle_task_t task = nullptr;
    void *arguments = nullptr;
    int64_t count = 0;
    int64_t step = 0;
    const std::atomic<int32_t> *cancelled = nullptr;
  };

  void workerMain();
  bool enter();
  void leave();
  void runRanges();
  uint32_t waitForWork(uint32_t seen);
  void waitUntilEmpty();

  static constexpr uint32_t kOpen = 1u << 31;

  // On separate cache lines: `next` is written for each range, `door` for each join, `bell` for each loop.
  alignas(64) std::atomic<int64_t> next{0};
  alignas(64) std::atomic<uint32_t> door{0};
  std::atomic<uint32_t> callerSleeps{0};
  alignas(64) std::atomic<uint32_t> bell{0}; // rung for each loop
  std::atomic<uint32_t> sleepers{0};
  std::atomic<bool> stopping{false};
  alignas(64) Loop loop;
  int32_t workerCount = 0;
  std::unique_ptr<std::thread[]> workers;
};

} // namespace heddle::runtime
#endif
