// Prints what the machine reaches on one thread and on all: `heddle-peak [threads..]`.
#include "bench/kernels/Peak.h"
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

int main(int argc, char **argv) {
  std::vector<int> counts;
  for (int i = 1; i < argc; ++i)
    counts.push_back(std::atoi(argv[i]));
  if (counts.empty())
    counts = {1, static_cast<int>(std::thread::hardware_concurrency())};
  for (int threads : counts) {
    heddle::Peak peak = heddle::measurePeak(threads);
    std::printf("%d threads: %.1f Gflop/s f32, %.1f GB/s copied (read + written)\n", threads, peak.gflops,
                peak.gbytesPerSecond);
  }
}
