#include "passes/stream/GenericWriter.h"

#include "passes/stream/Existence.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace heddle {
namespace {

/// The value of every element of an init, or null where it holds nothing yet.
Value fillOf(Value init) {
  auto fill = init.getDefiningOp<linalg::FillOp>();
  return fill ? fill.getInputs()[0] : Value();
}

/// Writes one generic of the step.
class GenericWriter {
public:
  GenericWriter(linalg::GenericOp op, StreamEmitter &e)
      : op(op), e(e), body(TokenBody::ofAccepted(op, e.flow)), span(e.demand.spanOf(op)) {}

  void write() {
    collectOperands();
    collectReads();
    addsRows = needsRows() && !body.rowLoop;
    SmallVector<Value> inits;
    for (OpResult result : op->getResults())
      inits.push_back(initOf(result));
    SmallVector<utils::IteratorType> kinds = op.getIteratorTypesArray();
    if (addsRows)
      kinds.insert(kinds.begin(), utils::IteratorType::parallel);
    auto made = linalg::GenericOp::create(e, ValueRange(inits).getTypes(), inputs, inits, maps(), kinds);
    writeBody(made);
    for (auto [result, value] : llvm::zip_equal(op->getResults(), made->getResults()))
      e.define(result, Piece{value, addsRows});
  }

private:
  void collectOperands() {
    for (auto [input, reach] : llvm::zip_equal(op.getDpsInputs(), body.inputs)) {
      Piece piece = reach ? e.piece(input, readOf(input, *reach)) : Piece{e.value(input)};
      inputs.push_back(piece.value);
      lifted.push_back(piece.lifted);
    }
  }

  void collectReads() {
    for (TokenBody::Read &read : body.reads)
      pieces.push_back(e.piece(read.op.getTensor(), read.reach.elementsOf(span)));
  }

  bool needsRows() const {
    bool readsPositions = body.readsPosition || !body.reads.empty();
    return e.hasRows() && (readsPositions || llvm::is_contained(lifted, true));
  }

  Value initOf(OpResult result) {
    Value empty = tensor::EmptyOp::create(e, e.sizesOf(result, span, addsRows), getElementTypeOrSelf(result));
    Value fill = fillOf(op.getDpsInits()[result.getResultNumber()]);
    return fill ? linalg::FillOp::create(e, e.value(fill), empty).getResult(0) : empty;
  }

  SmallVector<AffineMap> maps() {
    SmallVector<AffineMap> result;
    unsigned row = addsRows ? 0 : body.rowLoop.value_or(0);
    for (auto [number, map] : llvm::enumerate(op.getIndexingMapsArray())) {
      if (number < body.inputs.size() && body.inputs[number])
        map = fromFirst(map, op.getDpsInputs()[number], *body.inputs[number]);
      if (addsRows)
        map = map.shiftDims(1);
      bool leads = number < lifted.size() ? lifted[number] : addsRows;
      result.push_back(leads ? map.insertResult(e.getAffineDimExpr(row), 0) : map);
    }
    return result;
  }

  /// The elements of an operand that the piece of it has.
  Span readOf(Value input, const TokenReach &reach) const { return e.demand.widened(input, reach.elementsOf(span)); }

  /// The map into the piece: loops begin with the first element that is computed.
  AffineMap fromFirst(AffineMap map, Value input, const TokenReach &reach) {
    SmallVector<AffineExpr> results(map.getResults());
    AffineExpr &tokens = results[e.flow.tokenAxis(input).dim];
    tokens = tokens + (span.low * reach.times - readOf(input, reach).low);
    return AffineMap::get(map.getNumDims(), map.getNumSymbols(), results, map.getContext());
  }

  /// Whether elements of no token are computed, whose indices may point anywhere.
  bool isGuarded() const { return e.looksAhead() || span.low < 0; }
  void writeBody(linalg::GenericOp made);
  SmallVector<Value> mapCaptures(IRMapping &mapping);
  void moveIndices(const IRMapping &mapping, Value seen, Value row);
  void moveRead(tensor::ExtractOp read, Piece piece, int64_t first, Value row);
  Value lengthSoFar(OpBuilder &b, Value captured, Value row);
  Value insideOf(OpBuilder &b, const Piece &piece, int64_t dim, Value index);

