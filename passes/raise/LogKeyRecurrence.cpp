#include "passes/raise/LogKeyRecurrence.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace heddle {
namespace {

/// The operands of an elementwise op with the scalar op `Op` on two tensors.
template <typename Op> std::optional<std::pair<Value, Value>> operandsOf(Value value) {
  auto generic = value.getDefiningOp<linalg::GenericOp>();
  if (!generic || generic.getNumReductionLoops() || generic.getNumDpsInputs() != 2)
    return std::nullopt;
  auto op = generic.getBody()->getTerminator()->getOperand(0).getDefiningOp<Op>();
  if (!op)
    return std::nullopt;
  auto left = dyn_cast<BlockArgument>(op->getOperand(0)), right = dyn_cast<BlockArgument>(op->getOperand(1));
  if (!left || !right)
    return std::nullopt;
  return std::pair(generic.getMatchingOpOperand(left)->get(), generic.getMatchingOpOperand(right)->get());
}

} // namespace

/// A value that no state is part of, over the dimensions of the state.
std::optional<Product> LogKeyRecurrence::productOf(Value bodyValue) {
  if (forms.dependsOnState(bodyValue) || bodyValue.getType() != loop.argument(maximum).getType())
    return std::nullopt;
  std::optional<Form> form = forms.of(bodyValue, at);
  return form && form->size() == 1 ? std::optional(form->front().product) : std::nullopt;
}

/// m' = max(m + w, k).
bool LogKeyRecurrence::findMaximum(unsigned state) {
  auto operands = operandsOf<arith::MaximumFOp>(loop.yielded(state));
  if (!operands)
    return false;
  maximum = state;
  forms.select(loop.states, /*updates=*/true);
  std::optional<Indices> dims = forms.createIndices(loop.argument(state));
  if (!dims)
    return false;
  at = *dims;
  auto [decayed, fresh] = *operands;
  if (!forms.dependsOnState(decayed))
    std::swap(decayed, fresh);
  std::optional<Product> product = productOf(fresh);
  std::optional<Form> form = forms.of(decayed, at);
  if (!product || !form || form->size() != 2)
    return false;
  if (!(*form)[0].state)
    std::swap((*form)[0], (*form)[1]);
  if (!(*form)[0].state || (*form)[0].state->number != state || (*form)[1].state)
    return false;
  keyProduct = *product;
  decay = (*form)[1].product;
  return true;
}

/// The value that is weighted in the update of another state, the numerator.
bool LogKeyRecurrence::findValue() {
  for (unsigned state : loop.states) {
    if (state == maximum || loop.argument(state).getType() != loop.argument(maximum).getType())
      continue;
    auto sum = operandsOf<arith::AddFOp>(loop.yielded(state));
    if (!sum)
      continue;
    states.push_back(state);
    for (Value part : {sum->first, sum->second}) {
      auto factors = operandsOf<arith::MulFOp>(part);
      for (Value factor : factors ? SmallVector<Value>{factors->first, factors->second} : SmallVector<Value>())
        if (std::optional<Product> product = productOf(factor))
          value = *product;
    }
  }
  states.push_back(maximum);
  return states.size() == 3 && !value.factors.empty();
}

/// The only quotient of two values that the states are part of.
bool LogKeyRecurrence::findQuotient() {
  for (Operation &op : loop.loop.getBody()->without_terminator()) {
    auto operands = op.getNumResults() == 1 ? operandsOf<arith::DivFOp>(op.getResult(0)) : std::nullopt;
    if (!operands || !forms.dependsOnState(operands->first) || !forms.dependsOnState(operands->second))
      continue;
    if (quotient)
      return false;
    quotient = op.getResult(0);
  }
  return quotient && quotient.getType() == loop.argument(maximum).getType();
}

