#include "passes/raise/LoopTranslation.h"

#include "passes/raise/RegionRecurrence.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

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

/// The sequence one token later, with `initial` in front.
Sequence LoopTranslation::delayed(Sequence after, Value initial) {
  after = sequences.moveAxis(after, after.varies() ? after.axis : 0);
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, after.value);
  SmallVector<OpFoldResult> zeros(sizes.size(), builder.getIndexAttr(0)), ones(sizes.size(), builder.getIndexAttr(1));
  AffineExpr length = builder.getAffineSymbolExpr(0);
  OpFoldResult rest = affine::makeComposedFoldedAffineApply(builder, loc, length - 1, {loop.length});
  SmallVector<OpFoldResult> restSizes = sizes, oneSize = sizes, behind = zeros;
  restSizes[after.axis] = rest;
  oneSize[after.axis] = builder.getIndexAttr(1);
  behind[after.axis] = builder.getIndexAttr(1);
  SmallVector<OpFoldResult> initialAt = zeros;
  if (loop.reversed)
    initialAt[after.axis] = rest;
  Value moved =
      tensor::ExtractSliceOp::create(builder, loc, after.value, loop.reversed ? behind : zeros, restSizes, ones);
  Value empty = tensor::EmptyOp::create(builder, loc, sizes, getElementTypeOrSelf(after.value));
  Value filled =
      tensor::InsertSliceOp::create(builder, loc, moved, empty, loop.reversed ? zeros : behind, restSizes, ones);
  return {tensor::InsertSliceOp::create(builder, loc, initial, filled, initialAt, oneSize, ones), after.axis};
}

Value LoopTranslation::lastOf(Sequence after) {
  if (!after.varies())
    return after.value;
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, after.value);
  SmallVector<OpFoldResult> offsets(sizes.size(), builder.getIndexAttr(0)), ones(sizes.size(), builder.getIndexAttr(1));
  if (!loop.reversed)
    offsets[after.axis] =
        affine::makeComposedFoldedAffineApply(builder, loc, builder.getAffineSymbolExpr(0) - 1, {loop.length});
  sizes[after.axis] = builder.getIndexAttr(1);
  auto type = cast<RankedTensorType>(after.value.getType());
  SmallVector<int64_t> shape(type.getShape());
  shape.erase(shape.begin() + after.axis);
  return tensor::ExtractSliceOp::create(builder, loc, type.clone(shape), after.value, offsets, sizes, ones);
}

Value LoopTranslation::outputOf(const TokenLoop::Output &output) {
  std::optional<Sequence> sequence = sequences.of(output.token);
  if (!sequence)
    return {};
  auto insert = cast<tensor::InsertSliceOp>(output.insert);
  llvm::SmallBitVector dropped = insert.getDroppedDims();
  int64_t axis = 0;
  for (int64_t dim = 0; dim < output.access.axis; ++dim)
    axis += !dropped.test(dim);
  Value tokens = sequences.moveAxis(*sequence, axis).value;
  if (!dropped.test(output.access.axis)) {
    // Tokens take the place of the dimension of size 1.
    SmallVector<ReassociationIndices> groups;
    for (int64_t dim = 0, rank = cast<RankedTensorType>(tokens.getType()).getRank(); dim < rank; ++dim) {
      groups.push_back({dim});
      if (dim == axis)
        groups.back().push_back(++dim);
    }
    tokens = tensor::CollapseShapeOp::create(builder, loc, tokens, groups);
  }
  Value whole = loop.loop.getInitArgs()[output.number];
  if (tokens.getType() == whole.getType() && isConstantIntValue(output.access.shift, 0))
    return tokens;
  SmallVector<OpFoldResult> offsets = insert.getMixedOffsets(), sizes = insert.getMixedSizes();
  offsets[output.access.axis] = output.access.shift;
  sizes[output.access.axis] = loop.length;
  for (OpFoldResult mixed : llvm::concat<OpFoldResult>(offsets, sizes))
    if (auto value = dyn_cast<Value>(mixed); value && !loop.isOutside(value))
      return {};
  return tensor::InsertSliceOp::create(builder, loc, tokens, whole, offsets, sizes, insert.getMixedStrides());
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
    sequences.define(loop.argument(state), delayed(*after, loop.loop.getInitArgs()[state]));
  if (isUsed[state])
    results[state] = lastOf(*after);
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
    sequences.define(loop.argument(state), delayed(*sequences.of(loop.yielded(state)), loop.loop.getInitArgs()[state]));
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

bool LoopTranslation::translateRegion(ArrayRef<unsigned> states) {
  bool handsOut = llvm::any_of(states, [&](unsigned state) { return isUsed[state]; });
  std::optional<RegionRecurrence> recurrence = RegionRecurrence::create(loop, sequences, states, handsOut);
  if (!recurrence)
    return false;
  for (auto [place, state] : llvm::enumerate(states)) {
    Sequence after = recurrence->after(place);
    sequences.define(loop.yielded(state), after);
    if (!loop.argument(state).use_empty())
      sequences.define(loop.argument(state), delayed(after, loop.loop.getInitArgs()[state]));
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
  for (const StateGroup &group : groupStates(loop))
    if (!translate(group))
      return std::nullopt;
  for (const TokenLoop::Output &output : loop.outputs) {
    if (!used[output.number])
      continue;
    results[output.number] = outputOf(output);
    if (!results[output.number])
      return std::nullopt;
  }
  for (auto [number, value] : llvm::enumerate(results))
    if (value && value.getType() != loop.loop.getResult(number).getType())
      value = tensor::CastOp::create(builder, loc, loop.loop.getResult(number).getType(), value);
  return results;
}

} // namespace heddle
