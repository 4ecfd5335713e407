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
#ifndef HEDDLE_PASSES_KERNELS_FFTKERNEL_H
#define HEDDLE_PASSES_KERNELS_FFTKERNEL_H

#include "passes/kernels/Fft.h"
#include "passes/kernels/FlatTokens.h"
#include "passes/kernels/Kernels.h"

#include <optional>

namespace heddle::kernels {

/// Emits the form `fft` of one mixer: `emit` writes five kernels, which transform taps and values, multiply and
/// transform back.
class FftKernel {
public:
  explicit FftKernel(MixView &view)
      : view(view), loops(view.loops), order(view.sweeps().front()), values(view, view.value, /*isOutput=*/false),
        output(view, view.output, /*isOutput=*/true), channels(view.sizes.Ho * view.sizes.dv),
        center(llvm::cast<mixer::ToeplitzAttr>(view.op.getTransport()).getCenter()),
        pieces(LoopBuilder::pieces(channels, blockLanes)) {}
  void emit();

private:
  static constexpr int64_t blockLanes = 2 * vectorLanes; // channels of one transform

  /// One bin of all blocks of a sequence.
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
  void eachPart(Expr piece, llvm::function_ref<void(llvm::ArrayRef<Lanes>)> body);
  void separate(const FftPoints &points);
  void join(const FftPoints &points);
  void eachMirror(llvm::function_ref<void(Expr, Expr)> body);
  void multiplyPlace(const Place &at);
  Factor factorAt(const Place &at, Expr m);
  Complex addProduct(Complex sum, const Factor &h, Complex x);
  Exprs addEdge(const Place &at, Expr q, Expr begin, Expr end, llvm::ArrayRef<Expr> sums);
  Exprs addMiddle(const Place &at, Expr q, Expr begin, Expr end, llvm::ArrayRef<Expr> sums);
  Complex valuesAt(const Place &at, Expr r) { return pointsOf(spectra, {at.b, at.piece}, r, rows).load(at.place); }
  FftPoints pointsOf(mlir::Value buffer, llvm::ArrayRef<Expr> outer, Expr number, Expr count) {
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
  mlir::Value tapSpectra, spectra;             // [piece, place x block, 2, lanes], [b, piece, place x block, 2, lanes]
  std::optional<Fft> fft;
};

} // namespace heddle::kernels

#endif
