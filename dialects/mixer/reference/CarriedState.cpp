#include "dialects/mixer/reference/CarriedState.h"
#include <cmath>
#include <limits>

using namespace mlir;

namespace heddle {

//===--- affine ---------------------------------------------------------------------------===//

AffineSummary AffineSummary::identity(bool isElementwise, int64_t rows, int64_t columns) {
  AffineSummary summary{isElementwise, rows, columns, {}, std::vector<double>(rows * columns, 0.0)};
  summary.linear.assign(rows * (isElementwise ? columns : rows), isElementwise ? 1.0 : 0.0);
  for (int64_t c = 0; !isElementwise && c < rows; ++c)
    summary.linear[c * rows + c] = 1.0;
  return summary;
}

// linear * matrix, where `matrix` has `columns` columns.
static std::vector<double> multiply(const AffineSummary &summary, const std::vector<double> &matrix, int64_t columns) {
  std::vector<double> product(matrix.size(), 0.0);
  if (summary.isElementwise) {
    for (size_t i = 0; i < matrix.size(); ++i)
      product[i] = summary.linear[i] * matrix[i];
    return product;
  }
  for (int64_t i = 0; i < summary.rows; ++i)
    for (int64_t j = 0; j < summary.rows; ++j)
      for (int64_t d = 0; d < columns; ++d)
        product[i * columns + d] += summary.linear[i * summary.rows + j] * matrix[j * columns + d];
  return product;
}

std::vector<double> AffineSummary::apply(const std::vector<double> &state) const {
  std::vector<double> result = multiply(*this, state, columns);
  for (size_t i = 0; i < result.size(); ++i)
    result[i] += offset[i];
  return result;
}

AffineSummary combine(const AffineSummary &first, const AffineSummary &second) {
  AffineSummary result = first;
  result.linear = multiply(second, first.linear, first.isElementwise ? first.columns : first.rows);
  result.offset = second.apply(first.offset);
  return result;
}

AffineSequence::AffineSequence(const MixProblem<double> &problem, int64_t batch, int64_t head)
    : problem(problem), transport(MixTransport<double>::of(problem)), batch(batch), head{head, problem.sizes.Hs},
      isElementwise(isa<mixer::ElementwiseAttr>(problem.mix.getTransport())),
      columnCount(problem.sizes.dv + (problem.isNormalised() ? problem.weightsPerPair() : 0)) {}

int64_t AffineSequence::token(int64_t position) const {
  return tokenAt(position, problem.sizes.T, problem.mix.getOrder() == mixer::Order::Reverse);
}

bool AffineSequence::startsSegment(int64_t position) const {
  int64_t before = position == 0 ? 0 : problem.segment(batch, token(position - 1));
  return problem.segment(batch, token(position)) != before;
}

void AffineSequence::addUpdate(int64_t position, std::vector<double> &state) const {
  int64_t t = token(position);
  const double *k = problem.key.row(batch, t, head), *v = problem.value.row(batch, t, head);
  double scale = transport->updateScale({batch, t, head});
  for (int64_t c = 0; c < rows(); ++c) {
    double key = problem.hasLogKeys() ? std::exp(k[c]) : k[c];
    for (int64_t d = 0; d < columnCount; ++d)
      state[c * columnCount + d] += scale * key * (d < problem.sizes.dv ? v[d] : 1.0);
  }
}

void AffineSequence::step(int64_t position, std::vector<double> &state) const {
  if (startsSegment(position))
    std::fill(state.begin(), state.end(), 0.0);
  transport->apply({batch, token(position), head}, state.data(), columnCount);
  addUpdate(position, state);
}

AffineSummary AffineSequence::summarise(int64_t begin, int64_t end) const {
  AffineSummary summary = identity();
  for (int64_t position = begin; position < end; ++position) {
    AffineSummary one = identity();
    if (startsSegment(position))
      std::fill(one.linear.begin(), one.linear.end(), 0.0);
    transport->apply({batch, token(position), head}, one.linear.data(), isElementwise ? columnCount : rows());
    addUpdate(position, one.offset);
    summary = combine(summary, one);
  }
  return summary;
}

std::vector<double> AffineSequence::read(int64_t position, int64_t out, const std::vector<double> &state) const {
  std::vector<double> q = problem.readout(batch, token(position), {out, problem.sizes.Ho}), sum(columnCount, 0.0);
  for (int64_t c = 0; c < rows(); ++c)
    for (int64_t d = 0; d < columnCount; ++d)
      sum[d] += problem.scale() * q[c] * state[c * columnCount + d];
  int64_t dv = problem.sizes.dv, sums = columnCount - dv;
  for (int64_t d = 0; sums && d < dv; ++d) {
    double total = sum[dv + (sums == 1 ? 0 : d)] + problem.epsilonAt(0);
    sum[d] = total == 0 ? 0.0 : sum[d] / total;
  }
  sum.resize(dv);
  return sum;
}

//===--- softmax --------------------------------------------------------------------------===//

SoftmaxSummary SoftmaxSummary::identity(int64_t channels) {
  return {-std::numeric_limits<double>::infinity(), 0.0, std::vector<double>(channels, 0.0)};
}

SoftmaxSummary SoftmaxSummary::of(double score, ArrayRef<double> value) {
  return {score, 1.0, std::vector<double>(value.begin(), value.end())};
}

std::vector<double> SoftmaxSummary::apply() const {
  std::vector<double> result = out;
  for (double &value : result)
    value = sum == 0 ? 0.0 : value / sum;
  return result;
}

SoftmaxSummary combine(const SoftmaxSummary &first, const SoftmaxSummary &second) {
  double maximum = std::max(first.maximum, second.maximum);
  auto factor = [&](const SoftmaxSummary &part) { return part.sum == 0 ? 0.0 : std::exp(part.maximum - maximum); };
  SoftmaxSummary result{maximum, first.sum * factor(first) + second.sum * factor(second), first.out};
  for (size_t d = 0; d < result.out.size(); ++d)
    result.out[d] = first.out[d] * factor(first) + second.out[d] * factor(second);
  return result;
}

} // namespace heddle
