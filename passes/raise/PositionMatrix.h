// The matrix over tokens that a region with one linear input applies, as far as a few impulses show it.
//
//   o[b, i, h, d] = sum_j W[h, d][i, j] x[b, j, h, d]        impulse at token j of x  ->  column j of every W
#ifndef HEDDLE_PASSES_RAISE_POSITIONMATRIX_H
#define HEDDLE_PASSES_RAISE_POSITIONMATRIX_H

#include "passes/raise/LinearMixer.h"

namespace heddle {

struct PositionMatrix {
  Influence input;
  OutputDims dims;
  int64_t tokens = 0, heads = 1, features = 1; // of the probe

  /// Nothing where the region is not such a matrix.
  static std::optional<PositionMatrix> of(const Probe &probe);

  /// W[h, d][:, token] for all heads and features, [heads, features, tokens]. `component` chooses an element of the
  /// dimension that the output does not see (a real or imaginary part), `outputComponent` one of the output's own.
  std::optional<std::vector<double>> column(const Probe &probe, int64_t token, int64_t component = 0,
                                            int64_t outputComponent = 0) const;

  /// What the output is where the input is 0, [heads, features]; nothing where it is not the same for all tokens.
  std::optional<std::vector<double>> offset(const Probe &probe) const;

  /// `rows` of `count` numbers for each head and feature of the probe, repeated for as many as there are: a probe has
  /// fewer where all are alike.
  std::vector<double> allRows(llvm::ArrayRef<double> rows, int64_t count, int64_t allHeads, int64_t allFeatures) const;

  /// Dimension of the output that no dimension of the input chooses: the parts of a complex number.
  std::optional<int64_t> outputComponents;
};

/// mixer.mix of `value` [batch, token, head, feature] by a fixed matrix, with its weights if it has any.
mlir::Value buildPositionMixer(mlir::ImplicitLocOpBuilder &b, mlir::Value value, mlir::Value init,
                               mlir::ValueRange weights, mlir::Attribute support, mlir::Attribute transport);

} // namespace heddle

#endif
