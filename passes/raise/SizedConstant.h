// Constant tensors at other sizes than those that they were written with.
//
//   dense<0.0> : 2x64       at 2 x T    a fill
//   dense<[0, 1, .. 63]>    at T        a count: every element is a multiple of its indices plus a number
//   any other table         at T        its first T elements
#ifndef HEDDLE_PASSES_RAISE_SIZEDCONSTANT_H
#define HEDDLE_PASSES_RAISE_SIZEDCONSTANT_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Builders.h"

namespace heddle {

/// Whether the constant says by itself what its elements are at any size: one value, or a count.
bool hasAnySize(mlir::Attribute constant);

/// `constant` at `sizes`, of the given type. One that has a row for each index, and no more, is cut.
mlir::Value buildSizedConstant(mlir::OpBuilder &builder, mlir::arith::ConstantOp constant, mlir::RankedTensorType type,
                               llvm::ArrayRef<mlir::OpFoldResult> sizes);

} // namespace heddle

#endif
