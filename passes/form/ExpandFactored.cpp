// Writes a linear mixer over all tokens as two contractions: the state of all keys and values, then its read-out.
//
//   state[b, h, d, e] = sum_s k[b, s, h, d] v[b, s, h, e]
//   o[b, t, h, e] = sum_d q[b, t, h, d] state[b, h, d, e] / sum_d q[b, t, h, d] sum_s k[b, s, h, d]
#include "dialects/mixer/Mixer.h"
#include "dialects/mixer/TensorMath.h"
#include "passes/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace heddle {
#define GEN_PASS_DEF_EXPANDFACTOREDPASS
#include "passes/Passes.h.inc"

namespace {

/// Heads as groups of equal operands: loops run over `outer` groups and the `inner` heads of each.
struct HeadGroups {
  int64_t outer, inner;

  HeadGroups(int64_t left, int64_t right) : outer(std::min(left, right)), inner(std::max(left, right) / outer) {}
};

class FactoredExpansion {
public:
  explicit FactoredExpansion(mixer::MixOp mix)
      : mix(mix), math(mix.getLoc(), mix), sizes(mix.getSizes()), compute(mix.getComputeType()) {}

  void expand() {
    Value sums = readOut(scaled(stateOf(mix.getKey(), mix.getValue())), sizes.dv);
    Value weights = mix.getNorm().getKind() == mixer::NormKind::None
                        ? Value()
                        : readOut(scaled(math.repeat(keySums(), 1, sizes.Hs)), 1);
    mix.getResult(0).replaceAllUsesWith(finished(sums, weights));
    mix.erase();
  }

private:
  OpFoldResult batch() { return math.sizesOf(mix.getOutputInit())[0]; }
  OpFoldResult fixed(int64_t size) { return math.getIndexAttr(size); }

  /// Dimension `dim` of an operand as groups of heads, where it has more of them than the groups are.
  Value grouped(Value operand, int64_t dim, const HeadGroups &groups) {
    return cast<RankedTensorType>(operand.getType()).getDimSize(dim) == groups.outer
               ? operand
               : math.split(operand, dim, groups.inner);
  }

  /// [B, Hs, dk, dv]; loops b, group, head, d, e, s.
  Value stateOf(Value key, Value value) {
    HeadGroups groups(sizes.Hk, sizes.Hv);
    key = grouped(key, 2, groups);
    value = grouped(value, 2, groups);
    Value init = math.filled({batch(), fixed(groups.outer), fixed(groups.inner), fixed(sizes.dk), fixed(sizes.dv)},
                             compute, 0.0);
    auto map = [&](Value operand, unsigned feature) {
      SmallVector<unsigned> loops{0, 5, 1};
      if (cast<RankedTensorType>(operand.getType()).getRank() == 5)
        loops.push_back(2);
      loops.push_back(feature);
      return math.broadcast(operand, 6, loops);
    };
    Value state = math.contract(init, math.select(6, {0, 1, 2, 3, 4}), {key, value}, {map(key, 3), map(value, 4)});
    return math.join(state, 1);
  }

  /// [B, Hk, dk, 1]: the state of values that are 1.
  Value keySums() {
    Value key = mix.getKey();
    Value init = math.filled({batch(), fixed(sizes.Hk), fixed(sizes.dk), fixed(1)}, compute, 0.0);
    return math.accumulate(init, math.select(5, {0, 1, 2, 3}), key, math.broadcast(key, 5, {0, 4, 1, 2}),
                           [&](ImplicitLocOpBuilder &b, ValueRange at) -> Value {
                             return arith::AddFOp::create(b, at[1], mixer::widen(b, at[0], compute));
                           });
  }

  Value scaled(Value state) {
    double scale = mix.getLinear().getScale().convertToDouble();
    if (scale == 1.0)
      return state;
    return math.elementwise(state, [&](ImplicitLocOpBuilder &b, ValueRange at) -> Value {
      return arith::MulFOp::create(b, at[0], mixer::real(b, compute, scale));
    });
  }

  /// q times a state [B, Hs, dk, columns] as [B, T, Ho, columns]; loops b, t, group, head, e, d.
  Value readOut(Value state, int64_t columns) {
    HeadGroups groups(sizes.Hq, sizes.Hs);
    Value query = grouped(mix.getQuery(), 2, groups);
    state = grouped(state, 1, groups);
    Value init = math.filled(
        {batch(), math.sizesOf(mix.getOutputInit())[1], fixed(groups.outer), fixed(groups.inner), fixed(columns)},
        compute, 0.0);
    auto isSplit = [](Value operand) { return cast<RankedTensorType>(operand.getType()).getRank() == 5; };
    AffineMap queryMap =
        math.broadcast(query, 6, isSplit(query) ? ArrayRef<unsigned>{0, 1, 2, 3, 5} : ArrayRef<unsigned>{0, 1, 2, 5});
    AffineMap stateMap =
        math.select(6, isSplit(state) ? ArrayRef<unsigned>{0, 2, 3, 5, 4} : ArrayRef<unsigned>{0, 2, 5, 4});
    Value output = math.contract(init, math.select(6, {0, 1, 2, 3, 4}), {query, state}, {queryMap, stateMap});
    return math.join(output, 2);
  }

  /// The sums, divided by the sums of their weights where there are any, in the type of the output. A row whose weights
  /// sum to 0 is 0.
  Value finished(Value sums, Value weights) {
    auto output = cast<RankedTensorType>(mix.getOutputInit().getType());
    double epsilon = mix.getNorm().getEpsilon().convertToDouble();
    SmallVector<Value> operands{sums};
    SmallVector<AffineMap> maps{math.getMultiDimIdentityMap(4)};
    if (weights) {
      operands.push_back(weights);
      maps.push_back(AffineMap::get(
          4, 0,
          {math.getAffineDimExpr(0), math.getAffineDimExpr(1), math.getAffineDimExpr(2), math.getAffineConstantExpr(0)},
          math.getContext()));
    } else if (output.getElementType() == compute) {
      return sums;
    }
    return math.generate(math.sizesOf(sums), output.getElementType(), operands, maps,
                         [&](ImplicitLocOpBuilder &b, ValueRange at) -> Value {
                           Value value = at[0];
                           if (weights)
                             value =
                                 quotient(b, value, arith::AddFOp::create(b, at[1], mixer::real(b, compute, epsilon)));
                           return output.getElementType() == compute
                                      ? value
                                      : arith::TruncFOp::create(b, output.getElementType(), value).getResult();
                         });
  }

  Value quotient(ImplicitLocOpBuilder &b, Value sum, Value weights) {
    Value zero = mixer::real(b, compute, 0.0);
    Value isEmpty = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, weights, zero);
    return arith::SelectOp::create(b, isEmpty, zero, arith::DivFOp::create(b, sum, weights));
  }

  mixer::MixOp mix;
  mixer::TensorMath math;
  mixer::MixSizes sizes;
  FloatType compute;
};

struct ExpandFactoredPass : impl::ExpandFactoredPassBase<ExpandFactoredPass> {
  void runOnOperation() override {
    SmallVector<mixer::MixOp> mixers;
    getOperation()->walk([&](mixer::MixOp mix) {
      if (mix.getForm() && mix.getForm()->getKind() == mixer::FormKind::Factored)
        mixers.push_back(mix);
    });
    for (mixer::MixOp mix : mixers)
      FactoredExpansion(mix).expand();
  }
};

} // namespace
} // namespace heddle
