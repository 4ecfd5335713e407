// Position-only weights by fast Fourier transforms: the same sums as evaluateParallel in O(T log T) time, for the
// double evaluations that recognising and proving a convolution takes.
#include "dialects/mixer/reference/MixFaces.h"

#include <cmath>
#include <unsupported/Eigen/FFT>

using namespace mlir;

namespace heddle {
namespace {

// Pairs of tokens from which on transforms are faster than loops.
constexpr double kFewestPairs = 16384;

using Reals = std::vector<double>;
using Spectrum = std::vector<std::complex<double>>;

/// o = sum_j cos or sin of 2 pi i j / S, v_j: the real part of the transform, or its imaginary part with the other
/// sign.
Reals transform(Eigen::FFT<double> &fft, const Reals &tokens, mixer::StructuredKind kind) {
  Spectrum spectrum;
  fft.fwd(spectrum, tokens);
  Reals output(tokens.size());
  for (auto [number, bin] : llvm::zip_equal(output, spectrum))
    number = kind == mixer::StructuredKind::Cosine ? bin.real() : -bin.imag();
  return output;
}

/// o_i = sum_j taps[i - j + center] v_j.
Reals convolve(Eigen::FFT<double> &fft, Reals tokens, Reals taps, int64_t center) {
  size_t count = tokens.size(), length = llvm::PowerOf2Ceil(count + taps.size());
  tokens.resize(length);
  taps.resize(length);
  Spectrum values, kernel;
  fft.fwd(values, tokens);
  fft.fwd(kernel, taps);
  for (auto [value, factor] : llvm::zip_equal(values, kernel))
    value *= factor;
  Reals whole;
  fft.inv(whole, values);
  whole.resize(std::max(whole.size(), center + count)); // behind all taps there is nothing
  return Reals(whole.begin() + center, whole.begin() + center + count);
}

/// The taps of a channel that the support lets through.
Reals tapsOf(const MixProblem<double> &problem, mixer::ToeplitzAttr toeplitz, Head head, int64_t d) {
  const MixOperand<double> &kernel = problem.transport[0]; // [H|1, dv|1, K]
  int64_t length = kernel.shape[2];
  const double *first = kernel.row(0, 0, head) + (kernel.shape[1] == 1 ? 0 : d) * length;
  Reals taps(first, first + length);
  if (problem.mix.getSupport().isCausal())
    std::fill(taps.begin(), taps.begin() + std::min(length, toeplitz.getCenter()), 0.0);
  return taps;
}

bool allFinite(const Reals &numbers) {
  return llvm::all_of(numbers, [](double number) { return std::isfinite(number); });
}

} // namespace

bool hasSpectrum(mixer::MixOp mix, int64_t tokens, int64_t keys) {
  auto structured = dyn_cast<mixer::StructuredAttr>(mix.getTransport());
  auto toeplitz = dyn_cast<mixer::ToeplitzAttr>(mix.getTransport());
  if (!toeplitz && (!structured || structured.getKind() == mixer::StructuredKind::Dense))
    return false;
  bool isPlain = !mix.getQuery() && !mix.getKey() && !mix.getCurrent() && !mix.getSegments() && !mix.getPositions() &&
                 !mix.getPastKey() && !mix.hasScoreRegion() && !mix.getBias() &&
                 mix.getNorm().getKind() == mixer::NormKind::None && mix.getOrder() == mixer::Order::Forward;
  bool seesAll = mix.getSupport().isFull() || (toeplitz && isa<mixer::CausalAttr>(mix.getSupport()));
  return isPlain && seesAll && tokens == keys && double(tokens) * double(keys) >= kFewestPairs;
}

std::optional<MixResult<double>> evaluateSpectrum(const MixProblem<double> &problem) {
  const mixer::MixSizes &sizes = problem.sizes;
  if (!hasSpectrum(problem.mix, sizes.T, sizes.S) || !allFinite(problem.value.data))
    return std::nullopt; // a transform would spread what is not finite to all tokens
  auto toeplitz = dyn_cast<mixer::ToeplitzAttr>(problem.mix.getTransport());
  if (toeplitz && !allFinite(problem.transport[0].data))
    return std::nullopt;
  MixResult<double> result;
  result.output.resize(sizes.B * sizes.T * sizes.Ho * sizes.dv);
  Eigen::FFT<double> fft;
  for (int64_t b = 0; b < sizes.B; ++b)
    for (int64_t channel = 0; channel < sizes.Ho * sizes.dv; ++channel) {
      Head head{channel / sizes.dv, sizes.Ho};
      int64_t d = channel % sizes.dv;
      Reals tokens(sizes.S);
      for (int64_t j = 0; j < sizes.S; ++j)
        tokens[j] = problem.valueRow(b, j, head)[d];
      Reals output = toeplitz
                         ? convolve(fft, tokens, tapsOf(problem, toeplitz, head, d), toeplitz.getCenter())
                         : transform(fft, tokens, cast<mixer::StructuredAttr>(problem.mix.getTransport()).getKind());
      for (int64_t i = 0; i < sizes.T; ++i)
        result.output[(b * sizes.T + i) * sizes.Ho * sizes.dv + channel] = output[i];
    }
  return result;
}

} // namespace heddle
