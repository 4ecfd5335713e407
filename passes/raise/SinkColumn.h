// A softmax over one more score than there are keys: its last column, or its first, is dropped in front of the values.
//
//   softmax([q k^T, s])[.., :-1] v     =     attention over one more token, whose key and value are 0 and whose bias is
//   s
//
// The token comes first, so that supports that reach back from the query keep their names; s is a number for each head.
#ifndef HEDDLE_PASSES_RAISE_SINKCOLUMN_H
#define HEDDLE_PASSES_RAISE_SINKCOLUMN_H

#include "passes/raise/AttentionMatch.h"

namespace heddle {

/// The weights of the keys and of the sink, along `all`.
struct SinkSoftmax {
  Expr weights = nullptr;
  AxisList all;
};

/// The softmax that weights along `keys` are cut from, where it has one more; nothing for other weights.
std::optional<SinkSoftmax> matchSinkSoftmax(ElementExprs &exprs, Expr weights, llvm::ArrayRef<AxisId> keys);

struct SinkScores {
  Expr ofKeys = nullptr, ofSink = nullptr;
};

/// Both kinds of scores apart; nothing where `scores` are not put together from such.
std::optional<SinkScores> splitSinkScores(ElementExprs &exprs, Expr scores, const SinkSoftmax &softmax,
                                          llvm::ArrayRef<AxisId> keys);

/// Gives a match a first key token, whose score is that of the sink. What is built for it lives as long as this, or as
/// long as something else reads it.
class SinkToken {
public:
  SinkToken() = default;
  SinkToken(const SinkToken &) = delete;
  SinkToken &operator=(const SinkToken &) = delete;
  ~SinkToken();

  /// False where keys share a dimension with something else.
  bool prependTo(ElementExprs &exprs, AttentionMatch &match);

private:
  llvm::SmallVector<mlir::Value> made;
  mlir::Operation *reader = nullptr; // of what was made: expressions that read it are emitted and erased again
};

} // namespace heddle

#endif
