// What the heads read from the carried state.
#include "passes/kernels/Recurrence.h"
#include <limits>

using namespace mlir;

namespace heddle::kernels {

void Recurrence::eachHead(function_ref<void(Expr)> body) {
  constexpr int64_t unrolled = 8;
  if (view.group() > unrolled)
    return loops.loop(firstHead, firstHead + loops.index(view.group()), body);
  for (int64_t g = 0; g < view.group(); ++g)
    body(firstHead + loops.index(g));
}

Expr Recurrence::signedQuery(const Point &at, Expr n) {
  Expr query = queryRow(at, n);
  return view.op.getTransport().isComplex() ? select(n < loops.index(view.sizes.dk), query, -query) : query;
}

Readout Recurrence::scaled(Readout result) {
  if (view.scale() == 1.0)
    return result;
  return {result.sum * view.scale(), result.total ? result.total * view.scale() : Expr(), {}};
}

Readout Recurrence::readout(const Point &at, bool withBonus) {
  auto query = [&](Expr n) { return signedQuery(at, n); };
  Readout result = {state.sum(query), sum.count() > 0 ? sum.sum(query) : Expr(), {}};
  if (withBonus) {
    Expr weight = state.fold(loops.real(0.0, view.headLanes), [&](Expr n, Expr acc) {
      return fma(query(n) * keyRow(at, n), view.load(view.current, {{}, {}, {}, at.h, n}), acc);
    });
    if (isa<mixer::DeltaAttr>(view.op.getTransport()))
      weight = weight * view.load(view.transport[0], at);
    result.sum = fma(weight, valueLanes(at), result.sum);
    result.total = result.total ? result.total + weight : Expr();
  }
  return scaled(result);
}

Readout Recurrence::readoutLogKeys(const Point &at, bool withBonus) {
  auto bonus = [&](Expr n) { return keyRow(at, n) + view.load(view.current, {{}, {}, {}, at.h, n}); };
  Expr lowest = loops.real(-std::numeric_limits<double>::infinity(), view.headLanes);
  Expr highest = top.fold(lowest, [&](Expr n, Expr acc) {
    acc = max(acc, top.get(n));
    return withBonus ? max(acc, bonus(n)) : acc;
  });
  Expr origin = finiteOrigin(highest);
  Expr value = valueLanes(at);
  Exprs none = {loops.real(0.0, state.width()), loops.real(0.0, view.headLanes)};
  Exprs sums = top.fold(none, [&](Expr n, ArrayRef<Expr> acc) {
    Expr query = queryRow(at, n) * view.scale();
    Expr weight = query * exp(top.get(n) - origin);
    Exprs next = {fma(weight, state.get(n), acc[0]), fma(weight, sum.get(n), acc[1])};
    if (withBonus) {
      Expr own = query * exp(bonus(n) - origin);
      next = {fma(own, value, next[0]), next[1] + own};
    }
    return next;
  });
  return {sums[0], sums[1], origin};
}

} // namespace heddle::kernels
