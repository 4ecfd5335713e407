// Dimensions as the manifest writes them: "64", "T", "T * 2 + 1", "(T + 63) floordiv 64".
//
// The text is MLIR's spelling of affine expressions over the entry's symbols: + - * floordiv ceildiv mod, parentheses,
// integers. It is compiled once, at load, into a postfix program that runs without allocation; every step is checked
// for overflow and division by zero.
#ifndef HEDDLE_RUNTIME_CORE_DIMEXPR_H
#define HEDDLE_RUNTIME_CORE_DIMEXPR_H

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace heddle::runtime {

class DimExpr {
public:
  /// False, with `problem` set, when `text` is no expression over `symbols`.
  static bool parse(std::string_view text, const std::vector<std::string> &symbols, DimExpr &result,
                    std::string &problem);
  static DimExpr constant(int64_t value);

  /// The value, or false on overflow, division by zero or a negative divisor.
  bool evaluate(const int64_t *symbols, int64_t &value) const;

  bool isConstant() const;
  /// The symbol when the expression is that symbol alone, else -1.
  int plainSymbol() const;
  /// m when the expression is symbol `index` times m, else 0.
  int64_t multipleOf(int index) const;
  /// Whether symbol `index` occurs.
  bool uses(int index) const;
  /// Finds the value of symbol `index` that makes the expression equal to `target`, given the other symbols: exact when
  /// the expression is affine in it. False when there is none.
  bool solve(int index, int64_t target, int64_t *symbols) const;

private:
  friend class DimExprParser;
  enum class Op : uint8_t { Constant, Symbol, Add, Sub, Mul, FloorDiv, CeilDiv, Mod };
  struct Step {
    Op op;
    int64_t value; // the constant, or the symbol's index
  };
  static constexpr int kMaxStack = 32;
  static bool apply(Op op, int64_t a, int64_t b, int64_t &result);

  std::vector<Step> steps;
};

} // namespace heddle::runtime
#endif
