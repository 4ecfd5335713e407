// What tests of mixer.mix run it with: sequences of numbers, one head, one feature.
#ifndef HEDDLE_TEST_UNIT_REFERENCE_MIXTEST_H
#define HEDDLE_TEST_UNIT_REFERENCE_MIXTEST_H

#include "dialects/mixer/reference/Tolerance.h"
#include "test/property/MixRun.h"
#include <cmath>
#include <gtest/gtest.h>

namespace heddle::test {

class MixTest : public testing::Test {
protected:
  std::unique_ptr<mlir::MLIRContext> context = makeContext();

  // One head, one feature, `tokens` tokens: sequences of numbers.
  MixSpec sequence(int64_t tokens, llvm::StringRef transport) {
    MixSpec spec = MixSpec::linear(context.get());
    spec.tokens = spec.keys = tokens;
    spec.dk = spec.dv = 1;
    spec.transport = mlir::cast<mixer::TransportAttrInterface>(spec.parse(transport));
    return spec;
  }
  MixSpec sequence(int64_t tokens) { return sequence(tokens, "#mixer.identity"); }

  std::vector<double> run(const MixSpec &spec, std::vector<std::vector<double>> data) {
    MixCase point(spec, 1);
    EXPECT_EQ(point.inputs.size(), data.size());
    for (auto [tensor, values] : llvm::zip_equal(point.inputs, data)) {
      EXPECT_EQ(tensor.size(), int64_t(values.size()));
      if (tensor.isFloat())
        tensor.data = values;
      else
        tensor.integers.assign(values.begin(), values.end());
    }
    results = point.run();
    return results.empty() ? std::vector<double>() : results.front().data;
  }
  static void expectNear(const std::vector<double> &expected, const std::vector<double> &actual) {
    ASSERT_EQ(expected.size(), actual.size());
    for (size_t i = 0; i < expected.size(); ++i)
      EXPECT_NEAR(expected[i], actual[i], 1e-12) << "at " << i;
  }

  const double half = std::log(0.5);
  llvm::SmallVector<ReferenceTensor> results;
};

using Rows = std::vector<double>;

} // namespace heddle::test

#endif
