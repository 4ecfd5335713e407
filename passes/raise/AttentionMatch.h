// The shape of an attention in a graph of elementwise ops, reshapes and contractions.
//
//   scores  = q . k                     contraction over key features
//   weights = exp(f(scores)) / sum      any arithmetic f along pairs, any guard around the quotient
//   output  = weights . v               contraction over key tokens
//
// Found backwards from the second contraction. The match says what f is and which axes are batch, heads, tokens and
// features; whether the sum is the right one, and all the rest, is left to the proof.
#ifndef HEDDLE_PASSES_RAISE_ATTENTIONMATCH_H
#define HEDDLE_PASSES_RAISE_ATTENTIONMATCH_H

#include "passes/raise/ElementExpr.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace heddle {

/// A sum along `reduced` of a tensor, or of the products of two.
struct FactorSum {
  llvm::SmallVector<Axes::Source, 2> factors;
  AxisList reduced;
};

/// The sum that one op is, with axes for what it sums over.
std::optional<FactorSum> matchFactorSum(Axes &axes, mlir::linalg::LinalgOp op, llvm::ArrayRef<AxisList> dims);

/// A sum of products along `reduced`.
struct SumOfProducts {
  Axes::Source left, right;
  AxisList reduced;
};

/// The contraction that makes `result`, with axes for what it sums over; as one op or as a product and a sum.
std::optional<SumOfProducts> matchSumOfProducts(Axes &axes, mlir::Value result, llvm::ArrayRef<AxisList> dims);

struct AttentionMatch {
  mlir::Value output;
  AxisDims outputDims;
  Axes::Source query, key, value; // as they come from projections: layout and constant factors are looked through
  double scale = 1;               // product of the constant factors
  Expr scores = nullptr, product = nullptr; // f, and the leaf in it that is q . k
  Expr sink = nullptr;                      // one more score, which no value belongs to, if any
  AxisList batch, heads, queryTokens, keyTokens, keyFeatures, valueFeatures;
};

/// f(0): masks and biases without the scores.
Expr scoresAtZero(ElementExprs &exprs, const AttentionMatch &match);

/// Divides `shared`, the axes that weights and values share, among batch and heads, and brings all lists to final axes.
/// False where a count is open that a mixer needs to be static.
bool assignRoles(ElementExprs &exprs, AxisList shared, AttentionMatch &found);

/// The attention that `contraction`, the contraction over key tokens, belongs to.
std::optional<AttentionMatch> matchAttention(ElementExprs &exprs, mlir::Value contraction);

} // namespace heddle

#endif
