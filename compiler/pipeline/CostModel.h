// What an entry has to do, as formulas of its symbolic dimensions: the numerator of every "share of peak".
#ifndef HEDDLE_COMPILER_PIPELINE_COSTMODEL_H
#define HEDDLE_COMPILER_PIPELINE_COSTMODEL_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/AffineExpr.h"

namespace heddle {

struct EntryCost {
  /// Floating-point operations; a fused multiply-add counts as two, an exponential or its like as one.
  mlir::AffineExpr flops;
  /// Bytes of operands and results, each read or written once per op.
  mlir::AffineExpr bytes;
};

/// Cost of a bufferized entry (linalg and mixer.mix on memrefs). Ops with data-dependent sizes are left out.
EntryCost costOf(mlir::func::FuncOp entry);

} // namespace heddle

#endif
