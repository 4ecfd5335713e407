#include "bench/kernels/Peak.h"
#include <algorithm>

namespace heddle {

Peak measurePeak(int threads) {
  threads = std::max(threads, 1);
  return {measureGflops(Number::f32, threads), measureGexps(threads), measureCopy(size_t(64) << 20, threads)};
}

} // namespace heddle
