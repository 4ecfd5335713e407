// The iteration space of a structured op, with the element of each operand at each point.
//
// matmul C[i,j] += A[i,k] B[k,j] on 2x3 and 3x4: bounds (2, 4, 3); A moves by (3, 0, 1), B by (0, 1, 4), C by (4, 1,
// 0). A loop over the last dimension is then a loop over three strided rows. Maps that are not linear (floordiv, mod)
// are evaluated at every point instead.
#ifndef HEDDLE_DIALECTS_MIXER_REFERENCE_LOOPNEST_H
#define HEDDLE_DIALECTS_MIXER_REFERENCE_LOOPNEST_H

#include "dialects/mixer/reference/AffineEvaluation.h"
#include "dialects/mixer/reference/ReferenceTensor.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace heddle {

/// How one operand moves through the nest.
struct OperandWalk {
  mlir::AffineMap map;
  llvm::SmallVector<int64_t> strides;
  std::optional<LinearOffset> linear;

  int64_t offset(llvm::ArrayRef<int64_t> loops) const;
};

struct LoopNest {
  llvm::SmallVector<int64_t> bounds;
  llvm::SmallVector<OperandWalk> walks; // one per operand, inputs then outputs

  /// Nullopt with a diagnostic when an operand is accessed outside of its shape.
  static std::optional<LoopNest> of(mlir::linalg::LinalgOp op, llvm::ArrayRef<llvm::ArrayRef<int64_t>> shapes);
  bool isLinear() const;
};

} // namespace heddle
#endif
