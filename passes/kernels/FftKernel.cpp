// Fast Fourier transform of a position-only kernel, in blocks of P tokens (uniformly partitioned overlap-save).
//
//   H_m = FFT of taps [m P, (m + 1) P), padded with zeros to 2 P
//   X_r = FFT of values [(r - 1) P, (r + 1) P)
//   Y_q = sum_m X_{q-m} H_m
//   y[q P .. (q + 1) P) = second half of the inverse FFT of Y_q;     o_i = y[i + center]
//
// P is 32, 256, 2,048 or 16,384, as the length at run time wants it: few blocks for products, transforms that fit into
// a core's cache. The lanes are channels, and two vectors of channels are the real and imaginary parts of one
// transform: z = a + i b. Of a bin k and its mirror N - k, which have the spectra of both in them, one place keeps that
// of a at k and the other that of b: so a product of spectra is a product of places. In bit-reversed order the mirror
// of a place differs in all bits below the highest one that is set; places 0 and 1 (k = 0 and N / 2) are their own
// mirrors and hold two real numbers.
//
// Products go place by place through all blocks, which lie side by side: each spectrum is read once. They overwrite the
// spectra of the values from the last block on, because no block needs one that follows.
//
// Sources: W. G. Gardner, "Efficient convolution without input-output delay", J. Audio Eng. Soc. 43, 1995 (partitions).
#include "passes/kernels/Fft.h"
#include "passes/kernels/FlatTokens.h"
#include "passes/kernels/Kernels.h"

#include <optional>

using namespace mlir;

namespace heddle::kernels {
namespace {

constexpr int64_t blockLanes = 2 * vectorLanes; // channels of one transform
constexpr int64_t rowBlock = 4;                 // blocks of a product at a time

/// The lengths of blocks, and up to how many taps each serves: a block is then at least a quarter of the taps, so that
/// products cost no more than transforms.
struct BlockChoice {
  int64_t block, levels, upTo;
};
constexpr BlockChoice choices[] = {{32, 2, 1024}, {256, 3, 8192}, {2048, 4, 131072}, {16384, 5, INT64_MAX}};

class FftKernel {
public:
  explicit FftKernel(MixView &view)
      : view(view), loops(view.loops), order(view.sweeps().front()), values(view, view.value, /*isOutput=*/false),
        output(view, view.output, /*isOutput=*/true), channels(view.sizes.Ho * view.sizes.dv),
        center(cast<mixer::ToeplitzAttr>(view.op.getTransport()).getCenter()),
        pieces(LoopBuilder::pieces(channels, blockLanes)) {}
  void emit();

private:
  struct Place {
    Expr b, piece, place;
  };
  struct Factor {
    Expr same, cross, own;
  };

  void chooseBlock();
  void transformTaps();
  void transformValues();
  void multiply();
  void transformBack();
  Expr tapLanes(Expr index, Lanes lanes);
  Expr valueLanes(Expr b, Expr position, Lanes lanes);
  void eachPart(Expr piece, function_ref<void(ArrayRef<Lanes>)> body);
  void separate(const FftPoints &points);
  void join(const FftPoints &points);
  void eachMirror(function_ref<void(Expr, Expr)> body);
  void multiplyPlace(const Place &at);
  Factor factorAt(const Place &at, Expr m);
  Complex addProduct(Complex sum, const Factor &h, Complex x);
  Exprs addEdge(const Place &at, Expr q, Expr begin, Expr end, ArrayRef<Expr> sums);
  Exprs addMiddle(const Place &at, Expr q, Expr begin, Expr end, ArrayRef<Expr> sums);
  Complex valuesAt(const Place &at, Expr r) { return pointsOf(spectra, {at.b, at.piece}, r, rows).load(at.place); }
  FftPoints pointsOf(Value buffer, ArrayRef<Expr> outer, Expr number, Expr count) {
    return {loops, buffer, Exprs(outer), number, count, vectorLanes};
  }
  Expr blocks(Expr count) { return (count + block - 1) / block; }
  Expr quotient(Expr count, Expr divisor) { return (count + divisor - 1) / divisor; }

