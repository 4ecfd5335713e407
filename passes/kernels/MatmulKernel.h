// The dense product kernel: out[m, n] += sum_k lhs[m, k] * rhs[k, n] in f32 on 16-lane vectors.
//
//   tasks (outer.., 128 rows, 192 columns):
//     for each stretch of k that fits the caches, for each panel of 48 columns:
//       bring the panel of rhs into place (already packed, copied to the stack, or read where it lies)
//       for each tile of 8 rows (then 4, then 1):
//         tile = out; for k: tile += broadcast(lhs[row, k]) * panel[k]; out = tile      <- 24 registers, 1 load each
//         way
//       behind the last stretch: the epilogue on these rows and columns
//
// Each step of the inner loop does 24 fused multiply-adds for 3 vector loads and 8 broadcasts. The panel (48 KB at
// most) is read again for every tile and stays in the second-level cache; a row of lhs moves by 8 x 4 bytes per step.
// Of the last panel only the vectors that have columns are computed.
// Invariant: the output is read before it is written unless `startFromZero`; columns beyond n are never touched.
#ifndef HEDDLE_PASSES_KERNELS_MATMULKERNEL_H
#define HEDDLE_PASSES_KERNELS_MATMULKERNEL_H

#include "passes/tile/Epilogue.h"

namespace heddle {

/// Emits `contraction` as one kernel. With `startFromZero` the old content of the output does not matter. `epilogue`
/// (null for none) follows on each element of the output.
void emitMatmulKernel(mlir::OpBuilder &builder, mlir::Location loc, const Contraction &contraction, bool startFromZero,
                      const Epilogue *epilogue);

} // namespace heddle

#endif
