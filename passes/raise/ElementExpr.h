// One element of a tensor as an expression of elements of other tensors, of positions and of constants: the arithmetic
// of a chain of elementwise ops, whatever ops it is divided into.
//
//   %d = generic (i, j) -> i - j ;  %m = generic d > 0 ? -inf : 0 ;  %s = generic scores + m
//   read(%s, dims (b)(h)(i)(j))  =  addf(leaf scores, select(cmpi sgt(subi(index i, index j), 0), -inf, 0))
//
// Masks, biases and scores can then be asked what they are without regard to how an exporter spelled them.
#ifndef HEDDLE_PASSES_RAISE_ELEMENTEXPR_H
#define HEDDLE_PASSES_RAISE_ELEMENTEXPR_H

#include "passes/raise/Axes.h"

#include "llvm/ADT/STLFunctionalExtras.h"
#include <deque>

namespace heddle {

struct ElementExpr {
  enum class Kind {
    Constant, // `constant`
    Index,    // the position along `axes`, outer to inner
    Leaf,     // an element of `value`, a tensor with the dims `dims` or a scalar
    Apply,    // the scalar op `name` on `operands`
  };
  Kind kind;
  mlir::Type type;
  mlir::TypedAttr constant = {};
  AxisList axes = {};
  mlir::Value value = {};
  AxisDims dims = {};
  llvm::StringRef name = {};
  mlir::DictionaryAttr attributes = {};
  llvm::SmallVector<ElementExpr *, 3> operands = {};

  template <typename Op> bool is() const { return kind == Kind::Apply && name == Op::getOperationName(); }
  /// The value of a constant number.
  std::optional<double> number() const;
  bool isNumber(double wanted) const { return number() == wanted; }
};

using Expr = ElementExpr *;

/// Owns expressions; all of one candidate are made by one of these and die with it.
class ElementExprs {
public:
  explicit ElementExprs(Axes &axes) : axes(axes) {}

  Expr constant(mlir::TypedAttr value);
  /// A constant of a float or integer type.
  Expr number(double value, mlir::Type type);
  Expr index(llvm::ArrayRef<AxisId> axes, mlir::Type indexType);
  Expr leaf(mlir::Value value, llvm::ArrayRef<AxisList> dims);
  /// Folds what padding with neutral elements and conditions known beforehand leave behind.
  Expr apply(llvm::StringRef name, mlir::DictionaryAttr attributes, mlir::Type type, llvm::ArrayRef<Expr> operands);
  template <typename Op> Expr apply(mlir::Type type, llvm::ArrayRef<Expr> operands) {
    return apply(Op::getOperationName(), mlir::DictionaryAttr::get(type.getContext()), type, operands);
  }

  /// Element of `tensor`, read through elementwise ops, reshapes, transposes, broadcasts and casts up to other ops.
  Expr read(mlir::Value tensor, llvm::ArrayRef<AxisList> dims);

  /// Every axis that `expr` depends on.
  AxisList axesOf(Expr expr) const;
  /// The same expression with `replace` asked at every node first: null goes on into the operands.
  Expr rewrite(Expr expr, llvm::function_ref<Expr(Expr)> replace);
  /// Whether a node below satisfies the predicate.
  static bool any(Expr expr, llvm::function_ref<bool(Expr)> predicate);

  /// The expression as a tensor with one dim for each entry of `dims`.
  mlir::Value emit(mlir::OpBuilder &builder, mlir::Location loc, Expr expr, llvm::ArrayRef<AxisList> dims);
  /// The expression as scalar ops; `leaf` gives the values of everything that is no constant and no op.
  static mlir::Value emitScalar(mlir::OpBuilder &builder, mlir::Location loc, Expr expr,
                                llvm::function_ref<mlir::Value(Expr)> leaf);

  Axes &getAxes() const { return axes; }

private:
  Expr readElementwise(mlir::OpResult result, llvm::ArrayRef<AxisList> dims);

  Axes &axes;
  std::deque<ElementExpr> nodes;
  llvm::DenseMap<mlir::Value, llvm::SmallVector<std::pair<AxisDims, Expr>, 1>> known;
};

/// Looks through conversions between float types.
Expr stripCasts(Expr expr);

} // namespace heddle

#endif
