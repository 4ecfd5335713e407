#include "passes/stream/BlockedConvolution.h"

#include "passes/stream/BlockBorders.h"

#include "dialects/mixer/TensorMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/Support/MathExtras.h"

#include <cmath>

using namespace mlir;

namespace heddle {
namespace {

using mixer::MixOp;
using mixer::TensorMath;

constexpr int64_t mostPositions = 512; // of a block; as many where the length has no limit
constexpr int64_t chunkBlocks = 4;     // blocks of values that are convolved at once

class BlockedConvolution {
public:
  BlockedConvolution(StreamEmitter &e, MixOp mix, std::optional<int64_t> taps, int64_t block);
  Value emit();

private:
  using Body = function_ref<Value(ImplicitLocOpBuilder &, ValueRange)>;
  Value index(ImplicitLocOpBuilder &b, int64_t number) { return arith::ConstantIndexOp::create(b, number); }
  Value loop(ImplicitLocOpBuilder &b, int64_t dim) { return linalg::IndexOp::create(b, dim); }
  Value asIndex(OpFoldResult size) { return getValueOrCreateConstantIndexOp(e, e.getLoc(), size); }
  Value generate(ArrayRef<OpFoldResult> sizes, Type element, Body body) {
    return TensorMath(e.getLoc(), e).generate(sizes, element, {}, {}, body);
  }

  Value widened(Value tensor);
  Value countChunks(Value farthest);
  Value countTaps(Value chunks);
  Value tapsFrom(Value kernel, Value offset, OpFoldResult count);
  Value mixed(Value values, Value kernel, int64_t center);
  Value plus(Value sums, Value terms);
  Value repeated(Value sums, Value times, function_ref<Value(Value, Value)> body);
  Value placeOf(ImplicitLocOpBuilder &b, Value kept, Value position, Value distance);
  Value chunkInFront(Value starts, Value number);
  Value addPast(Value sums, Value starts, Value chunks, Value kernel);
  Value addTokens(Value sums, Value kernel);
  Value output(Value sums, Value ahead);
  Value nextAhead(Value sums, Value ahead);

