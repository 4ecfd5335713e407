// Prints what the machine reaches: `heddle-peak [THREADS..] [--json]`, by default on one thread and on all.
#include "bench/kernels/Peak.h"
#include <CLI/CLI.hpp>
#include <cstdio>
#include <thread>
#include <vector>

int main(int argc, char **argv) {
  CLI::App app("measure what this machine reaches: multiply-adds and exponentials in registers, and a copy larger than "
               "the caches");
  std::vector<int> counts = {1, static_cast<int>(std::thread::hardware_concurrency())};
  bool asJson = false;
  app.add_option("THREADS", counts, "numbers of threads")->check(CLI::PositiveNumber);
  app.add_flag("--json", asJson, "print a line of JSON for each");
  CLI11_PARSE(app, argc, argv);
  for (int threads : counts) {
    heddle::Peak peak = heddle::measurePeak(threads);
    std::printf(asJson ? "{\"threads\": %d, \"gflops\": %.1f, \"gexps\": %.2f, \"gbytes_per_s\": %.1f}\n"
                       : "%d threads: %.1f Gflop/s f32, %.2f Gexp/s f32, %.1f GB/s copied (read + written)\n",
                threads, peak.gflops, peak.gexps, peak.gbytesPerSecond);
  }
}
