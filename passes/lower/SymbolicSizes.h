// Sizes as formulas of the entry's symbolic dimensions.
//
//   %t = memref.dim %x, %c1 : memref<?x?x64xf32>      // x has heddle.shape = ()[s0, s1] -> (s0, s1, 64)
//   %n = affine.apply ()[s0] -> (s0 * 2 + 1)()[%t]    // resolve(%n) = s1 * 2 + 1
//
// Invariant: symbol i of every expression is symbol i of the entry's heddle.symbols.
#ifndef HEDDLE_PASSES_LOWER_SYMBOLICSIZES_H
#define HEDDLE_PASSES_LOWER_SYMBOLICSIZES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/AffineExpr.h"

namespace heddle {

class SymbolicSizes {
public:
  explicit SymbolicSizes(mlir::func::FuncOp entry) : entry(entry) {}

  /// What a formula may be: equal to the value, or at least as large. A bound lets `min(T, 64)` be 64.
  enum class Bound { Exact, Upper };

  /// Formula of an index value, or null when it depends on data.
  mlir::AffineExpr resolve(mlir::Value value, Bound bound = Bound::Exact);

  /// Formula of one dimension of a memref, or null.
  mlir::AffineExpr resolveDim(mlir::Value memref, int64_t dim, Bound bound = Bound::Exact);

  /// Number of symbols of the entry.
  unsigned getNumSymbols();

private:
  mlir::AffineExpr constant(int64_t value) { return mlir::getAffineConstantExpr(value, entry.getContext()); }
  mlir::AffineExpr resolveFoldResult(mlir::OpFoldResult size, Bound bound);
  mlir::AffineExpr resolveArithmetic(mlir::Operation *op, Bound bound);
  mlir::AffineExpr resolveMinMax(mlir::Operation *op, Bound bound);
  mlir::AffineExpr resolveMap(mlir::AffineMap map, mlir::ValueRange operands);

  mlir::func::FuncOp entry;
};

/// Emits arith ops that compute `expression` from the values of the symbols.
mlir::Value emitExpression(mlir::OpBuilder &builder, mlir::Location loc, mlir::AffineExpr expression,
                           mlir::ValueRange symbols);

} // namespace heddle

#endif
