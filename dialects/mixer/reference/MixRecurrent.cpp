#include "dialects/mixer/reference/MixFaces.h"
#include <cmath>
#include <limits>

using namespace mlir;

namespace heddle {
namespace {

// The state of one batch entry and state head. Columns are the dv value channels, then the normaliser: the state that
// the same keys would leave with values 1. `maximum` is used with log_keys only; rows are then scaled by exp(-maximum).
template <typename R> class Recurrence {
public:
  Recurrence(const MixProblem<R> &problem, int64_t batch, int64_t head)
      : problem(problem), transport(MixTransport<R>::of(problem)), batch(batch), head{head, problem.sizes.Hs},
        rows(problem.rows()), dv(problem.sizes.dv), sums(problem.isNormalised() ? problem.weightsPerPair() : 0),
        columns(dv + sums) {
    reset();
  }

  void reset() {
    state.assign(rows * columns, R(0));
    maximum.assign(rows, -std::numeric_limits<R>::infinity());
  }

  void load(ArrayRef<const ReferenceTensor *> initial);
  void store(SmallVectorImpl<std::vector<R>> &parts) const;

  void update(int64_t token) { problem.hasLogKeys() ? updateLogKeys(token) : updateLinear(token); }
  /// Output of head `out` at `token`. With a current-token bonus this is asked before `update`.
  void read(int64_t token, Head out, R *output) const;

private:
  void updateLinear(int64_t token);
  void updateLogKeys(int64_t token);
  R valueAt(int64_t token, int64_t column) const {
    return column < dv ? problem.value.row(batch, token, head)[column] : R(1);
  }
  void finish(const std::vector<R> &read, R shift, R *output) const;
  int64_t entry(int64_t c) const { return (batch * head.count + head.index) * rows + c; }

  const MixProblem<R> &problem;
  std::unique_ptr<MixTransport<R>> transport;
  int64_t batch;
  Head head;
  int64_t rows, dv, sums, columns;
  std::vector<R> state, maximum;
};

// S_t = Phi_t S_{t-1} + k v^T
template <typename R> void Recurrence<R>::updateLinear(int64_t token) {
  Place place{batch, token, head};
  transport->apply(place, state.data(), columns);
  const R *k = problem.key.row(batch, token, head);
  R scale = transport->updateScale(place);
  for (int64_t c = 0; c < rows; ++c)
    for (int64_t d = 0; d < columns; ++d)
      state[c * columns + d] += scale * k[c] * valueAt(token, d);
}

// exp of a difference of logarithms, where exp(-inf - anything) is 0.
template <typename R> R expDifference(R left, R right) {
  return std::isinf(left) && left < 0 ? R(0) : std::exp(left - right);
}

// The same with exp(k) for k, every row kept relative to the largest exponent that it has seen.
template <typename R> void Recurrence<R>::updateLogKeys(int64_t token) {
  const R *k = problem.key.row(batch, token, head);
  for (int64_t c = 0; c < rows; ++c) {
    R decayed = maximum[c] + transport->logDecay({batch, token, head}, c), largest = std::max(decayed, k[c]);
    R keep = expDifference(decayed, largest), gain = expDifference(k[c], largest);
    for (int64_t d = 0; d < columns; ++d)
      state[c * columns + d] = keep * state[c * columns + d] + gain * valueAt(token, d);
    maximum[c] = largest;
  }
}

template <typename R> void Recurrence<R>::read(int64_t token, Head out, R *output) const {
  std::vector<R> q = problem.readout(batch, token, out), sum(columns, R(0));
  const R *k = problem.key ? problem.key.row(batch, token, head) : nullptr;
  const R *u = problem.current ? problem.current.row(0, 0, head) : nullptr;
  R shift = 0, updateScale = transport->updateScale({batch, token, head});
  if (problem.hasLogKeys()) {
    shift = -std::numeric_limits<R>::infinity();
    for (int64_t c = 0; c < rows; ++c)
      shift = std::max({shift, maximum[c], u ? k[c] + u[c] : maximum[c]});
  }
  for (int64_t c = 0; c < rows; ++c) {
    R stored = problem.hasLogKeys() ? expDifference(maximum[c], shift) : R(1), bonus = 0;
    if (u)
      bonus = problem.hasLogKeys() ? expDifference(k[c] + u[c], shift) : u[c % problem.sizes.dk] * updateScale * k[c];
    for (int64_t d = 0; d < columns; ++d)
      sum[d] += q[c] * (stored * state[c * columns + d] + bonus * valueAt(token, d));
  }
  finish(sum, std::isfinite(shift) ? shift : R(0), output);
}

template <typename R> void Recurrence<R>::finish(const std::vector<R> &sum, R shift, R *output) const {
  R scale = problem.scale();
  for (int64_t d = 0; d < dv; ++d) {
    if (!sums) {
      output[d] = scale * sum[d] * std::exp(shift);
      continue;
    }
    R total = scale * sum[dv + (sums == 1 ? 0 : d)] + problem.epsilonAt(shift);
    output[d] = total == 0 ? R(0) : scale * sum[d] / total;
  }
}

// Parts arrive in the order state, sum, max; `sum` is carried when the norm is running.
template <typename R> void Recurrence<R>::load(ArrayRef<const ReferenceTensor *> initial) {
  if (initial.empty())
    return;
  bool carriesSum = problem.mix.getNorm().getKind() == mixer::NormKind::Running;
  for (int64_t c = 0; c < rows; ++c) {
    for (int64_t d = 0; d < dv; ++d)
      state[c * columns + d] = R(initial[0]->data[entry(c) * dv + d]);
    if (carriesSum)
      state[c * columns + dv] = R(initial[1]->data[entry(c)]);
    if (problem.hasLogKeys())
      maximum[c] = R(initial.back()->data[entry(c)]);
  }
}

template <typename R> void Recurrence<R>::store(SmallVectorImpl<std::vector<R>> &parts) const {
  bool carriesSum = problem.mix.getNorm().getKind() == mixer::NormKind::Running;
  for (int64_t c = 0; c < rows; ++c) {
    for (int64_t d = 0; d < dv; ++d)
      parts[0][entry(c) * dv + d] = state[c * columns + d];
    if (carriesSum)
      parts[1][entry(c)] = state[c * columns + dv];
    if (problem.hasLogKeys())
      parts.back()[entry(c)] = maximum[c];
  }
}

template <typename R>
void runSequence(const MixProblem<R> &problem, int64_t batch, int64_t head, ArrayRef<const ReferenceTensor *> initial,
                 MixResult<R> &result) {
  const mixer::MixSizes &sizes = problem.sizes;
  bool reversed = problem.mix.getOrder() == mixer::Order::Reverse;
  Recurrence<R> recurrence(problem, batch, head);
  recurrence.load(initial);
  int64_t segment = 0, group = sizes.Ho / sizes.Hs;
  for (int64_t position = 0; position < sizes.T; ++position) {
    int64_t token = tokenAt(position, sizes.T, reversed);
    if (int64_t own = problem.segment(batch, token); own != segment) {
      recurrence.reset();
      segment = own;
    }
    if (!problem.current)
      recurrence.update(token);
    for (int64_t h = head * group; h < (head + 1) * group; ++h)
      recurrence.read(token, {h, sizes.Ho},
                      result.output.data() + ((batch * sizes.T + token) * sizes.Ho + h) * sizes.dv);
    if (problem.current)
      recurrence.update(token);
  }
  if (!result.states.empty())
    recurrence.store(result.states);
}

} // namespace

bool hasRecurrentFace(mixer::MixOp mix) { return mix.getTransport().isAffine() && !mix.carriedState().parts.empty(); }

template <typename R>
MixResult<R> evaluateRecurrent(const MixProblem<R> &problem, ArrayRef<const ReferenceTensor *> initial) {
  const mixer::MixSizes &sizes = problem.sizes;
  MixResult<R> result;
  result.output.resize(sizes.B * sizes.T * sizes.Ho * sizes.dv);
  mixer::MixOp mix = problem.mix;
  int64_t entries = sizes.B * sizes.Hs * problem.rows();
  for (const mixer::StatePart &part : mix.carriedState().parts)
    result.states.emplace_back(part.type.getRank() == 4 ? entries * sizes.dv : entries, R(0));
  for (int64_t b = 0; b < sizes.B; ++b)
    for (int64_t h = 0; h < sizes.Hs; ++h)
      runSequence(problem, b, h, initial, result);
  return result;
}

template MixResult<double> evaluateRecurrent(const MixProblem<double> &, ArrayRef<const ReferenceTensor *>);
template MixResult<float> evaluateRecurrent(const MixProblem<float> &, ArrayRef<const ReferenceTensor *>);

} // namespace heddle
