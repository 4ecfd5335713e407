#include "passes/stream/Existence.h"

#include "dialects/mixer/Mixer.h"
#include "passes/lower/Names.h"
#include "passes/raise/Reads.h"
#include "passes/stream/StreamSymbols.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;

namespace heddle {

StreamEmitter::StreamEmitter(func::FuncOp entry, StreamStates &states, TokenFlow &flow, const StreamDemand &demand)
    : ImplicitLocOpBuilder(entry.getLoc(), entry.getContext()), flow(flow), demand(demand), states(states),
      entry(entry), symbols(flow.sizes.numSymbols()) {}

SmallVector<Value> StreamEmitter::run(func::FuncOp step) {
  setInsertionPointToEnd(&step.getBody().front());
  // States add arguments on the way.
  SmallVector<Value> inputs(step.getArguments());
  for (auto [original, argument] : llvm::zip_equal(entry.getArguments(), inputs))
    bindSymbols(original, argument);
  positions = addCounter("position");
  int64_t ringTokens = demand.ringTokens();
  if (ringTokens > 0)
    places = addCounter("place");
  if (looksAhead())
    addEnd();
  for (auto [original, argument] : llvm::zip_equal(entry.getArguments(), inputs)) {
    if (!flow.isTokens(original))
      mapping.map(original, argument);
    else if (demand.of(original).span)
      define(original, Piece{argument});
  }
  Block &body = entry.getBody().front();
  for (Operation &op : body.without_terminator()) {
    setLoc(op.getLoc());
    emit(&op);
  }
  Value count = getValueOrCreateConstantIndexOp(*this, getLoc(), tokens(flow.block));
  states.setNext(positions, addToCounter(positions, count));
  if (places) {
    Value most = arith::ConstantIndexOp::create(*this, ringTokens);
    states.setNext(places, addToCounter(places, arith::MinSIOp::create(*this, count, most)));
  }
  return llvm::map_to_vector(body.getTerminator()->getOperands(), [&](Value output) {
    return flow.isTokens(output) ? piece(output, demand.newest(output)).value : value(output);
  });
}

/// Finds the symbols that are sizes of an argument, or divide one.
void StreamEmitter::bindSymbols(BlockArgument original, Value argument) {
  auto shape = entry.getArgAttrOfType<AffineMapAttr>(original.getArgNumber(), kShapeAttr);
  for (int64_t dim = 0; shape && dim < int64_t(shape.getValue().getNumResults()); ++dim)
    for (auto [number, known] : llvm::enumerate(symbols))
      if (int64_t factor = multipleOf(shape.getValue().getResult(dim), number); factor && !known) {
        OpFoldResult size = tensor::DimOp::create(*this, argument, dim).getResult();
        known = getValueOrCreateConstantIndexOp(
            *this, getLoc(),
            affine::makeComposedFoldedAffineApply(*this, getLoc(), getAffineSymbolExpr(0).floorDiv(factor), size));
      }
}

//===--- ops ------------------------------------------------------------------------------===//

void StreamEmitter::emit(Operation *op) {
  bool isWanted = false;
  for (Value result : op->getResults()) {
    Flow::Kind kind = flow.of(result).kind;
    if (kind == Flow::Refused)
      return;
    isWanted |= kind == Flow::Latest || demand.of(result).span.has_value();
  }
  if (const StreamRule *rule = findStreamRule(op); rule && flow.touchesTokens(op)) {
    if (isWanted)
      rule->emit(op, *this);
    return;
  }
  // Indices are written where they are needed, as sums over the symbols.
  bool isSize = llvm::all_of(op->getResults(), [&](Value result) {
    return result.getType().isIndex() && flow.sizes.of(OpFoldResult(result));
  });
  if (!isSize)
    cloneOp(op);
}

void StreamEmitter::cloneOp(Operation *op) {
  for (Value read : readsOf(op))
    if (!mapping.contains(read))
      mapping.map(read, value(read));
  clone(*op, mapping);
}

//===--- values ---------------------------------------------------------------------------===//

Value StreamEmitter::value(Value original) {
  if (Value known = mapping.lookupOrNull(original))
    return known;
  return getValueOrCreateConstantIndexOp(*this, getLoc(), size(OpFoldResult(original)));
}

void StreamEmitter::define(Value original, Piece piece) {
  pieces[original] = piece;
  emitTails(original, piece);
}

Piece StreamEmitter::piece(Value original, Span span, TypedAttr fill) {
  int64_t dim = flow.tokenAxis(original).dim;
  OpFoldResult count = plus(tokensOf(original), span.high - span.low);
  Span own = *demand.of(original).span;
  if (span.low < own.low) {
    History past = history(original, fill);
    int64_t before = own.low - span.low;
    if (isConstantIntValue(past.depth, before) && span.high == own.high)
      return {past.value};
    return {slice(past.value, dim, plus(past.depth, -before), count)};
  }
  Piece known = pieces.lookup(original);
  if (own != span)
    known.value = slice(known.value, dim + known.lifted, getIndexAttr(span.low - own.low), count);
  return fill && mayBeNoToken(original) ? onlyExisting(*this, original, known, span.low, fill) : known;
}

History StreamEmitter::history(Value original, TypedAttr fill) {
  for (const Kept &each : kept[original])
    if (!fill || each.fill == fill)
      return each.history;
  return {pieces.lookup(original).value, getIndexAttr(0)};
}

void StreamEmitter::emitTails(Value original, Piece now) {
  TokenAxis axis = flow.tokenAxis(original);
  for (const Tail &tail : demand.of(original).tails) {
    SmallVector<AffineExpr> shape = stateShape(original);
    shape[axis.dim] = roomOf(tail, axis.rate);
    if (tail.room != Tail::Last)
      std::swap(shape[1], shape[axis.dim]);
    RankedTensorType type = typeOf(shape, getElementTypeOrSelf(now.value));
    TypedAttr initial = tail.fill ? tail.fill : cast<TypedAttr>(getZeroAttr(type.getElementType()));
    Value before = states.add(tail.reader->getLoc(), tail.part, type, shape, initial);
    Value elements = now.value;
    if (tail.fill && mayBeNoToken(original))
      elements = onlyExisting(*this, original, now, demand.newest(original).low, tail.fill).value;
    if (tail.room != Tail::Last) {
      emitAppended(original, tail, swapped(elements, 1, axis.dim), before);
      continue;
    }
    Value all = concat(before, elements, axis.dim);
    OpFoldResult depth = tensor::getMixedSize(*this, getLoc(), before, axis.dim);
    states.setNext(before, slice(all, axis.dim, tokens(axis.rate), depth));
    kept[original].push_back({tail.fill, {all, depth}});
  }
}

AffineExpr StreamEmitter::roomOf(const Tail &tail, int64_t rate) {
  switch (tail.room) {
  case Tail::Last:
    return getAffineConstantExpr(tail.depth);
  case Tail::Ring:
    return states.ring(demand.ringTokens());
  case Tail::Growing:
    return states.capacity() * rate;
  }
  llvm_unreachable("all rooms are listed");
}

void StreamEmitter::emitAppended(Value original, const Tail &tail, Value elements, Value before) {
  bool isRing = tail.room == Tail::Ring;
  int64_t first = demand.newest(original).low;
  Value at = isRing ? places : rowPositions(rateOf(original), first);
  IntegerAttr ring = isRing ? getI64IntegerAttr(demand.ringTokens()) : IntegerAttr();
  Value after = mixer::AppendOp::create(*this, TypeRange(before.getType()), elements, at, before, ring).getResult();
  (isRing ? rings : growing)[original] = after;
  states.setAppended(before, isRing ? 0 : -first);
  states.setNext(before, after);
}

//===--- sizes ----------------------------------------------------------------------------===//

OpFoldResult StreamEmitter::tokens(int64_t rate) {
  return affine::makeComposedFoldedAffineApply(*this, getLoc(), getAffineSymbolExpr(0) * rate,
                                               OpFoldResult(symbol(flow.sizes.tokens)));
}

OpFoldResult StreamEmitter::rows() { return hasRows() ? OpFoldResult(symbol(*flow.sizes.rows)) : getIndexAttr(1); }

SmallVector<AffineExpr> StreamEmitter::stateShape(Value original) {
  SmallVector<AffineExpr> shape;
  for (int64_t dim = 0; dim < cast<RankedTensorType>(original.getType()).getRank(); ++dim)
    shape.push_back(flow.sizes.toExpr(*flow.sizes.of(original, dim), getContext()));
  return shape;
}

RankedTensorType StreamEmitter::typeOf(ArrayRef<AffineExpr> shape, Type element) {
  SmallVector<int64_t> sizes;
  for (AffineExpr expr : shape) {
    auto constant = dyn_cast<AffineConstantExpr>(expr);
    sizes.push_back(constant ? constant.getValue() : ShapedType::kDynamic);
  }
  return RankedTensorType::get(sizes, element);
}

OpFoldResult StreamEmitter::size(const SizeFormula &formula) {
  AffineMap map = AffineMap::get(0, symbols.size(), flow.sizes.toExpr(formula, getContext()));
  return affine::makeComposedFoldedAffineApply(*this, getLoc(), map, getAsOpFoldResult(ValueRange(symbols)));
}

OpFoldResult StreamEmitter::size(OpFoldResult original) {
  if (std::optional<int64_t> constant = getConstantIntValue(original))
    return getIndexAttr(*constant);
  if (std::optional<SizeFormula> formula = flow.sizes.of(original))
    return size(*formula);
  return value(cast<Value>(original));
}

SmallVector<OpFoldResult> StreamEmitter::sizesOf(Value original, Span span, bool lifted) {
  TokenAxis axis = flow.axis(original).value_or(TokenAxis());
  SmallVector<OpFoldResult> sizes;
  if (lifted)
    sizes.push_back(rows());
  for (int64_t dim = 0; dim < cast<RankedTensorType>(original.getType()).getRank(); ++dim)
    sizes.push_back(dim == axis.dim && !axis.merged ? plus(tokens(axis.rate), span.high - span.low)
                                                    : size(*flow.sizes.of(original, dim)));
  return sizes;
}

OpFoldResult StreamEmitter::plus(OpFoldResult size, OpFoldResult more) {
  AffineExpr left = getAffineSymbolExpr(0), right = getAffineSymbolExpr(1);
  return affine::makeComposedFoldedAffineApply(*this, getLoc(), left + right, {size, more});
}

} // namespace heddle
