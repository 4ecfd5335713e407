// Fast Fourier transform of a position-only kernel, in blocks of P = 128 tokens (uniformly partitioned overlap-save).
//
//   H_m = FFT of taps [m P, (m + 1) P), padded with zeros to 2 P
//   X_r = FFT of values [(r - 1) P, (r + 1) P)
//   y[q P .. (q + 1) P) = second half of the inverse FFT of sum_m X_{q-m} H_m;     o_i = y[i + center]
//
// Transforms of a fixed length keep every buffer an affine function of the sizes and every loop static. The lanes are
// channels. Forward transforms decimate in frequency and leave their bins in bit-reversed order, products do not care,
// and the inverse one decimates in time: no reordering pass.
#include "passes/kernels/FlatTokens.h"
#include "passes/kernels/Kernels.h"

using namespace mlir;

namespace heddle::kernels {
namespace {

constexpr int64_t block = 128;
constexpr int64_t bins = 2 * block;

struct Complex {
  Expr re, im;
};

class FftKernel {
public:
  explicit FftKernel(MixView &view)
      : view(view), loops(view.loops), order(view.sweeps().front()), values(view, view.value, /*isOutput=*/false),
        output(view, view.output, /*isOutput=*/true), channels(view.sizes.Ho * view.sizes.dv),
        center(cast<mixer::ToeplitzAttr>(view.op.getTransport()).getCenter()) {}
  void emit();

private:
  void fillTwiddles();
  void transformTaps();
  void transformValues();
  void multiplyBack();
  Expr tap(Expr index, Expr channel);
  void forward(Value data, int64_t width);
  void inverse(Value data, int64_t width);
  void eachButterfly(int64_t length, function_ref<void(Expr, Expr, Complex)> body);
  Complex load(Value data, Expr n, int64_t width) {
    return {loops.load(data, {n, loops.index(0), loops.index(0)}, width),
            loops.load(data, {n, loops.index(1), loops.index(0)}, width)};
  }
  void store(Complex x, Value data, Expr n) {
    loops.store(x.re, data, {n, loops.index(0), loops.index(0)});
    loops.store(x.im, data, {n, loops.index(1), loops.index(0)});
  }
  Value workspace(int64_t width) { return loops.scratch({bins, 2, std::max<int64_t>(width, 1)}); }
  void writeSpectrum(Value data, Value spectra, ArrayRef<Expr> place, Lanes lanes);
  Expr blocks(Expr count) { return (count + loops.index(block - 1)) / loops.index(block); }

