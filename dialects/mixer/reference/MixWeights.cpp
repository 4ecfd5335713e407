#include "dialects/mixer/reference/MixWeights.h"
#include <cmath>
#include <limits>

using namespace mlir;

namespace heddle {

//===--- score region ---------------------------------------------------------------------===//

ScoreRegion::ScoreRegion(mixer::MixOp mix, Interpreter &interpreter) : interpreter(interpreter) {
  if (!mix.hasScoreRegion())
    return;
  body = &mix.getScoreRegion().front();
  scoreType = body->getArgument(0).getType();
  program = ScalarProgram::compile(*body, interpreter.precision, interpreter.captures());
}

double ScoreRegion::operator()(double score, int64_t batch, int64_t head, int64_t i, int64_t j) {
  Scalar arguments[5];
  arguments[0].real = roundReal(score, finishOf(scoreType, interpreter.precision));
  const int64_t positions[] = {batch, head, i, j};
  for (int k = 0; k < 4; ++k)
    arguments[k + 1].integer = positions[k];
  if (program) {
    std::copy(arguments, arguments + 5, program->registers());
    program->run();
    return program->output(0).real;
  }
  for (int k = 0; k < 5; ++k)
    interpreter.set(body->getArgument(k), arguments[k]);
  hasFailed |= mlir::failed(interpreter.runBlock(*body));
  return hasFailed ? 0.0 : interpreter.get(body->getTerminator()->getOperand(0)).scalar.real;
}

//===--- rows -----------------------------------------------------------------------------===//

template <typename R> struct MixWeights<R>::Query {
  int64_t batch;
  Head head;
  int64_t token;    // the query's
  int64_t own;      // position among the queries
  int64_t position; // position among the keys: `own` after alignment
  Pass pass;
  int64_t keys;

  int64_t keyToken(int64_t keyPosition) const { return tokenAt(keyPosition, keys, pass.reversed); }
  Place at(int64_t keyPosition) const { return {batch, keyToken(keyPosition), head}; }
};

template <typename R>
MixWeights<R>::MixWeights(const MixProblem<R> &problem, ScoreRegion &region)
    : problem(problem), region(region), transport(MixTransport<R>::of(problem)) {}

template <typename R> WeightRow<R> MixWeights<R>::row(int64_t batch, int64_t head, int64_t position, Pass pass) const {
  const mixer::MixSizes &sizes = problem.sizes;
  Query query{
      batch, {head, sizes.Ho}, tokenAt(position, sizes.T, pass.reversed), position, problem.aligned(batch, position),
      pass,  sizes.S};
  if (problem.mix.getSoftmax())
    return softmaxRow(query);
  if (!problem.mix.getTransport().usesQueryKey())
    return positionRow(query);
  return problem.hasLogKeys() ? logKeysRow(query) : linearRow(query);
}

template <typename R> bool MixWeights<R>::sees(const Query &query, int64_t keyPosition) const {
  if (query.pass.strict && keyPosition >= query.position)
    return false;
  int64_t key = problem.keyPosition(query.batch, keyPosition);
  if (!problem.mix.getSupport().contains(query.position, key, query.head.index))
    return false;
  return !problem.segments ||
         problem.segment(query.batch, query.token) == problem.segment(query.batch, query.keyToken(keyPosition));
}

template <typename R> void MixWeights<R>::applyRegion(const Query &query, int64_t keyPosition, R *weights) const {
  if (region)
    for (int64_t d = 0; d < problem.weightsPerPair(); ++d)
      weights[d] = R(region(weights[d], query.batch, query.head.index, query.position,
                            problem.keyPosition(query.batch, keyPosition)));
}

//===--- softmax --------------------------------------------------------------------------===//

template <typename R> R MixWeights<R>::biasOf(const Query &query, int64_t keyPosition) const {
  const MixOperand<R> &bias = problem.bias;
  int64_t distance = problem.keyPosition(query.batch, keyPosition) - query.position;
  auto clamped = [](int64_t index, int64_t size) { return std::clamp<int64_t>(index, 0, size - 1); };
  switch (problem.mix.getSoftmax().getBias()) {
  case mixer::BiasKind::None:
    return 0;
  case mixer::BiasKind::Dense: { // [B|1, H|1, T|1, S|1]
    const SmallVector<int64_t> &shape = bias.shape;
    int64_t index = clamped(query.batch, shape[0]);
    index = index * shape[1] + query.head.in(shape[1]);
    index = index * shape[2] + clamped(query.own, shape[2]);
    return bias.data[index * shape[3] + clamped(keyPosition, shape[3])];
  }
  case mixer::BiasKind::Relative: { // [H|1, R]
    int64_t distances = bias.shape[1];
    return bias.data[query.head.in(bias.shape[0]) * distances + clamped(distance + distances / 2, distances)];
  }
  case mixer::BiasKind::Alibi: // [H]
    return -bias.data[query.head.in(bias.shape[0])] * R(std::abs(distance));
  }
  llvm_unreachable("all kinds of bias are listed");
}

template <typename R> static R product(const R *left, const R *right, int64_t count) {
  R sum = 0;
  for (int64_t c = 0; c < count; ++c)
    sum += left[c] * right[c];
  return sum;
}

// Replaces scores by exp(score - maximum) and keeps the maximum as the shift.
template <typename R> static void exponentiate(WeightRow<R> &row) {
  R maximum = -std::numeric_limits<R>::infinity();
  for (R score : row.factors)
    maximum = std::max(maximum, score);
  row.shift = std::isfinite(maximum) ? maximum : R(0);
  for (R &score : row.factors)
    score = std::exp(score - row.shift);
}

template <typename R> WeightRow<R> MixWeights<R>::softmaxRow(const Query &query) const {
  R cap = R(problem.mix.getSoftmax().getSoftCap().convertToDouble());
  const R *q = problem.query.row(query.batch, query.token, query.head);
  WeightRow<R> row;
  for (int64_t j = problem.firstKey(query.batch); j < problem.sizes.S; ++j) {
    if (!sees(query, j))
      continue;
    const R *k = problem.keyRow(query.batch, query.keyToken(j), query.head);
    R score = problem.scale() * product(q, k, problem.rows());
    if (cap != 0)
      score = cap * std::tanh(score / cap);
    score += biasOf(query, j);
    applyRegion(query, j, &score);
    row.tokens.push_back(query.keyToken(j));
    row.factors.push_back(score);
  }
  exponentiate(row);
  return row;
}

//===--- linear ---------------------------------------------------------------------------===//

// scale * q . (u b k): what the current token contributes when the state is read before it is updated. Like every other
// token it contributes its update, b k v^T under a delta rule.
template <typename R> R MixWeights<R>::currentWeight(const Query &query, int64_t token) const {
  std::vector<R> r = problem.readout(query.batch, query.token, query.head);
  const R *k = problem.key.row(query.batch, token, query.head), *u = problem.current.row(0, 0, query.head);
  R sum = 0;
  for (int64_t c = 0; c < problem.rows(); ++c)
    sum += r[c] * u[c % problem.sizes.dk] * k[c];
  return problem.scale() * transport->updateScale({query.batch, token, query.head}) * sum;
}

// Walks from the query back into the past with the functional r = (Phi_i ... Phi_{j+1})^T q.
template <typename R> WeightRow<R> MixWeights<R>::linearRow(const Query &query) const {
  int64_t columns = problem.weightsPerPair(), rows = problem.rows();
  std::vector<R> q = problem.readout(query.batch, query.token, query.head), r(rows * columns), weights(columns);
  for (int64_t i = 0; i < rows * columns; ++i)
    r[i] = q[i / columns];
  bool isIdentity = isa<mixer::IdentityAttr>(problem.mix.getTransport());
  WeightRow<R> row;
  for (int64_t j = isIdentity ? problem.sizes.S - 1 : query.position; j >= problem.firstKey(query.batch); --j) {
    Place place = query.at(j);
    bool isCurrent = problem.current && j == query.position;
    const R *k = problem.keyRow(query.batch, place.token, query.head);
    for (int64_t d = 0; d < columns; ++d) {
      R sum = 0;
      for (int64_t c = 0; c < rows; ++c)
        sum += r[c * columns + d] * k[c];
      weights[d] =
          isCurrent ? currentWeight(query, place.token) : problem.scale() * transport->updateScale(place) * sum;
    }
    if (sees(query, j)) {
      applyRegion(query, j, weights.data());
      row.tokens.push_back(place.token);
      row.factors.insert(row.factors.end(), weights.begin(), weights.end());
    }
    if (!isCurrent)
      transport->applyTransposed(place, r.data(), columns);
  }
  return row;
}

// Keys are logarithms: weight = scale * sum_c q_c exp(k_jc + decay_c), with the largest exponent of the row as shift.
template <typename R> WeightRow<R> MixWeights<R>::logKeysRow(const Query &query) const {
  int64_t rows = problem.rows();
  std::vector<R> exponents, decay(rows, R(0));
  bool isIdentity = isa<mixer::IdentityAttr>(problem.mix.getTransport());
  WeightRow<R> row;
  for (int64_t j = isIdentity ? problem.sizes.S - 1 : query.position; j >= 0; --j) {
    Place place = query.at(j);
    bool isCurrent = problem.current && j == query.position;
    const R *k = problem.key.row(query.batch, place.token, query.head);
    bool seen = sees(query, j);
    for (int64_t c = 0; seen && c < rows; ++c)
      exponents.push_back(k[c] + (isCurrent ? problem.current.row(0, 0, query.head)[c] : decay[c]));
    if (seen)
      row.tokens.push_back(place.token);
    for (int64_t c = 0; !isCurrent && c < rows; ++c)
      decay[c] += transport->logDecay(place, c);
  }
  WeightRow<R> scores{row.tokens, exponents, 0};
  exponentiate(scores);
  const R *q = problem.query.row(query.batch, query.token, query.head);
  for (size_t n = 0; n < row.tokens.size(); ++n)
    row.factors.push_back(problem.scale() * product(q, scores.factors.data() + n * rows, rows));
  row.shift = scores.shift;
  if (!region)
    return row;
  for (auto [n, token] : llvm::enumerate(row.tokens)) {
    row.factors[n] *= std::exp(row.shift);
    applyRegion(query, tokenAt(token, query.keys, query.pass.reversed), &row.factors[n]);
  }
  row.shift = 0;
  return row;
}

template <typename R> WeightRow<R> MixWeights<R>::positionRow(const Query &query) const {
  int64_t columns = problem.weightsPerPair();
  std::vector<R> weights(columns);
  WeightRow<R> row;
  for (int64_t j = 0; j < problem.sizes.S; ++j) {
    if (!sees(query, j))
      continue;
    for (int64_t d = 0; d < columns; ++d)
      weights[d] = problem.scale() * positionWeight(problem, query.head, query.position, j, d);
    applyRegion(query, j, weights.data());
    row.tokens.push_back(query.keyToken(j));
    row.factors.insert(row.factors.end(), weights.begin(), weights.end());
  }
  return row;
}

template class MixWeights<double>;
template class MixWeights<float>;

} // namespace heddle
