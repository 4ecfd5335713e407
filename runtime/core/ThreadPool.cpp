#include "runtime/core/ThreadPool.h"
#include <algorithm>
#include <chrono>
#include <climits>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <system_error>
#include <unistd.h>

namespace heddle::runtime {

namespace {

// Longer than the gap between two kernels of a model, shorter than anything a person or a scheduler would notice.
constexpr std::chrono::microseconds kSpinTime(40);
// Ranges per thread: enough to even out unequal speeds, few enough that taking them costs nothing.
constexpr int64_t kRangesPerThread = 4;

thread_local bool insideLoop = false;

void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

/// Spins until `done` or the spin time is over; tells which.
template <typename Done> bool spinUntil(Done done) {
  auto deadline = std::chrono::steady_clock::now() + kSpinTime;
  do {
    for (int i = 0; i < 64; ++i) {
      if (done())
        return true;
      pause();
    }
  } while (std::chrono::steady_clock::now() < deadline);
  return false;
}

void sleepWhile(std::atomic<uint32_t> &word, uint32_t value) {
  ::syscall(SYS_futex, reinterpret_cast<uint32_t *>(&word), FUTEX_WAIT_PRIVATE, value, nullptr, nullptr, 0);
}

void wake(std::atomic<uint32_t> &word, int count) {
  ::syscall(SYS_futex, reinterpret_cast<uint32_t *>(&word), FUTEX_WAKE_PRIVATE, count, nullptr, nullptr, 0);
}

} // namespace

ThreadPool::ThreadPool(int32_t threads) {
  int32_t wanted = std::max(threads - 1, 0);
  workers = std::make_unique<std::thread[]>(static_cast<size_t>(wanted));
  try {
    for (; workerCount < wanted; ++workerCount)
      workers[static_cast<size_t>(workerCount)] = std::thread([this] { workerMain(); });
  } catch (const std::system_error &) {
    // No more threads to be had: the loops run on those that there are.
  }
}

ThreadPool::~ThreadPool() {
  stopping.store(true);
  bell.fetch_add(1);
  wake(bell, INT_MAX);
  for (int32_t i = 0; i < workerCount; ++i)
    workers[static_cast<size_t>(i)].join();
}

void ThreadPool::parallelFor(heddle_task_t task, void *arguments, int64_t count, int64_t grain,
                             const std::atomic<int32_t> *cancelled) {
  if (count <= 0 || (cancelled && cancelled->load(std::memory_order_relaxed)))
    return;
  grain = std::max<int64_t>(grain, 1);
  if (insideLoop || count <= grain) {
    task(arguments, 0, count);
    return;
  }
  int64_t ranges = int64_t(size()) * kRangesPerThread;
  int64_t step = count / ranges + (count % ranges != 0);
  loop = {task, arguments, count, std::max(step, grain), cancelled};
  next.store(0, std::memory_order_relaxed);
  // A single thread takes ranges too, so that it sees a request to cancel between them.
  if (workerCount == 0)
    return runRanges();
  door.store(kOpen, std::memory_order_release);
  // Sequentially consistent with the sleeper's own pair: either it sees the ring or we see the sleeper.
  bell.fetch_add(1);
  if (sleepers.load() != 0)
    wake(bell, INT_MAX);
  runRanges();
  door.fetch_and(~kOpen, std::memory_order_acq_rel);
  waitUntilEmpty();
}

void ThreadPool::runRanges() {
  insideLoop = true;
  while (true) {
    if (loop.cancelled && loop.cancelled->load(std::memory_order_relaxed))
      break;
    // Looking first keeps `next` from growing without bound, so it cannot overflow.
    int64_t begin = next.load(std::memory_order_relaxed);
    if (begin >= loop.count)
      break;
    int64_t end = loop.count - begin > loop.step ? begin + loop.step : loop.count;
    if (next.compare_exchange_weak(begin, end, std::memory_order_relaxed))
      loop.task(loop.arguments, begin, end);
  }
  insideLoop = false;
}

bool ThreadPool::enter() {
  uint32_t seen = door.load(std::memory_order_relaxed);
  while (seen & kOpen)
    if (door.compare_exchange_weak(seen, seen + 1, std::memory_order_acquire, std::memory_order_relaxed))
      return true;
  return false;
}

void ThreadPool::leave() {
  // Sequentially consistent with waitUntilEmpty: either it sees an empty room or we see that the caller sleeps.
  if (door.fetch_sub(1) == 1 && callerSleeps.load() != 0)
    wake(door, 1);
}

void ThreadPool::waitUntilEmpty() {
  if (spinUntil([this] { return door.load(std::memory_order_acquire) == 0; }))
    return;
  callerSleeps.store(1);
  for (uint32_t inside = door.load(); inside != 0; inside = door.load())
    sleepWhile(door, inside);
  callerSleeps.store(0);
}

uint32_t ThreadPool::waitForWork(uint32_t seen) {
  if (!spinUntil([&] { return bell.load(std::memory_order_acquire) != seen; })) {
    sleepers.fetch_add(1);
    while (bell.load() == seen)
      sleepWhile(bell, seen);
    sleepers.fetch_sub(1);
  }
  return bell.load(std::memory_order_acquire);
}

void ThreadPool::workerMain() {
  uint32_t seen = 0;
  while (true) {
    seen = waitForWork(seen);
    if (stopping.load())
      return;
    if (enter()) {
      runRanges();
      leave();
    }
  }
}

} // namespace heddle::runtime
