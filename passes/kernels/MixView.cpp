// Elements, sweeps and scores of a bufferized mixer.
#include "passes/kernels/MixView.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using heddle::mixer::BiasKind;
using heddle::mixer::DimRole;

namespace heddle::kernels {

static SmallVector<Operand> operandsOf(mixer::MixOp op, MutableOperandRange range) {
  SmallVector<Operand> operands;
  for (OpOperand &operand : range)
    operands.push_back({operand.get(), op.getDimRoles(operand)});
  return operands;
}

static Operand optionalOperand(mixer::MixOp op, MutableOperandRange range) {
  return range.empty() ? Operand() : operandsOf(op, range).front();
}

MixView::MixView(LoopBuilder &loops, mixer::MixOp op) : loops(loops), op(op), sizes(op.getSizes()) {
  query = optionalOperand(op, op.getQueryMutable());
  key = optionalOperand(op, op.getKeyMutable());
  value = {op.getValue(), op.getDimRoles(op.getValueMutable())};
  bias = optionalOperand(op, op.getBiasMutable());
  current = optionalOperand(op, op.getCurrentMutable());
  segments = optionalOperand(op, op.getSegmentsMutable());
  positions = optionalOperand(op, op.getPositionsMutable());
  pastKey = optionalOperand(op, op.getPastKeyMutable());
  pastValue = optionalOperand(op, op.getPastValueMutable());
  places = optionalOperand(op, op.getPlacesMutable());
  transport = operandsOf(op, op.getTransportOperandsMutable());
  initialState = operandsOf(op, op.getInitialStateMutable());
  finalState = operandsOf(op, op.getInitsMutable());
  output = finalState.front();
  finalState.erase(finalState.begin());
  batch = loops.dim(output.memref, 0);
  queryTokens = loops.dim(output.memref, 1);
  // The key tokens are those of the first operand that is not broadcast over them.
  keyTokens = ShapedType::isDynamic(sizes.S) ? queryTokens : loops.index(sizes.S);
  SmallVector<Operand> bearers = {key, value, bias};
  if (isa<mixer::StructuredAttr>(op.getTransport()))
    bearers.insert(bearers.begin(), transport.begin(), transport.end());
  for (const Operand &bearer : llvm::reverse(bearers))
    if (bearer && ShapedType::isDynamic(sizes.S))
      for (auto [dim, role] : llvm::enumerate(bearer.roles))
        if (role == DimRole::KeyToken && bearer.size(dim) != 1)
          keyTokens = loops.dim(bearer.memref, dim);
}

double MixView::scale() {
  if (auto softmax = op.getSoftmax())
    return softmax.getScale().convertToDouble();
  return op.getLinear() ? op.getLinear().getScale().convertToDouble() : 1.0;
}

//===--- elements -------------------------------------------------------------------------===//

Exprs MixView::indices(const Operand &operand, const Point &point) {
  Exprs result;
  for (auto [dim, role] : llvm::enumerate(operand.roles)) {
    int64_t size = operand.size(dim);
    Expr index = role == DimRole::Batch        ? point.b
                 : role == DimRole::QueryToken ? point.i
                 : role == DimRole::KeyToken   ? point.j
                 : role == DimRole::Head       ? point.h
                 : role == DimRole::KeyFeature ? point.n
                                               : point.d;
    if (size == 1)
      index = loops.index(0);
    else if (role == DimRole::Head && size < sizes.Ho)
      index = index / loops.index(sizes.Ho / size);
    result.push_back(index);
  }
  return result;
}

Expr MixView::load(const Operand &operand, const Point &point, int64_t width) {
  if (headLanes > 0)
    return differsByHead(operand) ? loadHeads(operand, point) : loops.load(operand.memref, indices(operand, point));
  if (operand.size(operand.roles.size() - 1) == 1)
    width = 0;
  return loops.load(operand.memref, indices(operand, point), width);
}

void MixView::store(Expr expr, const Operand &operand, const Point &point) {
  if (headLanes > 0)
    return storeHeads(expr, operand, point);
  loops.store(expr, operand.memref, indices(operand, point));
}

Expr MixView::loadEither(const Operand &own, const Operand &past, const Point &point, int64_t width) {
  if (!past)
    return load(own, point, width);
  auto fromPast = [&]() {
    Point there = point;
    there.j = placeOf(point.b, point.j);
    return Exprs{load(past, there, width)};
  };
  return loops.choose(point.j < loops.index(0), fromPast, [&]() { return Exprs{load(own, point, width)}; })[0];
}

Expr MixView::segment(Expr b, Expr token) { return load(segments, {b, {}, token}); }

//===--- order ----------------------------------------------------------------------------===//

SmallVector<Sweep> MixView::sweeps() {
  switch (op.getOrder()) {
  case mixer::Order::Forward:
    return {{false}};
  case mixer::Order::Reverse:
    return {{true}};
  case mixer::Order::Bidirectional:
    return {{false}, {true, /*strict=*/true}};
  }
  return {};
}

Expr MixView::token(const Sweep &sweep, Expr position, Expr count) const {
  return sweep.reverse ? count - 1 - position : position;
}

Expr MixView::alignedPosition(Expr b, Expr position) {
  if (positions)
    return position + loops.toIndex(load(positions, {b}));
  if (op.getLayout().getAlign() == mixer::Align::Start)
    return position;
  return position + (keyTokens - queryTokens);
}

Expr MixView::visibleKeys(Expr b, Expr end) {
  if (!op.getSupport().isCausal())
    return keyTokens;
  return max(min(keyTokens, ownKey(b, end)), loops.index(0));
}

Expr MixView::ringSize() { return loops.dim((pastKey.size(1) == 1 ? pastValue : pastKey).memref, 1); }

Expr MixView::firstKey(Expr b) {
  Expr zero = loops.index(0);
  if (!pastKey)
    return zero;
  return zero - min(loops.index(op.getPastTokens()), min(ringSize(), max(alignedPosition(b, zero), zero)));
}

Expr MixView::placeOf(Expr b, Expr token) { return (loops.toIndex(load(places, {b})) + token) % ringSize(); }

//===--- scores ---------------------------------------------------------------------------===//

Expr MixView::exists(const Pair &pair) {
  Expr result;
  if (!op.getSupport().isFull())
    result = loops.wrap(op.getSupport().emitContains(loops.builder, loops.loc,
                                                     alignedPosition(pair.b, pair.ownPosition).value,
                                                     pair.keyPosition.value, pair.h.value));
  if (segments) {
    Expr same = segment(pair.b, pair.queryToken) == segment(pair.b, pair.keyToken);
    result = result ? result & same : same;
  }
  return result;
}

Expr MixView::scaleAndCap(Expr dot) {
  Expr score = scale() == 1.0 ? dot : dot * scale();
  auto softmax = op.getSoftmax();
  double cap = softmax ? softmax.getSoftCap().convertToDouble() : 0.0;
  return cap == 0.0 ? score : tanh(score / cap) * cap;
}

Expr MixView::score(Expr dot, const Pair &pair) {
  Expr score = scaleAndCap(dot);
  if (bias)
    score = addBias(score, pair);
  return op.hasScoreRegion() ? runScoreRegion(score, pair) : score;
}

Expr MixView::addBias(Expr score, const Pair &pair) {
  Expr distance = pair.keyPosition - alignedPosition(pair.b, pair.ownPosition);
  Point point = {pair.b, pair.ownPosition, pair.keyPosition, pair.h};
  switch (op.getSoftmax().getBias()) {
  case BiasKind::None:
    return score;
  case BiasKind::Dense:
    return score + load(bias, point);
  case BiasKind::Relative: {
    int64_t entries = bias.size(1);
    Expr entry = max(min(distance + entries / 2, loops.index(entries - 1)), loops.index(0));
    return score + load(bias, {{}, {}, {}, pair.h, {}, entry});
  }
  case BiasKind::Alibi:
    return score - load(bias, point) * abs(loops.toReal(distance));
  }
  return score;
}

Expr MixView::runScoreRegion(Expr score, const Pair &pair) {
  Block &block = op.getScoreRegion().front();
  IRMapping mapping;
  Value arguments[] = {score.value, pair.b.value, pair.h.value, alignedPosition(pair.b, pair.ownPosition).value,
                       pair.keyPosition.value};
  // The region computes in f32 or f64 as its first argument says.
  Type argumentType = block.getArgument(0).getType();
  if (argumentType != score.type())
    arguments[0] = arith::TruncFOp::create(loops.builder, loops.loc, argumentType, score.value);
  mapping.map(block.getArguments(), ValueRange(arguments));
  for (Operation &inner : block.without_terminator())
    loops.builder.clone(inner, mapping);
  Value result = mapping.lookupOrDefault(block.getTerminator()->getOperand(0));
  if (result.getType() != loops.realType)
    result = arith::ExtFOp::create(loops.builder, loops.loc, loops.realType, result);
  return loops.wrap(result);
}

Expr MixView::normalise(Expr numerator, Expr denominator, Expr epsilonFactor) {
  double epsilon = op.getNorm().getEpsilon().convertToDouble();
  Expr divisor = denominator;
  if (epsilon != 0.0)
    divisor = epsilonFactor ? fma(epsilonFactor, loops.real(epsilon), divisor) : divisor + epsilon;
  Expr isEmpty = divisor == 0.0;
  return numerator * select(isEmpty, loops.real(0.0), loops.real(1.0) / select(isEmpty, loops.real(1.0), divisor));
}

} // namespace heddle::kernels
