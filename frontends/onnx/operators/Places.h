// Places in a tensor that the elements of another one name.
#ifndef HEDDLE_FRONTENDS_ONNX_OPERATORS_PLACES_H
#define HEDDLE_FRONTENDS_ONNX_OPERATORS_PLACES_H

#include "frontends/onnx/NodeReader.h"

namespace heddle::onnx {

// Negative indices count from the end; what is still outside is clamped.
mlir::Value safePlace(mlir::OpBuilder &b, mlir::Location at, mlir::Value index, mlir::Type type, mlir::Value size);

// The sizes as values of the entry; nothing after a mistake.
std::optional<llvm::SmallVector<mlir::Value>> sizeValues(GraphBuilder &g, llvm::ArrayRef<Dim> shape);

// The last dimension of the indices lists places in the dimensions of the data behind the first `batch`: how many;
// nothing after a reported mistake.
std::optional<int64_t> tupleLength(NodeReader &node, const Tensor &data, const Tensor &indices, int64_t batch);

// indices[outer.., number] as a place in a dimension of the given size.
mlir::Value readIndex(mlir::OpBuilder &b, mlir::Location at, const Tensor &indices, mlir::ValueRange outer,
                      int64_t number, mlir::Value size);

// `cache` with the rows of `update` along `axis` written from starts[b] on (empty: from 0 on); what would stand behind
// the end wraps around or is clamped (Scatter.cpp).
Tensor writeTokens(GraphBuilder &g, Tensor cache, Tensor update, Tensor starts, int64_t axis, bool wraps);

// `table` [rows, ..] with row slots[i] replaced by row i of `rows`, in their order; slots are i64, negative ones count
// from the end, and what is outside is clamped (Scatter.cpp).
Tensor writeRows(GraphBuilder &g, Tensor table, Tensor rows, Tensor slots);

} // namespace heddle::onnx
#endif
