// Supports on numbers, exhaustively on small grids.
#include "Supports.h"
#include "gtest/gtest.h"

using namespace heddle;
using namespace heddle::test;
using mixer::SupportAttrInterface;
using mixer::TileClass;

namespace {

constexpr int64_t kFirst = -3; // a query may stand before the first key
constexpr int64_t kLast = 10;

/// Class of a tile by asking every pair.
TileClass countedClass(SupportAttrInterface support, int64_t i0, int64_t i1, int64_t j0, int64_t j1, int64_t head) {
  int64_t pairs = 0;
  for (int64_t i = i0; i < i1; ++i)
    for (int64_t j = j0; j < j1; ++j)
      pairs += support.contains(i, j, head);
  return pairs == 0 ? TileClass::Empty : pairs == (i1 - i0) * (j1 - j0) ? TileClass::Full : TileClass::Partial;
}

template <typename Visit> void forEachTile(Visit visit) {
  for (int64_t i0 = kFirst; i0 < kLast; ++i0)
    for (int64_t i1 = i0 + 1; i1 <= kLast; ++i1)
      for (int64_t j0 = 0; j0 < kLast; ++j0)
        for (int64_t j1 = j0 + 1; j1 <= kLast; ++j1)
          visit(i0, i1, j0, j1);
}

class SupportTest : public testing::TestWithParam<std::string> {
protected:
  SupportAttrInterface support = parseSupport(GetParam());
};

TEST_P(SupportTest, ClassifyIsNeverWrong) {
  for (int64_t head = 0; head < kHeads; ++head)
    forEachTile([&](int64_t i0, int64_t i1, int64_t j0, int64_t j1) {
      TileClass claimed = support.classify(i0, i1, j0, j1, head);
      if (claimed != TileClass::Partial) {
        ASSERT_EQ(claimed, countedClass(support, i0, i1, j0, j1, head))
            << "tile [" << i0 << "," << i1 << ")x[" << j0 << "," << j1 << ") head " << head;
      }
    });
}

TEST_P(SupportTest, ClassifyOfOnePairIsExact) {
  for (int64_t head = 0; head < kHeads; ++head)
    for (int64_t i = kFirst; i < kLast; ++i)
      for (int64_t j = 0; j < kLast; ++j)
        ASSERT_EQ(support.classify(i, i + 1, j, j + 1, head),
                  support.contains(i, j, head) ? TileClass::Full : TileClass::Empty)
            << i << " " << j;
}

TEST_P(SupportTest, PredicatesHold) {
  for (int64_t head = 0; head < kHeads; ++head)
    for (int64_t i = kFirst; i < kLast; ++i)
      for (int64_t j = 0; j < kLast; ++j) {
        bool pair = support.contains(i, j, head);
        if (support.isCausal()) {
          ASSERT_TRUE(!pair || j <= i) << i << " " << j;
        }
        if (support.isWholePast()) {
          ASSERT_EQ(pair, j <= i) << i << " " << j;
        }
        if (support.isFull()) {
          ASSERT_TRUE(pair) << i << " " << j;
        }
      }
}

TEST_P(SupportTest, RelativeSupportsAreTheSameEverywhere) {
  if (!support.isRelative())
    GTEST_SKIP() << "positions decide";
  for (int64_t head = 0; head < kHeads; ++head)
    for (int64_t i = kFirst; i + 1 < kLast; ++i)
      for (int64_t j = 0; j + 1 < kLast; ++j)
        ASSERT_EQ(support.contains(i, j, head), support.contains(i + 1, j + 1, head)) << i << " " << j;
}

TEST_P(SupportTest, NoPairReachesFurtherBack) {
  std::optional<int64_t> reach = support.getReach();
  if (!reach)
    GTEST_SKIP() << "no bound is claimed";
  for (int64_t head = 0; head < kHeads; ++head)
    for (int64_t i = 0; i < 4 * kLast; ++i)
      for (int64_t j = 0; j <= i; ++j)
        ASSERT_TRUE(i - j <= *reach || !support.contains(i, j, head)) << i << " " << j;
}

INSTANTIATE_TEST_SUITE_P(All, SupportTest, testing::ValuesIn(supportTexts()));

TEST(ComposedSupports, UnionAndIntersectionAreLogical) {
  for (const std::string &a : supportTexts())
    for (const std::string &b : supportTexts()) {
      SupportAttrInterface one = parseSupport(a), other = parseSupport(b);
      SupportAttrInterface either = parseSupport("#mixer.any_of<" + a + ", " + b + ">");
      SupportAttrInterface both = parseSupport("#mixer.all_of<" + a + ", " + b + ">");
      for (int64_t i = kFirst; i < kLast; ++i)
        for (int64_t j = 0; j < kLast; ++j) {
          ASSERT_EQ(either.contains(i, j, 1), one.contains(i, j, 1) || other.contains(i, j, 1)) << a << b;
          ASSERT_EQ(both.contains(i, j, 1), one.contains(i, j, 1) && other.contains(i, j, 1)) << a << b;
        }
    }
}

TEST(ComposedSupports, IdempotentAndAbsorbing) {
  for (const std::string &text : supportTexts()) {
    SupportAttrInterface plain = parseSupport(text);
    for (std::string same : {"#mixer.any_of<" + text + ", " + text + ">", "#mixer.all_of<" + text + ", #mixer.full>",
                             "#mixer.any_of<" + text + ", #mixer.all_of<" + text + ", #mixer.causal>>"}) {
      SupportAttrInterface composed = parseSupport(same);
      for (int64_t i = kFirst; i < kLast; ++i)
        for (int64_t j = 0; j < kLast; ++j)
          ASSERT_EQ(composed.contains(i, j, 0), plain.contains(i, j, 0)) << same;
    }
  }
}

TEST(ComposedSupports, KnowsCompositionsOfTheWholePast) {
  EXPECT_TRUE(parseSupport("#mixer.all_of<#mixer.full, #mixer.causal>").isWholePast());
  EXPECT_TRUE(parseSupport("#mixer.any_of<#mixer.causal, #mixer.window<left = 2, right = 0>>").isWholePast());
  EXPECT_FALSE(parseSupport("#mixer.any_of<#mixer.causal, #mixer.sinks<2>>").isWholePast());
  EXPECT_TRUE(parseSupport("#mixer.all_of<#mixer.causal, #mixer.sinks<2>>").isCausal());
  EXPECT_TRUE(parseSupport("#mixer.any_of<#mixer.full, #mixer.causal>").isFull());
}

TEST(ComposedSupports, ReachOfParts) {
  EXPECT_EQ(parseSupport("#mixer.all_of<#mixer.causal, #mixer.window<left = 7, right = 3>>").getReach(), 7);
  EXPECT_EQ(parseSupport("#mixer.any_of<#mixer.groups<4, shift = 1>, #mixer.window<left = 2, right = 0>>").getReach(),
            3);
  EXPECT_EQ(parseSupport("#mixer.any_of<#mixer.sinks<1>, #mixer.window<left = 2, right = 0>>").getReach(),
            std::nullopt);
  EXPECT_TRUE(parseSupport("#mixer.all_of<#mixer.causal, #mixer.window<left = 7, right = 3>>").isRelative());
  EXPECT_FALSE(parseSupport("#mixer.all_of<#mixer.causal, #mixer.sinks<1>>").isRelative());
}

TEST(Supports, LargeListsAnswerTiles) {
  // 1,000 query blocks, each with its own and the first key block.
  std::string offsets = "0", blocks;
  int64_t count = 0;
  for (int64_t row = 0; row < 1000; ++row) {
    blocks += (row ? ", 0, " + std::to_string(row) : std::string("0"));
    count += row ? 2 : 1;
    offsets += ", " + std::to_string(count);
  }
  SupportAttrInterface list =
      parseSupport("#mixer.block_list<64, offsets = [" + offsets + "], blocks = [" + blocks + "]>");
  EXPECT_EQ(list.classify(64 * 500, 64 * 501, 64 * 500, 64 * 501, 0), TileClass::Full);
  EXPECT_EQ(list.classify(64 * 500, 64 * 501, 64 * 3, 64 * 400, 0), TileClass::Empty);
  EXPECT_EQ(list.classify(0, 64 * 1000, 0, 64, 0), TileClass::Full);
  EXPECT_EQ(list.classify(0, 64 * 1001, 0, 64, 0), TileClass::Partial);
}

} // namespace
