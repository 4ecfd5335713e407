// Size arithmetic that says when it overflows. True means overflow, as with the compiler's builtins.
#ifndef HEDDLE_RUNTIME_CORE_CHECKED_H
#define HEDDLE_RUNTIME_CORE_CHECKED_H

#include <cstddef>
#include <cstdint>

namespace heddle::runtime {

inline bool addOverflows(int64_t a, int64_t b, int64_t &sum) { return __builtin_add_overflow(a, b, &sum); }
inline bool mulOverflows(int64_t a, int64_t b, int64_t &product) { return __builtin_mul_overflow(a, b, &product); }

/// Product of `rank` sizes times `width`; negative sizes count as overflow. A zero does not hide an overflow elsewhere.
inline bool byteSizeOverflows(const int64_t *sizes, size_t rank, int64_t width, int64_t &bytes) {
  bool empty = false;
  bytes = width;
  for (size_t i = 0; i < rank; ++i) {
    if (sizes[i] < 0)
      return true;
    if (sizes[i] == 0)
      empty = true;
    else if (mulOverflows(bytes, sizes[i], bytes))
      return true;
  }
  if (empty)
    bytes = 0;
  return false;
}

} // namespace heddle::runtime
#endif
