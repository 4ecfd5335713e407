// Dense form, linear scores. For each output row i and sweep:
//
//   r = q_i
//   for j = i, i - 1, ..: if (i, j) exists: o += (r . k_j) v_j;   r = Phi_j^T r
//
// No row of weights is stored, no state enters or leaves. An identity transport needs no order, so there j runs over
// all keys. With a bonus for the current token the pair (i, i) is weighted by its own key and the walk begins at i - 1
// with r = q_i.
#include "passes/kernels/Kernels.h"
#include "passes/kernels/Transport.h"

using namespace mlir;

namespace heddle::kernels {
namespace {

class DenseRow {
public:
  DenseRow(MixView &view, Expr b, Expr h, Expr i, Lanes block)
      : view(view), loops(view.loops), b(b), h(h), i(i), block(block),
        walker(loops, view.keyWidth(), isPerLane(view.op) ? block.width : 0),
        sums(loops, 1, std::max<int64_t>(block.width, 1) == 1 ? 0 : block.width), total(loops, 1, walker.width()) {}

  void emit();

private:
  void sweep(const Sweep &order);
  void visit(const Sweep &order, Expr position, Expr ownPosition, bool isCurrent);
  Point keyPoint(Expr token) { return {b, {}, token, h, {}, block.first}; }

  MixView &view;
  LoopBuilder &loops;
  Expr b, h, i;
  Lanes block;
  Rows walker, sums, total;
};

} // namespace

void DenseRow::emit() {
  Expr zero = loops.index(0);
  sums.fill(0.0);
  total.fill(0.0);
  for (const Sweep &order : view.sweeps())
    sweep(order);
  Expr result = sums.get(zero);
  if (view.normalised())
    result = view.normalise(result, total.get(zero));
  view.store(result, view.output, {b, i, {}, h, {}, block.first});
}

void DenseRow::sweep(const Sweep &order) {
  Expr own = view.token(order, i, view.queryTokens), one = loops.index(1);
  walker.each([&](Expr n) { walker.set(n, view.load(view.query, {b, i, {}, h, n})); });
  bool isIdentity = isa<mixer::IdentityAttr>(view.op.getTransport());
  if (isIdentity && !view.current) {
    loops.loop(view.firstKey(b), view.visibleKeys(b, own + 1),
               [&](Expr position) { visit(order, position, own, false); });
  } else {
    if (!order.strict)
      visit(order, own, own, static_cast<bool>(view.current));
    if (!view.current)
      stepAdjoint(view, walker, keyPoint(i));
    loops.loop(loops.index(0), own, [&](Expr steps) {
      Expr position = own - steps - one;
      visit(order, position, own, false);
      stepAdjoint(view, walker, keyPoint(view.token(order, position, view.keyTokens)));
    });
  }
}

void DenseRow::visit(const Sweep &order, Expr position, Expr ownPosition, bool isCurrent) {
  Expr token = view.token(order, position, view.keyTokens);
  Pair pair = {b, h, i, token, ownPosition, view.keyPosition(b, position)};
  auto add = [&]() {
    Expr zero = loops.index(0);
    auto key = [&](Expr n) {
      Expr k = view.loadKey({b, {}, token, h, n});
      return isCurrent ? k * view.load(view.current, {{}, {}, {}, h, n}) : k;
    };
    Expr weight = view.score(walkedWeight(view, walker, keyPoint(token), key), pair);
    sums.set(zero, fma(weight, view.loadValue(keyPoint(token), block.width), sums.get(zero)));
    total.set(zero, total.get(zero) + weight);
  };
  Expr exists = view.exists(pair);
  if (order.strict)
    exists = exists ? exists & (position != ownPosition) : position != ownPosition;
  exists ? loops.when(exists, add) : add();
}

void emitDenseLinear(MixView &view) {
  LoopBuilder &loops = view.loops;
  // A score region takes one score, so weights that differ from lane to lane are computed one lane at a time.
  int64_t width = isPerLane(view.op) && view.op.hasScoreRegion() ? 1 : vectorLanes;
  int64_t dv = view.sizes.dv;
  Exprs counts = {view.batch, loops.index(view.sizes.Ho), view.queryTokens,
                  loops.index(LoopBuilder::pieces(dv, width))};
  loops.kernel("mix_dense", counts, 1024 * (view.keyWidth() + width), [&](ArrayRef<Expr> at) {
    loops.piece(at[3], dv, width, [&](Lanes block) { DenseRow(view, at[0], at[1], at[2], block).emit(); });
  });
}

} // namespace heddle::kernels
