// What this machine can do at best, measured in a quarter of a second: the denominator of every "share of peak".
//
//   Peak peak = measurePeak(2);   // 231 Gflop/s, 48 GB/s on a two-core Zen 4
//
// Arithmetic: independent chains of f32 fused multiply-adds in the widest vectors of the processor, 2 flops per lane.
// Memory: a copy between buffers larger than the caches, counting bytes read and bytes written.
#ifndef HEDDLE_BENCH_KERNELS_PEAK_H
#define HEDDLE_BENCH_KERNELS_PEAK_H

namespace heddle {

struct Peak {
  double gflops;
  double gbytesPerSecond;
};

/// Measures with `threads` threads at once; the best of several repetitions, so that a disturbed one does not count.
Peak measurePeak(int threads);

} // namespace heddle

#endif
