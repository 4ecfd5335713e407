// What kind of bias an expression is: none, ALiBi, a table of relative positions, or any matrix.
#include "passes/raise/ScorePlan.h"

using namespace mlir;

namespace heddle {

// Biases are read off in double from constants in float.
static constexpr double kSame = 1e-6;

static bool isSame(double left, double right) {
  if (!std::isfinite(left) || !std::isfinite(right))
    return left == right;
  return std::abs(left - right) <= kSame * std::max({1e-3, std::abs(left), std::abs(right)});
}

/// Calls `visit(query, key, value)` for every pair that exists in one table; false as soon as it is.
template <typename Visit> static bool allPairs(const std::vector<double> &values, const PairGrid &pairs, Visit visit) {
  for (int64_t i = 0; i < pairs.queries; ++i)
    for (int64_t j = 0; j < pairs.keys; ++j)
      if (pairs.at(i, j) && !visit(i, j, values[i * pairs.keys + j]))
        return false;
  return true;
}

void ScorePlanner::planBias(Expr bias, ScorePlan &plan) {
  bool isPerHead = false;
  std::optional<SmallVector<Table>> tables;
  if (isFixedExpr(bias))
    tables = evaluate(bias, isPerHead);
  if (tables) {
    if (isConstantInRows(*tables))
      return;
    bool isAligned = plan.support.align == mixer::Align::Start &&
                     llvm::all_of(*tables, [](const Table &table) { return table.queries == table.keys; });
    if (isAligned && fitAlibi(*tables, plan)) {
      plan.bias = mixer::BiasKind::Alibi;
      return;
    }
    if (isAligned && fitRelative(*tables, plan)) {
      plan.bias = mixer::BiasKind::Relative;
      return;
    }
  }
  plan.bias = mixer::BiasKind::Dense;
  plan.dense = bias;
  plan.denseAxes = exprs.axesOf(bias);
}

/// What is the same for all keys of a query changes no weight.
bool ScorePlanner::isConstantInRows(ArrayRef<Table> tables) const {
  for (auto [sample, table] : llvm::enumerate(tables))
    for (auto [head, values] : llvm::enumerate(table.heads)) {
      std::vector<std::optional<double>> row(table.queries);
      bool isConstant = allPairs(values, grid(sample, head), [&](int64_t i, int64_t, double value) {
        row[i] = row[i].value_or(value);
        return value == *row[i];
      });
      if (!isConstant)
        return false;
    }
  return true;
}

/// -slope |i - j|, up to a number for each row.
bool ScorePlanner::fitAlibi(ArrayRef<Table> tables, ScorePlan &plan) const {
  size_t heads = tables.front().heads.size();
  std::vector<double> slopes;
  for (size_t head = 0; head < heads; ++head) {
    std::optional<double> slope;
    for (auto [sample, table] : llvm::enumerate(tables)) {
      const PairGrid &pairs = grid(sample, head);
      std::vector<std::optional<std::pair<int64_t, double>>> first(table.queries);
      bool fits = allPairs(table.heads[head], pairs, [&](int64_t i, int64_t j, double value) {
        if (!first[i]) {
          first[i] = {j, value};
          return true;
        }
        double distance = double(std::abs(i - j) - std::abs(i - first[i]->first)), change = value - first[i]->second;
        if (distance == 0)
          return isSame(change, 0);
        if (!slope)
          slope = -change / distance;
        return isSame(change, -*slope * distance);
      });
      if (!fits)
        return false;
    }
    slopes.push_back(slope.value_or(0));
  }
  plan.slopes = slopes;
  return true;
}

/// A number for each distance j - i; far ones are all alike where the length is open.
bool ScorePlanner::fitRelative(ArrayRef<Table> tables, ScorePlan &plan) const {
  const Table &largest = *llvm::max_element(tables, [](const Table &a, const Table &b) { return a.keys < b.keys; });
  int64_t reach = largest.keys - 1;
  for (auto [head, values] : llvm::enumerate(largest.heads)) {
    std::vector<std::optional<double>> found(2 * reach + 1);
    if (!allPairs(values, grid(&largest - tables.data(), head), [&](int64_t i, int64_t j, double value) {
          std::optional<double> &entry = found[j - i + reach];
          entry = entry.value_or(value);
          return isSame(*entry, value);
        }))
      return false;
    std::vector<double> &row = plan.table.emplace_back();
    for (const std::optional<double> &entry : found)
      row.push_back(entry.value_or(0));
  }
  if (tables.size() == 1)
    return true;
  // Beyond a quarter of the length nothing may change any more.
  int64_t kept = reach / 4;
  for (std::vector<double> &row : plan.table) {
    for (int64_t distance = kept; distance <= reach; ++distance)
      if (!isSame(row[reach + distance], row[reach + kept]) || !isSame(row[reach - distance], row[reach - kept])) {
        plan.table.clear();
        return false;
      }
    row = std::vector<double>(row.begin() + reach - kept, row.begin() + reach + kept + 1);
  }
  return true;
}

} // namespace heddle
