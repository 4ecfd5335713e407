// Tensors that the rules are written with: positions, rows, slices and concatenations.
#include "passes/raise/Reads.h"
#include "passes/stream/StreamEmitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "llvm/Support/SaveAndRestore.h"

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

Value StreamEmitter::position(OpBuilder &builder, Value row) {
  if (!row)
    row = arith::ConstantIndexOp::create(builder, getLoc(), 0);
  Value seen = tensor::ExtractOp::create(builder, getLoc(), positions, row);
  return arith::IndexCastOp::create(builder, getLoc(), builder.getIndexType(), seen);
}

Value StreamEmitter::end(OpBuilder &builder, Value row) {
  Value fed = arith::AddIOp::create(builder, getLoc(), position(builder, row), symbol(flow.sizes.tokens));
  if (!row)
    row = arith::ConstantIndexOp::create(builder, getLoc(), 0);
  Value known = tensor::ExtractOp::create(builder, getLoc(), ends, row);
  known = arith::IndexCastOp::create(builder, getLoc(), builder.getIndexType(), known);
  return arith::MinSIOp::create(builder, getLoc(), fed, known);
}

Value StreamEmitter::addToCounter(Value counter, Value count) {
  Value more = arith::IndexCastOp::create(*this, getI64Type(), count);
  Value empty = tensor::EmptyOp::create(*this, tensor::getMixedSizes(*this, getLoc(), counter), getI64Type());
  AffineMap all = getMultiDimIdentityMap(1);
  return linalg::GenericOp::create(*this, empty.getType(), counter, empty, ArrayRef{all, all},
                                   utils::IteratorType::parallel,
                                   [&](OpBuilder &b, Location at, ValueRange v) {
                                     Value sum = arith::AddIOp::create(b, at, v[0], more);
                                     linalg::YieldOp::create(b, at, sum);
                                   })
      .getResult(0);
}

Value StreamEmitter::rowPositions(int64_t distance) {
  return distance == 0 ? positions : addToCounter(positions, arith::ConstantIndexOp::create(*this, distance));
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
  llvm::SaveAndRestore<Value> restored(tokens, getValueOrCreateConstantIndexOp(*this, getLoc(), length));
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
