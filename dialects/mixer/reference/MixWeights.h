// The weights with which one query sees the values: the parallel face of the template, pair by pair.
//
//   weight(i, j) = factor(i, j) * exp(shift(i))
//
// The shift keeps exponentials in range: it is the largest score of the row, or 0 where nothing is exponentiated.
#ifndef HEDDLE_DIALECTS_MIXER_REFERENCE_MIXWEIGHTS_H
#define HEDDLE_DIALECTS_MIXER_REFERENCE_MIXWEIGHTS_H

#include "dialects/mixer/reference/InterpreterState.h"
#include "dialects/mixer/reference/MixTransport.h"

namespace heddle {

/// The score region of a mixer, callable on numbers.
class ScoreRegion {
public:
  ScoreRegion(mixer::MixOp mix, Interpreter &interpreter);
  explicit operator bool() const { return body != nullptr; }
  /// `i` and `j` are positions. A failure inside of the region is remembered, see `failed`.
  double operator()(double score, int64_t batch, int64_t head, int64_t i, int64_t j);
  bool failed() const { return hasFailed; }

private:
  Interpreter &interpreter;
  mlir::Block *body = nullptr;
  std::optional<ScalarProgram> program;
  mlir::Type scoreType;
  bool hasFailed = false;
};

/// One direction of visiting tokens. A strict pass leaves out the pair of a token with itself.
struct Pass {
  bool reversed = false;
  bool strict = false;
};

template <typename R> struct WeightRow {
  llvm::SmallVector<int64_t> tokens; // of the values seen
  std::vector<R> factors;            // weightsPerPair() for each token
  R shift = 0;
};

template <typename R> class MixWeights {
public:
  MixWeights(const MixProblem<R> &problem, ScoreRegion &region);
  /// All weights of the query at position `query`, counted in the order of the pass.
  WeightRow<R> row(int64_t batch, int64_t head, int64_t query, Pass pass) const;

private:
  struct Query; // one query with its pass: what all of the following share
  bool sees(const Query &query, int64_t keyPosition) const;
  WeightRow<R> softmaxRow(const Query &query) const;
  WeightRow<R> linearRow(const Query &query) const;
  WeightRow<R> logKeysRow(const Query &query) const;
  WeightRow<R> positionRow(const Query &query) const;
  R biasOf(const Query &query, int64_t keyPosition) const;
  R currentWeight(const Query &query, int64_t token) const;
  void applyRegion(const Query &query, int64_t keyPosition, R *weights) const;

  const MixProblem<R> &problem;
  ScoreRegion &region;
  std::unique_ptr<MixTransport<R>> transport;
};

extern template class MixWeights<double>;
extern template class MixWeights<float>;

/// Weight of the key at position j for the query at position i and value channel d: Toeplitz and structured transports.
template <typename R> R positionWeight(const MixProblem<R> &problem, Head head, int64_t i, int64_t j, int64_t d);

} // namespace heddle
#endif
