#include "bench/kernels/Peak.h"
#include "runtime/core/ThreadPool.h"
#include <algorithm>
#include <chrono>
#include <thread>
#include <vector>

namespace heddle {

namespace {

/// One range for each thread, and none is over before all have begun: nobody computes the share of a thread that is
/// late.
struct Meeting {
  std::atomic<int32_t> arrived{0};
  int32_t expected;

  static void meet(void *arguments, int64_t begin, int64_t end) {
    auto &meeting = *static_cast<Meeting *>(arguments);
    meeting.arrived += int32_t(end - begin);
    while (meeting.arrived < meeting.expected)
      std::this_thread::yield();
  }
};

} // namespace

double measureForkJoin(int threads, bool asleep) {
  using Clock = std::chrono::steady_clock;
  runtime::ThreadPool pool(threads);
  std::vector<double> seconds(asleep ? 50 : 2000);
  for (double &each : seconds) {
    if (asleep)
      std::this_thread::sleep_for(std::chrono::milliseconds(2)); // longer than workers spin
    Meeting meeting{.expected = pool.size()};
    Clock::time_point start = Clock::now();
    pool.parallelFor(Meeting::meet, &meeting, pool.size(), 1, nullptr);
    each = std::chrono::duration<double>(Clock::now() - start).count();
  }
  std::nth_element(seconds.begin(), seconds.begin() + seconds.size() / 2, seconds.end());
  return seconds[seconds.size() / 2];
}

} // namespace heddle
