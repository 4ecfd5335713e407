#include "bench/kernels/Peak.h"
#include "bench/kernels/Timing.h"
#include <algorithm>
#include <cstring>
#include <vector>

namespace heddle {

double measureCopy(size_t bytes, int threads) {
  constexpr size_t atLeast = size_t(16) << 20; // of each timing, so that the clock's steps do not count
  size_t rounds = std::max<size_t>(1, atLeast / bytes);
  std::vector<std::vector<char>> from(threads, std::vector<char>(bytes, 1)), to(threads, std::vector<char>(bytes, 2));
  double seconds = bestTime(/*repeats=*/8, threads, [&](int thread) {
    for (size_t round = 0; round < rounds; ++round) {
      std::memcpy(to[thread].data(), from[thread].data(), bytes);
      asm volatile("" : : "r"(to[thread].data()) : "memory"); // each round's copy is needed
    }
  });
  return 2.0 * bytes * rounds * threads / seconds * 1e-9;
}

} // namespace heddle
