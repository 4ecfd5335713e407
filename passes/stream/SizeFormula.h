// Sizes of an entry as sums over its symbols.
//
//   %x: tensor<?x?x64xf32>  {heddle.shape = ()[s0, s1] -> (s0, s1, 64)}       rows s0, tokens s1
//   %p: %x with 3 tokens in front          of(%p, 1) = s1 + 3
//   %m = collapse_shape %x [[0, 1], [2]]   of(%m, 0) = s0 * s1
//
// A formula is fitted to the sizes at some values of the symbols and compared with them at others, so it holds whatever
// ops lie between the size and the arguments.
#ifndef HEDDLE_PASSES_STREAM_SIZEFORMULA_H
#define HEDDLE_PASSES_STREAM_SIZEFORMULA_H

#include "passes/raise/ConcreteSizes.h"

namespace heddle {

/// constant + sum of slopes[i] * symbol i + product * rows * tokens.
struct SizeFormula {
  int64_t constant = 0;
  llvm::SmallVector<int64_t, 4> slopes;
  int64_t product = 0;

  bool isConstant() const;
  bool dependsOn(unsigned symbol) const { return slopes[symbol] != 0; }
  /// m where it is m * `symbol` + constant, else 0.
  int64_t multipleOf(unsigned symbol) const;
  /// Whether it is `symbol` + constant.
  bool isSymbol(unsigned symbol) const { return multipleOf(symbol) == 1; }
};

class SizeFormulas {
public:
  /// `tokens` and `rows` are numbers of symbols of the entry; a model may have one row, without a symbol.
  SizeFormulas(mlir::func::FuncOp entry, unsigned tokens, std::optional<unsigned> rows);

  /// Empty where the size is no such sum.
  std::optional<SizeFormula> of(mlir::Value tensor, int64_t dim);
  std::optional<SizeFormula> of(mlir::OpFoldResult scalar);

  /// A formula as an expression of the symbols.
  mlir::AffineExpr toExpr(const SizeFormula &formula, mlir::MLIRContext *context) const;

  /// Whether a size differs where only the number of tokens does; true where it cannot be told.
  bool variesWithTokens(mlir::Value tensor, int64_t dim);

  unsigned numSymbols() const { return count; }
  const unsigned tokens;
  const std::optional<unsigned> rows;

private:
  using Measure = llvm::function_ref<std::optional<int64_t>(ConcreteSizes &)>;
  std::optional<SizeFormula> fit(Measure measure);
  int64_t evaluate(const SizeFormula &formula, llvm::ArrayRef<int64_t> point) const;
  /// Measures at the given point.
  ConcreteSizes &at(size_t point) { return samples[point]; }

  unsigned count;
  // The base, one step from it along each symbol, one along rows and tokens, then points to compare at.
  llvm::SmallVector<llvm::SmallVector<int64_t>> points;
  std::vector<ConcreteSizes> samples;
};

} // namespace heddle

#endif
