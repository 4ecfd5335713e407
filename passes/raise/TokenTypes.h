// What the rules of TokenSequences share.
#ifndef HEDDLE_PASSES_RAISE_TOKENTYPES_H
#define HEDDLE_PASSES_RAISE_TOKENTYPES_H

#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/BuiltinTypes.h"

namespace heddle {

template <typename T> llvm::SmallVector<T> inserted(llvm::ArrayRef<T> list, int64_t position, T item) {
  llvm::SmallVector<T> result(list);
  result.insert(result.begin() + position, item);
  return result;
}

/// The type with tokens along `axis`.
inline mlir::RankedTensorType withTokens(mlir::RankedTensorType type, int64_t axis, mlir::OpFoldResult length) {
  int64_t count = mlir::getConstantIntValue(length).value_or(mlir::ShapedType::kDynamic);
  return type.clone(inserted<int64_t>(type.getShape(), axis, count));
}

inline mlir::RankedTensorType typeOf(mlir::Value value) { return mlir::cast<mlir::RankedTensorType>(value.getType()); }

} // namespace heddle

#endif
