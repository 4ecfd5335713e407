#include "dialects/mixer/reference/MixFaces.h"
#include <cmath>

using namespace mlir;

namespace heddle {
namespace {

// sum_j w_j v_j and sum_j w_j, both divided by exp(shift).
template <typename R> struct RowSums {
  std::vector<R> weighted, weights; // dv, weightsPerPair
  R shift = 0;

  void rescale(R newShift) {
    R factor = std::exp(shift - newShift);
    for (std::vector<R> *sums : {&weighted, &weights})
      for (R &sum : *sums)
        sum *= factor;
    shift = newShift;
  }
};

template <typename R>
RowSums<R> sumRow(const MixProblem<R> &problem, int64_t batch, Head head, const WeightRow<R> &row) {
  int64_t dv = problem.sizes.dv, columns = problem.weightsPerPair();
  RowSums<R> sums{std::vector<R>(dv, R(0)), std::vector<R>(columns, R(0)), row.shift};
  for (auto [n, token] : llvm::enumerate(row.tokens)) {
    const R *weights = row.factors.data() + n * columns, *v = problem.valueRow(batch, token, head);
    for (int64_t d = 0; d < dv; ++d)
      sums.weighted[d] += weights[columns == 1 ? 0 : d] * v[d];
    for (int64_t d = 0; d < columns; ++d)
      sums.weights[d] += weights[d];
  }
  return sums;
}

// Sums of two passes over disjoint pairs.
template <typename R> RowSums<R> merge(RowSums<R> left, RowSums<R> right) {
  R shift = std::max(left.shift, right.shift);
  left.rescale(shift);
  right.rescale(shift);
  for (size_t d = 0; d < left.weighted.size(); ++d)
    left.weighted[d] += right.weighted[d];
  for (size_t d = 0; d < left.weights.size(); ++d)
    left.weights[d] += right.weights[d];
  return left;
}

template <typename R> void finishRow(const MixProblem<R> &problem, const RowSums<R> &sums, R *output) {
  for (int64_t d = 0; d < problem.sizes.dv; ++d) {
    if (!problem.isNormalised()) {
      output[d] = sums.weighted[d] * std::exp(sums.shift);
      continue;
    }
    R total = sums.weights[sums.weights.size() == 1 ? 0 : d] + problem.epsilonAt(sums.shift);
    output[d] = total == 0 ? R(0) : sums.weighted[d] / total;
  }
}

} // namespace

template <typename R> MixResult<R> evaluateParallel(const MixProblem<R> &problem, ScoreRegion &region) {
  const mixer::MixSizes &sizes = problem.sizes;
  mixer::Order order = problem.mix.getOrder();
  MixWeights<R> weights(problem, region);
  MixResult<R> result;
  result.output.resize(sizes.B * sizes.T * sizes.Ho * sizes.dv);
  auto sumPass = [&](int64_t b, int64_t token, int64_t h, Pass pass) {
    int64_t position = tokenAt(token, sizes.T, pass.reversed);
    return sumRow(problem, b, Head{h, sizes.Ho}, weights.row(b, h, position, pass));
  };
  for (int64_t b = 0; b < sizes.B; ++b)
    for (int64_t t = 0; t < sizes.T; ++t)
      for (int64_t h = 0; h < sizes.Ho; ++h) {
        RowSums<R> sums = sumPass(b, t, h, Pass{order == mixer::Order::Reverse, false});
        if (order == mixer::Order::Bidirectional)
          sums = merge(sums, sumPass(b, t, h, Pass{/*reversed=*/true, /*strict=*/true}));
        finishRow(problem, sums, result.output.data() + ((b * sizes.T + t) * sizes.Ho + h) * sizes.dv);
      }
  return result;
}

template MixResult<double> evaluateParallel(const MixProblem<double> &, ScoreRegion &);
template MixResult<float> evaluateParallel(const MixProblem<float> &, ScoreRegion &);

} // namespace heddle
