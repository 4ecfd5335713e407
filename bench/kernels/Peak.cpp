#include "bench/kernels/Peak.h"
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <functional>
#include <thread>
#include <vector>

namespace heddle {

namespace {

//===--- arithmetic -------------------------------------------------------------------------===//

constexpr int64_t kSteps = 2000000;
constexpr int kChains = 12; // 4 cycles of latency on 2 units need 8; with two constants they fit in 16 registers

// Twelve chains written out: they must live in registers at any optimisation level.
#define HEDDLE_FOUR(w, x, y, z) HEDDLE_FMA(w) HEDDLE_FMA(x) HEDDLE_FMA(y) HEDDLE_FMA(z)
#define HEDDLE_FMA_KERNEL(NAME, TARGET, BYTES)                                                                         \
  TARGET double NAME(float seed) {                                                                                     \
    typedef float Vector __attribute__((vector_size(BYTES)));                                                          \
    Vector factor = {}, term = {};                                                                                     \
    factor += 1.0f - seed, term += seed;                                                                               \
    Vector a = term, b = a + 1, c = a + 2, d = a + 3, e = a + 4, f = a + 5, g = a + 6, h = a + 7;                      \
    Vector i = a + 8, j = a + 9, k = a + 10, l = a + 11;                                                               \
    for (int64_t step = 0; step < kSteps; ++step) {                                                                    \
      HEDDLE_FOUR(a, b, c, d)                                                                                          \
      HEDDLE_FOUR(e, f, g, h)                                                                                          \
      HEDDLE_FOUR(i, j, k, l)                                                                                          \
    }                                                                                                                  \
    Vector sum = a + b + c + d + e + f + g + h + i + j + k + l;                                                        \
    return sum[0];                                                                                                     \
  }
#define HEDDLE_FMA(chain) chain = __builtin_elementwise_fma(chain, factor, term);

#if defined(__x86_64__)
HEDDLE_FMA_KERNEL(fma512, __attribute__((target("avx512f"))), 64)
HEDDLE_FMA_KERNEL(fma256, __attribute__((target("avx2,fma"))), 32)
#endif
// Without a fused unit the builtin would call a library function; a product and a sum are what the machine has.
#undef HEDDLE_FMA
#define HEDDLE_FMA(chain) chain = chain * factor + term;
HEDDLE_FMA_KERNEL(multiplyAdd128, , 16)
#undef HEDDLE_FMA

struct FmaKernel {
  double (*run)(float seed);
  int lanes;
};

FmaKernel widestKernel() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f"))
    return {fma512, 16};
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return {fma256, 8};
#endif
  return {multiplyAdd128, 4};
}

//===--- timing -----------------------------------------------------------------------------===//

/// Seconds from the moment all threads are ready until the last one is done.
double timeTogether(int threads, const std::function<void(int)> &work) {
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

double measureGflops(int threads) {
  FmaKernel kernel = widestKernel();
  volatile double sink;
  double seconds = bestTime(/*repeats=*/10, threads, [&](int) { sink = kernel.run(1e-3f); });
  (void)sink;
  return 2.0 * kernel.lanes * kChains * kSteps * threads / seconds * 1e-9;
}

double measureBandwidth(int threads) {
  constexpr size_t bytes = size_t(64) << 20;
  std::vector<std::vector<char>> from(threads, std::vector<char>(bytes, 1)), to(threads, std::vector<char>(bytes, 2));
  double seconds =
      bestTime(/*repeats=*/8, threads, [&](int thread) { std::memcpy(to[thread].data(), from[thread].data(), bytes); });
  return 2.0 * bytes * threads / seconds * 1e-9;
}

} // namespace

Peak measurePeak(int threads) {
  threads = std::max(threads, 1);
  return {measureGflops(threads), measureBandwidth(threads)};
}

} // namespace heddle
