// Fast Fourier transforms of length 8^levels on points that are two vectors each, in place, by radix 8.
//
// `forward` decimates in frequency: from natural order to bit-reversed order. `inverse` decimates in time, from
// bit-reversed order to natural order, and leaves out the factor 1 / length. What only multiplies bins needs no
// reordering. The largest pass of a transform reads from a source, or writes to a sink, instead of the points, so that
// loading and storing costs no pass of its own.
//
// The lanes of the vectors are independent: sixteen transforms at a time.
//
// Source of the decompositions: J. W. Cooley and J. W. Tukey, "An algorithm for the machine calculation of complex
// Fourier series", Math. Comp. 19, 1965; W. M. Gentleman and G. Sande, "Fast Fourier transforms: for fun and profit",
// AFIPS 1966.
#ifndef HEDDLE_PASSES_KERNELS_FFT_H
#define HEDDLE_PASSES_KERNELS_FFT_H

#include "passes/kernels/LoopBuilder.h"

namespace heddle::kernels {

/// An empty one is zero.
struct Complex {
  Expr re, im;
  explicit operator bool() const { return static_cast<bool>(re); }
};

/// Points of one transform in a buffer [.., points, 2, lanes]: point n is at place + n * stride.
struct FftPoints {
  LoopBuilder &loops;
  mlir::Value buffer;
  Exprs outer; // the indices in front of the points
  Expr place, stride;
  int64_t lanes;

  Complex load(Expr point) const;
  void store(Complex number, Expr point) const;

private:
  Exprs index(Expr point, int64_t part) const;
};

class Fft {
public:
  /// A transform of `length` = 8^`levels` points, levels at least 2 and at most `maxLevels`.
  Fft(LoopBuilder &loops, Expr length, Expr levels) : loops(loops), length(length), levels(levels) {}

  static constexpr int64_t maxLevels = 5;

  /// Computes the twiddle factors of all passes: a kernel and a buffer of at most 2 `bound` numbers, for lengths up to
  /// `bound`.
  void fillTwiddles(Expr bound);

  /// The point of a number; an empty number is zero. `part` is the eighth of the sequence that it lies in.
  using Source = llvm::function_ref<Complex(int64_t part, Expr point)>;
  using Sink = llvm::function_ref<void(int64_t part, Expr point, Complex number)>;
  void forward(const FftPoints &points, Source source) const;
  void inverse(const FftPoints &points, Sink sink) const;

private:
  void eachGroup(Expr groupLength, llvm::function_ref<void(Expr first, Expr k)> body) const;
  void butterfly(Expr groupLength, Expr first, Expr k, Source load, Sink store) const;
  void inverseButterfly(Expr groupLength, Expr first, Expr k, Source load, Sink store) const;
  Complex twiddle(Expr groupLength, Expr k, int64_t power) const;

  LoopBuilder &loops;
  Expr length, levels;
  mlir::Value twiddles; // of group length m, m / 8 numbers for each power 1 .. 7: real parts, imaginary parts; from m /
                        // 4 - 16 on
};

} // namespace heddle::kernels

#endif
