#include "passes/stream/StreamEmitter.h"

#include "dialects/mixer/Mixer.h"
#include "passes/lower/Names.h"
#include "passes/raise/Reads.h"

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
  for (auto [original, argument] : llvm::zip(entry.getArguments(), step.getArguments()))
    bindSymbols(original, argument);
  addPosition();
  for (auto [original, argument] : llvm::zip(entry.getArguments(), step.getArguments())) {
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
  states.setNext(positions, advanced());
  return llvm::map_to_vector(body.getTerminator()->getOperands(),
                             [&](Value output) { return flow.isTokens(output) ? piece(output).value : value(output); });
}

/// Finds the symbols that are sizes of an argument.
void StreamEmitter::bindSymbols(BlockArgument original, Value argument) {
  auto shape = entry.getArgAttrOfType<AffineMapAttr>(original.getArgNumber(), kShapeAttr);
  for (int64_t dim = 0; shape && dim < int64_t(shape.getValue().getNumResults()); ++dim)
    if (auto symbol = dyn_cast<AffineSymbolExpr>(shape.getValue().getResult(dim)))
      if (Value &known = symbols[symbol.getPosition()]; !known)
        known = tensor::DimOp::create(*this, argument, dim);
}

void StreamEmitter::addPosition() {
  Builder b(getContext());
  AffineExpr rows = hasRows() ? b.getAffineSymbolExpr(*flow.sizes.rows) : b.getAffineConstantExpr(1);
  auto type = RankedTensorType::get({hasRows() ? ShapedType::kDynamic : 1}, b.getI64Type());
  positions = states.add(UnknownLoc::get(getContext()), "position", type, {rows}, b.getI64IntegerAttr(0));
  states.setRange(positions, 0, kAlways); // sums of positions and lengths stay far from overflow
}

/// The positions behind the new tokens.
Value StreamEmitter::advanced() {
  Value count = getValueOrCreateConstantIndexOp(*this, getLoc(), tokens());
  Value more = arith::IndexCastOp::create(*this, getI64Type(), count);
  Value empty = tensor::EmptyOp::create(*this, tensor::getMixedSizes(*this, getLoc(), positions), getI64Type());
  AffineMap all = getMultiDimIdentityMap(1);
  return linalg::GenericOp::create(*this, empty.getType(), positions, empty, ArrayRef{all, all},
                                   utils::IteratorType::parallel,
                                   [&](OpBuilder &b, Location at, ValueRange v) {
                                     Value sum = arith::AddIOp::create(b, at, v[0], more);
                                     linalg::YieldOp::create(b, at, sum);
                                   })
      .getResult(0);
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
  OpFoldResult count = plus(tokens(), span.high - span.low);
  if (span.low < 0 && !flow.of(original).isPositions()) {
    History past = history(original, fill);
    if (isConstantIntValue(past.depth, -span.low) && span.high == 0)
      return {past.value};
    return {slice(past.value, dim, plus(past.depth, span.low), count)};
  }
  Piece known = pieces.lookup(original);
  Span own = *demand.of(original).span;
  if (own == span)
    return known;
  return {slice(known.value, dim + known.lifted, getIndexAttr(span.low - own.low), count), known.lifted};
}

History StreamEmitter::history(Value original, TypedAttr fill) {
  if (!fill)
    fill = cast<TypedAttr>(getZeroAttr(getElementTypeOrSelf(original.getType())));
  for (const Kept &each : kept[original])
    if (each.fill == fill)
      return each.history;
  return {pieces.lookup(original).value, getIndexAttr(0)};
}

void StreamEmitter::emitTails(Value original, Piece now) {
  TokenAxis axis = flow.tokenAxis(original);
  for (const Tail &tail : demand.of(original).tails) {
    SmallVector<AffineExpr> shape = stateShape(original);
    shape[axis.dim] = tail.grows ? states.capacity() : getAffineConstantExpr(tail.depth);
    RankedTensorType type = typeOf(shape, getElementTypeOrSelf(now.value));
    Value before = states.add(tail.reader->getLoc(), tail.part, type, shape, tail.fill);
    if (tail.grows) {
      growing[original] = mixer::AppendOp::create(*this, before.getType(), now.value, positions, before).getResult();
      states.setAppended(before);
      states.setNext(before, growing[original]);
      continue;
    }
    Value all = concat(before, now.value, axis.dim);
    OpFoldResult depth = tensor::getMixedSize(*this, getLoc(), before, axis.dim);
    states.setNext(before, slice(all, axis.dim, tokens(), depth));
    kept[original].push_back({tail.fill, {all, depth}});
  }
}

//===--- sizes ----------------------------------------------------------------------------===//

OpFoldResult StreamEmitter::tokens() { return symbol(flow.sizes.tokens); }

OpFoldResult StreamEmitter::rows() { return hasRows() ? OpFoldResult(symbol(*flow.sizes.rows)) : getIndexAttr(1); }

AffineExpr StreamEmitter::exprOf(const SizeFormula &formula) {
  AffineExpr sum = getAffineConstantExpr(formula.constant);
  for (auto [number, slope] : llvm::enumerate(formula.slopes))
    if (slope != 0)
      sum = sum + getAffineSymbolExpr(number) * slope;
  if (formula.product != 0)
    sum = sum + getAffineSymbolExpr(*flow.sizes.rows) * getAffineSymbolExpr(flow.sizes.tokens) * formula.product;
  return sum;
}

SmallVector<AffineExpr> StreamEmitter::stateShape(Value original) {
  SmallVector<AffineExpr> shape;
  for (int64_t dim = 0; dim < cast<RankedTensorType>(original.getType()).getRank(); ++dim)
    shape.push_back(exprOf(*flow.sizes.of(original, dim)));
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
  AffineMap map = AffineMap::get(0, symbols.size(), exprOf(formula));
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
    sizes.push_back(dim == axis.dim && !axis.merged ? plus(tokens(), span.high - span.low)
                                                    : size(*flow.sizes.of(original, dim)));
  return sizes;
}

OpFoldResult StreamEmitter::plus(OpFoldResult size, OpFoldResult more) {
  AffineExpr left = getAffineSymbolExpr(0), right = getAffineSymbolExpr(1);
  return affine::makeComposedFoldedAffineApply(*this, getLoc(), left + right, {size, more});
}

} // namespace heddle
