// Summaries (M, N) of affine mixers.
//
// N is what the same mixer leaves of a zero state. A transport that is an exponential multiplies to the exponential of
// a sum, so its M is kept as that sum; the others show M by what they make of an identity matrix when nothing is
// written.
#include "dialects/mixer/MixerSummaries.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"

using namespace mlir;

namespace heddle::mixer {
namespace {

bool isMatrix(MixOp mix) { return mix.getTransport().getProduct() == TransportProduct::Matrix; }

/// Rows that one matrix mixes: all of a channel's, or all.
int64_t mixedRows(MixOp mix) { return mix.getTransport().isComplex() ? 2 : mix.getSizes().dk; }

int64_t stateRows(MixOp mix) { return mix.getSizes().dk * (mix.getTransport().isComplex() ? 2 : 1); }

OpFoldResult batchOf(MixOp mix, TensorMath &math) { return math.sizesOf(mix.getOutputInit())[0]; }

//===--- M as a sum of logarithms -------------------------------------------------------------===//

/// Dimensions of M: those of the operand without its tokens; steps times rates have all of the state.
unsigned rankOfLogarithms(MixOp mix) {
  bool hasRates = mix.getTransportOperands().size() > 1;
  return hasRates ? 4 : mix.getDimRoles(mix.getTransportOperandsMutable()[0]).size() - 1;
}

/// `operand` [B|1, 1, H, features..], which stands for every token, summed `count` times as [B, H, features..].
Value sumRepeated(MixOp mix, TensorMath &math, Value operand, OpFoldResult count, ArrayRef<OpFoldResult> sizes,
                  AffineMap map) {
  Type element = mix.getComputeType();
  Value number = getValueOrCreateConstantIndexOp(math, math.getLoc(), count);
  Value factor =
      arith::SIToFPOp::create(math, element, Value(arith::IndexCastOp::create(math, math.getI64Type(), number)));
  Value isEmpty = arith::CmpFOp::create(math, arith::CmpFPredicate::OEQ, factor, real(math, element, 0.0));
  return math.generate(sizes, element, operand, map, [&](ImplicitLocOpBuilder &b, ValueRange at) -> Value {
    Value sum = arith::MulFOp::create(b, widen(b, at[0], element), factor); // not for 0 * -inf
    return arith::SelectOp::create(b, isEmpty, real(b, element, 0.0), sum);
  });
}

/// Sum over tokens of `operand` [B|1, T|1, H, features..] as [B, Hs, features..].
Value sumTokens(MixOp mix, TensorMath &math, Value operand, OpFoldResult count) {
  auto type = cast<RankedTensorType>(operand.getType());
  unsigned rank = type.getRank(), tokens = rank - 1; // loops: batch, head, features.., tokens
  SmallVector<OpFoldResult> sizes = {batchOf(mix, math)};
  SmallVector<unsigned> dims = {0, tokens}, kept = {0};
  for (unsigned dim = 2; dim < rank; ++dim) {
    sizes.push_back(math.getIndexAttr(type.getDimSize(dim)));
    dims.push_back(dim - 1);
    kept.push_back(dim - 1);
  }
  Type element = mix.getComputeType();
  int64_t heads = mix.getSizes().Hs;
  if (type.getDimSize(1) == 1)
    return math.repeat(sumRepeated(mix, math, operand, count, sizes, math.broadcast(operand, tokens, dims)), 1, heads);
  Value sum =
      math.accumulate(math.filled(sizes, element, 0.0), math.select(rank, kept), operand,
                      math.broadcast(operand, rank, dims), [&](ImplicitLocOpBuilder &b, ValueRange at) -> Value {
                        return arith::AddFOp::create(b, at[1], widen(b, at[0], element));
                      });
  return math.repeat(sum, 1, heads);
}

/// [B, Hs, dv] steps and the table of rates [Hr, dk, dv] as [B, Hs, dk, dv].
Value multiplyRates(MixOp mix, TensorMath &math, Value steps, Value rates) {
  rates = math.repeat(rates, 0, mix.getSizes().Hs);
  SmallVector<OpFoldResult> sizes = math.sizesOf(steps);
  sizes.insert(sizes.begin() + 2, math.getIndexAttr(mix.getSizes().dk));
  Type element = mix.getComputeType();
  return math.generate(sizes, element, {steps, rates}, {math.select(4, {0, 1, 3}), math.select(4, {1, 2, 3})},
                       [&](ImplicitLocOpBuilder &b, ValueRange at) -> Value {
                         return arith::MulFOp::create(b, at[0], widen(b, at[1], element));
                       });
}

//===--- M as a matrix ------------------------------------------------------------------------===//

/// [B, Hs, rows, n] with 1 where the row's own number among those it is mixed with is the column.
Value identityMatrix(MixOp mix, TensorMath &math, OpFoldResult batch) {
  int64_t rows = stateRows(mix), columns = mixedRows(mix);
  SmallVector<OpFoldResult> sizes = {batch, math.getIndexAttr(mix.getSizes().Hs), math.getIndexAttr(rows),
                                     math.getIndexAttr(columns)};
  Type element = mix.getComputeType();
  return math.generate(sizes, element, {}, {}, [&](ImplicitLocOpBuilder &b, ValueRange) -> Value {
    Value stride = arith::ConstantIndexOp::create(b, rows / columns);
    Value row = arith::DivUIOp::create(b, Value(linalg::IndexOp::create(b, 2)), stride);
    Value same = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, row, Value(linalg::IndexOp::create(b, 3)));
    return arith::SelectOp::create(b, same, real(b, element, 1.0), real(b, element, 0.0));
  });
}

/// What the transports of the tokens make of the identity matrix: the mixer with all values 0 and no read-out.
Value transportedIdentity(MixOp mix, TensorMath &math, Value key, ValueRange transport, OpFoldResult count) {
  MixSizes sizes = mix.getSizes();
  int64_t columns = mixedRows(mix);
  Type element = getElementTypeOrSelf(mix.getValue());
  auto zeros = [&](int64_t heads, int64_t features) -> Value {
    auto type = RankedTensorType::get({1, 1, heads, features}, element);
    return arith::ConstantOp::create(math, type, DenseElementsAttr::get(type, math.getFloatAttr(element, 0.0)));
  };
  Value state = identityMatrix(mix, math, batchOf(mix, math));
  SmallVector<OpFoldResult> outSizes = {batchOf(mix, math), count, math.getIndexAttr(sizes.Hs),
                                        math.getIndexAttr(columns)};
  Value output = tensor::EmptyOp::create(math, outSizes, element);
  Value after = tensor::EmptyOp::create(math, math.sizesOf(state), mix.getComputeType());
  MLIRContext *context = math.getContext();
  auto moved = MixOp::create(math, TypeRange{output.getType(), after.getType()}, zeros(1, stateRows(mix)), key,
                             zeros(sizes.Hv, columns), transport, Value(), Value(), Value(), ValueRange{state},
                             ValueRange{output, after}, mix.getLayout(),
                             cast<SupportAttrInterface>(Attribute(CausalAttr::get(context))), mix.getTransport(),
                             LinearAttr::get(context, APFloat(1.0), /*log_keys=*/false),
                             NormAttr::get(context, NormKind::None, APFloat(0.0)), FormAttr());
  return moved.getResult(1);
}

/// init + matrix x for x [B, Hs, rows] or [B, Hs, rows, n]; without an init, matrix x.
Value multiply(MixOp mix, TensorMath &math, Value matrix, Value x, Value init) {
  bool isVector = cast<RankedTensorType>(x.getType()).getRank() == 3;
  if (!init)
    init = math.filled(math.sizesOf(x), mix.getComputeType(), 0.0);
  // Rows as (number among the mixed, channel): loops batch, head, row, channel, column, mixed row.
  int64_t channels = stateRows(mix) / mixedRows(mix);
  auto shaped = [&](Value tensor) { return math.split(isVector ? math.split(tensor, 2, 1) : tensor, 2, channels); };
  Value sum = math.contract(math.split(isVector ? math.split(init, 2, 1) : init, 2, channels),
                            math.select(6, {0, 1, 2, 3, 4}), {math.split(matrix, 2, channels), shaped(x)},
                            {math.select(6, {0, 1, 2, 3, 5}), math.select(6, {0, 1, 5, 3, 4})});
  Value joined = math.join(sum, 2);
  return isVector ? math.join(joined, 2) : joined;
}

//===--- apply --------------------------------------------------------------------------------===//

/// exp(M) S + N, entry by entry; without M, S + N.
Value addDecayed(TensorMath &math, ValueRange logs, Value state, Value offset) {
  SmallVector<Value> operands(logs);
  operands.append({state, offset});
  return math.elementwise(operands, [&](ImplicitLocOpBuilder &b, ValueRange at) -> Value {
    Value kept = at[at.size() - 2];
    if (!logs.empty())
      kept = arith::MulFOp::create(b, Value(math::ExpOp::create(b, at[0])), kept);
    return arith::AddFOp::create(b, kept, at.back());
  });
}

/// With logarithmic keys a row of the state counts exp(max): both sides are brought to the larger of the two.
SmallVector<Value> applyScaled(TensorMath &math, const MixSummary &summary, ValueRange state) {
  SmallVector<Value> operands = llvm::to_vector_of<Value>(summary.linear);
  operands.append({state.back(), summary.state.back()});
  auto decayed = [](ImplicitLocOpBuilder &b, ValueRange at, size_t logs) -> Value {
    return logs ? arith::AddFOp::create(b, at[0], at[1]) : at[0];
  };
  size_t logs = summary.linear.size();
  Value top = math.elementwise(operands, [&](ImplicitLocOpBuilder &b, ValueRange at) -> Value {
    return arith::MaximumFOp::create(b, decayed(b, at, logs), at[logs + 1]);
  });
  operands.push_back(top);
  SmallVector<Value> result;
  for (auto [before, offset] : llvm::zip_equal(state.drop_back(), ArrayRef(summary.state).drop_back())) {
    SmallVector<Value> all(operands);
    all.append({before, offset});
    result.push_back(math.elementwise(all, [&](ImplicitLocOpBuilder &b, ValueRange at) -> Value {
      Value keep = expDifference(b, decayed(b, at, logs), at[logs + 2]);
      Value gain = expDifference(b, at[logs + 1], at[logs + 2]);
      Value kept = arith::MulFOp::create(b, keep, at[logs + 3]), gained = arith::MulFOp::create(b, gain, at[logs + 4]);
      return arith::AddFOp::create(b, kept, gained);
    }));
  }
  result.push_back(top);
  return result;
}

/// The linear part of the tokens' summary.
SmallVector<Value, 1> linearPart(MixOp mix, TensorMath &math, Value key, ValueRange transport, OpFoldResult count) {
  if (mix.getTransport().getProduct() == TransportProduct::One)
    return {};
  if (isMatrix(mix))
    return {transportedIdentity(mix, math, key, transport, count)};
  Value sum = sumTokens(mix, math, transport.front(), count);
  return {transport.size() == 1 ? sum : multiplyRates(mix, math, sum, transport[1])};
}

} // namespace