  MixView &view;
  LoopBuilder &loops;
  Sweep order;
  FlatTokens values, output;
  int64_t channels, center, tapChannels = 1;
  Expr taps, tapBlocks, valueBlocks;
  Value twiddles, tapSpectra, valueSpectra; // [block, 2], [m, bin, 2, channels|1], [b, r, bin, 2, channels]
};

} // namespace

//===--- transforms -----------------------------------------------------------------------===//

/// twiddles[k] = exp(-2 pi i k / (2 P)).
void FftKernel::fillTwiddles() {
  twiddles = loops.buffer({loops.index(block), loops.index(2)});
  loops.kernel("mix_fft_table", {loops.index(block)}, 32, [&](ArrayRef<Expr> at) {
    Expr angle = loops.toReal(at[0]) * (-2.0 * M_PI / bins);
    loops.store(cos(angle), twiddles, {at[0], loops.index(0)});
    loops.store(sin(angle), twiddles, {at[0], loops.index(1)});
  });
}

/// Pairs (n, n + length / 2) of every group of `length` bins, with their twiddle factor.
void FftKernel::eachButterfly(int64_t length, function_ref<void(Expr, Expr, Complex)> body) {
  int64_t half = length / 2, stride = bins / length;
  Expr zero = loops.index(0);
  loops.loop(zero, loops.index(half), [&](Expr k) {
    Expr place = k * loops.index(stride);
    Complex twiddle = {loops.load(twiddles, {place, zero}), loops.load(twiddles, {place, loops.index(1)})};
    loops.loop(
        zero, loops.index(bins), [&](Expr start) { body(start + k, start + k + loops.index(half), twiddle); }, length);
  });
}

void FftKernel::forward(Value data, int64_t width) {
  for (int64_t length = bins; length >= 2; length /= 2)
    eachButterfly(length, [&](Expr low, Expr high, Complex w) {
      Complex a = load(data, low, width), b = load(data, high, width);
      Complex d = {a.re - b.re, a.im - b.im};
      store({a.re + b.re, a.im + b.im}, data, low);
      store({d.re * w.re - d.im * w.im, d.re * w.im + d.im * w.re}, data, high);
    });
}

/// Unscaled: a factor 1 / bins is left to the caller.
void FftKernel::inverse(Value data, int64_t width) {
  for (int64_t length = 2; length <= bins; length *= 2)
    eachButterfly(length, [&](Expr low, Expr high, Complex w) {
      Complex a = load(data, low, width), b = load(data, high, width);
      Complex t = {b.re * w.re + b.im * w.im, b.im * w.re - b.re * w.im};
      store({a.re + t.re, a.im + t.im}, data, low);
      store({a.re - t.re, a.im - t.im}, data, high);
    });
}

void FftKernel::writeSpectrum(Value data, Value spectra, ArrayRef<Expr> place, Lanes lanes) {
  loops.loop(loops.index(0), loops.index(bins), [&](Expr n) {
    Complex x = load(data, n, lanes.width);
    Exprs index(place);
    index.append({n, loops.index(0), lanes.first});
    loops.store(x.re, spectra, index);
    index[place.size() + 1] = loops.index(1);
    loops.store(x.im, spectra, index);
  });
}

//===--- spectra --------------------------------------------------------------------------===//

/// Tap `index` of a channel, 0 outside of the kernel and, for a causal support, for negative lags.
Expr FftKernel::tap(Expr index, Expr channel) {
  const Operand &kernel = view.transport[0];
  Expr dv = loops.index(view.sizes.dv), zero = loops.index(0);
  bool isCausal = view.op.getSupport().isCausal();
  Expr isInside = index < taps;
  if (isCausal)
    isInside = isInside & (loops.index(center) <= index);
  Expr head = kernel.size(0) == 1 ? zero : channel / dv / loops.index(view.sizes.Ho / kernel.size(0));
  Expr feature = kernel.size(1) == 1 ? zero : channel % dv;
  return loops.choose(
      isInside, [&]() { return Exprs{loops.load(kernel.memref, {head, feature, index})}; },
      [&]() { return Exprs{loops.real(0.0)}; })[0];
}

void FftKernel::transformTaps() {
  taps = loops.dim(view.transport[0].memref, 2);
  tapBlocks = blocks(taps);
  const Operand &kernel = view.transport[0];
  tapChannels = kernel.size(0) * kernel.size(1) == 1 ? 1 : channels;
  tapSpectra = loops.buffer({tapBlocks, loops.index(bins), loops.index(2), loops.index(tapChannels)});
  Exprs counts = {tapBlocks, loops.index(LoopBuilder::pieces(tapChannels, vectorLanes))};
  loops.kernel("mix_fft_taps", counts, 5 * bins * 8 * vectorLanes, [&](ArrayRef<Expr> at) {
    loops.piece(at[1], tapChannels, vectorLanes, [&](Lanes lanes) {
      Value data = workspace(lanes.width);
      loops.loop(loops.index(0), loops.index(bins),
                 [&](Expr n) { store({loops.real(0.0, lanes.width), loops.real(0.0, lanes.width)}, data, n); });
      loops.loop(loops.index(0), loops.index(block), [&](Expr n) {
        loops.loop(loops.index(0), loops.index(std::max<int64_t>(lanes.width, 1)), [&](Expr lane) {
          Expr entry = tap(at[0] * loops.index(block) + n, lanes.first + lane);
          loops.store(entry, data, {n, loops.index(0), lane});
        });
      });
      forward(data, lanes.width);
      writeSpectrum(data, tapSpectra, {at[0]}, lanes);
    });
  });
}

void FftKernel::transformValues() {
  valueBlocks = blocks(view.keyTokens) + 1;
  valueSpectra = loops.buffer({view.batch, valueBlocks, loops.index(bins), loops.index(2), loops.index(channels)});
  Exprs counts = {view.batch, valueBlocks, loops.index(LoopBuilder::pieces(channels, vectorLanes))};
  loops.kernel("mix_fft_values", counts, 5 * bins * 8 * vectorLanes, [&](ArrayRef<Expr> at) {
    loops.piece(at[2], channels, vectorLanes, [&](Lanes lanes) {
      Value data = workspace(lanes.width);
      Expr zeros = loops.real(0.0, lanes.width), zero = loops.index(0);
      loops.loop(zero, loops.index(bins), [&](Expr n) {
        Expr position = (at[1] - 1) * loops.index(block) + n;
        Expr isInside = (zero <= position) & (position < view.keyTokens);
        Expr token = view.token(order, position, view.keyTokens);
        Expr v = loops.choose(
            isInside, [&]() { return Exprs{values.load(at[0], token, lanes.first, lanes.width)}; },
            [&]() { return Exprs{zeros}; })[0];
        store({v, zeros}, data, n);
      });
      forward(data, lanes.width);
      writeSpectrum(data, valueSpectra, {at[0], at[1]}, lanes);
    });
  });
}

//===--- products -------------------------------------------------------------------------===//

void FftKernel::multiplyBack() {
  Expr zero = loops.index(0), one = loops.index(1), firstBlock = loops.index(center / block);
  Expr count = blocks(view.queryTokens + loops.index(center)) - firstBlock;
  Exprs counts = {view.batch, count, loops.index(LoopBuilder::pieces(channels, vectorLanes))};
  loops.kernel("mix_fft_multiply", counts, 64 * 8 * bins * vectorLanes, [&](ArrayRef<Expr> at) {
    Expr q = at[1] + firstBlock;
    loops.piece(at[2], channels, vectorLanes, [&](Lanes lanes) {
      Value data = workspace(lanes.width);
      Expr zeros = loops.real(0.0, lanes.width);
      loops.loop(zero, loops.index(bins), [&](Expr n) { store({zeros, zeros}, data, n); });
      // Value block r = q - m exists for m in (q - blocks, q].
      Expr begin = max(zero, q - valueBlocks + 1), end = min(tapBlocks, q + 1);
      loops.loop(begin, end, [&](Expr m) {
        loops.loop(zero, loops.index(bins), [&](Expr n) {
          bool isShared = tapChannels == 1;
          Expr channel = isShared ? zero : lanes.first, r = q - m;
          int64_t width = isShared ? 0 : lanes.width;
          Complex h = {loops.load(tapSpectra, {m, n, zero, channel}, width),
                       loops.load(tapSpectra, {m, n, one, channel}, width)};
          Complex x = {loops.load(valueSpectra, {at[0], r, n, zero, lanes.first}, lanes.width),
                       loops.load(valueSpectra, {at[0], r, n, one, lanes.first}, lanes.width)};
          Complex sum = load(data, n, lanes.width);
          store({fma(h.re, x.re, sum.re - h.im * x.im), fma(h.re, x.im, fma(h.im, x.re, sum.im))}, data, n);
        });
      });
      inverse(data, lanes.width);
      loops.loop(loops.index(block), loops.index(bins), [&](Expr n) {
        Expr row = q * loops.index(block) + (n - loops.index(block)) - loops.index(center);
        loops.when((zero <= row) & (row < view.queryTokens), [&]() {
          Expr result = load(data, n, lanes.width).re * (1.0 / bins);
          output.store(result, at[0], view.token(order, row, view.queryTokens), lanes.first);
        });
      });
    });
  });
}

void FftKernel::emit() {
  fillTwiddles();
  transformTaps();
  transformValues();
  multiplyBack();
  output.finish();
}

void emitFft(MixView &view) { FftKernel(view).emit(); }

} // namespace heddle::kernels
