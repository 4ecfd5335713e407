// Which axes of an attention are its batch and which are its heads.
#include "passes/raise/AttentionMatch.h"

using namespace mlir;

namespace heddle {
namespace {

class Roles {
public:
  Roles(ElementExprs &exprs, AttentionMatch &found) : exprs(exprs), axes(exprs.getAxes()), found(found) {}

  bool assign(AxisList shared) {
    for (AxisList *list : {&shared, &found.queryTokens, &found.keyTokens, &found.keyFeatures, &found.valueFeatures})
      *list = axes.resolve(*list);
    claimSharedQueries(shared);
    for (AxisId axis : shared)
      (isHead(axis) ? found.heads : found.batch).push_back(axis);
    if (found.heads.empty())
      chooseHeads();
    // Heads that all operands have come first: an operand with fewer heads serves runs of neighbours.
    AxisList heads;
    for (int count : {3, 2, 1})
      llvm::copy_if(found.heads, std::back_inserter(heads), [&](AxisId axis) { return operandsWith(axis) == count; });
    found.heads = heads;
    return axes.isStatic(found.heads) && axes.isStatic(found.keyFeatures) && axes.isStatic(found.valueFeatures);
  }

private:
  /// Heads are missing in an operand that serves several of them, or lie behind the tokens.
  bool isHead(AxisId axis) {
    auto isBehind = [&](const Axes::Source &source, ArrayRef<AxisId> tokens) {
      AxisList order = axes.of(source);
      return !tokens.empty() && llvm::find(order, axis) > llvm::find(order, tokens.front());
    };
    return axes.isStatic(axis) && (operandsWith(axis) < 3 || isBehind(found.query, found.queryTokens) ||
                                   isBehind(found.key, found.keyTokens) || isBehind(found.value, found.keyTokens));
  }

  /// Of axes that all lie in front of the tokens those are heads that masks and biases tell apart, or the last of
  /// several.
  void chooseHeads() {
    AxisList ofPairs = exprs.axesOf(scoresAtZero(exprs, found)), batch;
    for (AxisId axis : found.batch)
      (axes.isStatic(axis) && contains(ofPairs, axis) ? found.heads : batch).push_back(axis);
    found.batch = batch;
    if (found.heads.empty() && batch.size() > 1 && axes.isStatic(batch.back()))
      found.heads.push_back(found.batch.pop_back_val());
  }

  int operandsWith(AxisId axis) {
    return contains(axes.of(found.key), axis) + contains(axes.of(found.value), axis) +
           contains(axes.of(found.query), axis);
  }

  /// Several query axes: where masks or biases know only some of them, the others are heads that share keys and values.
  void claimSharedQueries(AxisList &shared) {
    AxisList ofPairs = exprs.axesOf(scoresAtZero(exprs, found));
    if (found.queryTokens.size() < 2 || !containsAny(ofPairs, found.queryTokens))
      return;
    for (AxisId axis : AxisList(found.queryTokens))
      if (!contains(ofPairs, axis) && axes.isStatic(axis)) {
        shared.push_back(axis);
        llvm::erase(found.queryTokens, axis);
      }
  }

  ElementExprs &exprs;
  Axes &axes;
  AttentionMatch &found;
};

} // namespace

Expr scoresAtZero(ElementExprs &exprs, const AttentionMatch &match) {
  return exprs.rewrite(match.scores,
                       [&](Expr expr) { return expr == match.product ? exprs.number(0, expr->type) : nullptr; });
}

bool assignRoles(ElementExprs &exprs, AxisList shared, AttentionMatch &found) {
  return Roles(exprs, found).assign(shared);
}

} // namespace heddle