  StreamEmitter &e;
  MixOp mix;
  std::optional<int64_t> taps;
  FloatType compute;
  int64_t block, chunk;
  BlockBorders borders;
  SmallVector<OpFoldResult> outputs, reached; // of the new tokens; of these and one block more
};

BlockedConvolution::BlockedConvolution(StreamEmitter &e, MixOp mix, std::optional<int64_t> taps, int64_t block)
    : e(e), mix(mix), taps(taps), compute(mix.getComputeType()), block(block), chunk(chunkBlocks * block),
      borders(e, block, e.rateOf(mix.getValue()), e.demand.newest(mix.getValue()).low),
      outputs(e.sizesOf(mix.getResult(0), Span())), reached(outputs) {
  reached[1] = e.plus(outputs[1], block);
}

Value BlockedConvolution::widened(Value tensor) {
  if (getElementTypeOrSelf(tensor) == compute)
    return tensor;
  TensorMath math(e.getLoc(), e);
  AffineMap all = e.getMultiDimIdentityMap(cast<RankedTensorType>(tensor.getType()).getRank());
  return math.generate(math.sizesOf(tensor), compute, tensor, all,
                       [&](ImplicitLocOpBuilder &b, ValueRange at) { return mixer::widen(b, at[0], compute); });
}

//===--- taps -----------------------------------------------------------------------------===//

/// How many chunks stand in front of a position, as far as there are taps.
Value BlockedConvolution::countChunks(Value farthest) {
  Value chunks = arith::CeilDivSIOp::create(e, farthest, index(e, chunk));
  return taps ? arith::MinSIOp::create(e, chunks, index(e, llvm::divideCeil(*taps - 1, chunk))).getResult() : chunks;
}

/// How many taps these chunks meet: another row's position changes it by whole chunks alone, so that what a row meets
/// of a kernel stays the same, bit for bit.
Value BlockedConvolution::countTaps(Value chunks) {
  auto reach = [&](Value number) -> Value {
    Value tokens = arith::MulIOp::create(e, number, index(e, chunk));
    return arith::AddIOp::create(e, tokens, asIndex(reached[1]));
  };
  Value capacity = asIndex(tensor::getMixedSize(e, e.getLoc(), e.grown(mix.getValue()), 1));
  Value most = arith::CeilDivSIOp::create(e, capacity, index(e, chunk));
  return arith::MinSIOp::create(e, reach(most), reach(chunks));
}

/// Up to `count` taps from `offset` on.
Value BlockedConvolution::tapsFrom(Value kernel, Value offset, OpFoldResult count) {
  Value left = arith::SubIOp::create(e, asIndex(tensor::getMixedSize(e, e.getLoc(), kernel, 2)), offset);
  return e.slice(kernel, 2, offset, Value(arith::MinSIOp::create(e, left, asIndex(count))));
}

//===--- sums -----------------------------------------------------------------------------===//

/// What values add to all outputs that are reached; the first value is `center` tokens in front of the first output.
Value BlockedConvolution::mixed(Value values, Value kernel, int64_t center) {
  MLIRContext *context = e.getContext();
  Value output = tensor::EmptyOp::create(e, reached, compute);
  Attribute support = mixer::FullAttr::get(context), transport = mixer::ToeplitzAttr::get(context, center);
  return MixOp::create(e, TypeRange(output.getType()), Value(), Value(), values, kernel, Value(), Value(), Value(),
                       ValueRange(), output, mix.getLayout(), cast<mixer::SupportAttrInterface>(support),
                       cast<mixer::TransportAttrInterface>(transport), mix.getScore(), mix.getNorm(), mixer::FormAttr())
      .getResult(0);
}

Value BlockedConvolution::plus(Value sums, Value terms) {
  AffineMap all = e.getMultiDimIdentityMap(4);
  return TensorMath(e.getLoc(), e)
      .accumulate(sums, all, terms, all, [](ImplicitLocOpBuilder &b, ValueRange at) -> Value {
        return arith::AddFOp::create(b, at[1], at[0]);
      });
}

/// Sums that a loop carries: they are written where they stand.
Value BlockedConvolution::repeated(Value sums, Value times, function_ref<Value(Value, Value)> body) {
  auto loop = scf::ForOp::create(e, index(e, 0), times, index(e, 1), ValueRange(sums));
  OpBuilder::InsertionGuard guard(e);
  e.setInsertionPointToEnd(loop.getBody());
  scf::YieldOp::create(e, body(loop.getRegionIterArg(0), loop.getInductionVar()));
  return loop.getResult(0);
}

/// Where the token `distance` in front of the row's first new one is kept: at its position, or in a ring.
Value BlockedConvolution::placeOf(ImplicitLocOpBuilder &b, Value kept, Value position, Value distance) {
  if (!taps)
    return arith::MaxSIOp::create(b, position, index(b, 0));
  Value row = e.hasRows() ? loop(b, 0) : index(b, 0), size = b.createOrFold<tensor::DimOp>(kept, 1);
  Value next = arith::IndexCastOp::create(b, b.getIndexType(), Value(tensor::ExtractOp::create(b, e.rowPlaces(), row)));
  // Less than one round in front of a place that is less than one round.
  Value round = arith::AddIOp::create(b, Value(arith::RemSIOp::create(b, next, size)), size);
  Value nearest = arith::MinSIOp::create(b, distance, index(b, *taps - 1));
  return arith::RemSIOp::create(b, Value(arith::SubIOp::create(b, round, nearest)), size);
}

/// The values from (number + 1) chunks in front of each row's position on, 0 where there is none or it meets no tap:
/// [rows, chunk, heads, features].
Value BlockedConvolution::chunkInFront(Value starts, Value number) {
  Value kept = taps ? e.ringOf(mix.getValue()) : e.grown(mix.getValue());
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(e, e.getLoc(), kept);
  sizes[1] = e.getIndexAttr(chunk);
  Value back = arith::MulIOp::create(e, Value(arith::AddIOp::create(e, number, index(e, 1))), index(e, chunk));
  return generate(sizes, compute, [&](ImplicitLocOpBuilder &b, ValueRange) -> Value {
    Value row = e.hasRows() ? loop(b, 0) : index(b, 0);
    Value start = arith::IndexCastOp::create(b, b.getIndexType(), Value(tensor::ExtractOp::create(b, starts, row)));
    Value distance = arith::SubIOp::create(b, back, loop(b, 1));
    Value position = arith::SubIOp::create(b, start, distance);
    Value exists = arith::CmpIOp::create(b, arith::CmpIPredicate::sge, position, index(b, 0));
    if (taps)
      exists = arith::AndIOp::create(
          b, exists, Value(arith::CmpIOp::create(b, arith::CmpIPredicate::slt, distance, index(b, *taps))));
    Value place = placeOf(b, kept, position, distance);
    Value element = tensor::ExtractOp::create(b, kept, ValueRange{loop(b, 0), place, loop(b, 2), loop(b, 3)});
    return arith::SelectOp::create(b, exists, mixer::widen(b, element, compute), mixer::real(b, compute, 0.0));
  });
}

Value BlockedConvolution::addPast(Value sums, Value starts, Value chunks, Value kernel) {
  return repeated(sums, chunks, [&](Value carried, Value number) {
    Value offset = arith::MulIOp::create(e, number, index(e, chunk));
    return plus(carried,
                mixed(chunkInFront(starts, number), tapsFrom(kernel, offset, e.plus(reached[1], chunk)), chunk));
  });
}

Value BlockedConvolution::addTokens(Value sums, Value kernel) {
  Type element = getElementTypeOrSelf(mix.getValue());
  Span newest = e.demand.newest(mix.getValue());
  Value tokens = e.piece(mix.getValue(), newest, cast<TypedAttr>(e.getZeroAttr(element))).value;
  return plus(sums, mixed(widened(tokens), tapsFrom(kernel, index(e, 0), reached[1]), /*center=*/0));
}

//===--- results --------------------------------------------------------------------------===//

Value BlockedConvolution::output(Value sums, Value ahead) {
  Type element = getElementTypeOrSelf(mix.getValue());
  Value now = e.slice(sums, 1, e.getIndexAttr(0), outputs[1]);
  return TensorMath(e.getLoc(), e)
      .generate(
          outputs, element, now, e.getMultiDimIdentityMap(4), [&](ImplicitLocOpBuilder &b, ValueRange at) -> Value {
            BlockBorders::Call call = borders.callOf(b);
            Value place = arith::AddIOp::create(b, call.inside, loop(b, 1));
            Value nearest = arith::MinSIOp::create(b, place, index(b, block - 1));
            Value left = tensor::ExtractOp::create(b, ahead, ValueRange{loop(b, 0), nearest, loop(b, 2), loop(b, 3)});
            Value zero = mixer::real(b, compute, 0.0);
            Value earlier = arith::SelectOp::create(b, call.isEntering, zero, left);
            Value sum = arith::AddFOp::create(b, at[0], earlier);
            return element == compute ? sum : arith::TruncFOp::create(b, element, sum).getResult();
          });
}

/// What is left for the block in which the next token stands; nothing is asked of it at its first position.
Value BlockedConvolution::nextAhead(Value sums, Value ahead) {
  TensorMath math(e.getLoc(), e);
  return math.elementwise(ahead, [&](ImplicitLocOpBuilder &b, ValueRange at) -> Value {
    BlockBorders::Call call = borders.callOf(b);
    Value start = borders.startOf(b, call.end);
    Value place = arith::AddIOp::create(b, start, loop(b, 1));
    Value follows = arith::CmpIOp::create(b, arith::CmpIPredicate::sge, place, call.end);
    Value distance = arith::SubIOp::create(b, place, call.position);
    Value from = arith::SelectOp::create(b, follows, distance, index(b, 0));
    Value sum = tensor::ExtractOp::create(b, sums, ValueRange{loop(b, 0), from, loop(b, 2), loop(b, 3)});
    Value zero = mixer::real(b, compute, 0.0);
    Value isNew = arith::OrIOp::create(b, call.isEntering,
                                       Value(arith::CmpIOp::create(b, arith::CmpIPredicate::ne, start, call.start)));
    Value earlier = arith::SelectOp::create(b, isNew, zero, at[0]);
    return arith::SelectOp::create(b, follows, Value(arith::AddFOp::create(b, sum, earlier)), zero);
  });
}

Value BlockedConvolution::emit() {
  Value starts = borders.entering(), chunks = countChunks(borders.farthest(starts));
  Value original = mix.getTransportOperands().front();
  Value kernel = widened(taps ? e.value(original) : e.atLength(original, countTaps(chunks)));
  Value sums = TensorMath(e.getLoc(), e).filled(reached, compute, 0.0);
  sums = addTokens(addPast(sums, starts, chunks, kernel), kernel);
  SmallVector<AffineExpr> shape = {e.stateShape(mix.getResult(0)).front()};
  for (int64_t size : {block, mix.getSizes().Ho, mix.getSizes().dv})
    shape.push_back(e.getAffineConstantExpr(size));
  Value ahead =
      e.states.add(mix.getLoc(), "ahead", StreamEmitter::typeOf(shape, compute), shape, e.getFloatAttr(compute, 0.0));
  e.states.setNext(ahead, nextAhead(sums, ahead));
  return output(sums, ahead);
}

} // namespace

int64_t convolutionBlock(std::optional<int64_t> tokens) {
  // A token costs a block, and one pass over the tokens for a block. The pass is the faster of both, so that blocks are
  // some square roots long; a value that meets 512 outputs at once is no longer what a pass waits for.
  auto balanced = [](int64_t number) { return int64_t(llvm::PowerOf2Ceil(uint64_t(2 * std::sqrt(double(number))))); };
  return tokens ? std::min(mostPositions, balanced(*tokens)) : mostPositions;
}

Value convolveBlocks(StreamEmitter &e, MixOp mix, std::optional<int64_t> taps, int64_t block) {
  return BlockedConvolution(e, mix, taps, block).emit();
}

} // namespace heddle
