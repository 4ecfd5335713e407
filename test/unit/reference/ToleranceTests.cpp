#include "dialects/mixer/reference/Tolerance.h"
#include "mlir/IR/MLIRContext.h"
#include <cmath>
#include <gtest/gtest.h>

using namespace mlir;
using namespace heddle;

namespace {

class ToleranceTest : public testing::Test {
protected:
  MLIRContext context;
  ReferenceTensor f32(std::vector<double> data) {
    return {Float32Type::get(&context), {1, int64_t(data.size())}, std::move(data), {}};
  }
};

TEST_F(ToleranceTest, isSlackTimesPlainErrorPlusFloor) {
  Tolerance tolerance = Tolerance::of(f32({2.0, 1.0}), f32({2.0, 1.5}), 3.0);
  EXPECT_DOUBLE_EQ(tolerance.bound, 3 * 0.5 + 2 * std::ldexp(1.0, -23) * 2.0);
  EXPECT_NE(tolerance.reason.find("error of the plain f32 loop"), std::string::npos) << tolerance.reason;
}

TEST_F(ToleranceTest, addsWhatNarrowerPartsOfAnF64ResultErr) {
  auto f64 = [&](std::vector<double> data) {
    return ReferenceTensor{Float64Type::get(&context), {1, int64_t(data.size())}, std::move(data), {}};
  };
  Tolerance tolerance = Tolerance::of(f64({2.0, 1.0}), f64({2.0, 1.5}), 3.0, /*narrow=*/0.25);
  EXPECT_DOUBLE_EQ(tolerance.bound, 3 * (0.5 * std::ldexp(1.0, -29) + 0.25) + 2 * std::ldexp(1.0, -52) * 2.0);
}

TEST_F(ToleranceTest, integersMustBeEqual) {
  ReferenceTensor left{IntegerType::get(&context, 64), {2}, {}, {1, 2}}, right = left;
  EXPECT_EQ(Tolerance::of(left, right, 3.0).bound, 0.0);
  EXPECT_TRUE(compare(left, right, 0.0).passes);
  right.integers[1] = 3;
  EXPECT_FALSE(compare(left, right, 0.0).passes);
}

TEST_F(ToleranceTest, reportsTheWorstElement) {
  Comparison comparison = compare(f32({1, 2, 3}), f32({1, 2.5, 3.25}), 0.1);
  EXPECT_FALSE(comparison.passes);
  EXPECT_EQ(comparison.error, 0.5);
  EXPECT_EQ(comparison.worst, (SmallVector<int64_t>{0, 1}));
  EXPECT_EQ(comparison.expected, 2.0);
  EXPECT_EQ(comparison.actual, 2.5);
}

TEST_F(ToleranceTest, nanOnlyEqualsNan) {
  EXPECT_TRUE(compare(f32({NAN}), f32({NAN}), 0.0).passes);
  EXPECT_FALSE(compare(f32({1.0}), f32({NAN}), 1e9).passes);
  EXPECT_FALSE(compare(f32({INFINITY}), f32({1.0}), 1e9).passes);
  EXPECT_TRUE(compare(f32({INFINITY}), f32({INFINITY}), 0.0).passes);
}

TEST_F(ToleranceTest, shapesMustBeEqual) {
  Comparison comparison = compare(f32({1, 2}), f32({1}), 1.0);
  EXPECT_FALSE(comparison.passes);
  EXPECT_EQ(comparison.problem, "shape expected [1, 2] but got [1, 1]");
}

} // namespace
