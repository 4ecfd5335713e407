// Dense form, softmax scores: two passes over the keys of each row, the first for the maximum.
//
//   m = max_j s_ij;   o_i = (sum_j exp(s_ij - m) v_j) / (sum_j exp(s_ij - m) + epsilon exp(-m))
#include "passes/kernels/Kernels.h"
#include "passes/kernels/Rows.h"
#include <limits>

using namespace mlir;

namespace heddle::kernels {
namespace {

struct SoftmaxRow {
  MixView &view;
  LoopBuilder &loops = view.loops;
  Expr b, h, i;
  Sweep order;

  Expr visibleKeys() { return view.visibleKeys(b, view.token(order, i, view.queryTokens) + 1); }

  /// The score of the key at `position`, -infinity when the pair does not exist.
  Expr score(Expr position) {
    Expr j = view.token(order, position, view.keyTokens);
    Pair pair = {b, h, i, j, view.token(order, i, view.queryTokens), view.keyPosition(b, position)};
    auto compute = [&]() {
      Expr dot = loops.sum(loops.index(0), loops.index(view.sizes.dk), loops.real(0.0), [&](Expr n, Expr sum) {
        return fma(view.load(view.query, {b, i, {}, h, n}), view.loadKey({b, {}, j, h, n}), sum);
      });
      return Exprs{view.score(dot, pair)};
    };
    Expr exists = view.exists(pair);
    auto absent = [&]() { return Exprs{loops.real(-std::numeric_limits<double>::infinity())}; };
    return exists ? loops.choose(exists, compute, absent)[0] : compute()[0];
  }

  void emit() {
    Expr keys = visibleKeys(), lowest = loops.real(-std::numeric_limits<double>::infinity());
    Expr first = view.firstKey(b);
    Expr top = loops.sum(first, keys, lowest, [&](Expr j, Expr m) { return max(m, score(j)); });
    top = select(top == lowest, loops.real(0.0), top);
    Value sums = loops.scratch({view.sizes.dv});
    eachLane([&](Lanes l) { loops.store(loops.real(0.0, l.width), sums, {l.first}); });
    Expr total = loops.sum(first, keys, loops.real(0.0), [&](Expr position, Expr sum) {
      Expr weight = exp(score(position) - top);
      Expr j = view.token(order, position, view.keyTokens);
      eachLane([&](Lanes l) {
        Expr v = view.loadValue({b, {}, j, h, {}, l.first}, l.width);
        loops.store(fma(weight, v, loops.load(sums, {l.first}, l.width)), sums, {l.first});
      });
      return sum + weight;
    });
    Expr epsilonFactor = exp(-top);
    eachLane([&](Lanes l) {
      Expr result = view.normalise(loops.load(sums, {l.first}, l.width), total, epsilonFactor);
      view.store(result, view.output, {b, i, {}, h, {}, l.first});
    });
  }

  void eachLane(function_ref<void(Lanes)> body) { loops.lanes(view.sizes.dv, vectorLanes, body); }
};

} // namespace

void emitDenseSoftmax(MixView &view) {
  LoopBuilder &loops = view.loops;
  Exprs counts = {view.batch, loops.index(view.sizes.Ho), view.queryTokens};
  loops.kernel("mix_dense_softmax", counts, 2048 * (2 * view.sizes.dk + view.sizes.dv),
               [&](ArrayRef<Expr> at) { SoftmaxRow{view, loops, at[0], at[1], at[2], view.sweeps().front()}.emit(); });
}

} // namespace heddle::kernels
