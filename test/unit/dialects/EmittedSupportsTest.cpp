// Supports as code agree with supports on numbers.
#include "IndexEvaluator.h"
#include "Supports.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Builders.h"
#include "gtest/gtest.h"

using namespace heddle;
using namespace heddle::test;
using namespace mlir;
using mixer::SupportAttrInterface;

namespace {

/// A block with index arguments, in which a support writes code.
struct Fragment {
  OpBuilder builder{mixerContext()};
  Location loc = builder.getUnknownLoc();
  Block block;

  explicit Fragment(unsigned arguments) {
    for (unsigned index = 0; index < arguments; ++index)
      block.addArgument(builder.getIndexType(), loc);
    builder.setInsertionPointToEnd(&block);
  }

  bool run(Value result, ArrayRef<int64_t> arguments) {
    IndexEvaluator evaluator;
    for (auto [argument, number] : llvm::zip_equal(block.getArguments(), arguments))
      evaluator.bind(argument, number);
    evaluator.block(block);
    return evaluator.value(result);
  }
};

class EmittedSupportTest : public testing::TestWithParam<std::string> {
protected:
  SupportAttrInterface support = parseSupport(GetParam());
};

TEST_P(EmittedSupportTest, ContainsAgrees) {
  Fragment code(3);
  Value result = support.emitContains(code.builder, code.loc, code.block.getArgument(0), code.block.getArgument(1),
                                      code.block.getArgument(2));
  ASSERT_TRUE(result.getType().isInteger(1));
  for (int64_t head = 0; head < kHeads; ++head)
    for (int64_t i = -5; i < 24; ++i)
      for (int64_t j : {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 18, 19, 63, 64, 65, 69, 70, 71, 127, 128, 134, 198})
        ASSERT_EQ(code.run(result, {i, j, head}), support.contains(i, j, head)) << i << " " << j << " " << head;
}

TEST_P(EmittedSupportTest, MayContainMissesNothing) {
  Fragment code(5);
  auto argument = [&](unsigned index) { return code.block.getArgument(index); };
  Value result =
      support.emitMayContain(code.builder, code.loc, argument(0), argument(1), argument(2), argument(3), argument(4));
  ASSERT_TRUE(result.getType().isInteger(1));
  for (int64_t head = 0; head < kHeads; ++head)
    for (int64_t i0 = -3; i0 < 9; ++i0)
      for (int64_t j0 = 0; j0 < 9; ++j0)
        for (int64_t height : {1, 2, 4})
          for (int64_t width : {1, 3, 65}) {
            bool any = false;
            for (int64_t i = i0; i < i0 + height; ++i)
              for (int64_t j = j0; j < j0 + width; ++j)
                any |= support.contains(i, j, head);
            if (any) {
              ASSERT_TRUE(code.run(result, {i0, i0 + height, j0, j0 + width, head})) << i0 << " " << j0;
            }
          }
}

INSTANTIATE_TEST_SUITE_P(All, EmittedSupportTest, testing::ValuesIn(supportTexts()));

TEST(EmittedSupports, BlockListsSkipEmptyTiles) {
  SupportAttrInterface list = parseSupport("#mixer.block_list<2, offsets = [0, 1, 2], blocks = [0, 70]>");
  Fragment code(5);
  auto argument = [&](unsigned index) { return code.block.getArgument(index); };
  Value result =
      list.emitMayContain(code.builder, code.loc, argument(0), argument(1), argument(2), argument(3), argument(4));
  EXPECT_TRUE(code.run(result, {0, 2, 0, 2, 0}));
  EXPECT_FALSE(code.run(result, {0, 2, 2, 200, 0}));
  EXPECT_TRUE(code.run(result, {2, 4, 100, 141, 0}));
  EXPECT_FALSE(code.run(result, {2, 4, 142, 200, 0}));
  EXPECT_FALSE(code.run(result, {4, 100, 0, 200, 0}));
}

TEST(EmittedSupports, LongListsBecomeOneSwitch) {
  std::string positions;
  for (int64_t position = 0; position < 2000; position += 2)
    positions += (position ? ", " : "") + std::to_string(position);
  SupportAttrInterface global = parseSupport("#mixer.global<[" + positions + "]>");
  Fragment code(3);
  global.emitContains(code.builder, code.loc, code.block.getArgument(0), code.block.getArgument(1),
                      code.block.getArgument(2));
  EXPECT_LT(std::distance(code.block.begin(), code.block.end()), 16);
}

} // namespace
