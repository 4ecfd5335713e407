#include "passes/raise/LogKeyRecurrence.h"

using namespace mlir;

namespace heddle {

//===--- reading --------------------------------------------------------------------------===//

bool LogKeyRecurrence::isKnown(const LinearForm &form) const {
  return llvm::all_of(form.summands, [&](const auto &summand) { return isKnown(summand.first); });
}

bool LogKeyRecurrence::isOne(const Products &sum) {
  return sum.size() == 1 && sum[0].factors.empty() && sum[0].coefficient == 1;
}

bool LogKeyRecurrence::isState(const WeightedExponential &summand, unsigned state) const {
  ArrayRef<Factor> factors = summand.weight.factors;
  return factors.size() == 1 && factors[0] == Factor{loop.argument(state), at};
}

/// Reads a sum, whose exponents lack `shift`, in terms of what the state means.
std::optional<LogKeyRecurrence::WeightedSum> LogKeyRecurrence::sumOf(const ExponentialSum &sum, const LinearForm &shift,
                                                                     unsigned state) const {
  WeightedSum result;
  bool hasState = false;
  for (const WeightedExponential &summand : sum) {
    LinearForm exponent = summand.exponent;
    exponent.add(shift);
    bool isOld = isState(summand, state);
    if (isOld)
      exponent.add(Factor{loop.argument(unit), at}, -1);
    bool fits = isOld ? !hasState && summand.weight.coefficient == 1
                      : llvm::all_of(summand.weight.factors, [&](const Factor &factor) { return isKnown(factor); }) &&
                            (result.added.empty() || exponent == result.key);
    if (!fits || !isKnown(exponent))
      return std::nullopt;
    (isOld ? result.carried : result.key) = exponent;
    hasState |= isOld;
    if (!isOld)
      result.added.push_back(summand.weight);
  }
  return hasState && !result.added.empty() ? std::optional(result) : std::nullopt;
}

/// Two states that decay alike: a sum of weighted values, and one of the weights.
bool LogKeyRecurrence::findStates() {
  Type type = loop.argument(unit).getType();
  std::optional<Indices> dims = forms.createIndices(loop.argument(unit));
  std::optional<LinearForm> after =
      dims ? ExponentialForms::linear(exponentials.of(loop.yielded(unit), *dims)) : std::nullopt;
  if (!after)
    return false;
  at = *dims;
  std::optional<unsigned> numerator, denominator;
  SmallVector<WeightedSum, 2> sums;
  for (unsigned state : loop.states) {
    if (state == unit || loop.argument(state).getType() != type)
      continue;
    ExponentialForm form = exponentials.of(loop.yielded(state), at);
    std::optional<WeightedSum> sum = form.hasDenominator() ? std::nullopt : sumOf(form.numerator, *after, state);
    if (!sum)
      continue;
    (isOne(sum->added) ? denominator : numerator) = state;
    if (!isOne(sum->added))
      value = sum->added;
    sums.push_back(std::move(*sum));
  }
  if (sums.size() != 2 || !numerator || !denominator || !(sums[0].carried == sums[1].carried) ||
      !(sums[0].key == sums[1].key))
    return false;
  decay = sums[0].carried;
  key = sums[0].key;
  states = {*numerator, *denominator, unit};
  return true;
}

/// Whether the form is the mean of all tokens; notes what the newest one weighs.
bool LogKeyRecurrence::isMean(const ExponentialForm &form) {
  const auto *old = llvm::find_if(form.numerator, [&](const auto &summand) { return isState(summand, states[0]); });
  if (old == form.numerator.end())
    return false;
  // What cancels in the quotient: all exponents are made such that those of the states are their unit.
  LinearForm shift;
  shift.add(Factor{loop.argument(unit), at}, 1);
  shift.add(old->exponent, -1);
  std::optional<WeightedSum> above = sumOf(form.numerator, shift, states[0]),
                             below = sumOf(form.denominator, shift, states[1]);
  if (!above || !below || !isOne(below->added) || !(below->carried == LinearForm()) || !(above->key == below->key))
    return false;
  LinearForm newest = above->key, asUpdated;
  newest.add(key, -1);
  asUpdated.add(decay, -1);
  if (newest == asUpdated)
    return true;
  bonus = newest;
  return !newest.has(kToken);
}

/// The first mean of the states and the newest token.
bool LogKeyRecurrence::findQuotient() {
  for (Operation &op : loop.loop.getBody()->without_terminator()) {
    bool fits = op.getNumResults() == 1 && op.getResult(0).getType() == loop.argument(unit).getType() &&
                forms.dependsOnState(op.getResult(0));
    if (!fits)
      continue;
    ExponentialForm form = exponentials.of(op.getResult(0), at);
    if (!form.hasDenominator() || !isMean(form))
      continue;
    quotient = op.getResult(0);
    return true;
  }
  return false;
}

std::optional<LogKeyRecurrence> LogKeyRecurrence::find(const TokenLoop &loop, StateForms &forms,
                                                       TokenSequences &sequences, Variables &variables) {
  forms.select(loop.states, /*updates=*/true);
  for (unsigned unit : loop.states) {
    LogKeyRecurrence found(loop, forms, sequences, variables, unit);
    if (found.findStates() && found.findQuotient())
      return found;
  }
  return std::nullopt;
}

//===--- the mixer ------------------------------------------------------------------------===//

/// The first dimension is a batch where the bonus, which has none, does not know it.
void LogKeyRecurrence::assignRoles() {
  for (auto [dim, index] : llvm::enumerate(at)) {
    bool isBatch = dim == 0 && !index.empty() && !(bonus && bonus->has(index[0]));
    (isBatch ? batch : heads).append(index.begin(), index.end());
  }
}

/// State, sum and largest exponent in front of the first token. None where the first two are 0, unless the third is
/// data and shows in what is handed out; nothing where they cannot be written.
std::optional<SmallVector<Value>> LogKeyRecurrence::initialStates(ProductEmitter &emitter, bool handsOut) const {
  auto initOf = [&](unsigned place) { return loop.loop.getInitArgs()[states[place]]; };
  bool isNothing = constantOf(initOf(0)) == 0.0 && constantOf(initOf(1)) == 0.0;
  if (isNothing && (!handsOut || constantOf(initOf(2))))
    return SmallVector<Value>();
  SmallVector<Value> initial;
  for (unsigned place = 0; place < states.size(); ++place) {
    SmallVector<Group> groups(place == 0 ? 4 : 3);
    groups[0] = batch;
    groups[1] = heads;
    initial.push_back(emitter.operand(Product{1, {Factor{initOf(place), at}}}, groups, {0, 1}));
  }
  return llvm::is_contained(initial, Value()) ? std::nullopt : std::optional(initial);
}

/// A result of the mixer with the dimensions of a state, and tokens behind the first.
Value LogKeyRecurrence::arranged(ProductEmitter &emitter, Value tensor, ArrayRef<Group> groups, bool hasTokens) const {
  Factor factor{emitter.ungroup(tensor, groups), {}};
  for (const Group &group : groups)
    for (Variable variable : group)
      factor.at.push_back({variable});
  SmallVector<Group> wanted;
  for (const Index &index : at)
    wanted.emplace_back(index.begin(), index.end());
  if (hasTokens)
    wanted.insert(wanted.begin() + std::min<int64_t>(1, at.size()), {kToken});
  return emitter.operand(Product{1, {factor}}, wanted, llvm::to_vector(llvm::seq<unsigned>(0, wanted.size())));
}

LogKeyRecurrence::Mixed LogKeyRecurrence::emit(bool handsOut) {
  auto type = cast<FloatType>(getElementTypeOrSelf(quotient));
  OpBuilder builder(loop.loop);
  Location loc = loop.loop.getLoc();
  MLIRContext *context = builder.getContext();
  ProductEmitter emitter(builder, loc, variables, type);
  assignRoles();
  Group none, tokens = {kToken};
  Value k = emitter.operand(key.products(), {batch, tokens, heads, none}, {1, 2});
  Value v = emitter.operand(value, {batch, tokens, heads, none}, {1, 2});
  Value w = emitter.operand(decay.products(), {batch, tokens, heads, none});
  Value u = bonus ? emitter.operand(bonus->products(), {heads, none}, {0}) : Value();
  std::optional<SmallVector<Value>> initial = initialStates(emitter, handsOut);
  if (!k || !v || !w || (bonus && !u) || !initial)
    return {};
  OpFoldResult one = builder.getIndexAttr(1), B = batch.empty() ? one : variables.size(batch.front()),
               H = builder.getIndexAttr(cast<RankedTensorType>(v.getType()).getDimSize(2));
  SmallVector<Value> inits;
  SmallVector<SmallVector<OpFoldResult>> shapes = {
      {B, loop.length, H, one}, {B, H, one, one}, {B, H, one}, {B, H, one}};
  for (ArrayRef<OpFoldResult> sizes : ArrayRef(shapes).take_front(handsOut ? 4 : 1))
    inits.push_back(tensor::EmptyOp::create(builder, loc, sizes, type));
  bool isCarried = handsOut || !initial->empty();
  auto mix = mixer::MixOp::create(
      builder, loc, ValueRange(inits).getTypes(), emitter.constant(1, {1, 1, 1, 1}), k, v, w, Value(), u, Value(),
      *initial, inits,
      mixer::LayoutAttr::get(context, loop.reversed ? mixer::Order::Reverse : mixer::Order::Forward,
                             mixer::Align::Start),
      mixer::CausalAttr::get(context), mixer::KeyChannelAttr::get(context),
      mixer::LinearAttr::get(context, APFloat(1.0), true),
      mixer::NormAttr::get(context, isCarried ? mixer::NormKind::Running : mixer::NormKind::RowSum, APFloat(0.0)),
      mixer::FormAttr());
  int64_t axis = std::min<int64_t>(1, at.size());
  Mixed mixed{quotient, {arranged(emitter, mix.getResult(0), {batch, tokens, heads, none}, true), axis}, {}};
  if (handsOut)
    mixed.finalStates = {arranged(emitter, mix.getResult(1), {batch, heads, none, none}, false),
                         arranged(emitter, mix.getResult(2), {batch, heads, none}, false),
                         arranged(emitter, mix.getResult(3), {batch, heads, none}, false)};
  return mixed;
}

} // namespace heddle
