// Runs a law on many random points of the template.
//
// A failing test prints the seed; HEDDLE_SEED=<n> HEDDLE_POINTS=1 runs that point alone.
#ifndef HEDDLE_TEST_PROPERTY_EACHPOINT_H
#define HEDDLE_TEST_PROPERTY_EACHPOINT_H

#include "test/property/MixRun.h"
#include "test/property/RandomMix.h"
#include <cstdlib>
#include <gtest/gtest.h>

namespace heddle::test {

inline uint64_t environment(const char *name, uint64_t otherwise) {
  const char *text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

/// Calls `law(point, seed)` for every random point, up to the first that fails; all randomness follows from the seed.
template <typename F> void forEachPoint(F law) {
  std::unique_ptr<mlir::MLIRContext> context = makeContext();
  uint64_t first = environment("HEDDLE_SEED", 1), points = environment("HEDDLE_POINTS", 200);
  for (uint64_t seed = first; seed < first + points; ++seed) {
    MixCase point(randomMix(context.get(), seed), seed);
    SCOPED_TRACE("seed " + std::to_string(seed) + ": " + point.describe());
    law(point, seed);
    if (testing::Test::HasFatalFailure())
      return;
  }
}

} // namespace heddle::test
#endif
