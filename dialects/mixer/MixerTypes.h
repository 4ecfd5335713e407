// Plain data that the mixer interfaces speak in.
//
// A mixer has ten sizes. Everything a pass decides about one (cost, chunk length, buffers) is arithmetic on them:
//
//   MixSizes s = mix.getSizes().withDefaults(/*batch=*/1, /*tokens=*/4096);
//   int64_t keyHead = s.headOfKey(outputHead);          // GQA and Mamba-2 sharing without a repeat
//
// Invariant: heads and features are always static; batch and token counts may be ShapedType::kDynamic.
#ifndef HEDDLE_DIALECTS_MIXER_MIXERTYPES_H
#define HEDDLE_DIALECTS_MIXER_MIXERTYPES_H

#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/SmallVector.h"
#include <cstdint>

namespace heddle::mixer {

/// What a support says about a rectangle of (query, key) pairs.
enum class TileClass { Empty, Partial, Full };

/// What a dimension of an operand ranges over.
enum class DimRole { Batch, QueryToken, KeyToken, Head, KeyFeature, ValueFeature, Position };

/// The sizes of one mixer. A size that the mixer does not have (key features of a Toeplitz mix) is 1 for heads, 0 for
/// features.
struct MixSizes {
  int64_t B = 1;  // batch
  int64_t T = 1;  // query tokens
  int64_t S = 1;  // key tokens
  int64_t Hq = 1; // query heads
  int64_t Hk = 1; // key heads
  int64_t Hv = 1; // value heads
  int64_t Ht = 1; // transport heads
  int64_t Hs = 1; // state heads, max(Hk, Hv, Ht)
  int64_t Ho = 1; // output heads, max(Hq, Hs)
  int64_t dk = 0; // key features
  int64_t dv = 0; // value features

  /// The same sizes with dynamic counts replaced.
  MixSizes withDefaults(int64_t batch, int64_t tokens) const;

  /// Head of an operand with `heads` heads that output head `head` reads.
  int64_t headOf(int64_t head, int64_t heads) const { return head / (Ho / heads); }
};

/// What one execution form costs, summed over the whole mixer.
struct FormCost {
  double flops = 0;    // multiplications and additions, exponentials not counted
  double bytes = 0;    // memory traffic when nothing but the form's own tiles is reused
  double exps = 0;     // exponentials, sines and cosines
  double parallel = 1; // independent pieces of work
};

/// What the transports of several tokens multiply to.
enum class TransportProduct {
  None,       // nothing shorter than the tokens, or there are no transports
  One,        // every transport is the identity
  Logarithms, // operand 0 (times operand 1) is a logarithm of factors: those of the tokens add up
  Matrix,     // a matrix over the rows of the state, for a complex one over the two rows of each channel
};

/// How summaries of consecutive token ranges combine.
enum class SummaryKind {
  None,       // no summary: position-only, structured, parts of the past
  Diagonal,   // affine, the linear part has one (complex) number per state entry, row or head
  Matrix,     // affine, the linear part is a dk x dk matrix
  Softmax,    // (max, sum, out) of every query
  Sequential, // any function: only one token after the other
};

/// One tensor of the state carried from token to token.
struct StatePart {
  llvm::StringRef name;        // "state", "sum" or "max"
  mlir::RankedTensorType type; // [B, Hs, ...]
  double initial;              // value of every entry before the first token
};

/// The whole state carried from token to token, in the order of `initialState` and of the final states.
struct CarriedState {
  SummaryKind summary = SummaryKind::None;
  llvm::SmallVector<StatePart, 3> parts;
};

/// What a range of tokens does, as values in IR. Affine: it maps a state S to `linear` S + `state`. Softmax: what its
/// keys give to every query, `state` is (max [B, T, Ho], sum [B, T, Ho], out [B, T, Ho, dv]) and `linear` is empty.
struct MixSummary {
  llvm::SmallVector<mlir::Value, 1> linear;
  llvm::SmallVector<mlir::Value, 3> state;
};

} // namespace heddle::mixer
#endif
