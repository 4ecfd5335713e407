#include "frontends/onnx/operators/SoftmaxAttention.h"
#include "dialects/mixer/Mixer.h"
#include "frontends/onnx/Literal.h"

using namespace mlir;

namespace heddle::onnx {

static constexpr double hidden = -std::numeric_limits<double>::infinity();

Type SoftmaxAttention::computeType() {
  return query.elementType.isF64() ? query.elementType : Type(g.builder().getF32Type());
}

//===--- what is seen ---------------------------------------------------------------------===//

void SoftmaxAttention::hide(Tensor visible) {
  Type type = computeType();
  Tensor mask = g.select(visible, g.scalar(0, type), g.scalar(hidden, type));
  bias = bias ? g.add(bias, mask) : mask;
}

// Whether positions alone say what is seen: no length that the data decides, no key without a position, and queries
// that end with the keys.
bool SoftmaxAttention::hasPlainPositions() {
  return !valid && !sink && (past == g.dim(0) || g.sameDim(g.simplify(past + query.shape[1]), key.shape[1]));
}

// Whether it is enough to say where the queries stand: then no later key is seen, the valid ones being up to the last
// query.
bool SoftmaxAttention::standsAtPositions() {
  bool seesPastAlone = limits.isCausal || limits.right == 0;
  return !hasPlainPositions() && !sink && limits && limits.global.empty() && (!valid || (!offset && seesPastAlone));
}

// The position of the first query, i64 [B] or [1].
Tensor SoftmaxAttention::firstPositions() {
  auto number = [&](Dim size) { return emitLiteral(g, Literal{g.builder().getI64Type(), {1}, {{size}}}); };
  return offset ? offset : valid ? g.sub(valid, number(query.shape[1])) : number(past);
}

Attribute SoftmaxAttention::support() {
  MLIRContext *context = g.context();
  SmallVector<Attribute> parts;
  bool limitsPositions = hasPlainPositions() || standsAtPositions();
  if (limitsPositions && limits.isCausal)
    parts.push_back(mixer::CausalAttr::get(context));
  if (limitsPositions && (limits.left >= 0 || limits.right >= 0)) {
    // Unbounded: wider than any sequence.
    constexpr int64_t wide = int64_t(1) << 40;
    parts.push_back(mixer::WindowAttr::get(context, limits.left >= 0 ? limits.left : wide,
                                           limits.right >= 0 ? limits.right : wide));
  }
  if (!limits.global.empty()) {
    assert(hasPlainPositions() && past == g.dim(0) && parts.size() == 1 && "global positions stand beside a window");
    parts = {mixer::AnyOfAttr::get(context, {parts[0], mixer::GlobalAttr::get(context, limits.global)})};
  }
  if (parts.empty())
    return mixer::FullAttr::get(context);
  return parts.size() == 1 ? parts[0] : mixer::AllOfAttr::get(context, parts);
}

void SoftmaxAttention::hideBeyondLimits(Tensor keyPlace, Tensor place) {
  if (limits.isCausal)
    hide(g.compare(Compare::LessEqual, keyPlace, place));
  if (limits.left >= 0)
    hide(g.compare(Compare::GreaterEqual, keyPlace, g.add(place, static_cast<double>(-limits.left))));
  if (limits.right >= 0)
    hide(g.compare(Compare::LessEqual, keyPlace, g.add(place, static_cast<double>(limits.right))));
}

static Tensor perSample(GraphBuilder &g, Tensor x) { return g.reshape(x, {x.shape[0], g.dim(1), g.dim(1), g.dim(1)}); }

// Keys behind the valid ones, and positions that the number of valid keys decides.
void SoftmaxAttention::hideInvalid() {
  if (standsAtPositions())
    return;
  Type index = g.builder().getI64Type();
  if (valid)
    hide(g.compare(Compare::Less, g.iota({g.dim(1), g.dim(1), g.dim(1), key.shape[1]}, 3, index), perSample(g, valid)));
  if (!hasPlainPositions() && limits)
    hideByLimits();
}

void SoftmaxAttention::hideByLimits() {
  Type index = g.builder().getI64Type();
  Tensor place = g.iota({g.dim(1), g.dim(1), query.shape[1], g.dim(1)}, 2, index);
  hideBeyondLimits(g.iota({g.dim(1), g.dim(1), g.dim(1), key.shape[1]}, 3, index),
                   g.add(place, perSample(g, firstPositions())));
}

// The last key is seen from everywhere, and alone: its feature is 0, and so is its value.
void SoftmaxAttention::appendSink() {
  Shape shape = bias ? bias.shape : Shape{g.dim(1), g.dim(1), g.dim(1), key.shape[1]};
  shape[1] = query.shape[2], shape[3] = key.shape[1];
  Tensor all = bias ? g.broadcastTo(bias, shape) : g.splat(0, shape, computeType());
  shape[3] = g.dim(1);
  Tensor last = g.broadcastTo(g.reshape(sink, {g.dim(1), query.shape[2], g.dim(1), g.dim(1)}), shape);
  SmallVector<Dim> none(4, g.dim(0)), one = {g.dim(0), g.dim(1), g.dim(0), g.dim(0)};
  key = g.pad(key, none, one), value = g.pad(value, none, one);
  bias = g.concat({all, last}, 3);
}

//===--- the mixer ------------------------------------------------------------------------===//

Tensor SoftmaxAttention::mix() {
  Tensor seenKey = key, seenValue = value;
  hideInvalid();
  if (sink)
    appendSink();
  if (g.hasErrors())
    return {};
  MLIRContext *context = g.context();
  MixSpec spec;
  spec.query = query, spec.key = key, spec.value = value;
  spec.bias = bias;
  spec.support = support();
  if (standsAtPositions())
    spec.positions = firstPositions();
  bool isAtEnd = past != g.dim(0) && hasPlainPositions();
  spec.layout =
      mixer::LayoutAttr::get(context, mixer::Order::Forward, isAtEnd ? mixer::Align::End : mixer::Align::Start);
  spec.score = mixer::SoftmaxAttr::get(context, APFloat(scale), APFloat(softCap),
                                       bias ? mixer::BiasKind::Dense : mixer::BiasKind::None);
  spec.norm = mixer::NormAttr::get(context, mixer::NormKind::RowSum, APFloat(0.0));
  SmallVector<Tensor> results = g.mix(spec);
  key = seenKey, value = seenValue;
  return results.empty() ? Tensor() : results[0];
}

//===--- the scores as an output ----------------------------------------------------------===//

Tensor repeatHeads(GraphBuilder &g, Tensor x, Dim wanted) {
  auto have = dyn_cast<AffineConstantExpr>(x.shape[1]), want = dyn_cast<AffineConstantExpr>(wanted);
  if (!have || !want || have.getValue() < 1 || want.getValue() % have.getValue())
    return g.fail("heads " + g.describe(x.shape[1]) + ", expected a divisor of " + g.describe(wanted));
  if (have == want)
    return x;
  Shape wide = {x.shape[0], have, g.dim(want.getValue() / have.getValue()), x.shape[2], x.shape[3]};
  return g.reshape(g.broadcastTo(g.unsqueeze(x, 2), wide), {x.shape[0], want, x.shape[2], x.shape[3]});
}

Tensor SoftmaxAttention::scores(ScoreStage stage) {
  Tensor keys = repeatHeads(g, g.transpose(key, {0, 2, 1, 3}), query.shape[2]);
  if (!keys)
    return {};
  Tensor result = g.matmul(g.transpose(query, {0, 2, 1, 3}), keys, false, true);
  result = g.mul(g.cast(result, computeType()), scale);
  if (stage >= ScoreStage::Capped && softCap > 0)
    result = g.mul(g.unary(Unary::Tanh, g.mul(result, 1 / softCap)), softCap);
  if (stage >= ScoreStage::Biased) {
    result = bias ? g.add(result, bias) : result;
    Tensor mask = positionMask();
    result = mask ? g.add(result, mask) : result;
  }
  if (stage == ScoreStage::Softmax)
    result = visibleSoftmax(result);
  return g.cast(result, query.elementType);
}

// What the support hides, as numbers.
Tensor SoftmaxAttention::positionMask() {
  if (!limits || !(hasPlainPositions() || standsAtPositions()))
    return {};
  Tensor saved = std::exchange(bias, Tensor());
  hideByLimits();
  return std::exchange(bias, saved);
}

// Softmax in which a row of -inf is 0.
Tensor SoftmaxAttention::visibleSoftmax(Tensor x) {
  Tensor top = g.clamp(g.reduce(Reduce::Max, x, 3), -3e38, std::nullopt);
  Tensor weights = g.unary(Unary::Exp, g.sub(x, top));
  Tensor sum = g.reduce(Reduce::Sum, weights, 3);
  Tensor isEmpty = g.compare(Compare::Equal, sum, g.scalar(0, sum.elementType));
  return g.div(weights, g.select(isEmpty, g.scalar(1, sum.elementType), sum));
}

} // namespace heddle::onnx
