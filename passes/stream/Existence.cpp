#include "passes/stream/Existence.h"

#include "dialects/mixer/TensorMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace heddle {
namespace {

Value number(OpBuilder &b, Location loc, int64_t value) { return arith::ConstantIndexOp::create(b, loc, value); }

} // namespace

Value elementExists(StreamEmitter &e, OpBuilder &b, Value row, Value index, const TokenAxis &axis) {
  Location loc = e.getLoc();
  Value isInside = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sge, index, number(b, loc, 0));
  if (!e.looksAhead())
    return isInside;
  Value count = arith::AddIOp::create(b, loc, e.end(b, row, axis.rate), number(b, loc, axis.extra));
  Value isBeforeEnd = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt, index, count);
  return arith::AndIOp::create(b, loc, isInside, isBeforeEnd);
}

namespace {

/// Elements for which the predicate, which gets the row and the token, does not hold are `fill`.
Piece keepWhere(StreamEmitter &e, Value original, Piece piece, int64_t first, TypedAttr fill,
                function_ref<Value(OpBuilder &, Value, Value)> predicate) {
  std::optional<int64_t> rowDim = e.flow.rowDim(original);
  if (!rowDim && e.hasRows())
    piece = e.lifted(piece);
  int64_t rows = piece.lifted ? 0 : rowDim.value_or(0), dim = e.flow.tokenAxis(original).dim + piece.lifted;
  auto type = cast<RankedTensorType>(piece.value.getType());
  mixer::TensorMath math(e.getLoc(), e);
  auto body = [&](ImplicitLocOpBuilder &b, ValueRange at) -> Value {
    Value row = e.hasRows() ? Value(linalg::IndexOp::create(b, rows)) : Value();
    Value begin = arith::AddIOp::create(b, e.position(b, row, e.rateOf(original)), number(b, b.getLoc(), first));
    Value token = arith::AddIOp::create(b, begin, Value(linalg::IndexOp::create(b, dim)));
    Value other = arith::ConstantOp::create(b, fill);
    return arith::SelectOp::create(b, predicate(b, row, token), at[0], other);
  };
  piece.value = math.generate(math.sizesOf(piece.value), type.getElementType(), piece.value,
                              e.getMultiDimIdentityMap(type.getRank()), body);
  return piece;
}

} // namespace

Piece onlyExisting(StreamEmitter &e, Value original, Piece piece, int64_t first, TypedAttr fill) {
  TokenAxis axis = e.flow.tokenAxis(original);
  return keepWhere(e, original, piece, first, fill,
                   [&](OpBuilder &b, Value row, Value index) { return elementExists(e, b, row, index, axis); });
}

Piece putBehind(StreamEmitter &e, Value original, Piece piece, int64_t first, TypedAttr fill) {
  return keepWhere(e, original, piece, first, fill, [&](OpBuilder &b, Value row, Value token) -> Value {
    return arith::CmpIOp::create(b, e.getLoc(), arith::CmpIPredicate::slt, token, e.end(b, row, e.rateOf(original)));
  });
}

Value nearestElement(StreamEmitter &e, OpBuilder &b, Value row, Value index, const TokenAxis &axis) {
  Location loc = e.getLoc();
  if (e.looksAhead()) {
    Value last = arith::AddIOp::create(b, loc, e.end(b, row, axis.rate), number(b, loc, axis.extra - 1));
    index = arith::MinSIOp::create(b, loc, index, last);
  }
  return arith::MaxSIOp::create(b, loc, index, number(b, loc, 0));
}

Value holdLast(StreamEmitter &e, Value original, Value elements, int64_t count) {
  int64_t rate = e.rateOf(original), dim = e.flow.tokenAxis(original).dim;
  int64_t rank = cast<RankedTensorType>(elements.getType()).getRank();
  int64_t first = e.demand.newest(original).low, rows = e.flow.rowDim(original).value_or(0);
  SmallVector<AffineExpr> shape = e.stateShape(original);
  shape[dim] = e.getAffineConstantExpr(count);
  Type element = getElementTypeOrSelf(elements);
  Value held = e.states.add(e.getLoc(), "last", StreamEmitter::typeOf(shape, element), shape,
                            cast<TypedAttr>(e.getZeroAttr(element)));
  mixer::TensorMath math(e.getLoc(), e);
  auto body = [&](ImplicitLocOpBuilder &b, ValueRange at) -> Value {
    Value row = e.hasRows() ? Value(linalg::IndexOp::create(b, rows)) : Value();
    Value newest = arith::AddIOp::create(b, e.position(b, row, rate), number(b, b.getLoc(), first + 1));
    Value begin = arith::SubIOp::create(b, e.end(b, row, rate), newest), zero = number(b, b.getLoc(), 0);
    Value count = getValueOrCreateConstantIndexOp(b, b.getLoc(), e.tokens(rate));
    Value last = arith::SubIOp::create(b, count, number(b, b.getLoc(), 1));
    begin = arith::MinSIOp::create(b, begin, last);
    Value isKnown = arith::CmpIOp::create(b, arith::CmpIPredicate::sge, begin, zero);
    SmallVector<Value> index;
    for (int64_t each = 0; each < rank; ++each)
      index.push_back(linalg::IndexOp::create(b, each));
    index[dim] = arith::AddIOp::create(b, index[dim], Value(arith::MaxSIOp::create(b, begin, zero)));
    return arith::SelectOp::create(b, isKnown, Value(tensor::ExtractOp::create(b, elements, index)), at[0]);
  };
  Value last = math.generate(math.sizesOf(held), element, held, e.getMultiDimIdentityMap(rank), body);
  e.states.setNext(held, last);
  return last;
}

} // namespace heddle
