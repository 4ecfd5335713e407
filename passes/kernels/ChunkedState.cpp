// The state that goes from chunk to chunk: loaded, read, updated, stored.
#include "passes/kernels/ChunkedPiece.h"

using namespace mlir;

namespace heddle::kernels {

void ChunkedPiece::loadState() {
  loops.loop(loops.index(0), loops.index(view.sizes.dk), [&](Expr n) {
    eachFeature([&](Lanes l) {
      Point at = {b, {}, {}, firstHead, n, feature(l)};
      bool isGiven = !view.initialState.empty();
      loops.store(isGiven ? view.load(view.initialState[0], at, l.width) : loops.real(0.0, l.width), state,
                  {n, l.first});
    });
    bool isGiven = view.initialState.size() > 1;
    loops.store(isGiven ? view.load(view.initialState[1], {b, {}, {}, firstHead, n}) : loops.real(0.0), sum, {n});
  });
}

void ChunkedPiece::storeState() {
  if (view.finalState.empty())
    return;
  loops.loop(loops.index(0), loops.index(view.sizes.dk), [&](Expr n) {
    eachFeature([&](Lanes l) {
      Point at = {b, {}, {}, firstHead, n, feature(l)};
      view.store(loops.load(state, {n, l.first}, l.width), view.finalState[0], at);
    });
    if (view.finalState.size() > 1)
      loops.when(pieceNumber == 0.0,
                 [&]() { view.store(loops.load(sum, {n}), view.finalState[1], {b, {}, {}, firstHead, n}); });
  });
}

/// Rows r .. r + 3 of (Q E) . S.
Exprs ChunkedPiece::readState(const Operand &rows, Expr h, Expr r, Lanes l) {
  Exprs sums(rowBlock, loops.real(0.0, l.width));
  sums = loops.loop(loops.index(0), loops.index(view.sizes.dk), sums, [&](Expr n, ArrayRef<Expr> carried) {
    Expr s = loops.load(state, {n, l.first}, l.width);
    Exprs next;
    for (int64_t i = 0; i < rowBlock; ++i)
      next.push_back(fma(chunks.reach(rows, h, r + loops.index(i), n), s, carried[i]));
    return next;
  });
  for (int64_t i = 0; i < rowBlock; ++i)
    if (Expr factor = chunks.reachFactor(r + loops.index(i)))
      sums[i] = sums[i] * factor;
  return sums;
}

void ChunkedPiece::updateState() {
  int64_t dk = view.sizes.dk, full = dk / rowBlock * rowBlock;
  loops.loop(loops.index(0), loops.index(full), [&](Expr n) { updateRows(n, rowBlock); }, rowBlock);
  if (full < dk)
    updateRows(loops.index(full), dk - full);
}

void ChunkedPiece::updateRows(Expr n, int64_t rows) {
  eachFeature([&](Lanes l) {
    Exprs sums;
    for (int64_t i = 0; i < rows; ++i) {
      Expr row = n + loops.index(i);
      sums.push_back(loops.load(state, {row, l.first}, l.width) * chunks.keep(row));
    }
    sums = loops.loop(loops.index(0), place.count, sums, [&](Expr j, ArrayRef<Expr> carried) {
      Expr u = update(j, l);
      Exprs next;
      for (int64_t i = 0; i < rows; ++i)
        next.push_back(fma(chunks.rest(j, n + loops.index(i)), u, carried[i]));
      return next;
    });
    for (int64_t i = 0; i < rows; ++i)
      loops.store(sums[i], state, {n + loops.index(i), l.first});
  });
}

void ChunkedPiece::updateSum() {
  loops.loop(loops.index(0), loops.index(view.sizes.dk), [&](Expr n) {
    Expr kept = loops.load(sum, {n}) * chunks.keep(n);
    Expr next = loops.sum(loops.index(0), place.count, kept,
                          [&](Expr j, Expr acc) { return fma(chunks.rest(j, n), loops.load(units, {j}), acc); });
    loops.store(next, sum, {n});
  });
}

} // namespace heddle::kernels
