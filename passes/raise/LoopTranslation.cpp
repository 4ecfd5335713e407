#include "passes/raise/LoopTranslation.h"

#include "passes/raise/LogKeyRecurrence.h"
#include "passes/raise/RegionRecurrence.h"

using namespace mlir;

namespace heddle {

/// What a mixer gives, as a factor.
static Factor factorOf(const AffineRecurrence::Mixed &mixed) {
  Factor factor{mixed.output, {}};
  for (Variable dim : mixed.dims)
    factor.at.push_back({dim});
  return factor;
}

//===--- sequences ------------------------------------------------------------------------===//

/// A sum of products as the sequence of a body value with dimensions `at`.
Sequence LoopTranslation::sequenceOf(ProductEmitter &emitter, ArrayRef<Product> sum, const Indices &at) {
  int64_t axis = std::min<int64_t>(1, at.size());
  SmallVector<SmallVector<Variable, 2>> groups;
  for (const Index &index : at)
    groups.emplace_back(index.begin(), index.end());
  groups.insert(groups.begin() + axis, {kToken});
  SmallVector<unsigned> whole = llvm::to_vector(llvm::seq<unsigned>(0, groups.size()));
  return {emitter.operand(sum, groups, whole), axis};
}

//===--- groups of states -----------------------------------------------------------------===//

/// Everything outside of a group that may read it.
SmallVector<Value> LoopTranslation::rootsBehind(ArrayRef<unsigned> states) const {
  SmallVector<Value> roots;
  for (const TokenLoop::Output &output : loop.outputs)
    if (isUsed[output.number])
      roots.push_back(output.token);
  for (unsigned state : loop.states)
    if (!llvm::is_contained(states, state))
      roots.push_back(loop.yielded(state));
  return roots;
}

/// A state that holds a value for one token.
bool LoopTranslation::translateDelay(unsigned state) {
  std::optional<Sequence> after = sequences.of(loop.yielded(state));
  if (!after)
    return false;
  if (!loop.argument(state).use_empty())
    sequences.define(loop.argument(state), sequences.delayed(*after, loop.loop.getInitArgs()[state]));
  if (isUsed[state])
    results[state] = sequences.lastOf(*after);
  return true;
}

bool LoopTranslation::define(Value value, ProductEmitter &emitter, ArrayRef<Product> sum, const Indices &at) {
  Sequence sequence = sequenceOf(emitter, sum, at);
  if (sequence.value)
    sequences.define(value, sequence);
  return sequence.value != nullptr;
}

/// Defines a state after its update, and in front of it where that is read.
bool LoopTranslation::defineState(unsigned state, ProductEmitter &emitter, const AffineRecurrence::Mixed &mixed,
                                  const Indices &at) {
  if (!mixed.output || !define(loop.yielded(state), emitter, Product{1, {factorOf(mixed)}}, at))
    return false;
  if (!loop.argument(state).use_empty())
    sequences.define(loop.argument(state),
                     sequences.delayed(*sequences.of(loop.yielded(state)), loop.loop.getInitArgs()[state]));
  return true;
}

bool LoopTranslation::emitSum(AffineRecurrence &recurrence, const SummedRead &read, const Indices &at) {
  SmallVector<Product> sum;
  for (const Term &term : read.form) {
    if (!term.state) {
      sum.push_back(term.product);
      continue;
    }
    auto [query, rest] = splitQuery(term, at);
    std::optional<AffineRecurrence::Mixed> mixed = recurrence.read(query);
    if (!mixed || !mixed->output)
      return false;
    rest.factors.push_back(factorOf(*mixed));
    sum.push_back(rest);
  }
  return define(read.value, recurrence.getEmitter(), sum, read.at);
}

bool LoopTranslation::emitWhole(AffineRecurrence &recurrence, unsigned state, const Indices &at) {
  std::optional<AffineRecurrence::Mixed> mixed = recurrence.readAll();
  return mixed && defineState(state, recurrence.getEmitter(), *mixed, at);
}

bool LoopTranslation::translateAffine(unsigned state) {
  auto type = cast<RankedTensorType>(loop.argument(state).getType());
  auto element = dyn_cast<FloatType>(type.getElementType());
  std::optional<Indices> at = forms.createIndices(loop.argument(state));
  if (!element || element.getWidth() < 32 || !at)
    return false;
  forms.select(state, /*updates=*/true);
  std::optional<Form> form = forms.of(loop.yielded(state), *at);
  std::optional<StateUpdate> update = form ? StateUpdate::classify(*form, *at) : std::nullopt;
  if (!update)
    return false;
  forms.select(state, /*updates=*/false);
  SmallVector<Variable> forced;
  if (update->kind != UpdateKind::Diagonal)
    forced = {update->row};
  SmallVector<Value> roots = rootsBehind(state);
  bool allowSums = level == TranslationLevel::Sums;
  StateReads reads = collectReads(loop, forms, state, roots, *at, allowSums, forced);
  if (forced.empty() && !reads.sums.empty() && reads.commonKeys().empty())
    reads = collectReads(loop, forms, state, roots, *at, /*allowSums=*/false);
  SmallVector<Product> queries;
  for (const SummedRead &read : reads.sums)
    for (const Term &term : read.form)
      if (term.state)
        queries.push_back(splitQuery(term, *at).first.query);
  std::optional<AffineRecurrence> recurrence =
      AffineRecurrence::create(loop, *update, forced.empty() ? reads.commonKeys() : ArrayRef<Variable>(forced), queries,
                               variables, loop.loop.getInitArgs()[state], element);
  return recurrence && emitReads(*recurrence, reads, state, *at);
}

bool LoopTranslation::emitReads(AffineRecurrence &recurrence, const StateReads &reads, unsigned state,
                                const Indices &at) {
  if (isUsed[state])
    recurrence.wantFinalState();
  for (const SummedRead &read : reads.sums)
    if (!emitSum(recurrence, read, at))
      return false;
  if (!reads.whole.empty() && !emitWhole(recurrence, state, at))
    return false;
  if (isUsed[state])
    results[state] = recurrence.finalState(at);
  return !isUsed[state] || results[state];
}

bool LoopTranslation::translateComplex(ArrayRef<unsigned> states) {
  RankedTensorType type = cast<RankedTensorType>(loop.argument(states[0]).getType());
  auto element = dyn_cast<FloatType>(type.getElementType());
  if (type != loop.argument(states[1]).getType() || !element || element.getWidth() < 32 ||
      llvm::any_of(states, [&](unsigned state) { return isUsed[state]; }))
    return false;
  std::optional<Indices> at = forms.createIndices(loop.argument(states[0]));
  if (!at)
    return false;
  forms.select(states, /*updates=*/true);
  std::optional<Form> first = forms.of(loop.yielded(states[0]), *at), second = forms.of(loop.yielded(states[1]), *at);
  std::optional<ComplexUpdate> update =
      first && second ? ComplexUpdate::classify(*first, *second, states, *at) : std::nullopt;
  if (!update)
    return false;
  forms.select(states, /*updates=*/false);
  StateReads reads = collectReads(loop, forms, states, rootsBehind(states), *at, level == TranslationLevel::Sums);
  if (reads.commonKeys().empty())
    reads = collectReads(loop, forms, states, rootsBehind(states), *at, /*allowSums=*/false);
  std::optional<ComplexRecurrence> recurrence =
      ComplexRecurrence::create(loop, states, *update, *at, reads.commonKeys(), variables, element);
  if (!recurrence)
    return false;
  for (const SummedRead &read : reads.sums) {
    std::optional<AffineRecurrence::Mixed> mixed = recurrence->readSum(read);
    if (!mixed || !define(read.value, recurrence->getEmitter(), Product{1, {factorOf(*mixed)}}, read.at))
      return false;
  }
  if (reads.whole.empty())
    return true;
  std::optional<SmallVector<AffineRecurrence::Mixed>> parts = recurrence->readParts();
  return parts && defineState(states[0], recurrence->getEmitter(), (*parts)[0], *at) &&
         defineState(states[1], recurrence->getEmitter(), (*parts)[1], *at);
}

/// The states of a mean with logarithmic keys, which has a sequence then; none where there is no such mean.
SmallVector<unsigned> LoopTranslation::translateLogKeys() {
  if (level != TranslationLevel::Sums)
    return {};
  std::optional<LogKeyRecurrence> recurrence = LogKeyRecurrence::find(loop, forms, sequences, variables);
  if (!recurrence)
    return {};
  ArrayRef<unsigned> states = recurrence->getStates();
  bool handsOut = llvm::any_of(states, [&](unsigned state) { return isUsed[state]; });
  LogKeyRecurrence::Mixed mixed = recurrence->emit(handsOut);
  if (!mixed.sequence.value)
    return {};
  sequences.define(mixed.quotient, mixed.sequence);
  for (auto [state, final] : llvm::zip(states, mixed.finalStates))
    if (isUsed[state])
      results[state] = final;
  return SmallVector<unsigned>(states);
}

bool LoopTranslation::translateRegion(ArrayRef<unsigned> states) {
  bool handsOut = llvm::any_of(states, [&](unsigned state) { return isUsed[state]; });
  std::optional<RegionRecurrence> recurrence = RegionRecurrence::create(loop, sequences, states, handsOut);
  if (!recurrence)
    return false;
  for (auto [place, state] : llvm::enumerate(states)) {
    Sequence after = recurrence->after(place);
    sequences.define(loop.yielded(state), after);
    if (!loop.argument(state).use_empty())
      sequences.define(loop.argument(state), sequences.delayed(after, loop.loop.getInitArgs()[state]));
    if (isUsed[state])
      results[state] = recurrence->finalState(place);
  }
  return true;
}

bool LoopTranslation::translate(const StateGroup &group) {
  if (!group.carries)
    return translateDelay(group.states.front());
  if (level != TranslationLevel::Region && group.states.size() == 1 && translateAffine(group.states.front()))
    return true;
  if (level != TranslationLevel::Region && group.states.size() == 2 && translateComplex(group.states))
    return true;
  return translateRegion(group.states);
}

std::optional<SmallVector<Value>> LoopTranslation::run(ArrayRef<bool> used) {
  isUsed = used;
  results.assign(used.size(), Value());
  SmallVector<unsigned> done = translateLogKeys();
  for (const StateGroup &group : groupStates(loop))
    if (!llvm::is_contained(done, group.states.front()) && !translate(group))
      return std::nullopt;
  for (const TokenLoop::Output &output : loop.outputs) {
    if (!used[output.number])
      continue;
    results[output.number] = sequences.outputOf(output);
    if (!results[output.number])
      return std::nullopt;
  }
  for (auto [number, value] : llvm::enumerate(results))
    if (value && value.getType() != loop.loop.getResult(number).getType())
      value = tensor::CastOp::create(builder, loc, loop.loop.getResult(number).getType(), value);
  return results;
}

} // namespace heddle
