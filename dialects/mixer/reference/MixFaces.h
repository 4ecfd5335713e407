// The two faces of the template. Where both apply they are the same function; a unit test compares them.
#ifndef HEDDLE_DIALECTS_MIXER_REFERENCE_MIXFACES_H
#define HEDDLE_DIALECTS_MIXER_REFERENCE_MIXFACES_H

#include "dialects/mixer/reference/MixWeights.h"

namespace heddle {

/// Row-major [B, T, Ho, dv], and the state tensors in the order of MixOp::carriedState.
template <typename R> struct MixResult {
  std::vector<R> output;
  llvm::SmallVector<std::vector<R>, 3> states;
};

/// o_i = sum of weight(i, j) v_j over all pairs, divided by the sum of the weights when normalised. Every mixer
/// without carried state; O(T * S) time.
template <typename R> MixResult<R> evaluateParallel(const MixProblem<R> &problem, ScoreRegion &region);

/// S_t = Phi_t S_{t-1} + k_t v_t^T, o_t = q_t^T S_t: affine transports over the whole past. `initial` is empty or holds
/// one tensor per state part.
template <typename R>
MixResult<R> evaluateRecurrent(const MixProblem<R> &problem, llvm::ArrayRef<const ReferenceTensor *> initial);

/// True when transforms compute this mixer over so many tokens, in doubles: a position-only kernel, or cosines and
/// sines, where there are many pairs of tokens.
bool hasSpectrum(mixer::MixOp mix, int64_t tokens, int64_t keys);

/// The same as evaluateParallel to within the rounding of doubles, in O(T log T) time. None where hasSpectrum is false
/// or a number is not finite.
std::optional<MixResult<double>> evaluateSpectrum(const MixProblem<double> &problem);

/// True when evaluateRecurrent computes this mixer.
bool hasRecurrentFace(mixer::MixOp mix);

/// Transports given as regions: the region is interpreted for every token.
llvm::LogicalResult evaluateRegion(mixer::MixOp mix, const MixOperands &operands, Interpreter &interpreter,
                                   llvm::SmallVectorImpl<ReferenceTensor> &results);

} // namespace heddle
#endif
