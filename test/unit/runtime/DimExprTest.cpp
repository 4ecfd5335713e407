#include "runtime/core/DimExpr.h"
#include <gtest/gtest.h>

using heddle::runtime::DimExpr;

namespace {

const std::vector<std::string> kSymbols = {"B", "T"};

bool parses(const std::string &text) {
  DimExpr expr;
  std::string problem;
  return DimExpr::parse(text, kSymbols, expr, problem);
}

DimExpr parse(const std::string &text) {
  DimExpr expr;
  std::string problem;
  EXPECT_TRUE(DimExpr::parse(text, kSymbols, expr, problem)) << problem;
  return expr;
}

int64_t valueOf(const std::string &text) {
  int64_t symbols[] = {3, 10}, value = -99;
  EXPECT_TRUE(parse(text).evaluate(symbols, value)) << text;
  return value;
}

TEST(DimExpr, evaluates) {
  EXPECT_EQ(valueOf("64"), 64);
  EXPECT_EQ(valueOf("T"), 10);
  EXPECT_EQ(valueOf("B * T + 1"), 31);
  EXPECT_EQ(valueOf("B*(T-4)"), 18);
  EXPECT_EQ(valueOf("T floordiv 3"), 3);
  EXPECT_EQ(valueOf("T ceildiv 3"), 4);
  EXPECT_EQ(valueOf("(T + 63) floordiv 64 * 64"), 64);
  EXPECT_EQ(valueOf("-T floordiv 3"), -4);
  EXPECT_EQ(valueOf("-T mod 3"), 2);
  EXPECT_EQ(valueOf("T * -1 + 12"), 2);
  EXPECT_EQ(valueOf("2 - 3 - 4"), -5);
}

TEST(DimExpr, knows_names_as_exporters_write_them) {
  const std::vector<std::string> names = {"T", "T2", "past length", "past length + T", "x:0_dim-1", "mod"};
  int64_t symbols[] = {1, 20, 300, 4000, 50000, 7}, value = 0;
  for (auto [text, expected] : {std::pair<const char *, int64_t>{"T2 + T", 21},
                                {"past length + 1", 301},
                                {"past length + T", 4000},
                                {"2*x:0_dim-1", 100000},
                                {"T2 mod mod", 6}}) {
    DimExpr expr;
    std::string problem;
    ASSERT_TRUE(DimExpr::parse(text, names, expr, problem)) << text;
    EXPECT_TRUE(expr.evaluate(symbols, value));
    EXPECT_EQ(value, expected) << text;
  }
}

TEST(DimExpr, refuses_malformed_text) {
  for (const char *text :
       {"", " ", "S", "T +", "(T", "T)", "T T", "* T", "T // 2", "99999999999999999999", "floordiv 2"})
    EXPECT_FALSE(parses(text)) << text;
  EXPECT_FALSE(parses(std::string(100000, '(')));
  EXPECT_FALSE(parses(std::string(100000, '-') + "T"));
}

TEST(DimExpr, deepest_accepted_nesting_evaluates) {
  std::string text = "T";
  while (parses("T + B * (" + text + ")"))
    text = "T + B * (" + text + ")";
  int64_t symbols[] = {1, 1}, value = 0;
  EXPECT_TRUE(parse(text).evaluate(symbols, value));
  EXPECT_GE(value, 8);
}

TEST(DimExpr, refuses_overflow_and_division_by_zero) {
  int64_t symbols[] = {0, INT64_MAX}, value = 0;
  EXPECT_FALSE(parse("T + 1").evaluate(symbols, value));
  EXPECT_FALSE(parse("T * 2").evaluate(symbols, value));
  EXPECT_FALSE(parse("T mod B").evaluate(symbols, value));
  EXPECT_FALSE(parse("T floordiv B").evaluate(symbols, value));
  EXPECT_FALSE(parse("-2 - T").evaluate(symbols, value));
}

TEST(DimExpr, solves_for_one_symbol) {
  int64_t symbols[] = {3, 0};
  EXPECT_TRUE(parse("T * 2 + B").solve(1, 23, symbols));
  EXPECT_EQ(symbols[1], 10);
  EXPECT_FALSE(parse("T * 2 + B").solve(1, 24, symbols));
  EXPECT_FALSE(parse("T * T").solve(1, 9, symbols)) << "not affine";
  EXPECT_FALSE(parse("B").solve(1, 3, symbols)) << "does not occur";
  EXPECT_FALSE(parse("0 - T").solve(1, INT64_MIN, symbols));
}

} // namespace