MixSummary buildAffineIdentity(MixOp mix, TensorMath &math, OpFoldResult batch) {
  MixSummary summary;
  llvm::append_range(summary.state, mix.buildInitialState(math, math.getLoc(), batch));
  if (isMatrix(mix)) {
    summary.linear = {identityMatrix(mix, math, batch)};
  } else if (mix.getTransport().getProduct() == TransportProduct::Logarithms) {
    SmallVector<OpFoldResult> sizes = math.sizesOf(summary.state.front());
    summary.linear = {math.filled(ArrayRef(sizes).take_front(rankOfLogarithms(mix)), mix.getComputeType(), 0.0)};
  }
  return summary;
}

MixSummary buildAffineSummary(MixOp mix, TensorMath &math, OpFoldResult begin, OpFoldResult count) {
  SmallVector<Value> tokens = mix.sliceTokens(math, math.getLoc(), begin, count);
  SmallVector<Value> zero = mix.buildInitialState(math, math.getLoc(), batchOf(mix, math));
  SmallVector<Value> after = mix.buildStep(math, math.getLoc(), tokens, count, zero);
  MixSummary summary;
  summary.state.assign(after.begin() + 1, after.end());
  auto [first, size] = mix.getODSOperandIndexAndLength(3);
  summary.linear = linearPart(mix, math, tokens[1], ValueRange(tokens).slice(first, size), count);
  return summary;
}

SmallVector<Value> applyAffine(MixOp mix, TensorMath &math, const MixSummary &summary, ValueRange state) {
  if (mix.getLinear().getLogKeys())
    return applyScaled(math, summary, state);
  SmallVector<Value> result;
  for (auto [before, offset] : llvm::zip_equal(state, summary.state))
    result.push_back(isMatrix(mix) ? multiply(mix, math, summary.linear.front(), before, offset)
                                   : addDecayed(math, summary.linear, before, offset));
  return result;
}

MixSummary combineAffine(MixOp mix, TensorMath &math, const MixSummary &first, const MixSummary &second) {
  MixSummary both;
  llvm::append_range(both.state, applyAffine(mix, math, second, first.state));
  if (isMatrix(mix))
    both.linear = {multiply(mix, math, second.linear.front(), first.linear.front(), Value())};
  else if (!first.linear.empty())
    both.linear = {math.elementwise(
        {first.linear.front(), second.linear.front()},
        [](ImplicitLocOpBuilder &b, ValueRange at) -> Value { return arith::AddFOp::create(b, at[0], at[1]); })};
  return both;
}

} // namespace heddle::mixer
