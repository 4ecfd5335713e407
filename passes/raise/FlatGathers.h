// Gathers from a tensor that was made flat, at positions that no data decides, are gathers from the tensor itself.
//
//   %flat = collapse_shape %x : tensor<4x32x8xf32> into tensor<1024xf32>
//   extract %flat[%table[h, n, i, d]]  where the table is 256 h + 32 n + 8 i + d   ->   extract %x[h, 4 n + i, d]
//
// Views with strides are exported so: chunks that overlap, diagonals. Unflattened, each dimension of the result is seen
// to choose in a dimension of the source.
#ifndef HEDDLE_PASSES_RAISE_FLATGATHERS_H
#define HEDDLE_PASSES_RAISE_FLATGATHERS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace heddle {

/// Replaces such gathers of an entry.
void unflattenGathers(mlir::func::FuncOp entry);

} // namespace heddle

#endif
