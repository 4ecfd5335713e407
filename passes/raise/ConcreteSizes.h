// The sizes and index values of an entry at given values of its symbols.
//
//   func @forward(%x: tensor<?x?x64xf32> {heddle.shape = ()[s0, s1] -> (s0, s1, 64)})      at {s0 = 2, s1 = 7}
//   %d = tensor.dim %x, 1                        value(%d) = 7
//   %y = tensor.collapse_shape %x [[0, 1], [2]]  shape(%y) = {14, 64}
//
// It follows sizes through the ops that make them and computes no element of a float tensor. Empty where a size depends
// on data.
#ifndef HEDDLE_PASSES_RAISE_CONCRETESIZES_H
#define HEDDLE_PASSES_RAISE_CONCRETESIZES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseMap.h"
#include <optional>

namespace heddle {

class ConcreteSizes {
public:
  ConcreteSizes(mlir::func::FuncOp entry, llvm::ArrayRef<int64_t> symbols) : entry(entry), symbols(symbols) {}

  std::optional<llvm::SmallVector<int64_t>> shape(mlir::Value tensor);
  std::optional<int64_t> size(mlir::Value tensor, int64_t dim);
  /// Value of an integer or index scalar.
  std::optional<int64_t> value(mlir::Value scalar);
  std::optional<int64_t> value(mlir::OpFoldResult mixed);

private:
  std::optional<int64_t> computeSize(mlir::Value tensor, int64_t dim);
  std::optional<int64_t> computeValue(mlir::Value scalar);
  std::optional<int64_t> argumentSize(mlir::BlockArgument argument, int64_t dim);

  mlir::func::FuncOp entry;
  llvm::SmallVector<int64_t> symbols;
  llvm::DenseMap<std::pair<mlir::Value, int64_t>, std::optional<int64_t>> sizes;
  llvm::DenseMap<mlir::Value, std::optional<int64_t>> values;
};

} // namespace heddle

#endif
