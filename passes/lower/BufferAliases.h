// Which buffers a memref may point into.
//
//   %a = memref.alloc      %v = memref.subview %a      %l = scf.for iter_args(%m = %v)     // one class: %a, %v, %m, %l
//
// Two memrefs of different classes never overlap. Members of one class may.
#ifndef HEDDLE_PASSES_LOWER_BUFFERALIASES_H
#define HEDDLE_PASSES_LOWER_BUFFERALIASES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/EquivalenceClasses.h"

namespace heddle {

class BufferAliases {
public:
  /// After memory planning each memref.view is a buffer of its own: the planner keeps those that live together apart.
  enum class Views { SameBuffer, OwnBuffer };

  BufferAliases(mlir::func::FuncOp func, Views views);

  /// A value that stands for the class of `memref`.
  mlir::Value getClass(mlir::Value memref) const;

  /// All values of the class of `memref`, the memref included.
  llvm::SmallVector<mlir::Value> getMembers(mlir::Value memref) const;

private:
  void unite(mlir::Operation *op);

  Views views;
  llvm::EquivalenceClasses<mlir::Value> classes;
};

} // namespace heddle

#endif
