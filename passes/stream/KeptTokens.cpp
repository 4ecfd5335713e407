#include "passes/stream/KeptTokens.h"

#include "dialects/mixer/TensorMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace heddle {

std::string whyNotKept(mixer::MixOp mix, TokenFlow &flow) {
  if (!flow.hasTokensOf(mix.getValue(), 1, mix.getOutputInit()))
    return "its output has other tokens than its values";
  if (mix.getOrder() != mixer::Order::Forward)
    return "layout: the tokens are visited from the last to the first";
  std::optional<SizeFormula> rows = flow.sizes.of(mix.getValue(), 0);
  if (flow.sizes.rows && !(rows && rows->isSymbol(*flow.sizes.rows)))
    return "its values are those of all rows of the batch";
  return {};
}

Value mixKept(StreamEmitter &e, mixer::MixOp mix,
              function_ref<Value(ImplicitLocOpBuilder &, const KeptPair &)> weight) {
  enum : unsigned { Row, Token, Head, Channel, Key, Loops };
  Value kept = e.grown(mix.getValue());
  int64_t first = e.demand.newest(mix.getResult(0)).low;
  mixer::MixSizes sizes = mix.getSizes();
  int64_t heads = cast<RankedTensorType>(kept.getType()).getDimSize(2);
  Type compute = mix.getComputeType(), element = getElementTypeOrSelf(kept);
  mixer::TensorMath math(e.getLoc(), e);
  auto loop = [&](unsigned number) { return e.getAffineDimExpr(number); };
  AffineMap values = AffineMap::get(
      Loops, 0, {loop(Row), loop(Key), loop(Head).floorDiv(sizes.Ho / heads), loop(Channel)}, e.getContext());
  Value zeros = math.filled(e.sizesOf(mix.getResult(0), Span()), compute, 0.0);
  auto body = [&](ImplicitLocOpBuilder &b, ValueRange at) -> Value {
    auto index = [&](unsigned number) { return linalg::IndexOp::create(b, number).getResult(); };
    Value seen = e.position(b, e.hasRows() ? index(Row) : Value(), e.rateOf(mix.getValue()));
    Value begin = arith::AddIOp::create(b, seen, Value(arith::ConstantIndexOp::create(b, first)));
    Value query = arith::AddIOp::create(b, begin, index(Token)), key = index(Key);
    Value isPast = arith::CmpIOp::create(b, arith::CmpIPredicate::sle, key, query);
    Value factor = weight(b, {index(Head), index(Channel), query, key});
    Value product = arith::MulFOp::create(b, mixer::widen(b, at[0], compute), mixer::widen(b, factor, compute));
    // What lies behind the tokens seen means nothing: it is left out, not multiplied by 0.
    Value term = arith::SelectOp::create(b, isPast, product, mixer::real(b, compute, 0.0));
    return arith::AddFOp::create(b, at[1], term);
  };
  Value sums = math.accumulate(zeros, math.select(Loops, {Row, Token, Head, Channel}), kept, values, body);
  if (element == compute)
    return sums;
  return math.generate(
      e.sizesOf(mix.getResult(0), Span()), element, sums, e.getMultiDimIdentityMap(4),
      [&](ImplicitLocOpBuilder &b, ValueRange at) -> Value { return arith::TruncFOp::create(b, element, at[0]); });
}

} // namespace heddle
