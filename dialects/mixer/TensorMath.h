// linalg ops on tensors in a line each: what carried states and summaries are computed with.
//
//   TensorMath math(loc, builder);
//   Value total = math.elementwise({x, y}, [](ImplicitLocOpBuilder &b, ValueRange at) -> Value {
//     return arith::AddFOp::create(b, at[0], at[1]);
//   });
#ifndef HEDDLE_DIALECTS_MIXER_TENSORMATH_H
#define HEDDLE_DIALECTS_MIXER_TENSORMATH_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace heddle::mixer {

class TensorMath : public mlir::ImplicitLocOpBuilder {
public:
  using ImplicitLocOpBuilder::ImplicitLocOpBuilder;
  using Sizes = llvm::ArrayRef<mlir::OpFoldResult>;
  /// Computes one element from one element of every operand, in the element types of the operands.
  using Body = llvm::function_ref<mlir::Value(mlir::ImplicitLocOpBuilder &, mlir::ValueRange)>;

  llvm::SmallVector<mlir::OpFoldResult> sizesOf(mlir::Value tensor) {
    return mlir::tensor::getMixedSizes(*this, getLoc(), tensor);
  }
  mlir::Value filled(Sizes sizes, mlir::Type element, double value);
  /// A new tensor, every element computed on its own; `maps` lead from its dimensions to those of the operands.
  mlir::Value generate(Sizes sizes, mlir::Type element, mlir::ValueRange operands, llvm::ArrayRef<mlir::AffineMap> maps,
                       Body body);
  /// A tensor like the last operand; operands of lower rank have its leading dimensions and are repeated along the
  /// rest.
  mlir::Value elementwise(mlir::ValueRange operands, Body body);
  /// `init` accumulated over the loops that `initMap` leaves out; the body gets the element so far as its last value.
  mlir::Value accumulate(mlir::Value init, mlir::AffineMap initMap, mlir::ValueRange operands,
                         llvm::ArrayRef<mlir::AffineMap> maps, Body body);
  /// `init` plus the sum of products of two operands, which may be narrower floats.
  mlir::Value contract(mlir::Value init, mlir::AffineMap initMap, mlir::ValueRange operands,
                       llvm::ArrayRef<mlir::AffineMap> maps);
  /// Dimension `dim` of n elements as two: n / inner and inner.
  mlir::Value split(mlir::Value tensor, int64_t dim, int64_t inner);
  /// Dimensions `dim` and `dim + 1` as one.
  mlir::Value join(mlir::Value tensor, int64_t dim);
  /// Every element of dimension `dim` several times in a row, so that it has `size` elements.
  mlir::Value repeat(mlir::Value tensor, int64_t dim, int64_t size);

  /// A map from `loops` loops to the dimensions of `tensor`; a batch or token (0 or 1) of static size 1 is repeated.
  mlir::AffineMap broadcast(mlir::Value tensor, unsigned loops, llvm::ArrayRef<unsigned> dims);
  mlir::AffineMap select(unsigned loops, llvm::ArrayRef<unsigned> dims);
};

//===--- scalars --------------------------------------------------------------------------===//

mlir::Value real(mlir::ImplicitLocOpBuilder &b, mlir::Type type, double value);
/// `value` as `type`, which is at least as wide.
mlir::Value widen(mlir::ImplicitLocOpBuilder &b, mlir::Value value, mlir::Type type);
/// exp(left - right), which is 0 when left is -inf.
mlir::Value expDifference(mlir::ImplicitLocOpBuilder &b, mlir::Value left, mlir::Value right);

} // namespace heddle::mixer
#endif