  linalg::GenericOp op;
  StreamEmitter &e;
  TokenBody body;
  Span span;
  SmallVector<Value> inputs;
  SmallVector<bool> lifted;
  SmallVector<Piece> pieces;
  bool addsRows = false;
};

/// A size that counts tokens is, in a body, the number of tokens so far: no element known yet depends on later ones.
Value GenericWriter::lengthSoFar(OpBuilder &b, Value captured, Value row) {
  Value now = e.value(captured); // with the new tokens in place of all
  int64_t rate = e.flow.sizes.of(OpFoldResult(captured))->slopes[e.flow.sizes.tokens];
  Value others = e.position(b, row, rate);
  if (e.looksAhead()) {
    Value fed = getValueOrCreateConstantIndexOp(b, op.getLoc(), e.tokens(rate));
    others = arith::SubIOp::create(b, op.getLoc(), e.end(b, row, rate), fed);
  }
  return arith::AddIOp::create(b, op.getLoc(), now, others);
}

/// What is computed of no token reads some element.
Value GenericWriter::insideOf(OpBuilder &b, const Piece &piece, int64_t dim, Value index) {
  Value size = tensor::DimOp::create(b, op.getLoc(), piece.value, dim + piece.lifted);
  Value last = arith::SubIOp::create(b, op.getLoc(), size, Value(arith::ConstantIndexOp::create(b, op.getLoc(), 1)));
  Value known = arith::MinSIOp::create(b, op.getLoc(), index, last);
  return arith::MaxSIOp::create(b, op.getLoc(), known, Value(arith::ConstantIndexOp::create(b, op.getLoc(), 0)));
}

void GenericWriter::moveRead(tensor::ExtractOp read, Piece piece, int64_t first, Value row) {
  OpBuilder b(read);
  TokenAxis axis = e.flow.tokenAxis(read.getTensor());
  SmallVector<Value> indices(read.getIndices());
  Value origin = arith::ConstantIndexOp::create(b, op.getLoc(), first), seen = e.position(b, row, axis.rate);
  indices[axis.dim] = arith::SubIOp::create(b, op.getLoc(), indices[axis.dim], seen);
  indices[axis.dim] = arith::SubIOp::create(b, op.getLoc(), indices[axis.dim], origin);
  if (isGuarded())
    indices[axis.dim] = insideOf(b, piece, axis.dim, indices[axis.dim]);
  if (piece.lifted)
    indices.insert(indices.begin(), row);
  Value element = tensor::ExtractOp::create(b, op.getLoc(), piece.value, indices);
  read.replaceAllUsesWith(element);
  read.erase();
}

/// Makes what the body captures known to `mapping`, except for tensors and sizes with tokens; returns the sizes.
SmallVector<Value> GenericWriter::mapCaptures(IRMapping &mapping) {
  llvm::SetVector<Value> captures;
  getUsedValuesDefinedAbove(op.getRegion(), captures);
  SmallVector<Value> lengths;
  for (Value captured : captures) {
    if (e.flow.isTokens(captured))
      continue;
    if (captured.getType().isIndex() && e.flow.dependsOnTokens(captured))
      lengths.push_back(captured);
    else
      mapping.map(captured, e.value(captured));
  }
  return lengths;
}

/// Numbers the loops anew; the index of a token becomes its position.
void GenericWriter::moveIndices(const IRMapping &mapping, Value seen, Value row) {
  for (Operation &inner : op.getBody()->without_terminator()) {
    auto index = dyn_cast<linalg::IndexOp>(inner);
    if (!index)
      continue;
    auto copy = cast<linalg::IndexOp>(mapping.lookup(&inner));
    copy.setDim(index.getDim() + addsRows);
    if (index.getDim() != body.loop)
      continue;
    OpBuilder b(copy->getContext());
    b.setInsertionPointAfter(copy);
    Value first = arith::ConstantIndexOp::create(b, op.getLoc(), span.low);
    Value start = arith::AddIOp::create(b, op.getLoc(), seen, first);
    Value place = arith::AddIOp::create(b, op.getLoc(), copy, start);
    Operation *sum = place.getDefiningOp();
    if (isGuarded())
      place = nearestElement(e, b, row, place, body.axis);
    copy.getResult().replaceAllUsesExcept(place, sum);
  }
}

void GenericWriter::writeBody(linalg::GenericOp made) {
  OpBuilder::InsertionGuard guard(e);
  e.setInsertionPoint(made);
  IRMapping mapping;
  SmallVector<Value> lengths = mapCaptures(mapping);
  op.getRegion().cloneInto(&made.getRegion(), mapping);
  OpBuilder b = OpBuilder::atBlockBegin(&made.getRegion().front());
  Value row, seen;
  if (body.readsPosition || !body.reads.empty()) {
    if (e.hasRows())
      row = linalg::IndexOp::create(b, op.getLoc(), addsRows ? 0 : *body.rowLoop);
    seen = e.position(b, row, body.axis.rate);
  }
  moveIndices(mapping, seen, row);
  for (auto [read, piece] : llvm::zip_equal(body.reads, pieces))
    moveRead(cast<tensor::ExtractOp>(mapping.lookup(read.op.getOperation())), piece, read.reach.elementsOf(span).low,
             row);
  for (Value length : lengths)
    replaceAllUsesInRegionWith(length, lengthSoFar(b, length, row), made.getRegion());
}

} // namespace

void writeGeneric(linalg::GenericOp op, StreamEmitter &e) { GenericWriter(op, e).write(); }

} // namespace heddle
