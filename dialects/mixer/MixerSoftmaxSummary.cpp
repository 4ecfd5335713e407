// Summaries (max, sum, out) of softmax mixers: what a range of keys gives to every query.
//
//   max_i = max_j s_ij        sum_i = sum_j exp(s_ij - max_i)        out_i = sum_j exp(s_ij - max_i) v_j
//
// A query that sees no key of the range has (-inf, 0, 0). Scores of the range are a tensor [B, T, Ho, count].
#include "dialects/mixer/MixerSummaries.h"
#include "dialects/mixer/SupportEmitter.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/IR/IRMapping.h"
#include <limits>

using namespace mlir;

namespace heddle::mixer {
namespace {

constexpr double lowest = -std::numeric_limits<double>::infinity();

Value add(ImplicitLocOpBuilder &b, Value left, Value right) { return arith::AddFOp::create(b, left, right); }
Value multiply(ImplicitLocOpBuilder &b, Value left, Value right) { return arith::MulFOp::create(b, left, right); }

/// From q . k to the final score of one pair.
struct ScoreBody {
  MixOp mix;
  bool isReversed;
  Value queries, keys, begin, count; // T, S, and the range, as index values

  ScoreBody(MixOp mix, TensorMath &math, OpFoldResult first, OpFoldResult number)
      : mix(mix), isReversed(mix.getOrder() == Order::Reverse) {
    auto value = [&](OpFoldResult size) { return getValueOrCreateConstantIndexOp(math, math.getLoc(), size); };
    queries = value(math.sizesOf(mix.getOutputInit())[1]);
    keys = value(keyTokens(mix, math));
    begin = value(first);
    count = value(number);
  }

  /// Key tokens of the mixer: those of the first operand that is not repeated along them.
  static OpFoldResult keyTokens(MixOp mix, TensorMath &math) {
    for (OpOperand &operand : mix->getOpOperands())
      for (auto [dim, role] : llvm::enumerate(mix.getDimRoles(operand)))
        if (role == DimRole::KeyToken && cast<ShapedType>(operand.get().getType()).getDimSize(dim) != 1)
          return math.sizesOf(operand.get())[dim];
    return math.getIndexAttr(1);
  }

  /// Position of token `token` out of `number`.
  Value position(const Emitter &e, Value token, Value number) const {
    return isReversed ? e.sub(e.add(number, -1), token) : token;
  }

