// Weights that depend on positions alone: Toeplitz kernels and fixed matrices.
#include "dialects/mixer/reference/MixWeights.h"
#include <cmath>

using namespace mlir;

namespace heddle {

template <typename R>
static R toeplitzWeight(const MixProblem<R> &problem, mixer::ToeplitzAttr toeplitz, Head head, int64_t lag, int64_t d) {
  const MixOperand<R> &kernel = problem.transport[0]; // [H|1, dv|1, K]
  int64_t channels = kernel.shape[1], length = kernel.shape[2], tap = lag + toeplitz.getCenter();
  if (tap < 0 || tap >= length)
    return 0;
  return kernel.row(0, 0, head)[(channels == 1 ? 0 : d) * length + tap];
}

template <typename R> R positionWeight(const MixProblem<R> &problem, Head head, int64_t i, int64_t j, int64_t d) {
  Attribute transport = problem.mix.getTransport();
  if (auto toeplitz = dyn_cast<mixer::ToeplitzAttr>(transport))
    return toeplitzWeight(problem, toeplitz, head, i - j, d);
  int64_t keys = problem.sizes.S;
  mixer::StructuredKind kind = cast<mixer::StructuredAttr>(transport).getKind();
  if (kind == mixer::StructuredKind::Dense)
    return problem.transport[0].row(0, 0, head)[i * keys + j];
  R angle = R(2.0 * M_PI) * R(i * j % keys) / R(keys);
  return kind == mixer::StructuredKind::Cosine ? std::cos(angle) : std::sin(angle);
}

template double positionWeight(const MixProblem<double> &, Head, int64_t, int64_t, int64_t);
template float positionWeight(const MixProblem<float> &, Head, int64_t, int64_t, int64_t);

} // namespace heddle
