#include "passes/raise/AttentionMatch.h"

#include "passes/raise/SinkColumn.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace heddle {
namespace {

using Kind = ElementExpr::Kind;

AxisList without(ArrayRef<AxisId> axes, ArrayRef<AxisId> removed) {
  return llvm::to_vector_of<AxisId, 2>(
      llvm::make_filter_range(axes, [&](AxisId axis) { return !contains(removed, axis); }));
}

class Matcher {
public:
  explicit Matcher(ElementExprs &exprs) : exprs(exprs), axes(exprs.getAxes()) {}

  std::optional<AttentionMatch> match(Value contraction) {
    std::optional<AxisDims> dims = axes.create(contraction);
    std::optional<SumOfProducts> mixing = dims ? matchSumOfProducts(axes, contraction, *dims) : std::nullopt;
    if (!mixing || mixing->reduced.empty())
      return std::nullopt;
    found.output = contraction;
    found.outputDims = *dims;
    for (bool isRight : {false, true}) {
      const Axes::Source &weights = isRight ? mixing->right : mixing->left;
      found.value = isRight ? mixing->left : mixing->right;
      if (matchWeights(weights, mixing->reduced))
        return found;
    }
    return std::nullopt;
  }

private:
  bool matchWeights(const Axes::Source &weights, ArrayRef<AxisId> keys) {
    Expr quotient = exprs.read(weights.value, weights.dims);
    std::optional<SinkSoftmax> softmax = matchSinkSoftmax(exprs, quotient, keys);
    found.keyTokens = softmax ? softmax->all : AxisList(keys);
    Expr exponent = exponentOf(softmax ? softmax->weights : quotient);
    if (!exponent)
      return false;
    found.scores = withoutRowTerms(exponent);
    if (softmax && !takeSink(*softmax, keys))
      return false;
    // Axes of the weights that the values do not have are those of the queries.
    AxisList ofWeights = axes.of(weights), ofValues = axes.of(found.value);
    found.queryTokens = without(ofWeights, ofValues);
    found.valueFeatures = without(ofValues, ofWeights);
    AxisList shared = without(without(ofWeights, found.queryTokens), axes.resolve(keys));
    found.keyTokens = axes.resolve(keys);
    if (!matchProduct())
      return false;
    found.query = axes.origin(found.query, &found.scale);
    found.key = axes.origin(found.key, &found.scale);
    found.value = axes.origin(found.value, nullptr);
    followForward();
    return isNormalised && assignRoles(exprs, shared, found);
  }

  bool takeSink(const SinkSoftmax &softmax, ArrayRef<AxisId> keys) {
    std::optional<SinkScores> scores = splitSinkScores(exprs, found.scores, softmax, keys);
    if (!scores)
      return false;
    found.scores = scores->ofKeys;
    found.sink = scores->ofSink;
    return true;
  }

  bool dependsOnKeys(Expr expr) { return containsAny(exprs.axesOf(expr), axes.resolve(found.keyTokens)); }

  /// x of exp(x) / y with y the same for all keys, or null. Without a quotient here, one must follow behind the values.
  Expr exponentOf(Expr weights) {
    weights = withoutGuard(weights);
    isNormalised = true;
    if (weights->is<arith::DivFOp>() && !dependsOnKeys(weights->operands[1]))
      return exponent(weights->operands[0]);
    if (weights->is<arith::MulFOp>())
      for (unsigned i : {0, 1})
        if (!dependsOnKeys(weights->operands[i]))
          return exponent(weights->operands[1 - i]);
    isNormalised = false;
    return exponent(weights);
  }

  static Expr exponent(Expr expr) {
    expr = stripCasts(expr);
    return expr->is<math::ExpOp>() ? expr->operands[0] : nullptr;
  }

  /// Rows without any key are NaN; some exporters replace them. Whether the replacement is the right one, the proof
  /// says.
  static Expr withoutGuard(Expr expr) {
    while (true) {
      expr = stripCasts(expr);
      bool isGuard = expr->is<arith::SelectOp>() && (expr->operands[1]->number() || expr->operands[2]->number());
      if (!isGuard)
        return expr;
      Expr kept = expr->operands[expr->operands[1]->number() ? 2 : 1];
      Expr condition = expr->operands[0];
      bool comparesItself = ElementExprs::any(condition, [&](Expr part) {
        return part->is<arith::CmpFOp>() && stripCasts(part->operands[0]) == stripCasts(kept);
      });
      if (!comparesItself)
        return expr;
      expr = kept;
    }
  }

