#include "passes/stream/Beginnings.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;

namespace heddle {
namespace {

/// A tensor like `tensor`, element by element; `body` also gets what the row has seen, at the given rate.
Value mapElements(StreamEmitter &e, Value tensor, std::optional<int64_t> rowDim, int64_t rate,
                  function_ref<Value(ImplicitLocOpBuilder &, Value element, Value seen)> body) {
  auto type = cast<RankedTensorType>(tensor.getType());
  Value empty = tensor::EmptyOp::create(e, tensor::getMixedSizes(e, e.getLoc(), tensor), type.getElementType());
  AffineMap all = e.getMultiDimIdentityMap(type.getRank());
  SmallVector<utils::IteratorType> kinds(type.getRank(), utils::IteratorType::parallel);
  return linalg::GenericOp::create(e, empty.getType(), tensor, empty, ArrayRef{all, all}, kinds,
                                   [&](OpBuilder &nested, Location at, ValueRange values) {
                                     ImplicitLocOpBuilder b(at, nested);
                                     Value row = rowDim ? Value(linalg::IndexOp::create(b, *rowDim)) : Value();
                                     linalg::YieldOp::create(b, body(b, values[0], e.position(b, row, rate)));
                                   })
      .getResult(0);
}

SmallVector<Value> indicesOf(ImplicitLocOpBuilder &b, Value tensor) {
  SmallVector<Value> indices;
  for (int64_t dim = 0; dim < cast<RankedTensorType>(tensor.getType()).getRank(); ++dim)
    indices.push_back(linalg::IndexOp::create(b, dim));
  return indices;
}

} // namespace

Value beginWith(StreamEmitter &e, Value initial, Value state) {
  std::optional<int64_t> rows = e.hasRows() ? std::optional<int64_t>(0) : std::nullopt;
  return mapElements(e, state, rows, e.flow.block, [&](ImplicitLocOpBuilder &b, Value element, Value seen) {
    Value zero = arith::ConstantIndexOp::create(b, 0);
    Value isFirst = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, seen, zero);
    Value given = tensor::ExtractOp::create(b, initial, indicesOf(b, initial));
    return arith::SelectOp::create(b, isFirst, given, element).getResult();
  });
}

Value putInFront(StreamEmitter &e, Value front, Value elements, const Stretch &stretch) {
  Value count = tensor::DimOp::create(e, front, stretch.dim);
  auto body = [&](ImplicitLocOpBuilder &b, Value element, Value seen) {
    SmallVector<Value> at = indicesOf(b, front);
    Value zero = arith::ConstantIndexOp::create(b, 0), start = arith::ConstantIndexOp::create(b, stretch.first);
    Value token = arith::AddIOp::create(b, Value(arith::AddIOp::create(b, seen, start)), at[stretch.dim]);
    Value isGiven = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, token, zero);
    // Tokens that exist read some element, which nobody sees.
    Value inFront = arith::MinSIOp::create(b, token, Value(arith::ConstantIndexOp::create(b, -1)));
    at[stretch.dim] = arith::AddIOp::create(b, inFront, count);
    Value given = tensor::ExtractOp::create(b, front, at);
    return arith::SelectOp::create(b, isGiven, given, element).getResult();
  };
  return mapElements(e, elements, stretch.rowDim, stretch.rate, body);
}

} // namespace heddle
