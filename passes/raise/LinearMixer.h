// A mixer whose weights are products of queries, keys and decays, as a probe reads it off a region.
//
//   o_i = scale * sum_{j in support(i)} (q_i . exp(a_{j+1} + .. + a_i) k_j) v_j
//
// With a step b it is a delta rule: v_j becomes b_j (v_j - what the state in front of j holds for k_j).
//
// Everything but one of key and value may be absent: a sum along tokens has neither query nor key, a sum of weights has
// no value. Decays that are the same for all tokens are measured, where they are an input it is found out what of it is
// the logarithm.
#ifndef HEDDLE_PASSES_RAISE_LINEARMIXER_H
#define HEDDLE_PASSES_RAISE_LINEARMIXER_H

#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "passes/raise/Probe.h"

namespace heddle {

/// Dimensions of the output by what they are for.
struct OutputDims {
  int64_t token = 0;
  std::optional<int64_t> batch, head, feature;
};

enum class DecayKind {
  None,
  Constant,  // measured: the same at every token
  Logarithm, // an input, times a factor
  Factor     // an input whose products are taken
};

struct LinearMixer {
  std::optional<Influence> query, key, value, decay;
  std::optional<Influence> step; // of a delta rule
  /// Whether the decay has its own element for each value feature.
  bool isElementwise = false;
  OutputDims dims;
  Reach reach = Reach::Past;
  double scale = 1;
  DecayKind decayKind = DecayKind::None;
  double logFactor = 1;
  llvm::SmallVector<double> logDecays; // of the probe's heads, where measured
  /// Tokens that are seen before the current one, where those further away are not.
  std::optional<int64_t> window;

  const Influence &source() const { return value ? *value : *key; }
};

/// Nothing, and in `why` a reason, where the region is not such a mixer.
std::optional<LinearMixer> readLinearMixer(const Probe &probe, std::string &why);

/// The dimensions of the output by what the inputs choose in them; `isShared` are those that others than the value
/// choose. Nothing where there are more than a batch, a head and a feature.
std::optional<OutputDims> readOutputDims(const Probe &probe, const Influence &value,
                                         llvm::function_ref<bool(int64_t)> isShared);

/// The only dimension of the input, larger than 1, that chooses nothing in the output; -1 where there are several.
std::optional<int64_t> contractedDim(const Influence &influence);

/// mixer.mix on the inputs of the region, under the type of its output. Null where an input does not fit.
mlir::Value buildLinearMixer(mlir::ImplicitLocOpBuilder &b, const LinearMixer &mixer, mlir::Value output);

/// A tensor for the output of a mixer, [batch, token, head, feature]; its sizes are those of the inputs.
mlir::Value emptyOutput(mlir::ImplicitLocOpBuilder &b, const OutputDims &dims, mlir::Value output,
                        llvm::ArrayRef<const Influence *> inputs);

} // namespace heddle

#endif
