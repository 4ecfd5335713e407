#include "passes/stream/AttentionBias.h"
#include "passes/stream/AttentionKeys.h"
#include "passes/stream/Existence.h"

#include "dialects/mixer/TensorMath.h"

#include "mlir/Dialect/Arith/Utils/Utils.h"
#include <limits>

using namespace mlir;

namespace heddle {
namespace {

using mixer::BiasKind;
using mixer::MixOp;

/// Writes the bias of one pair.
class PairBias {
public:
  PairBias(StreamEmitter &e, MixOp mix, Span queries, Span keys) : e(e), mix(mix), queries(queries), keys(keys) {
    if (mix.getBias())
      table = e.value(mix.getBias());
  }

  Value emit(ImplicitLocOpBuilder &b) {
    Value row = e.hasRows() ? Value(linalg::IndexOp::create(b, 0)) : Value(), head = linalg::IndexOp::create(b, 1);
    int64_t rate = e.rateOf(mix.getResult(0));
    Value seen = e.position(b, row, rate);
    auto position = [&](int64_t loop, int64_t first) -> Value {
      Value begin = arith::AddIOp::create(b, seen, Value(arith::ConstantIndexOp::create(b, first)));
      return arith::AddIOp::create(b, Value(linalg::IndexOp::create(b, loop)), begin);
    };
    Value i = position(2, queries.low), j = position(3, keys.low);
    Value zero = arith::ConstantIndexOp::create(b, 0);
    Value exists = e.looksAhead() ? elementExists(e, b, row, j, {1, rate})
                                  : arith::CmpIOp::create(b, arith::CmpIPredicate::sge, j, zero).getResult();
    if (!mix.getSupport().isRelative()) {
      // Supports are asked about tokens that exist: below 0 they say nothing.
      Value key = arith::MaxSIOp::create(b, j, zero), query = i;
      if (e.looksAhead())
        query = arith::MaxSIOp::create(b, i, zero);
      exists = arith::AndIOp::create(b, exists, mix.getSupport().emitContains(b, b.getLoc(), query, key, head));
    }
    Type type = mix.getComputeType();
    Value lowest = mixer::real(b, type, -std::numeric_limits<double>::infinity());
    return arith::SelectOp::create(b, exists, term(b, i, j, head), lowest);
  }

private:
  Value term(ImplicitLocOpBuilder &b, Value i, Value j, Value head) {
    Type type = mix.getComputeType();
    if (!table)
      return mixer::real(b, type, 0.0);
    auto tableType = cast<RankedTensorType>(table.getType());
    Value shared = arith::ConstantIndexOp::create(b, mix.getSizes().Ho / tableType.getDimSize(0));
    SmallVector<Value> at = {arith::DivUIOp::create(b, head, shared)};
    Value apart = arith::SubIOp::create(b, j, i);
    if (mix.getSoftmax().getBias() == BiasKind::Relative) {
      int64_t distances = tableType.getDimSize(1);
      Value middle = arith::ConstantIndexOp::create(b, distances / 2), zero = arith::ConstantIndexOp::create(b, 0),
            last = arith::ConstantIndexOp::create(b, distances - 1);
      Value bucket = arith::MaxSIOp::create(b, Value(arith::AddIOp::create(b, apart, middle)), zero);
      at.push_back(arith::MinSIOp::create(b, bucket, last));
      return mixer::widen(b, tensor::ExtractOp::create(b, table, at), type);
    }
    // Minus the distance, whichever of the two is the first.
    apart = arith::MinSIOp::create(b, apart, Value(arith::SubIOp::create(b, i, j)));
    Value distance = arith::SIToFPOp::create(b, type, Value(arith::IndexCastOp::create(b, b.getI64Type(), apart)));
    return arith::MulFOp::create(b, mixer::widen(b, tensor::ExtractOp::create(b, table, at), type), distance);
  }

