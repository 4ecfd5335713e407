// Loops that write one element of a tensor in each iteration, as an importer spells a scatter.
#ifndef HEDDLE_PASSES_RAISE_SCATTERNEST_H
#define HEDDLE_PASSES_RAISE_SCATTERNEST_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace heddle {

/// A place along one dimension: a position that no loop moves, and the loop that is added to it, if any.
struct ScatterPlace {
  mlir::OpFoldResult first;
  std::optional<unsigned> loop;
};

/// Perfectly nested loops that write elements of one tensor, or one number, into another tensor.
struct ScatterNest {
  llvm::SmallVector<mlir::scf::ForOp> loops; // outer to inner, from 0 in steps of 1
  mlir::tensor::ExtractOp read;              // null where a number from outside of the loops is written
  mlir::tensor::InsertOp write;

  static std::optional<ScatterNest> match(mlir::scf::ForOp outer);

  mlir::scf::ForOp outer() { return loops.front(); }
  mlir::OpFoldResult count(unsigned loop);
  /// True where the loop has exactly one iteration.
  bool isSingle(unsigned loop);
  std::optional<unsigned> loopOf(mlir::Value index);

  /// The place that is read along each dimension. Nothing where it is neither a loop nor a constant. A number stands
  /// for a tensor of them with a dimension for each loop.
  std::optional<llvm::SmallVector<ScatterPlace>> placesRead();
  /// The place that is written along each dimension, at all sizes that the entry accepts. Nothing where data decides,
  /// or where positions are no such places. May create index arithmetic in front of the loops.
  std::optional<llvm::SmallVector<ScatterPlace>> placesWritten(mlir::func::FuncOp entry);
};

} // namespace heddle

#endif
