// Summaries of token ranges: what a chunk does to everything before it.
//
// Affine:   a chunk maps a state S to M S + N. Tokens [0, 5) and [5, 9) combine to (M2 M1, M2 N1 + N2).
// Softmax:  a set of keys gives a query (max, sum, out); disjoint sets combine by rescaling to the larger max.
//
// `combine` is associative with `identity` as its neutral element, so chunks may have any length and be reduced in any
// grouping; the affine one is ordered. A reset inside of a chunk is M = 0 from there on. The normaliser is an extra
// value column that is 1 for every token.
#ifndef HEDDLE_DIALECTS_MIXER_REFERENCE_CARRIEDSTATE_H
#define HEDDLE_DIALECTS_MIXER_REFERENCE_CARRIEDSTATE_H

#include "dialects/mixer/reference/MixTransport.h"

namespace heddle {

/// The linear part acts on the key rows as a matrix, or on each entry of the state on its own.
struct AffineSummary {
  bool isElementwise = false;
  int64_t rows = 0, columns = 0;
  std::vector<double> linear; // [rows, rows], or [rows, columns] when elementwise
  std::vector<double> offset; // [rows, columns]

  static AffineSummary identity(bool isElementwise, int64_t rows, int64_t columns);
  /// The state after the summarised tokens.
  std::vector<double> apply(const std::vector<double> &state) const;
};

AffineSummary combine(const AffineSummary &first, const AffineSummary &second);

/// One batch entry and one state head of an affine mixer in the order of its tokens (forward or reverse).
class AffineSequence {
public:
  AffineSequence(const MixProblem<double> &problem, int64_t batch, int64_t head);

  int64_t rows() const { return problem.rows(); }
  int64_t columns() const { return columnCount; }
  AffineSummary identity() const { return AffineSummary::identity(isElementwise, rows(), columns()); }
  std::vector<double> zeroState() const { return std::vector<double>(rows() * columns(), 0.0); }

  /// The summary of positions [begin, end).
  AffineSummary summarise(int64_t begin, int64_t end) const;
  /// S <- Phi S + k v^T at one position (a reset first, where a segment begins).
  void step(int64_t position, std::vector<double> &state) const;
  /// Output of output head `head` at `position` from the state that it reads.
  std::vector<double> read(int64_t position, int64_t head, const std::vector<double> &state) const;

private:
  bool startsSegment(int64_t position) const;
  int64_t token(int64_t position) const;
  void addUpdate(int64_t position, std::vector<double> &state) const;

  const MixProblem<double> &problem;
  std::unique_ptr<MixTransport<double>> transport;
  int64_t batch;
  Head head;
  bool isElementwise;
  int64_t columnCount;
};

struct SoftmaxSummary {
  double maximum, sum = 0;
  std::vector<double> out; // sum of exp(score - maximum) v

  static SoftmaxSummary identity(int64_t channels);
  /// One key with its score and its value.
  static SoftmaxSummary of(double score, llvm::ArrayRef<double> value);
  /// The mixed value; zeros when no key was seen.
  std::vector<double> apply() const;
};

SoftmaxSummary combine(const SoftmaxSummary &first, const SoftmaxSummary &second);

} // namespace heddle
#endif
