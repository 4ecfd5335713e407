// Products of spectra, place by place.
#include "passes/kernels/FftKernel.h"

using namespace mlir;

namespace heddle::kernels {

constexpr int64_t rowBlock = 4; // blocks of a product at a time

/// The product of two places, (same x.re - cross x.im) + i (cross x.re + own x.im): of complex numbers, or of two real
/// ones.
FftKernel::Factor FftKernel::factorAt(const Place &at, Expr m) {
  Complex h = pointsOf(tapSpectra, {tapPieces == 1 ? loops.index(0) : at.piece}, m, tapBlocks).load(at.place);
  Expr isReal = at.place < loops.index(2);
  return {h.re, select(isReal, loops.real(0.0, vectorLanes), h.im), select(isReal, h.im, h.re)};
}

Complex FftKernel::addProduct(Complex sum, const Factor &h, Complex x) {
  return {fma(h.same, x.re, fma(-h.cross, x.im, sum.re)), fma(h.cross, x.re, fma(h.own, x.im, sum.im))};
}

/// Blocks r for which some of the four pairs do not exist.
Exprs FftKernel::addEdge(const Place &at, Expr q, Expr begin, Expr end, ArrayRef<Expr> sums) {
  return loops.loop(begin, end, sums, [&](Expr r, ArrayRef<Expr> carried) {
    Complex x = valuesAt(at, r);
    Exprs next;
    for (int64_t j = 0; j < rowBlock; ++j) {
      Expr m = q + loops.index(j) - r, last = tapBlocks - 1;
      Expr exists = (loops.index(0) <= m) & (m <= last);
      Factor h = factorAt(at, min(max(m, loops.index(0)), last));
      Complex old = {carried[2 * j], carried[2 * j + 1]}, sum = addProduct(old, h, x);
      next.append({select(exists, sum.re, old.re), select(exists, sum.im, old.im)});
    }
    return next;
  });
}

/// Blocks r that meet H_{q-r} .. H_{q+3-r}: three of the factors are those of the block before.
Exprs FftKernel::addMiddle(const Place &at, Expr q, Expr begin, Expr end, ArrayRef<Expr> sums) {
  Exprs carried(sums);
  for (int64_t j = 1; j < rowBlock; ++j) {
    Factor h = factorAt(at, max(loops.index(0), min(q + loops.index(j) - begin, tapBlocks - 1)));
    carried.append({h.same, h.cross, h.own});
  }
  Exprs last = loops.loop(begin, end, carried, [&](Expr r, ArrayRef<Expr> state) {
    SmallVector<Factor> window = {factorAt(at, q - r)};
    for (size_t at = 2 * rowBlock; at < state.size(); at += 3)
      window.push_back({state[at], state[at + 1], state[at + 2]});
    Complex x = valuesAt(at, r);
    Exprs next;
    for (int64_t j = 0; j < rowBlock; ++j) {
      Complex sum = addProduct({state[2 * j], state[2 * j + 1]}, window[j], x);
      next.append({sum.re, sum.im});
    }
    for (const Factor &h : ArrayRef(window).drop_back())
      next.append({h.same, h.cross, h.own});
    return next;
  });
  last.truncate(2 * rowBlock);
  return last;
}

/// All blocks at one place, four at a time from the last one on: X_r meets H_{q+j-r} for j < 4.
void FftKernel::multiplyPlace(const Place &at) {
  Expr zero = loops.index(0), four = loops.index(rowBlock);
  Expr endRow = blocks(view.queryTokens + loops.index(center)), groups = quotient(endRow - firstRow, four);
  loops.loop(zero, groups, [&](Expr group) {
    Expr q = firstRow + (groups - 1 - group) * four;
    Expr begin = max(zero, q + 1 - tapBlocks), end = max(begin, min(valueBlocks, q + four));
    Expr middle = min(end, max(begin, q + four - tapBlocks)), middleEnd = max(middle, min(end, q + 1));
    Exprs sums(2 * rowBlock, loops.real(0.0, vectorLanes));
    sums = addEdge(at, q, begin, middle, sums);
    sums = addMiddle(at, q, middle, middleEnd, sums);
    sums = addEdge(at, q, middleEnd, end, sums);
    for (int64_t j = 0; j < rowBlock; ++j)
      loops.when(q + loops.index(j) < endRow, [&]() {
        pointsOf(spectra, {at.b, at.piece}, q + loops.index(j), rows).store({sums[2 * j], sums[2 * j + 1]}, at.place);
      });
  });
}

void FftKernel::multiply() {
  loops.kernel("mix_fft_multiply", {view.batch, loops.index(pieces), length}, 64 * 16 * blockLanes,
               [&](ArrayRef<Expr> at) { multiplyPlace({at[0], at[1], at[2]}); });
}

} // namespace heddle::kernels
