// A part of an entry as a function of its own, to be evaluated: the ops between a frontier and some results.
#ifndef HEDDLE_PASSES_RAISE_EXCERPT_H
#define HEDDLE_PASSES_RAISE_EXCERPT_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace heddle {

class ConcreteSizes;

struct Excerpt {
  mlir::OwningOpRef<mlir::ModuleOp> module;
  mlir::func::FuncOp function;           // arguments: `inputs`, results: what was asked for
  llvm::SmallVector<mlir::Value> inputs; // the frontier, and further values of the entry that the ops need
  llvm::SmallVector<llvm::SmallVector<int64_t>> shapes; // of the inputs; empty for scalars
  double operations = 0;                                // elementary operations of one evaluation

  /// Whether the functions are the same but for where their ops come from, at the same shapes.
  bool isSame(const Excerpt &other) const;

  /// Clones what computes `results` from `frontier`. Sizes and other index values become constants, as `sizes` knows
  /// them. Null function where one of them depends on data.
  static Excerpt of(llvm::ArrayRef<mlir::Value> results, llvm::ArrayRef<mlir::Value> frontier, ConcreteSizes &sizes);
};

} // namespace heddle

#endif
