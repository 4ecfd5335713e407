// What of an entry can be computed token by token: for every value, when its elements are known.
//
//   %p = pad of %x by 3 tokens in front        Tokens, lead 3: element j is known as soon as token j - 3 is
//   %c = convolution of %p with 4 taps         Tokens, lead 0
//   %i = linalg.generic {linalg.index 0}       Tokens, lead kAlways: positions alone
//   %w = arith.constant                        Fixed: the same for any number of tokens
//   %l = extract_slice %c [T - 1] [1]          Latest: what the tokens so far leave; changes with each of them
//   %r = sum of %c over its tokens             Refused, at this op
//   %a = convolution of %x centred at 1 of 3   Tokens, lead -1: element j is known when token j + 1 is, a delay of 1
//
// A Tokens value has one dimension with tokens, of the size T + extra. Element j of two such values that meet in an op
// is the same element, so a lead says by how many tokens the one must wait for the other.
//
// Values may run at other rates than the inputs: pooling by 4 leaves a quarter of the elements, un-pooling brings them
// back. The symbol of the tokens then counts blocks of 4, and a rate is the number of elements for each block:
//
//   %x: [B, 4 * N, 64]                         rate 4
//   %e = expand_shape %x: [B, N, 4, 64]        rate 1: element j is known as soon as the last of its four tokens is
//   %y = collapse_shape of %e: [B, 4 * N, 64]  rate 4
//
// A block arrives as a whole, so what an element depends on is counted in whole blocks: element j of a value of rate r
// with lead l depends on the blocks up to (j - l) floordiv r.
//
// Refusals travel with the values: only one that reaches an output is an error, and it names the op that began it.
#ifndef HEDDLE_PASSES_STREAM_TOKENFLOW_H
#define HEDDLE_PASSES_STREAM_TOKENFLOW_H

#include "passes/stream/SizeFormula.h"

#include "llvm/ADT/MapVector.h"

namespace heddle {

/// The lead of what depends on positions alone.
inline constexpr int64_t kAlways = int64_t(1) << 40;

struct Flow {
  enum Kind { Fixed, Tokens, Latest, Refused } kind = Fixed;
  /// Of Tokens: element j depends on what is known with element j - lead of this rate. Of Latest: so do the elements
  /// that it comes from, in tokens.
  int64_t lead = 0;
  /// The op that refuses, or the one that first looks ahead (lead < 0).
  mlir::Operation *where = nullptr;
  std::string reason = {};
  /// Sequences that lie one behind the other in the dimension of the tokens, beside the rows: 2 of [2, T] as [2 * T].
  /// 0: any number, since all elements are equal.
  int64_t sequences = 1;

  bool isPositions() const { return kind == Tokens && lead == kAlways; }
  /// How many elements later than its own an element is known.
  int64_t delay() const { return kind != Refused && lead < 0 ? -lead : 0; }
};

/// The dimension with tokens. `merged`: several sequences one behind the other, as in a collapsed [rows * tokens].
struct TokenAxis {
  int64_t dim = -1;
  int64_t rate = 1;  // elements of a sequence for each block of tokens
  int64_t extra = 0; // size = rate * T + extra; 0 when merged
  bool merged = false;

  bool isPlain() const { return !merged && extra == 0; }
};

class TokenFlow {
public:
  TokenFlow(mlir::func::FuncOp entry, unsigned tokens, std::optional<unsigned> rows);

  const Flow &of(mlir::Value value) const;
  bool isTokens(mlir::Value value) const { return of(value).kind == Flow::Tokens; }
  /// The dimension with tokens; empty where there is none, or (`problem` set) more than one or a cut one.
  std::optional<TokenAxis> axis(mlir::Value tensor, std::string *problem = nullptr);
  /// The axis of a Tokens value.
  TokenAxis tokenAxis(mlir::Value tensor) { return *axis(tensor); }
  /// The dimension of the rows, where the entry has a symbol for them.
  std::optional<int64_t> rowDim(mlir::Value tensor);
  /// Whether a tensor has tokens in dimension `dim` and nothing else there, as many for each block as `like` has.
  bool hasTokensOf(mlir::Value tensor, int64_t dim, mlir::Value like);
  /// Whether a size counts tokens.
  bool dependsOnTokens(mlir::OpFoldResult size);
  /// Whether an op reads or makes values with tokens.
  bool touchesTokens(mlir::Operation *op) const;

  SizeFormulas sizes;
  /// Tokens that come together: how many of them one of the symbol stands for.
  const int64_t block;

  //===--- for the rules ------------------------------------------------------------------===//

  void set(mlir::Value value, Flow flow) { flows[value] = std::move(flow); }
  void setResults(mlir::Operation *op, const Flow &flow);
  static Flow refuse(mlir::Operation *op, std::string reason);
  /// What reads all of `values`: refused if one is, or if tokens meet what the last one leaves.
  Flow join(mlir::Operation *op, mlir::ValueRange values) const;
  /// `flow` with another lead; remembers the op where it becomes negative.
  static Flow withLead(mlir::Operation *op, Flow flow, int64_t lead);
  /// What the tokens so far leave of `source`, whose flow is `flow`.
  Flow latest(mlir::Value source, const Flow &flow);
  /// The result of a mixer whose operands join to `flow`, each token reading operands up to `ahead` tokens behind it.
  static Flow mixed(mlir::Operation *op, const Flow &flow, int64_t ahead = 0);

private:
  void visit(mlir::Operation *op);
  void visitOther(mlir::Operation *op);

  mlir::func::FuncOp entry;
  llvm::DenseMap<mlir::Value, Flow> flows;
};

} // namespace heddle

#endif
