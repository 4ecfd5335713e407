// The one value that all elements of a tensor have, however it was put together.
//
//   linalg.fill of 0, reshaped; zeros inserted into zeros; a constant spread over a batch          0
#ifndef HEDDLE_PASSES_STREAM_UNIFORMVALUE_H
#define HEDDLE_PASSES_STREAM_UNIFORMVALUE_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Value.h"

namespace heddle {

/// Null where elements may differ.
mlir::TypedAttr uniformValue(mlir::Value tensor);

} // namespace heddle

#endif
