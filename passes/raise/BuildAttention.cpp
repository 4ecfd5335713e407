// Writing the mixer for an attention that was matched and planned.
#include "passes/raise/EmptyRows.h"
#include "passes/raise/Raiser.h"
#include "passes/raise/ScorePlan.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace heddle {
namespace {

class MixBuilder {
public:
  MixBuilder(ElementExprs &exprs, const AttentionMatch &match, const ScorePlan &plan)
      : exprs(exprs), axes(exprs.getAxes()), match(match), plan(plan), builder(match.output.getContext()),
        loc(match.output.getLoc()) {
    builder.setInsertionPointAfterValue(match.output);
  }

  /// The output in the arrangement of the match, or null where an operand does not fit the layout of the op.
  Value build() {
    Value query = operand(match.query, match.queryTokens, match.keyFeatures);
    Value key = operand(match.key, match.keyTokens, match.keyFeatures);
    Value value = operand(match.value, match.keyTokens, match.valueFeatures);
    if (!query || !key || !value || getElementTypeOrSelf(query) != getElementTypeOrSelf(value) ||
        getElementTypeOrSelf(key) != getElementTypeOrSelf(value) ||
        getElementTypeOrSelf(value) != getElementTypeOrSelf(match.output))
      return erase({query, key, value});
    Value init = tensor::EmptyOp::create(builder, loc, outputShape(), getElementTypeOrSelf(value));
    MLIRContext *context = builder.getContext();
    auto mix = mixer::MixOp::create(
        builder, loc, init.getType(), query, key, value, ValueRange(), bias(), Value(), Value(), ValueRange(), init,
        mixer::LayoutAttr::get(context, mixer::Order::Forward, plan.support.align), plan.support.support,
        cast<mixer::TransportAttrInterface>(mixer::IdentityAttr::get(context)),
        mixer::SoftmaxAttr::get(context, APFloat(plan.scale), APFloat(plan.softCap), plan.bias),
        mixer::NormAttr::get(context, mixer::NormKind::RowSum, APFloat(0.0)), mixer::FormAttr());
    if (plan.region)
      fillRegion(mix);
    Value output = mix.getResult(0);
    if (plan.use == MaskUse::SupportOrMean)
      output = meanWhereNothingIsSeen(builder, exprs, match, mix);
    AxisDims dims{match.batch, match.queryTokens, match.heads, match.valueFeatures};
    return axes.arrange(builder, loc, output, dims, match.outputDims);
  }

private:
  Value erase(ArrayRef<Value> values) {
    for (Value value : values)
      if (value)
        eraseUnused(value);
    return {};
  }

  SmallVector<OpFoldResult> outputShape() {
    SmallVector<OpFoldResult> shape;
    for (const AxisList &dim : {match.batch, match.queryTokens, match.heads, match.valueFeatures})
      shape.push_back(axes.sizeIn(builder, loc, dim));
    return shape;
  }

  /// A source as [batch, tokens, heads, features]. Heads may be the first ones only; other roles are there or not.
  Value operand(const Axes::Source &source, ArrayRef<AxisId> tokens, ArrayRef<AxisId> features) {
    AxisDims from = axes.resolveDims(source.dims), to;
    AxisList have = flatten(from);
    for (ArrayRef<AxisId> role : {ArrayRef<AxisId>(match.batch), tokens, ArrayRef<AxisId>(match.heads), features}) {
      AxisList present;
      for (AxisId axis : role)
        if (contains(have, axis))
          present.push_back(axis);
      bool isPrefix = ArrayRef<AxisId>(present) == role.take_front(present.size());
      bool isPartial = !present.empty() && present.size() < role.size();
      if (!isPrefix || (isPartial && role != ArrayRef<AxisId>(match.heads)))
        return {};
      to.push_back(present);
    }
    return flatten(to).size() == have.size() ? axes.arrange(builder, loc, source.value, from, to) : Value();
  }

  Type scoreType() {
    Type type = getElementTypeOrSelf(match.value.value);
    return type.isF64() ? type : builder.getF32Type();
  }

  Value bias() {
    if (plan.bias == mixer::BiasKind::None)
      return {};
    if (plan.bias == mixer::BiasKind::Dense)
      return denseBias();
    int64_t heads = axes.size(match.heads);
    SmallVector<double> numbers;
    SmallVector<int64_t> shape;
    if (plan.bias == mixer::BiasKind::Alibi) {
      shape = {heads};
      for (int64_t head = 0; head < heads; ++head)
        numbers.push_back(plan.slopes[plan.slopes.size() == 1 ? 0 : head]);
    } else {
      shape = {int64_t(plan.table.size()), int64_t(plan.table.front().size())};
      for (const std::vector<double> &row : plan.table)
        llvm::append_range(numbers, row);
    }
    auto type = RankedTensorType::get(shape, scoreType());
    auto values = llvm::map_to_vector(
        numbers, [&](double number) -> Attribute { return builder.getFloatAttr(scoreType(), number); });
    return arith::ConstantOp::create(builder, loc, DenseElementsAttr::get(type, values));
  }

  Value denseBias() {
    AxisDims dims;
    for (const AxisList &role : {match.batch, match.heads, match.queryTokens, match.keyTokens})
      dims.push_back(containsAny(plan.denseAxes, role) ? role : AxisList());
    return exprs.emit(builder, loc, plan.dense, dims);
  }

  void fillRegion(mixer::MixOp mix) {
    OpBuilder::InsertionGuard guard(builder);
    Type index = builder.getIndexType();
    Block *body = builder.createBlock(&mix.getScoreRegion(), {}, {scoreType(), index, index, index, index},
                                      SmallVector<Location>(5, loc));
    Value result = ElementExprs::emitScalar(builder, loc, plan.region, [&](Expr expr) -> Value {
      if (expr == match.product)
        return body->getArgument(0);
      AxisList along = axes.resolve(expr->axes);
      unsigned position = along == match.batch ? 1 : along == match.heads ? 2 : along == match.queryTokens ? 3 : 4;
      return body->getArgument(position);
    });
    mixer::YieldOp::create(builder, loc, result);
  }

  ElementExprs &exprs;
  Axes &axes;
  const AttentionMatch &match;
  const ScorePlan &plan;
  OpBuilder builder;
  Location loc;
};

} // namespace

Value buildAttention(ElementExprs &exprs, const AttentionMatch &match, const ScorePlan &plan) {
  return MixBuilder(exprs, match, plan).build();
}

} // namespace heddle
