// Products of tensors whose dimensions are indexed by variables.
//
//   dBx[b, tok, d, n] = (step * B) * x     ->     step[b, tok, d] * B[b, tok, n] * x[b, tok, d]
//
// Variable 0 is the token. Factors are tensors outside of the loop, so which dimensions a factor depends on can be read
// off. A tensor that is a product is split where that leaves smaller factors: an outer product is never stored.
#ifndef HEDDLE_PASSES_RAISE_FACTORS_H
#define HEDDLE_PASSES_RAISE_FACTORS_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace heddle {

using Variable = unsigned;
inline constexpr Variable kToken = 0;
/// Index of one dimension: variables in row-major order, none where the dimension has size 1.
using Index = llvm::SmallVector<Variable, 1>;
using Indices = llvm::SmallVector<Index, 0>;

/// A tensor outside of the loop.
struct Factor {
  mlir::Value value;
  Indices at;

  bool operator==(const Factor &other) const { return value == other.value && at == other.at; }
  bool has(Variable variable) const;
};

struct Product {
  double coefficient = 1;
  llvm::SmallVector<Factor, 0> factors;

  bool has(Variable variable) const;
  llvm::SmallSetVector<Variable, 8> variables() const;
  void multiply(const Product &other);
  void rename(Variable from, Variable to);
};

/// The variables of one loop and their sizes.
class Variables {
public:
  explicit Variables(mlir::OpFoldResult length) : sizes{length} {}
  /// A new variable; no variable where the size is 1.
  Index create(mlir::OpFoldResult size);
  mlir::OpFoldResult size(Variable variable) const { return sizes[variable]; }
  /// Indices of a merged dimension for the dimensions that it was merged from; nothing where they do not fit.
  std::optional<Indices> split(llvm::ArrayRef<Variable> merged, llvm::ArrayRef<int64_t> shape) const;

private:
  llvm::SmallVector<mlir::OpFoldResult> sizes;
};

/// The factor in front of reshapes, transposes and repeats, as far as its indices can follow.
Factor beforeMoves(Factor factor, const Variables &variables);

/// Splits a tensor at `at` into smaller factors, as far as it is a product.
Product factorise(mlir::Value value, Indices at, const Variables &variables);

//===--- reading ops ----------------------------------------------------------------------===//

/// The value that every element of a tensor, or a scalar, has, if it is a constant.
std::optional<double> constantOf(mlir::Value value);
/// What stands in front of each loop of a generic when a result is indexed by `at`; reductions stay empty.
std::optional<Indices> bindLoops(mlir::linalg::GenericOp generic, unsigned result, const Indices &at);
/// Indices of an operand; nothing where the map does more than select loops.
std::optional<Indices> indicesOf(mlir::AffineMap map, const Indices &loops);
/// The source of a generic that copies, and perhaps transposes or repeats; nothing for other ops.
std::optional<Factor> throughCopy(mlir::Operation *op, const Indices &at);
/// The source of an op that only gives dimensions another shape, and its indices; nothing for other ops.
std::optional<Factor> throughReshape(mlir::Operation *op, const Indices &at, const Variables &variables);

} // namespace heddle

#endif
