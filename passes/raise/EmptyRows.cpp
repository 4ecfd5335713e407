#include "passes/raise/EmptyRows.h"

#include "dialects/mixer/TensorMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"

using namespace mlir;

namespace heddle {
namespace {

// A row whose largest mask is below has no pair. No bias comes near, not even that of a distance of a million tokens.
constexpr double kNothingSeen = -1e8;

class EmptyRows {
public:
  EmptyRows(OpBuilder &builder, ElementExprs &exprs, const AttentionMatch &match, mixer::MixOp mix)
      : math(mix.getLoc(), builder), exprs(exprs), match(match), mix(mix), compute(mix.getComputeType()) {}

  Value chooseMeans() {
    Value mixed = mix.getResult(0), largest = largestOfRows(), means = meansOfHeads();
    Type element = getElementTypeOrSelf(mixed.getType());
    return math.generate(math.sizesOf(mixed), element, {mixed, largest, means},
                         {math.select(4, {0, 1, 2, 3}), mapOfRows(largest), math.broadcast(means, 4, {0, 2, 3})},
                         [&](ImplicitLocOpBuilder &b, ValueRange at) -> Value {
                           Value bound = mixer::real(b, at[1].getType(), kNothingSeen);
                           Value isEmpty = arith::CmpFOp::create(b, arith::CmpFPredicate::OLE, at[1], bound);
                           return arith::SelectOp::create(b, isEmpty, narrowed(b, at[2], element), at[0]);
                         });
  }

private:
  static Value narrowed(ImplicitLocOpBuilder &b, Value value, Type type) {
    return value.getType() == type ? value : arith::TruncFOp::create(b, type, value).getResult();
  }

  /// The largest mask of each row, [batch or 1, heads or 1, queries].
  Value largestOfRows() {
    Expr masks = scoresAtZero(exprs, match);
    AxisList used = exprs.axesOf(masks);
    auto usedOnly = [&](const AxisList &role) { return containsAny(used, role) ? role : AxisList(); };
    Value table = exprs.emit(math, math.getLoc(), masks,
                             {usedOnly(match.batch), usedOnly(match.heads), match.queryTokens, match.keyTokens});
    SmallVector<OpFoldResult> sizes = math.sizesOf(table);
    Value lowest = math.filled(ArrayRef(sizes).drop_back(), getElementTypeOrSelf(table.getType()),
                               -std::numeric_limits<double>::infinity());
    return math.accumulate(
        lowest, math.select(4, {0, 1, 2}), table, math.getMultiDimIdentityMap(4),
        [](ImplicitLocOpBuilder &b, ValueRange at) -> Value { return arith::MaximumFOp::create(b, at[1], at[0]); });
  }

  AffineMap mapOfRows(Value rows) {
    auto type = cast<RankedTensorType>(rows.getType());
    auto loop = [&](int64_t dim, unsigned number) {
      return type.getDimSize(dim) == 1 ? math.getAffineConstantExpr(0) : math.getAffineDimExpr(number);
    };
    return AffineMap::get(4, 0, {loop(0, 0), loop(1, 2), loop(2, 1)}, math.getContext());
  }

  /// [batch, heads of the output, features]
  Value meansOfHeads() {
    Value values = mix.getValue();
    SmallVector<OpFoldResult> sizes = math.sizesOf(values);
    Value zeros = math.filled({sizes[0], sizes[2], sizes[3]}, compute, 0.0);
    Value sums = math.accumulate(zeros, math.select(4, {0, 1, 2}), values, math.select(4, {0, 3, 1, 2}),
                                 [&](ImplicitLocOpBuilder &b, ValueRange at) -> Value {
                                   return arith::AddFOp::create(b, at[1], mixer::widen(b, at[0], compute));
                                 });
    Value tokens = getValueOrCreateConstantIndexOp(math, math.getLoc(), sizes[1]);
    Value count =
        arith::SIToFPOp::create(math, compute, Value(arith::IndexCastOp::create(math, math.getI64Type(), tokens)));
    Value means = math.elementwise(
        sums, [&](ImplicitLocOpBuilder &b, ValueRange at) -> Value { return arith::DivFOp::create(b, at[0], count); });
    return math.repeat(means, 1, mix.getSizes().Ho);
  }

  mixer::TensorMath math;
  ElementExprs &exprs;
  const AttentionMatch &match;
  mixer::MixOp mix;
  FloatType compute;
};

} // namespace

Value meanWhereNothingIsSeen(OpBuilder &builder, ElementExprs &exprs, const AttentionMatch &match, mixer::MixOp mix) {
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointAfter(mix);
  return EmptyRows(builder, exprs, match, mix).chooseMeans();
}

} // namespace heddle
