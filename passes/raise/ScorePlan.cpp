#include "passes/raise/ScorePlan.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;

namespace heddle {

using Kind = ElementExpr::Kind;

// Bounds below are there for masks alone.
static constexpr double kLowest = -1e8;

std::optional<ScorePlan> ScorePlanner::plan(MaskUse use, std::string &problem) {
  if (!samplePairs(problem))
    return std::nullopt;
  ScorePlan plan;
  Axes &axes = exprs.getAxes();
  bool isFixedLength = axes.isStatic(match.queryTokens) && axes.isStatic(match.keyTokens);
  std::optional<FittedSupport> support;
  if (use == MaskUse::Support || use == MaskUse::SupportOrMean)
    support = fitSupport(entry.getContext(), samples, isFixedLength);
  Expr scores = match.scores;
  plan.use = support || use == MaskUse::Score ? use : MaskUse::Bias;
  plan.hasMask = llvm::any_of(samples, [](const MaskSample &sample) {
    return llvm::any_of(sample.heads, [](const PairGrid &grid) { return llvm::is_contained(grid.seen, false); });
  });
  if (support) {
    plan.support = *support;
    scores = foldOnSupport(scores);
  } else {
    // No name fits: the mask stays what it is, numbers of pairs that all exist.
    plan.support.support = cast<mixer::SupportAttrInterface>(mixer::FullAttr::get(entry.getContext()));
    for (MaskSample &sample : samples)
      for (PairGrid &grid : sample.heads)
        llvm::fill(grid.seen, true);
  }
  if (std::optional<Linear> parts = use == MaskUse::Score ? std::nullopt : linear(scores)) {
    plan.softCap = std::abs(parts->outer);
    plan.scale = parts->inner * (plan.softCap ? parts->outer : 1.0) * match.scale;
    if (parts->bias)
      planBias(parts->bias, plan);
    return plan;
  }
  bool isAligned = plan.support.align == mixer::Align::Start;
  if (!isRegion(scores) || !isAligned) {
    problem = "its scores are more than a scale, a cap, a bias and arithmetic on positions";
    return std::nullopt;
  }
  plan.scale = match.scale;
  plan.region = scores;
  return plan;
}

bool ScorePlanner::isRegion(Expr root) const {
  return !ElementExprs::any(root, [&](Expr expr) {
    if (expr->kind == Kind::Leaf)
      return expr != match.product;
    AxisList along = exprs.getAxes().resolve(expr->axes);
    return expr->kind == Kind::Index && along != match.queryTokens && along != match.keyTokens &&
           along != match.heads && along != match.batch;
  });
}

//===--- linear scores --------------------------------------------------------------------===//

Expr ScorePlanner::sum(Expr left, Expr right, Type type) {
  if (!left || !right)
    return left ? left : right;
  return exprs.apply<arith::AddFOp>(type, {left, right});
}

Expr ScorePlanner::scaled(Expr bias, double factor) {
  return bias ? exprs.apply<arith::MulFOp>(bias->type, {bias, exprs.number(factor, bias->type)}) : nullptr;
}

bool ScorePlanner::hasProduct(Expr expr) const {
  return ElementExprs::any(expr, [&](Expr node) { return node == match.product; });
}

std::optional<ScorePlanner::Linear> ScorePlanner::times(std::optional<Linear> parts, double factor) {
  if (!parts)
    return std::nullopt;
  (parts->outer ? parts->outer : parts->inner) *= factor;
  parts->bias = scaled(parts->bias, factor);
  return parts;
}

std::optional<ScorePlanner::Linear> ScorePlanner::linear(Expr expr) {
  if (expr == match.product)
    return Linear();
  if (expr->kind != Kind::Apply)
    return std::nullopt;
  if (expr->is<arith::ExtFOp>() || expr->is<arith::TruncFOp>())
    return linear(expr->operands[0]);
  if (expr->is<arith::NegFOp>())
    return times(linear(expr->operands[0]), -1);
  if (expr->is<math::TanhOp>()) {
    std::optional<Linear> parts = linear(expr->operands[0]);
    if (!parts || parts->outer || parts->bias)
      return std::nullopt;
    parts->outer = 1;
    return parts;
  }
  if (expr->is<arith::SelectOp>())
    return linearSelect(expr);
  if (expr->is<arith::MaximumFOp>())
    return linearMaximum(expr);
  return expr->operands.size() == 2 ? linearBinary(expr) : std::nullopt;
}

/// A condition on data: the other value is far below every score, or the proof fails.
std::optional<ScorePlanner::Linear> ScorePlanner::linearSelect(Expr expr) {
  ArrayRef<Expr> operands = expr->operands;
  unsigned kept = hasProduct(operands[1]) ? 1 : 2;
  if (hasProduct(operands[0]) || hasProduct(operands[3 - kept]))
    return std::nullopt;
  std::optional<Linear> parts = linear(operands[kept]);
  if (!parts)
    return std::nullopt;
  SmallVector<Expr, 3> chosen(operands);
  chosen[kept] = parts->bias ? parts->bias : exprs.number(0, expr->type);
  parts->bias = exprs.apply<arith::SelectOp>(expr->type, chosen);
  return parts;
}

/// No score is below the lowest number of its type, whatever was added to it; the proof knows how low is low enough.
std::optional<ScorePlanner::Linear> ScorePlanner::linearMaximum(Expr expr) {
  for (unsigned i : {0, 1})
    if (expr->operands[i]->number().value_or(0) <= kLowest)
      return linear(expr->operands[1 - i]);
  return std::nullopt;
}

/// Factors, quotients, sums and differences with one operand that has no scores.
std::optional<ScorePlanner::Linear> ScorePlanner::linearBinary(Expr expr) {
  ArrayRef<Expr> operands = expr->operands;
  if (hasProduct(operands[0]) == hasProduct(operands[1]))
    return std::nullopt;
  unsigned kept = hasProduct(operands[0]) ? 0 : 1;
  Expr other = operands[1 - kept];
  if (expr->is<arith::MulFOp>() && other->number())
    return times(linear(operands[kept]), *other->number());
  if (expr->is<arith::DivFOp>() && kept == 0 && other->number())
    return times(linear(operands[0]), 1 / *other->number());
  bool isDifference = expr->is<arith::SubFOp>();
  if (!isDifference && !expr->is<arith::AddFOp>())
    return std::nullopt;
  std::optional<Linear> parts = linear(operands[kept]);
  if (!parts)
    return std::nullopt;
  if (isDifference && kept == 1)
    parts = times(parts, -1);
  Expr added = isDifference && kept == 0 ? scaled(other, -1) : other;
  parts->bias = sum(parts->bias, added, expr->type);
  return parts;
}

} // namespace heddle
