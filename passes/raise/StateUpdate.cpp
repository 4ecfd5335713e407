#include "passes/raise/StateUpdate.h"

using namespace mlir;

namespace heddle {
namespace {

/// Removes the factors of `part` from `whole`; false where one is missing.
bool remove(Product &whole, const Product &part) {
  for (const Factor &factor : part.factors) {
    auto found = llvm::find(whole.factors, factor);
    if (found == whole.factors.end())
      return false;
    whole.factors.erase(found);
  }
  whole.coefficient /= part.coefficient;
  return true;
}

/// Moves the factors that have `variable` out of `product`.
Product takeFactorsWith(Product &product, Variable variable) {
  Product taken;
  for (const Factor &factor : product.factors)
    if (factor.has(variable))
      taken.factors.push_back(factor);
  llvm::erase_if(product.factors, [&](const Factor &factor) { return factor.has(variable); });
  return taken;
}

bool sameFactors(Product left, const Product &right) {
  return left.factors.size() == right.factors.size() && remove(left, right);
}

/// The state's only index that differs from `at`: (row, column), the column being summed over.
std::optional<std::pair<Variable, Variable>> contractedDim(const Term &term, const Indices &at) {
  std::optional<std::pair<Variable, Variable>> result;
  for (auto [own, read] : llvm::zip_equal(at, term.state->at)) {
    if (own == read)
      continue;
    if (result || own.size() != 1 || read.size() != 1)
      return std::nullopt;
    result = {own.front(), read.front()};
  }
  if (!result || term.summed.size() != 1 || term.summed.front() != result->second)
    return std::nullopt;
  return result;
}

class Classifier {
public:
  Classifier(const Form &form, const Indices &at) : form(form), at(at) {}

  std::optional<StateUpdate> classify() {
    for (const Index &index : at)
      update.dims.append(index.begin(), index.end());
    for (const Term &term : form)
      if (!sort(term))
        return std::nullopt;
    if (!contracted)
      return update.decay.empty() ? std::nullopt : std::optional(update);
    if (asConstant() || asDelta())
      return update;
    return std::nullopt;
  }

private:
  bool sort(const Term &term) {
    if (!term.state) {
      update.added.push_back(term.product);
      return term.summed.empty();
    }
    if (term.state->updated)
      return false;
    if (term.state->at == at) {
      update.decay.push_back(term.product);
      return term.summed.empty();
    }
    auto dims = contractedDim(term, at);
    if (!dims || contracted)
      return false;
    contracted = &term;
    std::tie(update.row, update.column) = *dims;
    return true;
  }

  bool asConstant() {
    if (!update.decay.empty() || contracted->product.has(kToken))
      return false;
    update.kind = UpdateKind::Constant;
    update.matrix = contracted->product;
    return true;
  }

  bool asDelta() {
    if (update.decay.size() != 1 || update.added.size() != 1)
      return false;
    const Product &decay = update.decay.front();
    Product correction = contracted->product, added = update.added.front();
    Product written = takeFactorsWith(correction, update.row), read = takeFactorsWith(correction, update.column);
    read.rename(update.column, update.row);
    Product key = takeFactorsWith(added, update.row);
    if (written.factors.empty() || !sameFactors(written, read) || !sameFactors(written, key))
      return false;
    // What is left of the correction is -decay * step; of what is added, step * value.
    if (!remove(correction, decay))
      return false;
    correction.coefficient *= -1;
    if (!remove(added, correction))
      return false;
    update.kind = UpdateKind::Delta;
    update.step = correction;
    update.key = written;
    update.added = {added};
    return true;
  }

  const Form &form;
  const Indices &at;
  const Term *contracted = nullptr;
  StateUpdate update;
};

} // namespace

std::optional<StateUpdate> StateUpdate::classify(const Form &form, const Indices &at) {
  return Classifier(form, at).classify();
}

} // namespace heddle
