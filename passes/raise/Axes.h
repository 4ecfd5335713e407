// Index ranges that the tensors around a contraction share, followed through reshapes, transposes and broadcasts.
//
//   %w  = ..                                        tensor<4x64x64>      dims  (x) (i) (j)
//   %w4 = collapse_shape of tensor<2x2x64x64>       its source           dims  (b) (h) (i) (j)      x is now b h
//   %k4 = broadcast of tensor<1x2x1x24x8>           a dim of size 1      dims  ()  (g) () (j) (d)
//
// A matcher names the dims of one tensor and asks for those of the tensors it was made from; in the end it knows which
// dim of which source is the batch, the head and the token, whatever order and shape the exporter used, and can bring
// any tensor to any arrangement of the same axes.
//
// Sizes that are open in the types are compared at one assignment of the entry's symbols. Two that are equal there by
// chance give a wrong proposal, which its proof refuses.
#ifndef HEDDLE_PASSES_RAISE_AXES_H
#define HEDDLE_PASSES_RAISE_AXES_H

#include "passes/raise/ConcreteSizes.h"

#include "mlir/IR/Builders.h"

namespace heddle {

using AxisId = unsigned;
/// The axes of one dim, outer to inner. None: a dim of size 1.
using AxisList = llvm::SmallVector<AxisId, 2>;
/// The axes of a tensor, dim by dim.
using AxisDims = llvm::SmallVector<AxisList, 4>;

AxisList flatten(llvm::ArrayRef<AxisList> dims);
bool contains(llvm::ArrayRef<AxisId> axes, AxisId axis);
bool containsAny(llvm::ArrayRef<AxisId> axes, llvm::ArrayRef<AxisId> wanted);

class Axes {
public:
  explicit Axes(ConcreteSizes &sizes) : sizes(sizes) {}

  /// A new axis for a dim of a tensor; none for a dim of size 1. Nullopt where the size depends on data.
  std::optional<AxisList> create(mlir::Value tensor, int64_t dim);
  std::optional<AxisDims> create(mlir::Value tensor);

  /// The same lists in terms of the axes that were not split since.
  AxisList resolve(llvm::ArrayRef<AxisId> axes) const;
  AxisDims resolveDims(llvm::ArrayRef<AxisList> dims) const;

  int64_t size(AxisId axis) const { return table[axis].size; }
  int64_t size(llvm::ArrayRef<AxisId> axes) const;
  bool isStatic(llvm::ArrayRef<AxisId> axes) const;
  mlir::OpFoldResult sizeIn(mlir::OpBuilder &builder, mlir::Location loc, llvm::ArrayRef<AxisId> axes) const;

  /// A tensor and its dims.
  struct Source {
    mlir::Value value;
    AxisDims dims;
  };
  /// All axes of a tensor, outer to inner.
  AxisList of(const Source &source) const { return flatten(resolveDims(source.dims)); }
  /// The operand of an op that only moves elements, its dims from those of the result. Nullopt where the op does
  /// anything else.
  std::optional<Source> stepBack(mlir::Value result, llvm::ArrayRef<AxisList> dims);
  /// Back to where a tensor is made, as far as steps go; across products with constants too, where `scale` collects
  /// them.
  Source origin(Source source, double *scale);
  /// The dims of the result of such an op from those of its operand; no broadcasts.
  std::optional<AxisDims> stepForward(mlir::Value operand, llvm::ArrayRef<AxisList> dims, mlir::Operation *user);

  /// `value` with the dims `from` as a tensor with the dims `to`: the same axes in another order or grouping.
  mlir::Value arrange(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value value, llvm::ArrayRef<AxisList> from,
                      llvm::ArrayRef<AxisList> to) const;

private:
  struct Entry {
    int64_t size;
    mlir::Value tensor; // its dim `dim` is the size; null for an axis that is static or was never a dim
    int64_t dim;
    bool isStatic;
    AxisList parts;
  };

  /// Divides `axes` among the dims of `tensor` in `group`, splitting axes where a dim ends inside of one.
  bool divide(llvm::ArrayRef<AxisId> axes, mlir::Value tensor, llvm::ArrayRef<int64_t> group, AxisDims &dims);
  AxisId add(int64_t size, mlir::Value tensor, int64_t dim);

  ConcreteSizes &sizes;
  llvm::SmallVector<Entry> table;
};

} // namespace heddle

#endif
