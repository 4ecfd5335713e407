#include "passes/raise/AffineRecurrence.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace heddle {
namespace {

template <typename Range> bool hasAny(const Range &sum, ArrayRef<Variable> group) {
  return llvm::any_of(group, [&](Variable variable) {
    return llvm::any_of(sum, [&](const Product &product) { return product.has(variable); });
  });
}

/// The factors that have a variable of `group`, and the rest with the coefficient.
std::pair<Product, Product> splitBy(const Product &product, ArrayRef<Variable> group) {
  Product with, without{product.coefficient, {}};
  for (const Factor &factor : product.factors)
    (hasAny(ArrayRef(Product{1, {factor}}), group) ? with : without).factors.push_back(factor);
  return {with, without};
}

} // namespace

//===--- roles ----------------------------------------------------------------------------===//

/// A batch is in every factor that varies from token to token, and in no other.
bool AffineRecurrence::isBatch(Variable variable, ArrayRef<Product> queries) const {
  SmallVector<Product> all(update.decay);
  llvm::append_range(all, update.added);
  llvm::append_range(all, queries);
  all.append({update.step, update.key, update.matrix});
  for (const Product &product : all)
    for (const Factor &factor : product.factors)
      if (factor.has(kToken) != factor.has(variable))
        return false;
  return true;
}

/// What is added, as keys times values.
void AffineRecurrence::splitAdded() {
  keyProducts = {Product{}};
  valueProducts.assign(update.added.begin(), update.added.end());
  if (update.kind == UpdateKind::Delta) {
    keyProducts = {update.key};
    return;
  }
  if (keyDims.empty() || !hasAny(update.added, keyDims))
    return;
  Product common = splitBy(update.added.front(), keyDims).first;
  valueProducts.clear();
  for (const Product &product : update.added) {
    auto [withKeys, rest] = splitBy(product, keyDims);
    if (withKeys.factors != common.factors) {
      // No outer product: all of it is the key of values 1.
      keyProducts.assign(update.added.begin(), update.added.end());
      valueProducts = {Product{}};
      return;
    }
    valueProducts.push_back(rest);
  }
  keyProducts = {common};
}

bool AffineRecurrence::findDecay() {
  bool isOne = update.decay.size() == 1 && update.decay[0].factors.empty() && update.decay[0].coefficient == 1;
  decay = Logarithm();
  if (update.kind != UpdateKind::Constant && !isOne)
    decay = emitter.logarithm(update.decay);
  return decay.has_value();
}

void AffineRecurrence::assignRoles(ArrayRef<Variable> keys, ArrayRef<Product> queries) {
  keyDims.assign(keys.begin(), keys.end());
  splitAdded();
  SmallVector<Variable> others;
  for (Variable dim : update.dims)
    if (!llvm::is_contained(keys, dim))
      others.push_back(dim);
  // A single dimension of a model without batch is one of channels.
  if (!others.empty() && isBatch(others.front(), queries) &&
      (others.size() > 1 || !keys.empty() || !getConstantIntValue(variables.size(others.front())))) {
    batch = {others.front()};
    others.erase(others.begin());
  }
  // Heads and features are counted, so a dimension of open size is part of the batch.
  llvm::erase_if(others, [&](Variable dim) {
    bool joins = !getConstantIntValue(variables.size(dim)) && isBatch(dim, queries);
    if (joins)
      batch.push_back(dim);
    return joins;
  });
  SmallVector<Product> keySideProducts(queries.begin(), queries.end());
  llvm::append_range(keySideProducts, keyProducts);
  keySideProducts.append({update.step, update.matrix});
  bool decaysValues = (!keys.empty() && hasAny(decay->summands, keys)) || (keys.empty() && decay->maybeZero);
  if (!decaysValues)
    llvm::append_range(keySideProducts, decay->summands);
  for (Variable dim : others)
    (hasAny(keySideProducts, Group{dim}) ? heads : values).push_back(dim);
}

//===--- operands -------------------------------------------------------------------------===//

int64_t AffineRecurrence::count(ArrayRef<Variable> group) const {
  int64_t product = 1;
  for (Variable variable : group)
    product *= getConstantIntValue(variables.size(variable)).value_or(0);
  return product;
}

/// [B, T, H, dk] or [B, T, H].
Value AffineRecurrence::keySide(ArrayRef<Product> sum, bool hasKeys) {
  SmallVector<Group> groups = {batch, {kToken}, heads};
  if (!hasKeys)
    return emitter.operand(sum, groups);
  groups.push_back(keyDims);
  return emitter.operand(sum, groups, {3});
}

bool AffineRecurrence::buildKeyAndValue() {
  key = keySide(keyProducts, true);
  if (valueProducts.empty())
    valueProducts = {Product{0, {}}};
  // One operand at least has all state heads.
  SmallVector<unsigned> whole = {3};
  if (!hasAny(keyProducts, heads) && !hasAny(valueProducts, heads))
    whole.push_back(2);
  value = emitter.operand(valueProducts, {batch, {kToken}, heads, values}, whole);
  return key && value;
}

