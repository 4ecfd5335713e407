#include "passes/raise/StateReads.h"

#include "passes/raise/Reads.h"

#include "llvm/ADT/DenseSet.h"

using namespace mlir;

namespace heddle {
namespace {

bool contains(const Indices &at, Variable variable) {
  return llvm::any_of(at, [&](const Index &index) { return llvm::is_contained(index, variable); });
}

class ReadCollector {
public:
  ReadCollector(const TokenLoop &loop, StateForms &forms, ArrayRef<unsigned> states, const Indices &at, bool allowSums,
                ArrayRef<Variable> onlyKeys)
      : loop(loop), forms(forms), states(states), at(at), allowSums(allowSums), onlyKeys(onlyKeys) {}

  StateReads collect(ArrayRef<Value> roots) {
    for (Value root : roots)
      visit(root);
    return std::move(reads);
  }

private:
  void visit(Value value) {
    if (!forms.dependsOnState(value) || !seen.insert(value).second)
      return;
    for (unsigned state : states)
      if (value == loop.argument(state) || value == loop.yielded(state)) {
        reads.whole.push_back(value);
        return;
      }
    if (std::optional<SummedRead> sum = allowSums ? sumOf(value) : std::nullopt) {
      reads.sums.push_back(*sum);
      return;
    }
    for (Value operand : readsOf(value.getDefiningOp()))
      visit(operand);
  }

  /// `value` as a sum over state dimensions that no operand has summed before.
  std::optional<SummedRead> sumOf(Value value) {
    auto generic = value.getDefiningOp<linalg::GenericOp>();
    if (!generic || generic.getNumReductionLoops() == 0)
      return std::nullopt;
    for (Value operand : generic.getDpsInputs())
      if (forms.dependsOnState(operand) && !isUnsummed(operand))
        return std::nullopt;
    std::optional<Indices> own = forms.createIndices(value);
    std::optional<Form> form = own ? forms.of(value, *own) : std::nullopt;
    if (!form)
      return std::nullopt;
    SummedRead read{value, *own, *form, {}};
    for (const Term &term : *form)
      if (term.state && !adoptVariables(read, term.state->at))
        return std::nullopt;
    for (const Term &term : read.form)
      if (!isQuery(term, read))
        return std::nullopt;
    if (read.keys.empty() || (!onlyKeys.empty() && ArrayRef(read.keys) != onlyKeys))
      return std::nullopt;
    return read;
  }

  bool isUnsummed(Value operand) {
    std::optional<Indices> own = forms.createIndices(operand);
    std::optional<Form> form = own ? forms.of(operand, *own) : std::nullopt;
    return form && llvm::all_of(*form, [](const Term &term) { return term.summed.empty(); });
  }

  /// Renames the variables of the read to those of the state.
  bool adoptVariables(SummedRead &read, Indices stateAt) {
    for (auto [theirs, ours] : llvm::zip_equal(stateAt, at)) {
      if (theirs == ours)
        continue;
      if (theirs.size() != 1 || ours.size() != 1 || contains(at, theirs[0]))
        return false;
      rename(read, theirs[0], ours[0]);
    }
    return true;
  }

  static void rename(SummedRead &read, Variable from, Variable to) {
    auto replaceIn = [&](Indices &indices) {
      for (Index &index : indices)
        llvm::replace(index, from, to);
    };
    replaceIn(read.at);
    for (Term &term : read.form) {
      term.product.rename(from, to);
      llvm::replace(term.summed, from, to);
      if (term.state)
        replaceIn(term.state->at);
    }
  }

  bool isQuery(const Term &term, SummedRead &read) {
    if (!term.state)
      return true;
    if (term.state->at != at || term.summed.empty())
      return false;
    SmallVector<Variable, 2> keys;
    for (const Index &index : at)
      if (!index.empty() && llvm::is_contained(term.summed, index[0]))
        keys.push_back(index[0]);
    if (keys.size() != term.summed.size() || (!read.keys.empty() && read.keys != keys))
      return false;
    read.keys = keys;
    // A fixed matrix is a projection behind the mixer, not a query for each of its rows.
    auto [query, rest] = splitQuery(term, at);
    return query.furtherHeads.empty() || query.query.has(kToken);
  }

  const TokenLoop &loop;
  StateForms &forms;
  ArrayRef<unsigned> states;
  const Indices &at;
  bool allowSums;
  ArrayRef<Variable> onlyKeys;
  StateReads reads;
  llvm::DenseSet<Value> seen;
};

} // namespace

std::pair<StateQuery, Product> splitQuery(const Term &term, const Indices &at) {
  StateQuery query;
  query.updated = term.state->updated;
  Product rest{term.product.coefficient, {}};
  for (const Factor &factor : term.product.factors) {
    bool isKeySide = llvm::any_of(term.summed, [&](Variable key) { return factor.has(key); });
    (isKeySide ? query.query : rest).factors.push_back(factor);
  }
  for (Variable variable : query.query.variables())
    if (variable != kToken && !contains(at, variable))
      query.furtherHeads.push_back(variable);
  return {query, rest};
}

ArrayRef<Variable> StateReads::commonKeys() const {
  if (sums.empty() || !whole.empty())
    return {};
  for (const SummedRead &sum : sums)
    if (sum.keys != sums.front().keys)
      return {};
  return sums.front().keys;
}

StateReads collectReads(const TokenLoop &loop, StateForms &forms, ArrayRef<unsigned> states, ArrayRef<Value> roots,
                        const Indices &at, bool allowSums, ArrayRef<Variable> onlyKeys) {
  return ReadCollector(loop, forms, states, at, allowSums, onlyKeys).collect(roots);
}

} // namespace heddle
