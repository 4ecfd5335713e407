// Softmax attention as the operators of ONNX mean it. What positions decide becomes a support of the mixer, also where
// the data says where the queries stand; what else the data decides becomes a dense bias.
//
//   SoftmaxAttention attention(g);
//   attention.query = q, attention.key = k, attention.value = v;      // [batch, tokens, heads, features]
//   attention.limits.isCausal = true;
//   Tensor y = attention.mix();
#ifndef HEDDLE_FRONTENDS_ONNX_OPERATORS_SOFTMAXATTENTION_H
#define HEDDLE_FRONTENDS_ONNX_OPERATORS_SOFTMAXATTENTION_H

#include "frontends/GraphBuilder.h"

namespace heddle::onnx {

struct PositionLimits {
  bool isCausal = false;
  int64_t left = -1, right = -1; // tokens that are seen before and after; negative: all
  // Positions that see all and are seen by all, beside the window; for queries and keys of the same tokens only.
  llvm::SmallVector<int64_t> global = {};
  explicit operator bool() const { return isCausal || left >= 0 || right >= 0; }
};

class SoftmaxAttention {
public:
  explicit SoftmaxAttention(GraphBuilder &g) : past(g.dim(0)), g(g) {}

  Tensor query, key, value; // [batch, tokens, heads, features]; keys and values have the past in front
  Tensor bias;              // [B|1, H|1, T|1, S], of computeType; added to the scores
  Tensor sink;              // [H], of computeType: the score of one more key, whose value is 0; empty: none
  Tensor valid;             // i64 [B]: how many keys of each sample are meant; empty: all
  Tensor offset; // i64 [B]: the key of the first query where `valid` is given; empty: the queries are the last
  Dim past;      // tokens before the first query
  PositionLimits limits;
  double scale = 1, softCap = 0;

  mlir::Type computeType();
  // Adds -inf where `visible` (i1, broadcast to [B, H, T, S]) does not hold.
  void hide(Tensor visible);
  // [B, T, H, features of value]. Hides what `valid` and the limits hide; call it once.
  Tensor mix();

  // What the scores are an output of, which only a dense computation has; after mix().
  enum class ScoreStage { Raw, Capped, Biased, Softmax };
  Tensor scores(ScoreStage stage); // [B, H, T, S]

private:
  bool hasPlainPositions();
  bool standsAtPositions();
  Tensor firstPositions();
  void hideByLimits();
  void hideInvalid();
  void appendSink();
  void hideBeyondLimits(Tensor keyPlace, Tensor place);
  mlir::Attribute support();
  Tensor positionMask();
  Tensor visibleSoftmax(Tensor x);

  GraphBuilder &g;
};

// [B, heads, T, D] with each head repeated for the `wanted` query heads that share it; empty, and an error, when they
// cannot.
Tensor repeatHeads(GraphBuilder &g, Tensor x, Dim wanted);

} // namespace heddle::onnx
#endif
