// How each class of ops is streamed: one rule, one file.
//
//   rule            ops                                      new tokens are computed from
//   blank           linalg.fill, tensor.empty                nothing
//   positionwise    linalg.generic                           the same tokens; taps of a convolution: tokens before
//   slice           tensor.extract_slice                     the same tokens, or those a fixed number before
//   insert          tensor.insert_slice                      the same tokens; behind a padding: tokens before
//   reshape         tensor.expand_shape, collapse_shape, cast   the same tokens
//   attention       mixer.mix with a weight for each pair    the new queries, and kept keys and values
//   convolution     mixer.mix with a Toeplitz transport      kept values, or sums that they have left
//   matrix          mixer.mix with a matrix over tokens      kept values
//   window          mixer.mix of a decaying past             the last tokens of all operands
//   recurrence      mixer.mix with a state of fixed size     the state
//
// A rule answers three questions: when is a result known (classify), which elements of the operands do given elements
// of the result need (demand), and how are they computed (emit). Ops without a rule are left as they are where they do
// not read tokens, and refused where they do.
#ifndef HEDDLE_PASSES_STREAM_STREAMRULES_H
#define HEDDLE_PASSES_STREAM_STREAMRULES_H

#include "mlir/IR/Operation.h"

namespace heddle {

class StreamDemand;
class StreamEmitter;
class TokenFlow;

/// Elements [p + low, p + C + high) along the tokens, where p tokens were seen before a call and C are new.
struct Span {
  int64_t low = 0, high = 0;
  bool operator==(const Span &other) const { return low == other.low && high == other.high; }
  bool operator!=(const Span &other) const { return !(*this == other); }
  Span operator+(int64_t distance) const { return {low + distance, high + distance}; }
};

/// What element t of a result reads: the elements from t * times floordiv over + low up to t * times floordiv over +
/// high of an operand, which has `times` elements where the result has `over`.
struct TokenReach {
  int64_t low = 0, high = 0;
  int64_t times = 1, over = 1;

  /// The elements that those of a result read.
  Span elementsOf(Span span) const;
  /// The lead of a result that reads an operand of the given lead.
  int64_t leadOf(int64_t lead) const;
  bool isSame() const { return low == 0 && high == 0 && times == 1 && over == 1; }
};

class StreamRule {
public:
  virtual ~StreamRule() = default;
  virtual bool handles(mlir::Operation *op) const = 0;
  /// Sets the flow of every result.
  virtual void classify(mlir::Operation *op, TokenFlow &flow) const = 0;
  /// Asks for what the results need; only where they or the operands have tokens.
  virtual void demand(mlir::Operation *op, StreamDemand &demand) const = 0;
  /// Computes the results; only where they or the operands have tokens.
  virtual void emit(mlir::Operation *op, StreamEmitter &emitter) const = 0;
};

const StreamRule &blankRule();
const StreamRule &positionwiseRule();
const StreamRule &sliceRule();
const StreamRule &insertRule();
const StreamRule &reshapeRule();
const StreamRule &attentionRule();
const StreamRule &convolutionRule();
const StreamRule &matrixRule();
const StreamRule &windowRule();
const StreamRule &recurrenceRule();

/// The rule of an op, or null.
const StreamRule *findStreamRule(mlir::Operation *op);

} // namespace heddle

#endif
