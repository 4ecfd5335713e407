// Tensors written piece by piece along one dimension, as exporters spell torch.stack and torch.cat.
//
//   %0 = tensor.insert_slice %y0 into %base[0, 0, 0] [2, 1, 16] [1, 1, 1]
//   %1 = tensor.insert_slice %y1 into %0[0, 1, 0] [2, 1, 16] [1, 1, 1]
//   %2 = tensor.insert_slice %y2 into %1[0, 2, 0] [2, 1, 16] [1, 1, 1]        whole %2, pieces {y0, y1, y2}, dim 1
//
// A piece that is such a stack itself, along the same dimension, counts as its pieces: a trace of a loop that appends
// to a tensor is one stack.
#ifndef HEDDLE_PASSES_RAISE_STACKS_H
#define HEDDLE_PASSES_RAISE_STACKS_H

#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace heddle {

struct Stack {
  mutable mlir::tensor::InsertSliceOp last; // its result is the whole; accessors of ops are not const
  mlir::Value base;                         // what the first piece is written into
  llvm::SmallVector<mlir::Value> pieces;
  llvm::SmallVector<mlir::Operation *> inserts; // every op that writes pieces
  int64_t dim = 0, first = 0, step = 0;         // piece i starts at first + i * step

  /// Writes a piece at the given position of `dim`.
  mlir::Value insert(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value piece, mlir::Value into,
                     mlir::OpFoldResult position) const;
};

/// Every stack of three or more pieces of one size, in the order of the program.
llvm::SmallVector<Stack> findStacks(mlir::Block &block);

} // namespace heddle

#endif
