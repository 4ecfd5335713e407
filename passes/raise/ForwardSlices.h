// A slice of something that was put together from pieces is a slice of a piece.
//
//   %pair = insert_slice %im into (insert_slice %re into %empty[.., 0])[.., 1]
//   %part = extract_slice %pair[.., 0]              is %re, and %im may be dead
#ifndef HEDDLE_PASSES_RAISE_FORWARDSLICES_H
#define HEDDLE_PASSES_RAISE_FORWARDSLICES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace heddle {

llvm::LogicalResult forwardSlices(mlir::func::FuncOp entry);

} // namespace heddle

#endif
