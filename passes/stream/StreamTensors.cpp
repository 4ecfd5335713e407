// Tensors that the rules are written with: positions, rows, slices and concatenations.
#include "passes/raise/Reads.h"
#include "passes/stream/StreamEmitter.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "llvm/Support/SaveAndRestore.h"
#include <numeric>

using namespace mlir;

namespace heddle {

/// A number of each row.
AffineExpr StreamEmitter::rowCount() {
  return hasRows() ? getAffineSymbolExpr(*flow.sizes.rows) : getAffineConstantExpr(1);
}

Value StreamEmitter::addCounter(StringRef name) {
  auto type = RankedTensorType::get({hasRows() ? ShapedType::kDynamic : 1}, getI64Type());
  Value counter = states.add(UnknownLoc::get(getContext()), name, type, rowCount(), getI64IntegerAttr(0));
  states.setRange(counter, 0, kAlways); // sums of positions and lengths stay far from overflow
  return counter;
}

/// How many tokens the sequence of each row has. Nobody knows before its end: a number that no position reaches.
void StreamEmitter::addEnd() {
  ends = states.add(UnknownLoc::get(getContext()), "end", cast<RankedTensorType>(positions.getType()), rowCount(),
                    getI64IntegerAttr(kAlways));
  states.setRange(ends, 0, kAlways + 1);
  states.setEnd(ends);
  states.setNext(ends, ends);
}

Value StreamEmitter::mapCounter(Value counter, function_ref<Value(ImplicitLocOpBuilder &, Value)> body) {
  Value empty = tensor::EmptyOp::create(*this, tensor::getMixedSizes(*this, getLoc(), counter), getI64Type());
  AffineMap all = getMultiDimIdentityMap(1);
  return linalg::GenericOp::create(*this, empty.getType(), counter, empty, ArrayRef{all, all},
                                   utils::IteratorType::parallel,
                                   [&](OpBuilder &nested, Location at, ValueRange v) {
                                     ImplicitLocOpBuilder b(at, nested);
                                     linalg::YieldOp::create(b, body(b, v[0]));
                                   })
      .getResult(0);
}

Value StreamEmitter::addToCounter(Value counter, Value count) {
  Value more = arith::IndexCastOp::create(*this, getI64Type(), count);
  return mapCounter(
      counter, [&](ImplicitLocOpBuilder &b, Value number) -> Value { return arith::AddIOp::create(b, number, more); });
}

/// Elements at `rate` of as many tokens, a number of whole blocks of them.
static Value atRate(ImplicitLocOpBuilder &b, Value tokens, int64_t rate, int64_t block) {
  auto number = [&](int64_t value) -> Value {
    return arith::ConstantOp::create(b, b.getIntegerAttr(tokens.getType(), value));
  };
  int64_t shared = std::gcd(rate, block);
  if (block != shared)
    tokens = arith::DivUIOp::create(b, tokens, number(block / shared));
  return rate == shared ? tokens : arith::MulIOp::create(b, tokens, number(rate / shared));
}

Value StreamEmitter::rowPositions(int64_t rate, int64_t distance) {
  if (rate == flow.block && distance == 0)
    return positions;
  Value &known = positionsAt[{rate, distance}];
  if (!known)
    known = mapCounter(positions, [&](ImplicitLocOpBuilder &b, Value seen) -> Value {
      Value more = arith::ConstantOp::create(b, b.getI64IntegerAttr(distance));
      return arith::AddIOp::create(b, atRate(b, seen, rate, flow.block), more);
    });
  return known;
}

/// The number that one row has of the tokens in `counts`, at the given rate.
static Value countAt(ImplicitLocOpBuilder &b, Value counts, Value row, int64_t rate, int64_t block) {
  if (!row)
    row = arith::ConstantIndexOp::create(b, 0);
  Value tokens = tensor::ExtractOp::create(b, counts, row);
  return atRate(b, arith::IndexCastOp::create(b, b.getIndexType(), tokens), rate, block);
}

Value StreamEmitter::position(OpBuilder &builder, Value row, int64_t rate) {
  ImplicitLocOpBuilder b(getLoc(), builder);
  return countAt(b, positions, row, rate, flow.block);
}

Value StreamEmitter::end(OpBuilder &builder, Value row, int64_t rate) {
  ImplicitLocOpBuilder b(getLoc(), builder);
  Value count = getValueOrCreateConstantIndexOp(b, getLoc(), tokens(rate));
  Value fed = arith::AddIOp::create(b, position(b, row, rate), count);
  return arith::MinSIOp::create(b, fed, countAt(b, ends, row, rate, flow.block));
}

Piece StreamEmitter::lifted(Piece piece) {
  if (piece.lifted || !hasRows())
    return piece;
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(*this, getLoc(), piece.value);
  sizes.insert(sizes.begin(), rows());
  Value empty = tensor::EmptyOp::create(*this, sizes, getElementTypeOrSelf(piece.value));
  if (piece.value.getDefiningOp<tensor::EmptyOp>())
    return {empty, true};
  AffineMap all = getMultiDimIdentityMap(sizes.size());
  SmallVector<utils::IteratorType> kinds(sizes.size(), utils::IteratorType::parallel);
  auto copy =
      linalg::GenericOp::create(*this, empty.getType(), piece.value, empty, ArrayRef{all.dropResult(0), all}, kinds,
                                [](OpBuilder &b, Location at, ValueRange v) { linalg::YieldOp::create(b, at, v[0]); });
  return {copy.getResult(0), true};
}

Value StreamEmitter::swapped(Value tensor, int64_t dim, int64_t other) {
  if (dim == other)
    return tensor;
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(*this, getLoc(), tensor);
  SmallVector<int64_t> order = llvm::to_vector(llvm::seq<int64_t>(0, sizes.size()));
  std::swap(sizes[dim], sizes[other]);
  std::swap(order[dim], order[other]);
  Value empty = tensor::EmptyOp::create(*this, sizes, getElementTypeOrSelf(tensor));
  AffineMap all = getMultiDimIdentityMap(sizes.size()), from = AffineMap::getPermutationMap(order, getContext());
  SmallVector<utils::IteratorType> kinds(sizes.size(), utils::IteratorType::parallel);
  return linalg::GenericOp::create(
             *this, empty.getType(), tensor, empty, ArrayRef{from, all}, kinds,
             [](OpBuilder &b, Location at, ValueRange v) { linalg::YieldOp::create(b, at, v[0]); })
      .getResult(0);
}

Value StreamEmitter::batched(Piece piece) {
  if (!piece.lifted)
    return piece.value;
  SmallVector<ReassociationIndices> groups = {{0, 1}};
  for (int64_t dim = 2; dim < cast<RankedTensorType>(piece.value.getType()).getRank(); ++dim)
    groups.push_back({dim});
  return tensor::CollapseShapeOp::create(*this, piece.value, groups);
}

/// `original` and what it is computed from, with the sizes that the symbols now say.
Value StreamEmitter::cloneWithSizes(Value original, IRMapping &local) {
  if (Value known = local.lookupOrNull(original))
    return known;
  std::optional<SizeFormula> formula =
      original.getType().isIndex() ? flow.sizes.of(OpFoldResult(original)) : std::nullopt;
  if (formula)
    return getValueOrCreateConstantIndexOp(*this, getLoc(), size(*formula));
  if (!flow.isTokens(original))
    return value(original);
  Operation *op = original.getDefiningOp();
  for (Value read : readsOf(op))
    local.map(read, cloneWithSizes(read, local));
  clone(*op, local);
  return local.lookup(original);
}

Value StreamEmitter::atLength(Value original, OpFoldResult length) {
  auto ranges = entry->getAttrOfType<DenseI64ArrayAttr>("heddle.symbol_ranges");
  Value &tokens = symbols[flow.sizes.tokens];
  OpFoldResult count =
      affine::makeComposedFoldedAffineApply(*this, getLoc(), getAffineSymbolExpr(0).ceilDiv(rateOf(original)), length);
  llvm::SaveAndRestore<Value> restored(tokens, getValueOrCreateConstantIndexOp(*this, getLoc(), count));
  if (ranges && ranges[2 * flow.sizes.tokens + 1] != std::numeric_limits<int64_t>::max()) {
    Value most = arith::ConstantIndexOp::create(*this, ranges[2 * flow.sizes.tokens + 1]);
    tokens = arith::MinSIOp::create(*this, tokens, most);
  }
  IRMapping local;
  return cloneWithSizes(original, local);
}

Value StreamEmitter::slice(Value tensor, int64_t dim, OpFoldResult offset, OpFoldResult size) {
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(*this, getLoc(), tensor);
  SmallVector<OpFoldResult> offsets(sizes.size(), getIndexAttr(0)), ones(sizes.size(), getIndexAttr(1));
  if (sizes[dim] == size && isConstantIntValue(offset, 0))
    return tensor;
  offsets[dim] = offset;
  sizes[dim] = size;
  return tensor::ExtractSliceOp::create(*this, tensor, offsets, sizes, ones);
}

Value StreamEmitter::concat(Value front, Value back, int64_t dim) {
  SmallVector<OpFoldResult> frontSizes = tensor::getMixedSizes(*this, getLoc(), front);
  SmallVector<OpFoldResult> backSizes = tensor::getMixedSizes(*this, getLoc(), back), sizes = backSizes;
  sizes[dim] = plus(frontSizes[dim], backSizes[dim]);
  SmallVector<OpFoldResult> zeros(sizes.size(), getIndexAttr(0)), behind = zeros, ones(sizes.size(), getIndexAttr(1));
  behind[dim] = frontSizes[dim];
  Value all = tensor::EmptyOp::create(*this, sizes, getElementTypeOrSelf(back));
  all = tensor::InsertSliceOp::create(*this, front, all, zeros, frontSizes, ones);
  return tensor::InsertSliceOp::create(*this, back, all, behind, backSizes, ones);
}

} // namespace heddle
