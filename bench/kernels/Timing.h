// The time of work that several threads begin together.
#ifndef HEDDLE_BENCH_KERNELS_TIMING_H
#define HEDDLE_BENCH_KERNELS_TIMING_H

#include <functional>

namespace heddle {

/// Seconds from the moment all threads are ready until the last one is done, the least of `repeats`. `work` gets the
/// number of its thread.
double bestTime(int repeats, int threads, const std::function<void(int)> &work);

} // namespace heddle

#endif
