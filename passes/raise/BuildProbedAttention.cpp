// Writing the mixer for an attention that was probed.
#include "passes/raise/ProbeAttention.h"
#include "passes/raise/TokenMajor.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace heddle {
namespace {

/// Whether `position` lies in [first, end).
Value isBetween(ImplicitLocOpBuilder &b, Value position, int64_t first, int64_t end) {
  Value start = arith::ConstantIndexOp::create(b, first), count = arith::ConstantIndexOp::create(b, end - first);
  Value offset = arith::SubIOp::create(b, position, start);
  return arith::CmpIOp::create(b, arith::CmpIPredicate::ult, offset, count);
}

/// A pair that is read n times weighs n times as much: log n on its score.
void fillRepeats(OpBuilder &builder, mixer::MixOp mix, ArrayRef<RepeatedPairs> repeats) {
  OpBuilder::InsertionGuard guard(builder);
  Type index = builder.getIndexType();
  Type element = getElementTypeOrSelf(mix.getValue().getType());
  Type scoreType = element.isF64() ? element : builder.getF32Type();
  Block *body = builder.createBlock(&mix.getScoreRegion(), {}, {scoreType, index, index, index, index},
                                    SmallVector<Location>(5, mix.getLoc()));
  ImplicitLocOpBuilder b(mix.getLoc(), builder);
  Value score = body->getArgument(0);
  for (const RepeatedPairs &pairs : repeats) {
    Value query = isBetween(b, body->getArgument(3), pairs.firstQuery, pairs.endQuery);
    Value key = isBetween(b, body->getArgument(4), pairs.firstKey, pairs.endKey);
    Value both = arith::AndIOp::create(b, query, key);
    Value more = arith::ConstantOp::create(b, b.getFloatAttr(scoreType, std::log(double(pairs.count))));
    Value sum = arith::AddFOp::create(b, score, more);
    score = arith::SelectOp::create(b, both, sum, score);
  }
  mixer::YieldOp::create(b, score);
}

/// Null where an input does not fit the layout of the op.
Value build(ImplicitLocOpBuilder &b, const ProbedAttention &attention, Value output) {
  const OutputDims &dims = attention.dims;
  auto operand = [&](const Influence &role, std::optional<int64_t> feature) {
    auto dimOf = [&](std::optional<int64_t> dim) { return dim ? role.inputDim(*dim) : std::nullopt; };
    return toSlots(b, role.input, {dimOf(dims.batch), role.tokenDim, dimOf(dims.head), feature});
  };
  Value query = operand(attention.query, contractedDim(attention.query));
  Value key = operand(attention.key, contractedDim(attention.key));
  Value value = operand(attention.value, attention.value.inputDim(*dims.feature));
  Value init = emptyOutput(b, dims, output, {&attention.value, &attention.query, &attention.key});
  if (!query || !key || !value || !init)
    return {};
  MLIRContext *context = b.getContext();
  auto mix = mixer::MixOp::create(
      b, TypeRange{init.getType()}, query, key, value, ValueRange(), Value(), Value(), Value(), ValueRange(), init,
      mixer::LayoutAttr::get(context, mixer::Order::Forward, mixer::Align::Start), attention.support.support,
      cast<mixer::TransportAttrInterface>(mixer::IdentityAttr::get(context)),
      mixer::SoftmaxAttr::get(context, APFloat(attention.scale), APFloat(0.0), mixer::BiasKind::None),
      mixer::NormAttr::get(context, mixer::NormKind::RowSum, APFloat(0.0)), mixer::FormAttr());
  if (!attention.repeats.empty())
    fillRepeats(b, mix, attention.repeats);
  return fromSlots(b, mix.getResult(0), {dims.batch, dims.token, dims.head, dims.feature},
                   cast<RankedTensorType>(output.getType()));
}

} // namespace

RegionProposal proposeProbedAttention(ImplicitLocOpBuilder &b, const TokenRegion &region, const Probe &probe) {
  RegionProposal proposal{nullptr, "attention", "", 0};
  std::optional<ProbedAttention> attention = probeAttention(probe, proposal.reason);
  if (!attention)
    return proposal;
  llvm::raw_string_ostream(proposal.what) << " with support " << Attribute(attention->support.support);
  proposal.length = lengthToSee(attention->support.support);
  proposal.replacement = build(b, *attention, region.output);
  if (!proposal.replacement)
    proposal.reason = "an input has dimensions that a mixer has not";
  return proposal;
}

} // namespace heddle
