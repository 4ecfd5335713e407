#include "frontends/onnx/Literal.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/MLIRContext.h"
#include <gtest/gtest.h>

using namespace heddle;
using namespace heddle::onnx;

namespace {
class LiteralTest : public ::testing::Test {
protected:
  Dim symbol(unsigned position) { return mlir::getAffineSymbolExpr(position, &context); }
  Dim number(int64_t value) { return mlir::getAffineConstantExpr(value, &context); }
  Literal list(std::vector<int64_t> values, llvm::ArrayRef<int64_t> shape) {
    Literal literal{mlir::Builder(&context).getI64Type(), llvm::SmallVector<int64_t>(shape), {}};
    for (int64_t value : values)
      literal.elements.push_back({number(value)});
    return literal;
  }
  mlir::MLIRContext context;
};
} // namespace

TEST_F(LiteralTest, elementCountRefusesNegativeAndHugeSizes) {
  EXPECT_EQ(elementCount({2, 3}), 6);
  EXPECT_EQ(elementCount({}), 1);
  EXPECT_EQ(elementCount({5, 0}), 0);
  EXPECT_FALSE(elementCount({2, -1}));
  EXPECT_FALSE(elementCount({int64_t(1) << 40, int64_t(1) << 40}));
}

TEST_F(LiteralTest, broadcastSizesFollowsNumpy) {
  EXPECT_EQ(broadcastSizes({2, 1, 4}, {3, 1}), (llvm::SmallVector<int64_t>{2, 3, 4}));
  EXPECT_EQ(broadcastSizes({}, {3}), (llvm::SmallVector<int64_t>{3}));
  EXPECT_FALSE(broadcastSizes({2}, {3}));
}

TEST_F(LiteralTest, boundsTakeSymbolsAsAtLeastOne) {
  EXPECT_EQ(bounds(symbol(0)).low, 1);
  EXPECT_EQ(bounds(symbol(0) * 3 + 2).low, 5);
  EXPECT_EQ(bounds(symbol(0) * -1).high, -1);
  EXPECT_EQ(bounds((symbol(0) + 5).floorDiv(2)).low, 3);
  EXPECT_EQ(bounds(symbol(0) % 4).high, 3);
}

TEST_F(LiteralTest, roundedWrapsIntegersAndRoundsFloats) {
  EXPECT_EQ(rounded({number(300)}, mlir::IntegerType::get(&context, 8, mlir::IntegerType::Unsigned)).dim, number(44));
  EXPECT_EQ(rounded({number(200)}, mlir::IntegerType::get(&context, 8)).dim, number(-56));
  EXPECT_EQ(rounded({Dim(), 0.1}, mlir::Builder(&context).getF32Type()).real, static_cast<double>(0.1f));
}

TEST_F(LiteralTest, broadcastRepeatsSizeOneDimensions) {
  Literal wide = broadcast(list({1, 2}, {2, 1}), {2, 3});
  EXPECT_EQ(wide.integers(), (llvm::SmallVector<int64_t>{1, 1, 1, 2, 2, 2}));
}