  StreamEmitter &e;
  MixOp mix;
  Span queries, keys;
  Value table;
};

} // namespace

Value buildAttentionBias(StreamEmitter &e, MixOp mix, Span queries, Span keys) {
  bool isPlain = mix.getSupport().isRelative() && !mix.getBias();
  OpFoldResult one = e.getIndexAttr(1), tokens = e.tokensOf(mix.getResult(0));
  SmallVector<OpFoldResult> sizes = {e.rows(), isPlain ? one : OpFoldResult(e.getIndexAttr(mix.getSizes().Ho)),
                                     isPlain ? one : tokens, e.plus(tokens, keys.high - keys.low)};
  mixer::TensorMath math(e.getLoc(), e);
  PairBias pair(e, mix, queries, keys);
  return math.generate(sizes, mix.getComputeType(), {}, {},
                       [&](ImplicitLocOpBuilder &b, ValueRange) { return pair.emit(b); });
}

bool hasDenseBias(MixOp mix) { return mix.getSoftmax() && mix.getSoftmax().getBias() == mixer::BiasKind::Dense; }

bool hasKeyBias(MixOp mix, TokenFlow &flow) {
  if (!hasDenseBias(mix) || !flow.isTokens(mix.getBias()))
    return false;
  bool isForAllQueries = cast<RankedTensorType>(mix.getBias().getType()).getDimSize(2) == 1;
  return isForAllQueries && flow.hasTokensOf(mix.getBias(), 3, mix.getOutputInit()) && hasRows(mix.getBias(), flow);
}

std::optional<PairTable> biasTable(MixOp mix, TokenFlow &flow) {
  std::optional<PairTable> table =
      hasDenseBias(mix) ? PairTable::of(mix.getBias(), mix.getOutputInit(), flow) : std::nullopt;
  return table && table->leading.front() == 1 ? table : std::nullopt;
}

namespace {

/// A bias of -inf for keys of other ids: [rows, 1, C, capacity].
Value hideOtherSegments(StreamEmitter &e, MixOp mix) {
  enum : unsigned { Row, Head, Query, Key, Loops };
  Value ids = e.piece(mix.getSegments(), e.demand.newest(mix.getResult(0))).value, kept = e.grown(mix.getSegments());
  mixer::TensorMath math(e.getLoc(), e);
  SmallVector<OpFoldResult> sizes = {math.sizesOf(ids)[0], e.getIndexAttr(1), math.sizesOf(ids)[1],
                                     math.sizesOf(kept)[1]};
  Type type = mix.getComputeType();
  return math.generate(sizes, type, {ids, kept}, {math.select(Loops, {Row, Query}), math.select(Loops, {Row, Key})},
                       [&](ImplicitLocOpBuilder &b, ValueRange at) -> Value {
                         Value isSame = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, at[0], at[1]);
                         Value lowest = mixer::real(b, type, -std::numeric_limits<double>::infinity());
                         return arith::SelectOp::create(b, isSame, mixer::real(b, type, 0.0), lowest);
                       });
}

/// The numbers of all keys so far: [rows, heads, 1, capacity]. Those behind the tokens seen mean nothing, and are 0.
Value keyBiasAtPositions(StreamEmitter &e, MixOp mix) {
  enum : unsigned { Row, Head, Query, Key, Loops };
  Value kept = e.grown(mix.getBias());
  mixer::TensorMath math(e.getLoc(), e);
  SmallVector<OpFoldResult> sizes = math.sizesOf(kept);
  std::swap(sizes[1], sizes[3]);
  Type type = getElementTypeOrSelf(kept);
  int64_t late = e.demand.newest(mix.getResult(0)).high, rate = e.rateOf(mix.getResult(0));
  return math.generate(sizes, type, kept, math.select(Loops, {Row, Key, Query, Head}),
                       [&](ImplicitLocOpBuilder &b, ValueRange at) -> Value {
                         Value row = e.hasRows() ? Value(linalg::IndexOp::create(b, Row)) : Value();
                         Value count = getValueOrCreateConstantIndexOp(b, b.getLoc(), e.tokens(rate));
                         Value seen = arith::AddIOp::create(b, e.position(b, row, rate), count);
                         seen = arith::AddIOp::create(b, seen, Value(arith::ConstantIndexOp::create(b, late)));
                         Value key = linalg::IndexOp::create(b, Key);
                         Value isSeen = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, key, seen);
                         return arith::SelectOp::create(b, isSeen, at[0], mixer::real(b, type, 0.0));
                       });
}

} // namespace

Value buildBiasAtPositions(StreamEmitter &e, MixOp mix) {
  if (hasKeyBias(mix, e.flow))
    return keyBiasAtPositions(e, mix);
  if (mix.getSegments())
    return hideOtherSegments(e, mix);
  Value kept = e.flow.isTokens(mix.getKey()) ? mix.getKey() : mix.getValue();
  if (std::optional<PairTable> table = biasTable(mix, e.flow))
    return rowsAtPositions(e, *table, tensor::getMixedSize(e, e.getLoc(), e.grown(kept), 1),
                           e.demand.newest(mix.getResult(0)).low);
  return mix.getBias() ? e.value(mix.getBias()) : Value();
}

} // namespace heddle
