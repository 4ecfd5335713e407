// The kernel of a long convolution, read off the matrix over tokens that a region applies.
//
//   impulse at the first token    taps of lag 0, 1, ..
//   impulse at the last token     taps of lag .., -1, 0
//   impulse in the middle         the same taps, or the matrix is no convolution
#ifndef HEDDLE_PASSES_RAISE_CONVOLUTIONKERNEL_H
#define HEDDLE_PASSES_RAISE_CONVOLUTIONKERNEL_H

#include "passes/raise/PositionMatrix.h"

namespace heddle {

/// Taps by lag from -center on, [heads, features, count].
struct ConvolutionKernel {
  std::vector<double> taps;
  int64_t count = 0, center = 0;

  /// Nothing where the matrix is no convolution or cannot be evaluated.
  static std::optional<ConvolutionKernel> of(const PositionMatrix &matrix, const Probe &probe);

  /// Whether every row holds the powers of one number: a decay, for which there are better forms.
  bool isGeometric() const;
};

/// The taps as a constant [head, feature, tap] for a region with an output of type `output`.
mlir::Value constantKernel(mlir::ImplicitLocOpBuilder &b, const ConvolutionKernel &kernel, const PositionMatrix &matrix,
                           mlir::RankedTensorType output);

/// A tensor of the region that is the kernel, as [head, feature, tap]: where the kernel is computed for the length at
/// hand, no constant can stand for it. Null where there is none.
mlir::Value kernelInRegion(mlir::ImplicitLocOpBuilder &b, const ConvolutionKernel &kernel, const PositionMatrix &matrix,
                           const TokenRegion &region, ConcreteSizes &sizes);

} // namespace heddle

#endif