/// p = max(m, k + u): u is what the sum adds to the key.
bool LogKeyRecurrence::findBonus() {
  for (Operation *user : loop.argument(maximum).getUsers()) {
    auto operands = user->getNumResults() == 1 ? operandsOf<arith::MaximumFOp>(user->getResult(0)) : std::nullopt;
    if (!operands)
      continue;
    bool isFirst = operands->first == loop.argument(maximum);
    std::optional<Sequence> shifted = sequences.of(isFirst ? operands->second : operands->first);
    auto sum = shifted ? shifted->value.getDefiningOp<linalg::GenericOp>() : linalg::GenericOp();
    if (!sum || !operandsOf<arith::AddFOp>(shifted->value))
      return false;
    Indices all = at;
    all.insert(all.begin() + shifted->axis, Index{kToken});
    for (OpOperand *operand : sum.getDpsInputOperands()) {
      AffineMap map = sum.getMatchingIndexingMap(operand);
      if (map.isFunctionOfDim(shifted->axis))
        continue;
      Factor factor{operand->get(), {}};
      for (AffineExpr expr : map.getResults())
        factor.at.push_back(isa<AffineDimExpr>(expr) ? all[cast<AffineDimExpr>(expr).getPosition()] : Index());
      bonus = Product{1, {factor}};
      return true;
    }
  }
  return false;
}

std::optional<LogKeyRecurrence> LogKeyRecurrence::find(const TokenLoop &loop, StateForms &forms,
                                                       TokenSequences &sequences, Variables &variables) {
  for (unsigned state : loop.states) {
    LogKeyRecurrence found(loop, forms, sequences, variables);
    if (found.findMaximum(state) && found.findValue() && found.findQuotient() && found.findBonus())
      return found;
  }
  return std::nullopt;
}

std::pair<Value, Sequence> LogKeyRecurrence::emit() {
  auto type = cast<FloatType>(getElementTypeOrSelf(quotient));
  OpBuilder builder(loop.loop);
  Location loc = loop.loop.getLoc();
  MLIRContext *context = builder.getContext();
  ProductEmitter emitter(builder, loc, variables, type);
  // The first dimension is a batch where the decay does not know it.
  using Group = SmallVector<Variable, 2>;
  Group batch, heads;
  for (auto [dim, index] : llvm::enumerate(at)) {
    bool isBatch = dim == 0 && !index.empty() && !decay.has(index[0]) && !bonus.has(index[0]);
    (isBatch ? batch : heads).append(index.begin(), index.end());
  }
  Group none, tokens = {kToken};
  Value k = emitter.operand(keyProduct, {batch, tokens, heads, none}, {1, 2});
  Value v = emitter.operand(value, {batch, tokens, heads, none}, {1, 2});
  Value w = emitter.operand(decay, {batch, tokens, heads, none}), u = emitter.operand(bonus, {heads, none}, {0});
  if (!k || !v || !w || !u)
    return {};
  int64_t count = cast<RankedTensorType>(v.getType()).getDimSize(2);
  OpFoldResult one = builder.getIndexAttr(1), B = batch.empty() ? one : variables.size(batch.front());
  SmallVector<OpFoldResult> sizes = {B, loop.length, builder.getIndexAttr(count), one};
  Value init = tensor::EmptyOp::create(builder, loc, sizes, type);
  auto mix = mixer::MixOp::create(
      builder, loc, init.getType(), emitter.constant(1, {1, 1, 1, 1}), k, v, w, Value(), u, Value(), ValueRange(), init,
      mixer::LayoutAttr::get(context, loop.reversed ? mixer::Order::Reverse : mixer::Order::Forward,
                             mixer::Align::Start),
      mixer::CausalAttr::get(context), mixer::KeyChannelAttr::get(context),
      mixer::LinearAttr::get(context, APFloat(1.0), true),
      mixer::NormAttr::get(context, mixer::NormKind::RowSum, APFloat(0.0)), mixer::FormAttr());
  Value output = emitter.ungroup(mix.getResult(0), {batch, tokens, heads, none});
  Factor factor{output, {}};
  for (const Group *group : {&batch, &tokens, &heads})
    for (Variable variable : *group)
      factor.at.push_back({variable});
  SmallVector<Group> groups;
  for (const Index &index : at)
    groups.emplace_back(index.begin(), index.end());
  int64_t axis = std::min<int64_t>(1, at.size());
  groups.insert(groups.begin() + axis, tokens);
  SmallVector<unsigned> whole = llvm::to_vector(llvm::seq<unsigned>(0, groups.size()));
  return {quotient, Sequence{emitter.operand(Product{1, {factor}}, groups, whole), axis}};
}

} // namespace heddle