  MixView &view;
  LoopBuilder &loops;
  Sweep order;
  FlatTokens values, output;
  int64_t channels, center, pieces, tapPieces = 1;
  Expr taps, block, levels, length;            // numbers of taps, of tokens in a block, of passes, of points
  Expr tapBlocks, valueBlocks, rows, firstRow; // numbers of blocks, and the first that is wanted
  Value tapSpectra, spectra;                   // [piece, place x block, 2, lanes], [b, piece, place x block, 2, lanes]
  std::optional<Fft> fft;
};

} // namespace

//===--- sizes ----------------------------------------------------------------------------===//

void FftKernel::chooseBlock() {
  taps = loops.dim(view.transport[0].memref, 2);
  Expr count = min(taps, view.keyTokens);
  block = loops.index(choices[0].block);
  levels = loops.index(choices[0].levels);
  for (size_t next = 1; next < std::size(choices); ++next) {
    Expr isLonger = loops.index(choices[next - 1].upTo) < count;
    block = select(isLonger, loops.index(choices[next].block), block);
    levels = select(isLonger, loops.index(choices[next].levels), levels);
  }
  length = block * loops.index(2);
  tapBlocks = blocks(taps);
  valueBlocks = blocks(view.keyTokens) + 1;
  firstRow = loops.index(center) / block;
  rows = max(valueBlocks, blocks(view.queryTokens + loops.index(center)));
  rows = rows + loops.index(1) - rows % loops.index(2); // an odd distance of places spreads them over a cache
}

//===--- spectra --------------------------------------------------------------------------===//

/// The channels of a piece: those of the real parts and, if there are more than a vector, those of the imaginary parts.
void FftKernel::eachPart(Expr piece, function_ref<void(ArrayRef<Lanes>)> body) {
  loops.piece(piece, channels, blockLanes, [&](Lanes lanes) {
    SmallVector<Lanes> parts = {{lanes.first, std::min(lanes.width, vectorLanes)}};
    if (lanes.width > vectorLanes)
      parts.push_back({lanes.first + vectorLanes, lanes.width - vectorLanes});
    body(parts);
  });
}

/// Tap `index` of some channels, 0 outside of the kernel and, for a causal support, for negative lags.
Expr FftKernel::tapLanes(Expr index, Lanes lanes) {
  const Operand &kernel = view.transport[0];
  Expr dv = loops.index(view.sizes.dv), zero = loops.index(0);
  auto one = [&](Expr channel) {
    Expr head = kernel.size(0) == 1 ? zero : channel / dv / loops.index(view.sizes.Ho / kernel.size(0));
    return loops.load(kernel.memref, {head, kernel.size(1) == 1 ? zero : channel % dv, index});
  };
  bool isShared = kernel.size(0) * kernel.size(1) == 1;
  Expr isInside = index < taps;
  if (view.op.getSupport().isCausal())
    isInside = isInside & (loops.index(center) <= index);
  auto inside = [&]() {
    if (isShared)
      return Exprs{loops.broadcast(one(zero), vectorLanes)};
    Exprs numbers;
    for (int64_t lane = 0; lane < std::max<int64_t>(lanes.width, 1); ++lane)
      numbers.push_back(one(lanes.first + lane));
    numbers.append(vectorLanes - numbers.size(), loops.real(0.0));
    return Exprs{loops.fromLanes(numbers)};
  };
  return loops.choose(isInside, inside, [&]() { return Exprs{loops.real(0.0, vectorLanes)}; })[0];
}

Expr FftKernel::valueLanes(Expr b, Expr position, Lanes lanes) {
  Expr isInside = (loops.index(0) <= position) & (position < view.keyTokens);
  Expr token = view.token(order, position, view.keyTokens);
  Expr inside = loops.choose(
      isInside, [&]() { return Exprs{values.load(b, token, lanes.first, lanes.width)}; },
      [&]() { return Exprs{loops.real(0.0, lanes.width)}; })[0];
  return loops.padLanes(inside, vectorLanes);
}

/// Every pair of places that are mirrors of each other: places [2^i, 2^(i + 1)) from both ends, i > 0.
void FftKernel::eachMirror(function_ref<void(Expr, Expr)> body) {
  Expr one = loops.index(1), two = loops.index(2);
  Expr count = loops.index(3) * levels - one; // length is 2^(3 levels)
  loops.loop(loops.index(0), count, {one}, [&](Expr, ArrayRef<Expr> half) {
    loops.loop(loops.index(0), half[0], [&](Expr n) { body(half[0] * two + n, half[0] * loops.index(4) - one - n); });
    return Exprs{half[0] * two};
  });
}

/// Spectra of a + i b become those of a and b, doubled.
void FftKernel::separate(const FftPoints &points) {
  eachMirror([&](Expr low, Expr high) {
    Complex x = points.load(low), y = points.load(high);
    points.store({x.re + y.re, x.im - y.im}, low);
    points.store({x.im + y.im, y.re - x.re}, high);
  });
  for (int64_t place : {0, 1}) {
    Complex x = points.load(loops.index(place));
    points.store({x.re + x.re, x.im + x.im}, loops.index(place));
  }
}

/// Spectra of a and b become that of a + i b.
void FftKernel::join(const FftPoints &points) {
  eachMirror([&](Expr low, Expr high) {
    Complex a = points.load(low), b = points.load(high);
    points.store({a.re - b.im, a.im + b.re}, low);
    points.store({a.re + b.im, b.re - a.im}, high);
  });
}

/// Scaled by what both separations and the inverse transform leave out.
void FftKernel::transformTaps() {
  const Operand &kernel = view.transport[0];
  tapPieces = kernel.size(0) * kernel.size(1) == 1 ? 1 : pieces;
  Expr bound = (min(taps, view.keyTokens) / 4 + choices[0].block) * 2 + taps * 2;
  tapSpectra = loops.buffer({loops.index(tapPieces), bound, loops.index(2), loops.index(vectorLanes)});
  Exprs counts = {loops.index(tapPieces), tapBlocks};
  loops.kernel("mix_fft_taps", counts, 40 * 512 * blockLanes, [&](ArrayRef<Expr> at) {
    FftPoints points = pointsOf(tapSpectra, {at[0]}, at[1], tapBlocks);
    Expr scale = loops.real(0.25) / loops.toReal(length);
    eachPart(at[0], [&](ArrayRef<Lanes> parts) {
      fft->forward(points, [&](int64_t part, Expr point) {
        if (part >= 4) // the half that is padding
          return Complex();
        Expr index = at[1] * block + point;
        Expr re = tapLanes(index, parts[0]) * scale;
        return Complex{re, parts.size() > 1 ? tapLanes(index, parts[1]) * scale : loops.real(0.0, vectorLanes)};
      });
    });
    separate(points);
  });
}

void FftKernel::transformValues() {
  Expr tokens = max(view.keyTokens, view.queryTokens + loops.index(center));
  Expr bound = tokens * 2 + (min(taps, view.keyTokens) / 4 + choices[0].block) * 6;
  spectra = loops.buffer({view.batch, loops.index(pieces), bound, loops.index(2), loops.index(vectorLanes)});
  Exprs counts = {view.batch, loops.index(pieces), valueBlocks};
  loops.kernel("mix_fft_values", counts, 40 * 512 * blockLanes, [&](ArrayRef<Expr> at) {
    FftPoints points = pointsOf(spectra, {at[0], at[1]}, at[2], rows);
    eachPart(at[1], [&](ArrayRef<Lanes> parts) {
      fft->forward(points, [&](int64_t, Expr point) {
        Expr position = (at[2] - 1) * block + point;
        Expr re = valueLanes(at[0], position, parts[0]);
        return Complex{re, parts.size() > 1 ? valueLanes(at[0], position, parts[1]) : loops.real(0.0, vectorLanes)};
      });
    });
    separate(points);
  });
}

//===--- products -------------------------------------------------------------------------===//

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

//===--- back to tokens -------------------------------------------------------------------===//

void FftKernel::transformBack() {
  Expr count = blocks(view.queryTokens + loops.index(center)) - firstRow;
  loops.kernel("mix_fft_back", {view.batch, loops.index(pieces), count}, 40 * 512 * blockLanes, [&](ArrayRef<Expr> at) {
    Expr q = at[2] + firstRow;
    FftPoints points = pointsOf(spectra, {at[0], at[1]}, q, rows);
    join(points);
    eachPart(at[1], [&](ArrayRef<Lanes> parts) {
      fft->inverse(points, [&](int64_t part, Expr point, Complex number) {
        if (part < 4) // the half that wraps around
          return;
        Expr row = q * block + point - block - loops.index(center);
        loops.when((loops.index(0) <= row) & (row < view.queryTokens), [&]() {
          Expr token = view.token(order, row, view.queryTokens);
          output.store(loops.firstLanes(number.re, parts[0].width), at[0], token, parts[0].first);
          if (parts.size() > 1)
            output.store(loops.firstLanes(number.im, parts[1].width), at[0], token, parts[1].first);
        });
      });
    });
  });
}

void FftKernel::emit() {
  chooseBlock();
  fft.emplace(loops, length, levels);
  fft->fillTwiddles(min(taps, view.keyTokens) / loops.index(2) + loops.index(2 * choices[0].block));
  transformTaps();
  transformValues();
  multiply();
  transformBack();
  output.finish();
}

void emitFft(MixView &view) { FftKernel(view).emit(); }

} // namespace heddle::kernels
