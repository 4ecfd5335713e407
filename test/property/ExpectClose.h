// Tensors that agree up to the reordering of sums.
#ifndef HEDDLE_TEST_PROPERTY_EXPECTCLOSE_H
#define HEDDLE_TEST_PROPERTY_EXPECTCLOSE_H

#include "dialects/mixer/reference/Tolerance.h"
#include <gtest/gtest.h>

namespace heddle::test {

/// `relative` is a share of the expected tensor's largest magnitude, or of 1 where that is smaller.
inline void expectClose(const ReferenceTensor &expected, const ReferenceTensor &actual, double relative) {
  ASSERT_EQ(expected.shape, actual.shape);
  Comparison comparison = compare(expected, actual, relative * std::max(1.0, maxMagnitude(expected)));
  EXPECT_TRUE(comparison.passes) << comparison.describe();
}

inline void expectClose(llvm::ArrayRef<ReferenceTensor> expected, llvm::ArrayRef<ReferenceTensor> actual,
                        double relative) {
  ASSERT_EQ(expected.size(), actual.size());
  for (auto [left, right] : llvm::zip_equal(expected, actual))
    expectClose(left, right, relative);
}

} // namespace heddle::test
#endif
