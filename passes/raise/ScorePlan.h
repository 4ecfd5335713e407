// What the arithmetic between q . k and the softmax means: which pairs exist, and how a pair is scored.
//
//   f(s) = select(i >= j and pad[b, j], s * 0.125, -inf)
//
//   support #mixer.causal      pairs that no data can bring back, fitted to the support family at several lengths
//   scale 0.125                f is linear in s on the pairs of the support
//   bias dense, pad            what is left of f(0) there
//
// Masks are evaluated, not matched: on the support every condition on positions alone has one value and folds away.
#ifndef HEDDLE_PASSES_RAISE_SCOREPLAN_H
#define HEDDLE_PASSES_RAISE_SCOREPLAN_H

#include "passes/raise/AttentionMatch.h"
#include "passes/raise/SupportFit.h"

namespace heddle {

/// What a mask becomes: pairs that exist or not; the same, and the mean of all values where a row has none; numbers
/// that are added to scores; scores of their own. They differ in rows where a mask of finite numbers leaves nothing:
/// such a row has no output, is the mean of all values, is attention over everything, or is the mean again, of the
/// pairs that are scored alike.
enum class MaskUse { Support, SupportOrMean, Bias, Score };

struct ScorePlan {
  MaskUse use = MaskUse::Support;
  bool hasMask = false; // some pairs do not exist
  FittedSupport support;
  double scale = 1, softCap = 0;
  mixer::BiasKind bias = mixer::BiasKind::None;
  std::vector<double> slopes;                   // alibi: one for each head
  llvm::SmallVector<std::vector<double>> table; // relative: rows of heads, or one
  Expr dense = nullptr;                         // the bias as an expression
  AxisList denseAxes;                           // what it depends on
  Expr region = nullptr;                        // the whole score, where no other slot covers it
};

class ScorePlanner {
public:
  /// `isFixed` knows the tensors that depend on no data.
  ScorePlanner(mlir::func::FuncOp entry, ElementExprs &exprs, const AttentionMatch &match,
               llvm::function_ref<bool(mlir::Value)> isFixed);

  /// The plan, or why there is none.
  std::optional<ScorePlan> plan(MaskUse use, std::string &problem);

private:
  /// Scores in terms of s: outer * tanh(inner * s) + bias, or inner * s + bias without a cap (outer 0).
  struct Linear {
    double inner = 1, outer = 0;
    Expr bias = nullptr;
  };
  /// Values of an expression at one length: one row-major [queries, keys] table for each head, or one for all.
  struct Table {
    int64_t queries = 0, keys = 0;
    llvm::SmallVector<std::vector<double>> heads;
  };

  bool isFixedExpr(Expr expr) const;
  bool samplePairs(std::string &problem);
  std::optional<MaskSample> samplePairsAt(llvm::ArrayRef<int64_t> symbols, mlir::Value table,
                                          llvm::ArrayRef<mlir::Value> data) const;
  std::optional<llvm::SmallVector<Table>> evaluate(Expr expr, bool &isPerHead);
  Expr foldOnSupport(Expr expr);
  bool hasProduct(Expr expr) const;
  std::optional<Linear> linear(Expr expr);
  std::optional<Linear> linearSelect(Expr expr);
  std::optional<Linear> linearMaximum(Expr expr);
  std::optional<Linear> linearBinary(Expr expr);
  std::optional<Linear> times(std::optional<Linear> parts, double factor);
  Expr scaled(Expr bias, double factor);
  Expr sum(Expr left, Expr right, mlir::Type type);
  void planBias(Expr bias, ScorePlan &plan);
  bool fitAlibi(llvm::ArrayRef<Table> tables, ScorePlan &plan) const;
  bool fitRelative(llvm::ArrayRef<Table> tables, ScorePlan &plan) const;
  bool isConstantInRows(llvm::ArrayRef<Table> tables) const;
  const PairGrid &grid(unsigned sample, unsigned head) const;
  bool isRegion(Expr expr) const;

  mlir::func::FuncOp entry;
  ElementExprs &exprs;
  const AttentionMatch &match;
  llvm::function_ref<bool(mlir::Value)> isFixed;
  mlir::OpBuilder builder;
  llvm::SmallVector<llvm::SmallVector<int64_t>> trials; // values of the entry's symbols
  llvm::SmallVector<MaskSample> samples;                // the pairs that exist, one for each trial
};

/// The mixer, its result arranged as the output of the match; null where an operand does not fit the layout of the op.
mlir::Value buildAttention(ElementExprs &exprs, const AttentionMatch &match, const ScorePlan &plan);

} // namespace heddle

#endif
