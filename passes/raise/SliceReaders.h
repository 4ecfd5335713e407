// Ops that read consecutive slices of a tensor in the same way: where an unrolled loop begins that leaves no stack
// behind, only a last state.
//
//   %x0 = extract_slice %x[0, 0, 0] ..   %s0 = add %m0, %x0
//   %x1 = extract_slice %x[0, 1, 0] ..   %s1 = add %m1, %x1
//   %x2 = extract_slice %x[0, 2, 0] ..   %s2 = add %m2, %x2        readers {s0, s1, s2}
#ifndef HEDDLE_PASSES_RAISE_SLICEREADERS_H
#define HEDDLE_PASSES_RAISE_SLICEREADERS_H

#include "mlir/IR/Block.h"
#include "llvm/ADT/SmallVector.h"

namespace heddle {

/// Results of such ops, slice by slice, for every three or more slices in a row.
llvm::SmallVector<llvm::SmallVector<mlir::Value>> findSliceReaders(mlir::Block &block);

} // namespace heddle

#endif
