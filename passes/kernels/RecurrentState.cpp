// The state of a recurrence: where it stands, loaded, stored.
#include "passes/kernels/Recurrence.h"
#include <limits>

using namespace mlir;

namespace heddle::kernels {

bool Recurrence::stepsInPlace(MixView &view) {
  bool readsBeforeWriting = isDiagonal(view.op) || isa<mixer::DeltaAttr>(view.op.getTransport());
  bool isPlain = view.group() == 1 && !view.normalised() && !view.logKeys() && !view.current && !view.segments;
  return readsBeforeWriting && isPlain && view.op.getOrder() == mixer::Order::Forward &&
         !inRegisters(view.keyWidth()) && !view.initialState.empty() && !view.finalState.empty() && view.headLanes == 0;
}

Rows Recurrence::makeState(Extent extent) {
  int64_t width = std::max(block.width, view.headLanes);
  if (extent == Extent::Tokens)
    return Rows(loops, view.keyWidth(), width, registerRows);
  auto point = [this](Expr n) { return Point{b, {}, {}, firstHead, n, block.first}; };
  auto given = [this, point, width](Expr n) { return view.load(view.initialState[0], point(n), width); };
  auto next = [this, point](Expr n, Expr row) { view.store(row, view.finalState[0], point(n)); };
  return Rows(loops, view.keyWidth(), width, given, next);
}

void Recurrence::loadState() {
  auto part = [&](Rows &rows, unsigned index, double otherwise) {
    rows.each([&](Expr n) {
      rows.set(n, index < view.initialState.size()
                      ? view.load(view.initialState[index], {b, {}, {}, firstHead, n, block.first}, rows.width())
                      : loops.real(otherwise, rows.width()));
    });
  };
  bool carriesSum = view.op.getNorm().getKind() == mixer::NormKind::Running;
  constexpr unsigned absent = 3;
  if (!state.inPlace())
    part(state, 0, 0.0);
  part(sum, carriesSum ? 1 : absent, 0.0);
  part(top, carriesSum ? 2 : 1, -std::numeric_limits<double>::infinity());
}

void Recurrence::storeState() {
  if (view.finalState.empty() || state.inPlace())
    return;
  bool carriesSum = view.op.getNorm().getKind() == mixer::NormKind::Running;
  auto part = [&](Rows &rows, unsigned index) {
    rows.each([&](Expr n) { view.store(rows.get(n), view.finalState[index], {b, {}, {}, firstHead, n, block.first}); });
  };
  part(state, 0);
  // Every piece of value features computes the same sums and maxima; the first one stores them.
  loops.when(pieceNumber == 0.0, [&]() {
    if (carriesSum)
      part(sum, 1);
    if (view.logKeys())
      part(top, carriesSum ? 2 : 1);
  });
}

} // namespace heddle::kernels
