// The state that goes from chunk to chunk: loaded, read, updated, stored.
#include "passes/kernels/ChunkedPiece.h"

using namespace mlir;

namespace heddle::kernels {

void ChunkedPiece::loadState() {
  auto given = [&](unsigned index, const Point &at, int64_t width) {
    bool isGiven = index < view.initialState.size();
    return isGiven ? loops.broadcast(view.load(view.initialState[index], at, width), width) : loops.real(0.0, width);
  };
  loops.loop(loops.index(0), loops.index(view.sizes.dk), [&](Expr n) {
    eachFeature(
        [&](Lanes l) { loops.store(given(0, {b, {}, {}, firstHead, n, feature(l)}, l.width), state, place(n, l)); });
    if (view.normalised())
      loops.store(given(1, {b, {}, {}, firstHead, n}, 0), sum, {n});
  });
}

void ChunkedPiece::storeState() {
  if (view.finalState.empty())
    return;
  loops.loop(loops.index(0), loops.index(view.sizes.dk), [&](Expr n) {
    eachFeature([&](Lanes l) {
      Point at = {b, {}, {}, firstHead, n, feature(l)};
      view.store(loops.load(state, place(n, l), l.width), view.finalState[0], at);
    });
    if (view.finalState.size() > 1)
      loops.when(pieceNumber == 0.0,
                 [&]() { view.store(loops.load(sum, {n}), view.finalState[1], {b, {}, {}, firstHead, n}); });
  });
}

/// Rows r .. of (Q E) . S.
Exprs ChunkedPiece::readState(Expr r, Lanes l) {
  Exprs sums(rowBlock, loops.real(0.0, l.width));
  sums = loops.loop(loops.index(0), loops.index(view.sizes.dk), sums, [&](Expr n, ArrayRef<Expr> carried) {
    Expr s = loops.load(state, place(n, l), l.width);
    Exprs next;
    for (int64_t i = 0; i < rowBlock; ++i)
      next.push_back(fma(chunks.reach(r + loops.index(i), n), s, carried[i]));
    return next;
  });
  for (int64_t i = 0; i < rowBlock; ++i)
    if (Expr factor = chunks.reachFactor(r + loops.index(i)))
      sums[i] = sums[i] * factor;
  return sums;
}

void ChunkedPiece::updateState() {
  int64_t dk = view.sizes.dk, full = dk / rowBlock * rowBlock;
  eachFeature([&](Lanes l) {
    // Nobody reads an update again but the state.
    loops.loop(loops.index(0), at.count, [&](Expr j) {
      if (Expr factor = chunks.restFactor(j))
        loops.store(update(j, l) * factor, updates, place(j, l));
    });
    loops.loop(loops.index(0), loops.index(full), [&](Expr n) { updateRows(n, rowBlock, l); }, rowBlock);
    if (full < dk)
      updateRows(loops.index(full), dk - full, l);
  });
}

void ChunkedPiece::updateRows(Expr n, int64_t rows, Lanes l) {
  Exprs sums;
  for (int64_t i = 0; i < rows; ++i) {
    Expr row = n + loops.index(i);
    sums.push_back(loops.load(state, place(row, l), l.width) * chunks.keep(row));
  }
  sums = loops.loop(loops.index(0), at.count, sums, [&](Expr j, ArrayRef<Expr> carried) {
    Expr u = update(j, l);
    Exprs next;
    for (int64_t i = 0; i < rows; ++i)
      next.push_back(fma(chunks.rest(j, n + loops.index(i)), u, carried[i]));
    return next;
  });
  for (int64_t i = 0; i < rows; ++i)
    loops.store(sums[i], state, place(n + loops.index(i), l));
}

/// Row i of (Q E) . z.
Expr ChunkedPiece::readSum(Expr i) {
  Expr zero = loops.index(0);
  Expr read = reduceSum(chunks.reach(i, zero, view.sizes.dk) * loops.load(sum, {zero}, view.sizes.dk));
  Expr factor = chunks.reachFactor(i);
  return factor ? read * factor : read;
}

void ChunkedPiece::updateSum() {
  loops.lanes(view.sizes.dk, vectorLanes, [&](Lanes l) {
    Expr kept = loops.load(sum, {l.first}, l.width) * chunks.keep(l.first, l.width);
    Expr next = loops.sum(loops.index(0), at.count, kept, [&](Expr j, Expr acc) {
      Expr unit = loops.load(units, {j}), factor = chunks.restFactor(j);
      return fma(chunks.rest(j, l.first, l.width), factor ? unit * factor : unit, acc);
    });
    loops.store(next, sum, {l.first});
  });
}

} // namespace heddle::kernels
