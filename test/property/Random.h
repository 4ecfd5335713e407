// Random numbers that are the same on every machine: a seed names a test case for ever.
#ifndef HEDDLE_TEST_PROPERTY_RANDOM_H
#define HEDDLE_TEST_PROPERTY_RANDOM_H

#include "llvm/ADT/ArrayRef.h"
#include <cstdint>
#include <initializer_list>

namespace heddle::test {

/// splitmix64: one multiplication-and-shift chain per number, any seed is good.
class Random {
public:
  explicit Random(uint64_t seed) : state(seed) {}

  uint64_t bits() {
    uint64_t z = (state += 0x9e3779b97f4a7c15ull);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
  }
  /// In [0, count).
  int64_t below(int64_t count) { return int64_t(bits() % uint64_t(count)); }
  int64_t between(int64_t low, int64_t high) { return low + below(high - low + 1); }
  double uniform(double low, double high) { return low + (high - low) * double(bits() >> 11) * 0x1.0p-53; }
  bool chance(double probability) { return uniform(0, 1) < probability; }

  template <typename T> T pick(std::initializer_list<T> choices) { return *(choices.begin() + below(choices.size())); }
  template <typename T> T pick(llvm::ArrayRef<T> choices) { return choices[below(choices.size())]; }

private:
  uint64_t state;
};

} // namespace heddle::test
#endif
