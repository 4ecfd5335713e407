// What this machine can do at best: the denominator of every "share of peak", and the rates of the compiler's machine
// model.
//
//   Peak peak = measurePeak(2);   // 231 Gflop/s, 8.9 Gexp/s, 48 GB/s on a two-core Zen 4
//
// Arithmetic: independent chains of multiply-adds in the widest vectors of the processor, 2 flops for each element.
// Exponentials: 2^x by a polynomial in registers, as kernels compute it.
// Memory: a copy between buffers, counting bytes read and bytes written.
//
// Each figure is the best of several repetitions of some milliseconds, so that a disturbed one does not count.
#ifndef HEDDLE_BENCH_KERNELS_PEAK_H
#define HEDDLE_BENCH_KERNELS_PEAK_H

#include <cstddef>

namespace heddle {

enum class Number { f32, f64, bf16 };

/// 10^9 multiply-adds per second, counted twice, of `threads` threads at once. bf16 is products of pairs summed in f32;
/// 0 where the processor has no instruction for them.
double measureGflops(Number number, int threads);

/// 10^9 values of 2^x (f32) per second of `threads` threads at once.
double measureGexps(int threads);

/// 10^9 bytes per second, read and written, of `threads` threads that copy `bytes` each between buffers of their own.
double measureCopy(size_t bytes, int threads);

/// Seconds that a loop over nothing takes on the runtime's pool of `threads` threads: with workers that still spin, or
/// `asleep`, after a pause.
double measureForkJoin(int threads, bool asleep);

struct Peak {
  double gflops;          // f32
  double gexps;           // f32
  double gbytesPerSecond; // a copy larger than the caches
};

Peak measurePeak(int threads);

} // namespace heddle

#endif
