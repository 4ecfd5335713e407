// Tensors as mixer.mix wants them, [batch, token, head, feature], and back.
//
//   %v: tensor<2x4x64x8xf32> with heads in front of tokens
//   toSlots(b, %v, {0, 2, 1, 3})               tensor<2x64x4x8xf32>
//   toSlots(b, %a, {0, 1, nullopt, nullopt})   tensor<2x64xf32> as tensor<2x64x1x1xf32>
#ifndef HEDDLE_PASSES_RAISE_TOKENMAJOR_H
#define HEDDLE_PASSES_RAISE_TOKENMAJOR_H

#include "mlir/IR/ImplicitLocOpBuilder.h"
#include <optional>

namespace heddle {

/// For each dimension of a mixer's operand a dimension of the tensor that becomes it; nothing for a new one of size 1.
using Slots = llvm::SmallVector<std::optional<int64_t>, 5>;

/// `tensor` with the dimensions that `slots` names, in their order. Dimensions that are not named have size 1. Null
/// where one of them is larger.
mlir::Value toSlots(mlir::ImplicitLocOpBuilder &b, mlir::Value tensor, const Slots &slots);

/// The reverse: `tensor`, which has `slots`, as a tensor of `type`.
mlir::Value fromSlots(mlir::ImplicitLocOpBuilder &b, mlir::Value tensor, const Slots &slots,
                      mlir::RankedTensorType type);

/// An uninitialised tensor with the sizes of `like` for the dimensions that `slots` names.
mlir::Value emptyWithSlots(mlir::ImplicitLocOpBuilder &b, mlir::Value like, const Slots &slots);

/// A tensor of ones, all of whose dimensions have size 1.
mlir::Value ones(mlir::ImplicitLocOpBuilder &b, mlir::Type element, int64_t rank);

} // namespace heddle

#endif