bool AffineRecurrence::buildFactored(const Product &logarithm) {
  Product rate, step{logarithm.coefficient, {}};
  for (const Factor &factor : logarithm.factors) {
    Product single{1, {factor}};
    bool varies = factor.has(kToken) || hasAny(ArrayRef(single), batch);
    (varies ? step : rate).factors.push_back(factor);
  }
  if (rate.factors.empty() || step.factors.empty() || hasAny(ArrayRef(step), keyDims))
    return false;
  transportOperands = {emitter.operand(step, {batch, {kToken}, heads, values}, {3}),
                       emitter.operand(rate, {heads, keyDims, values}, {1, 2})};
  transport = mixer::ElementwiseAttr::get(loop.loop.getContext(), true);
  return transportOperands[0] && transportOperands[1];
}

bool AffineRecurrence::buildDiagonal() {
  MLIRContext *context = loop.loop.getContext();
  ArrayRef<Product> logarithm = decay->summands;
  if (logarithm.empty()) {
    transport = mixer::IdentityAttr::get(context);
    return true;
  }
  bool decaysValues = hasAny(logarithm, values) || (keyDims.empty() && decay->maybeZero);
  if (decaysValues && !keyDims.empty() && logarithm.size() == 1 && buildFactored(logarithm.front()))
    return true;
  if (decaysValues) {
    transport = mixer::ElementwiseAttr::get(context, false);
    transportOperands = {emitter.operand(logarithm, {batch, {kToken}, heads, keyDims, values}, {3, 4})};
    return transportOperands[0] != nullptr;
  }
  bool hasKeys = hasAny(logarithm, keyDims);
  transport = hasKeys ? Attribute(mixer::KeyChannelAttr::get(context)) : mixer::ScalarAttr::get(context);
  Value operand = keySide(logarithm, hasKeys);
  transportOperands = {operand && decay->maybeZero ? emitter.boundLogarithm(operand) : operand};
  return transportOperands[0] != nullptr;
}

bool AffineRecurrence::buildDelta() {
  bool gated = !decay->summands.empty();
  transport = mixer::DeltaAttr::get(loop.loop.getContext(), gated);
  transportOperands = {keySide(update.step, false)};
  if (gated) {
    Value gate = keySide(decay->summands, false);
    transportOperands.push_back(gate && decay->maybeZero ? emitter.boundLogarithm(gate) : gate);
  }
  bool isPerHead =
      !hasAny(ArrayRef(update.step), values) && !hasAny(decay->summands, values) && !hasAny(decay->summands, keyDims);
  return isPerHead && llvm::all_of(transportOperands, [](Value operand) { return operand != nullptr; });
}

bool AffineRecurrence::buildConstant() {
  if (hasAny(ArrayRef(update.matrix), values) || hasAny(ArrayRef(update.matrix), batch))
    return false;
  transport = mixer::ConstantAttr::get(loop.loop.getContext());
  transportOperands = {emitter.operand(update.matrix, {heads, {update.row}, {update.column}}, {1, 2})};
  return transportOperands[0] != nullptr;
}

bool AffineRecurrence::buildTransport() {
  switch (update.kind) {
  case UpdateKind::Diagonal:
    return buildDiagonal();
  case UpdateKind::Delta:
    return buildDelta();
  case UpdateKind::Constant:
    return buildConstant();
  }
  llvm_unreachable("all kinds are listed");
}

bool AffineRecurrence::buildInitialState(Value tensor) {
  if (constantOf(tensor) == 0.0)
    return true;
  Factor factor{tensor, {}};
  auto type = cast<RankedTensorType>(tensor.getType());
  unsigned next = 0;
  for (int64_t dim = 0; dim < type.getRank(); ++dim)
    factor.at.push_back(type.getDimSize(dim) == 1 ? Index() : Index{update.dims[next++]});
  initial = emitter.operand(Product{1, {factor}}, {batch, heads, keyDims, values}, {0, 1, 2, 3});
  return initial != nullptr;
}

std::optional<AffineRecurrence> AffineRecurrence::create(const TokenLoop &loop, const StateUpdate &update,
                                                         ArrayRef<Variable> keys, ArrayRef<Product> queries,
                                                         const Variables &variables, Value initialState,
                                                         FloatType type) {
  AffineRecurrence result(loop, update, variables, type);
  if (!result.findDecay())
    return std::nullopt;
  result.assignRoles(keys, queries);
  for (ArrayRef<Variable> group :
       {ArrayRef<Variable>(result.heads), ArrayRef<Variable>(result.keyDims), ArrayRef<Variable>(result.values)})
    if (result.count(group) == 0)
      return std::nullopt;
  if (!result.buildKeyAndValue() || !result.buildTransport() || !result.buildInitialState(initialState))
    return std::nullopt;
  return result;
}

} // namespace heddle
