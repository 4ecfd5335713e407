#include "bench/kernels/Timing.h"
#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

namespace heddle {

static double timeTogether(int threads, const std::function<void(int)> &work) {
  std::atomic<int> waiting{threads};
  std::vector<double> finished(threads);
  std::chrono::steady_clock::time_point start;
  auto body = [&](int thread) {
    if (--waiting == 0)
      start = std::chrono::steady_clock::now(), waiting = -1;
    while (waiting >= 0)
      std::this_thread::yield();
    work(thread);
    finished[thread] = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  std::vector<std::thread> others;
  for (int thread = 1; thread < threads; ++thread)
    others.emplace_back(body, thread);
  body(0);
  for (std::thread &other : others)
    other.join();
  return *std::max_element(finished.begin(), finished.end());
}

double bestTime(int repeats, int threads, const std::function<void(int)> &work) {
  double best = timeTogether(threads, work);
  for (int repeat = 1; repeat < repeats; ++repeat)
    best = std::min(best, timeTogether(threads, work));
  return best;
}

} // namespace heddle
