// Sizes, spectra and the way back to tokens; products stand in FftProducts.cpp.
#include "passes/kernels/FftKernel.h"

using namespace mlir;

namespace heddle::kernels {

namespace {

/// The lengths of blocks, and up to how many taps each serves: a block is then a quarter of the taps at most, and a
/// thirty-second of them at least, where products cost about as much as transforms.
struct BlockChoice {
  int64_t block, levels, upTo;
};
constexpr BlockChoice choices[] = {{32, 2, 1024}, {256, 3, 8192}, {2048, 4, 131072}, {16384, 5, INT64_MAX}};

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