  /// What is added to a whole row changes numerator and denominator alike; the logarithm of a sum is a quotient.
  Expr withoutRowTerms(Expr expr) {
    while (true) {
      expr = stripCasts(expr);
      bool isDifference = expr->is<arith::SubFOp>();
      if (!isDifference && !expr->is<arith::AddFOp>())
        return expr;
      bool isFirst = !isDifference && !dependsOnKeys(expr->operands[0]);
      Expr term = expr->operands[isFirst ? 0 : 1];
      if (dependsOnKeys(term))
        return expr;
      isNormalised |= ElementExprs::any(term, [](Expr part) { return part->is<math::LogOp>(); });
      expr = expr->operands[isFirst ? 1 : 0];
    }
  }

  /// Finds the contraction of one tensor along the queries with one along the keys.
  bool matchProduct() {
    SmallVector<Expr> leaves;
    ElementExprs::any(found.scores, [&](Expr expr) {
      if (expr->kind == Kind::Leaf && isa<RankedTensorType>(expr->value.getType()))
        leaves.push_back(expr);
      return false;
    });
    for (Expr leaf : leaves) {
      AxisDims dims = axes.resolveDims(leaf->dims);
      std::optional<SumOfProducts> product = matchSumOfProducts(axes, leaf->value, dims);
      if (!product)
        continue;
      for (bool isSwapped : {false, true}) {
        found.query = isSwapped ? product->right : product->left;
        found.key = isSwapped ? product->left : product->right;
        AxisList ofQuery = axes.of(found.query), ofKey = axes.of(found.key);
        AxisList queries = axes.resolve(found.queryTokens), keys = axes.resolve(found.keyTokens);
        if (containsAny(ofQuery, keys) || containsAny(ofKey, queries) || !containsAll(ofKey, keys) ||
            !containsAll(ofQuery, queries))
          continue;
        found.product = leaf;
        found.keyFeatures = product->reduced;
        return true;
      }
    }
    return false;
  }

  static bool containsAll(ArrayRef<AxisId> axes, ArrayRef<AxisId> wanted) {
    return llvm::all_of(wanted, [&](AxisId axis) { return contains(axes, axis); });
  }

  //===--- layout -------------------------------------------------------------------------===//

  /// On to the last tensor that is the output in another arrangement, across the quotient where it stands there.
  void followForward() {
    while (found.output.hasOneUse()) {
      Operation *user = *found.output.user_begin();
      if (user->getBlock() != found.output.getParentBlock() || user->getNumResults() != 1)
        return;
      std::optional<AxisDims> after = axes.stepForward(found.output, found.outputDims, user);
      if (!after && !isNormalised) {
        after = dimsOfQuotient(user);
        isNormalised = after.has_value();
      }
      if (!after)
        return;
      found.output = user->getResult(0);
      found.outputDims = *after;
    }
  }

  /// The dims of output / y.
  std::optional<AxisDims> dimsOfQuotient(Operation *user) {
    auto op = dyn_cast<linalg::LinalgOp>(user);
    if (!op || op.getNumReductionLoops() || !op.hasPureTensorSemantics())
      return std::nullopt;
    auto quotient = op.getBlock()->getTerminator()->getOperand(0).getDefiningOp<arith::DivFOp>();
    auto numerator = quotient ? dyn_cast<BlockArgument>(quotient.getLhs()) : BlockArgument();
    if (!numerator || numerator.getOwner() != op.getBlock())
      return std::nullopt;
    OpOperand *operand = op.getMatchingOpOperand(numerator);
    AffineMap map = op.getMatchingIndexingMap(operand);
    if (operand->get() != found.output || !map.isPermutation())
      return std::nullopt;
    AxisDims after;
    for (AffineExpr expr : op.getIndexingMapMatchingResult(op->getResult(0)).getResults())
      after.push_back(found.outputDims[*map.getResultPosition(expr)]);
    return after;
  }

  ElementExprs &exprs;
  Axes &axes;
  AttentionMatch found;
  bool isNormalised = false; // a quotient was seen
};

} // namespace

std::optional<AttentionMatch> matchAttention(ElementExprs &exprs, Value contraction) {
  return Matcher(exprs).match(contraction);
}

} // namespace heddle