  Value emit(ImplicitLocOpBuilder &b, Value product) const;
  Value bias(ImplicitLocOpBuilder &b, Value own, Value i, Value j, Value batch, Value head) const;
  Value region(ImplicitLocOpBuilder &b, ValueRange arguments) const;
};

/// The bias of one pair; what it subtracts or adds stands with SoftmaxAttr.
Value ScoreBody::bias(ImplicitLocOpBuilder &b, Value own, Value i, Value j, Value batch, Value head) const {
  MixOp op = mix;
  Emitter e{b, b.getLoc()};
  Value table = op.getBias();
  auto type = cast<RankedTensorType>(table.getType());
  BiasKind kind = op.getSoftmax().getBias();
  Value tableHead = e.divide(head, op.getSizes().Ho / type.getDimSize(kind == BiasKind::Dense ? 1 : 0));
  SmallVector<Value> at = {tableHead};
  if (kind == BiasKind::Dense)
    at = {batch, tableHead, own, j};
  if (kind == BiasKind::Relative) {
    int64_t distances = type.getDimSize(1);
    Value above = arith::MaxSIOp::create(b, e.add(e.sub(j, i), distances / 2), e.index(0));
    at.push_back(arith::MinSIOp::create(b, above, e.index(distances - 1)));
  }
  for (auto [dim, index] : llvm::enumerate(at))
    if (type.getDimSize(dim) == 1)
      index = e.index(0);
  Type element = op.getComputeType();
  Value value = widen(b, tensor::ExtractOp::create(b, table, at), element);
  if (kind != BiasKind::Alibi)
    return value;
  Value apart = e.sub(arith::MaxSIOp::create(b, i, j), arith::MinSIOp::create(b, i, j));
  Value distance = arith::SIToFPOp::create(b, element, Value(arith::IndexCastOp::create(b, b.getI64Type(), apart)));
  return arith::NegFOp::create(b, multiply(b, value, distance));
}

Value ScoreBody::region(ImplicitLocOpBuilder &b, ValueRange arguments) const {
  MixOp op = mix;
  Block &body = op.getScoreRegion().front();
  IRMapping mapping;
  mapping.map(body.getArguments(), arguments);
  for (Operation &inner : body.without_terminator())
    b.clone(inner, mapping);
  return mapping.lookupOrDefault(body.getTerminator()->getOperand(0));
}

/// Loops are batch, query token, head, key token of the range.
Value ScoreBody::emit(ImplicitLocOpBuilder &b, Value product) const {
  MixOp op = mix;
  Type type = product.getType();
  auto loop = [&](int64_t dim) -> Value { return linalg::IndexOp::create(b, dim); };
  Emitter e{b, b.getLoc()};
  Value batch = loop(0), head = loop(2), own = position(e, loop(1), queries), i = own;
  Value j = e.add(begin, position(e, loop(3), count));
  if (op.getLayout().getAlign() == Align::End)
    i = e.add(own, e.sub(keys, queries));
  if (Value positions = op.getPositions()) {
    bool isShared = cast<ShapedType>(positions.getType()).getDimSize(0) == 1;
    Value first = tensor::ExtractOp::create(b, positions, ValueRange{isShared ? e.index(0) : batch});
    i = e.add(own, arith::IndexCastOp::create(b, b.getIndexType(), first).getResult());
  }
  SoftmaxAttr softmax = op.getSoftmax();
  Value score = multiply(b, product, real(b, type, softmax.getScale().convertToDouble()));
  if (double cap = softmax.getSoftCap().convertToDouble(); cap != 0) {
    Value limit = real(b, type, cap);
    score = multiply(b, limit, math::TanhOp::create(b, Value(arith::DivFOp::create(b, score, limit))));
  }
  if (op.getBias())
    score = add(b, score, bias(b, own, i, j, batch, head));
  if (op.hasScoreRegion())
    score = region(b, {score, batch, head, i, j});
  Value sees = op.getSupport().emitContains(b, b.getLoc(), i, j, head);
  return arith::SelectOp::create(b, sees, score, real(b, type, lowest));
}

/// The scores of all queries with the keys of a range, [B, T, Ho, count].
Value buildScores(MixOp mix, TensorMath &math, Value key, OpFoldResult begin, OpFoldResult count) {
  MixSizes sizes = mix.getSizes();
  Type element = mix.getComputeType();
  SmallVector<OpFoldResult> out = math.sizesOf(mix.getOutputInit());
  // Loops: batch, query token, key head, query heads that share it, key token, feature.
  Value query = math.split(math.repeat(mix.getQuery(), 2, sizes.Ho), 2, sizes.Ho / sizes.Hk);
  Value zero = math.filled({out[0], out[1], math.getIndexAttr(sizes.Hk), math.getIndexAttr(sizes.Ho / sizes.Hk), count},
                           element, 0.0);
  Value products = math.contract(zero, math.select(6, {0, 1, 2, 3, 4}), {query, key},
                                 {math.broadcast(query, 6, {0, 1, 2, 3, 5}), math.broadcast(key, 6, {0, 4, 2, 5})});
  ScoreBody body(mix, math, begin, count);
  return math.elementwise(math.join(products, 2),
                          [&](ImplicitLocOpBuilder &b, ValueRange at) { return body.emit(b, at[0]); });
}

/// Sum of weights [B, T, Ho, count] times the values of the range.
Value sumValues(MixOp mix, TensorMath &math, Value weights, Value value) {
  MixSizes sizes = mix.getSizes();
  SmallVector<OpFoldResult> out = math.sizesOf(mix.getOutputInit());
  int64_t shared = sizes.Ho / sizes.Hv;
  Value zero = math.filled({out[0], out[1], math.getIndexAttr(sizes.Hv), math.getIndexAttr(shared), out[3]},
                           mix.getComputeType(), 0.0);
  // Loops: batch, query token, value head, query heads that share it, feature, key token.
  Value sum = math.contract(zero, math.select(6, {0, 1, 2, 3, 4}), {math.split(weights, 2, shared), value},
                            {math.select(6, {0, 1, 2, 3, 5}), math.broadcast(value, 6, {0, 5, 2, 4})});
  return math.join(sum, 2);
}

} // namespace

MixSummary buildSoftmaxIdentity(MixOp mix, TensorMath &math, OpFoldResult batch, OpFoldResult queries) {
  MixSizes sizes = mix.getSizes();
  SmallVector<OpFoldResult> rows = {batch, queries, math.getIndexAttr(sizes.Ho)}, out = rows;
  out.push_back(math.getIndexAttr(sizes.dv));
  Type element = mix.getComputeType();
  MixSummary summary;
  summary.state = {math.filled(rows, element, lowest), math.filled(rows, element, 0.0), math.filled(out, element, 0.0)};
  return summary;
}

MixSummary buildSoftmaxSummary(MixOp mix, TensorMath &math, OpFoldResult begin, OpFoldResult count) {
  OpFoldResult first = firstToken(mix, math, ScoreBody::keyTokens(mix, math), begin, count);
  auto cut = [&](unsigned slot) {
    OpOperand &operand = mix->getOpOperand(mix.getODSOperandIndexAndLength(slot).first);
    return sliceOperand(mix, math, operand, first, count, /*queries=*/false);
  };
  Value scores = buildScores(mix, math, cut(1), begin, count);
  SmallVector<OpFoldResult> sizes = math.sizesOf(scores);
  ArrayRef<OpFoldResult> rows = ArrayRef(sizes).drop_back();
  Type element = mix.getComputeType();
  AffineMap all = math.getMultiDimIdentityMap(4), row = math.select(4, {0, 1, 2});
  Value maximum = math.accumulate(
      math.filled(rows, element, lowest), row, scores, all,
      [](ImplicitLocOpBuilder &b, ValueRange at) -> Value { return arith::MaximumFOp::create(b, at[0], at[1]); });
  Value weights = math.elementwise(
      {maximum, scores}, [](ImplicitLocOpBuilder &b, ValueRange at) { return expDifference(b, at[1], at[0]); });
  Value sum = math.accumulate(math.filled(rows, element, 0.0), row, weights, all,
                              [](ImplicitLocOpBuilder &b, ValueRange at) { return add(b, at[0], at[1]); });
  MixSummary summary;
  summary.state = {maximum, sum, sumValues(mix, math, weights, cut(2))};
  return summary;
}

MixSummary combineSoftmax(TensorMath &math, const MixSummary &first, const MixSummary &second) {
  Value left = first.state[0], right = second.state[0];
  Value top = math.elementwise({left, right}, [](ImplicitLocOpBuilder &b, ValueRange at) -> Value {
    return arith::MaximumFOp::create(b, at[0], at[1]);
  });
  MixSummary both;
  both.state = {top};
  for (int part : {1, 2})
    both.state.push_back(math.elementwise({left, right, top, first.state[part], second.state[part]},
                                          [](ImplicitLocOpBuilder &b, ValueRange at) {
                                            return add(b, multiply(b, expDifference(b, at[0], at[2]), at[3]),
                                                       multiply(b, expDifference(b, at[1], at[2]), at[4]));
                                          }));
  return both;
}

Value applySoftmax(MixOp mix, TensorMath &math, const MixSummary &summary) {
  Type element = getElementTypeOrSelf(mix.getValue());
  double epsilon = mix.getNorm().getEpsilon().convertToDouble();
  auto divide = [&](ImplicitLocOpBuilder &b, ValueRange at) -> Value {
    Type type = at[0].getType();
    Value zero = real(b, type, 0.0), total = at[1];
    if (epsilon != 0) // the sum counts exp(max)
      total = add(b, total,
                  multiply(b, real(b, type, epsilon), math::ExpOp::create(b, Value(arith::NegFOp::create(b, at[0])))));
    Value isEmpty = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, at[1], zero);
    Value mixed = arith::SelectOp::create(b, isEmpty, zero, Value(arith::DivFOp::create(b, at[2], total)));
    return type == element ? mixed : arith::TruncFOp::create(b, element, mixed);
  };
  AffineMap out = math.getMultiDimIdentityMap(4), row = math.select(4, {0, 1, 2});
  return math.generate(math.sizesOf(summary.state[2]), element, summary.state, {row, row, out}, divide);
}

} // namespace heddle::mixer
