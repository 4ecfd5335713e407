// Writes products of factors as tensors: only those dimensions are made that the caller asks for.
//
//   emit({2 * a[b, tok, d] * c[d]}, {b, tok, d})                  one generic over b x tok x d
//   operand({a[b, tok, d]}, {{b}, {tok}, {}, {d}})                tensor<B x T x 1 x D>: a mixer's layout
#ifndef HEDDLE_PASSES_RAISE_PRODUCTEMITTER_H
#define HEDDLE_PASSES_RAISE_PRODUCTEMITTER_H

#include "passes/raise/StateForm.h"

namespace heddle {

/// A factor's logarithm as a sum of products.
struct Logarithm {
  llvm::SmallVector<Product> summands;
  /// False where the factor itself was seen to be positive (exp, a sigmoid, a constant).
  bool maybeZero = false;

  bool has(Variable variable) const;
};

class ProductEmitter {
public:
  using Dimensions = llvm::ArrayRef<Variable>;
  using Groups = llvm::ArrayRef<llvm::SmallVector<Variable, 2>>;

  ProductEmitter(mlir::OpBuilder builder, mlir::Location loc, const Variables &variables, mlir::FloatType type)
      : builder(builder), loc(loc), variables(variables), type(type) {}

  /// The sum over products, each summed over what is not in `dims`. Null where an element type does not fit.
  mlir::Value emit(llvm::ArrayRef<Product> sum, Dimensions dims);
  /// The same with the dimensions of a group merged; a group of which the sum has no variable gets size 1, unless it is
  /// in `whole`.
  mlir::Value operand(llvm::ArrayRef<Product> sum, Groups groups, llvm::ArrayRef<unsigned> whole = {});
  /// `chosen` where the condition, a tensor of booleans, holds, and `other` elsewhere; nothing where an element type
  /// does not fit.
  std::optional<Factor> select(const Factor &condition, llvm::ArrayRef<Product> chosen, llvm::ArrayRef<Product> other);
  /// `tensor`, over the merged groups, with one dimension for each variable; empty groups vanish.
  mlir::Value ungroup(mlir::Value tensor, Groups groups);
  /// The logarithm of a sum of products; nothing where it is negative.
  std::optional<Logarithm> logarithm(llvm::ArrayRef<Product> sum);

  /// A logarithm of a decay that may be 0, without infinities: e^-60 of a state is far below its rounding, and sums of
  /// logarithms, which chunks subtract, stay finite.
  mlir::Value boundLogarithm(mlir::Value tensor);

  mlir::Value constant(double value, llvm::ArrayRef<int64_t> shape);
  mlir::Value constants(llvm::ArrayRef<double> values, llvm::ArrayRef<int64_t> shape);
  mlir::FloatType elementType() const { return type; }

private:
  mlir::Value emitOne(const Product &product, Dimensions dims);
  mlir::Value emitElementwise(llvm::ArrayRef<Product> sum, Dimensions dims);
  mlir::Value whole(const Factor &factor, Dimensions dims);
  Factor separate(const Factor &factor);
  mlir::OpFoldResult sizeOf(Variable variable) const { return variables.size(variable); }
  mlir::Value positiveLogarithm(mlir::Value tensor);
  void addLogarithm(const Factor &given, Logarithm &result);
  mlir::Value mapElements(mlir::Value tensor, llvm::function_ref<mlir::Value(mlir::OpBuilder &, mlir::Value)> body);

  mlir::OpBuilder builder;
  mlir::Location loc;
  const Variables &variables;
  mlir::FloatType type;
};

} // namespace heddle

#endif
