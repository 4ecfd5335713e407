// Which inputs of an elementwise op its result is in proportion to.
//
//   select(mask, -x * y / z, 0)        x, y: twice as large an x makes the result twice as large
#ifndef HEDDLE_PASSES_RAISE_PROPORTIONALINPUTS_H
#define HEDDLE_PASSES_RAISE_PROPORTIONALINPUTS_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace heddle {

/// Whether the op computes each element of its only result from one element of each input.
bool isElementwise(mlir::linalg::LinalgOp op);

/// The tensor inputs of such an op that its result is in proportion to, each for itself.
llvm::SmallVector<mlir::OpOperand *> proportionalInputs(mlir::linalg::LinalgOp op);

/// The product or quotient of two tensor inputs where the op is that alone, left and right.
struct InputProduct {
  mlir::OpOperand *left, *right;
  bool divides = false;
};
std::optional<InputProduct> matchInputProduct(mlir::linalg::LinalgOp op);

} // namespace heddle

#endif
