// The mixers of an affine recurrence: one for each query.
#include "passes/raise/AffineRecurrence.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"

using namespace mlir;

namespace heddle {

std::optional<AffineRecurrence::Mixed> AffineRecurrence::mix(Value query, ArrayRef<Variable> furtherHeads,
                                                             Value current) {
  if (!query)
    return std::nullopt;
  OpBuilder builder(loop.loop);
  Location loc = loop.loop.getLoc();
  MLIRContext *context = builder.getContext();
  Group outputHeads = heads;
  outputHeads.append(furtherHeads.begin(), furtherHeads.end());
  OpFoldResult B = builder.getIndexAttr(1);
  for (Variable variable : batch)
    B = affine::makeComposedFoldedAffineApply(
        builder, loc, builder.getAffineSymbolExpr(0) * builder.getAffineSymbolExpr(1), {B, variables.size(variable)});
  auto size = [&](ArrayRef<Variable> group) -> OpFoldResult { return builder.getIndexAttr(count(group)); };
  SmallVector<OpFoldResult> sizes = {B, loop.length, size(outputHeads), size(values)};
  Type element = emitter.elementType();
  SmallVector<Value> inits = {tensor::EmptyOp::create(builder, loc, sizes, element)};
  bool handsOut = wantsFinal && !final;
  if (handsOut) {
    SmallVector<OpFoldResult> stateSizes = {B, size(heads), size(keyDims), size(values)};
    inits.push_back(tensor::EmptyOp::create(builder, loc, stateSizes, element));
  }
  auto mixOp = mixer::MixOp::create(
      builder, loc, ValueRange(inits).getTypes(), query, key, value, transportOperands, Value(), current, Value(),
      initial ? ValueRange(initial) : ValueRange(), inits,
      mixer::LayoutAttr::get(context, loop.reversed ? mixer::Order::Reverse : mixer::Order::Forward,
                             mixer::Align::Start),
      mixer::CausalAttr::get(context), cast<mixer::TransportAttrInterface>(transport),
      mixer::LinearAttr::get(context, APFloat(1.0), false),
      mixer::NormAttr::get(context, mixer::NormKind::None, APFloat(0.0)), mixer::FormAttr());
  if (handsOut)
    final = mixOp.getResult(1);
  Mixed mixed{emitter.ungroup(mixOp.getResult(0), {batch, {kToken}, outputHeads, values}), {}};
  llvm::append_range(mixed.dims, batch);
  mixed.dims.push_back(kToken);
  llvm::append_range(mixed.dims, outputHeads);
  llvm::append_range(mixed.dims, values);
  return mixed;
}

std::optional<AffineRecurrence::Mixed> AffineRecurrence::read(const StateQuery &query) {
  if (llvm::any_of(values, [&](Variable variable) { return query.query.has(variable); }))
    return std::nullopt;
  Group outputHeads = heads;
  llvm::append_range(outputHeads, query.furtherHeads);
  SmallVector<unsigned> whole = {3};
  if (!query.furtherHeads.empty())
    whole.push_back(2);
  Value operand = emitter.operand(query.query, {batch, {kToken}, outputHeads, keyDims}, whole);
  Value current = query.updated ? Value() : emitter.constant(0, {1, count(keyDims)});
  return mix(operand, query.furtherHeads, current);
}

std::optional<AffineRecurrence::Mixed> AffineRecurrence::readAll() {
  if (keyDims.empty())
    return mix(emitter.constant(1, {1, 1, 1, 1}), {}, Value());
  // Each key is read by a query head of its own.
  int64_t Hs = count(heads), dk = count(keyDims);
  SmallVector<double> unit;
  for (int64_t head = 0; head < Hs * dk; ++head)
    for (int64_t key = 0; key < dk; ++key)
      unit.push_back(head % dk == key);
  return mix(emitter.constants(unit, {1, 1, Hs * dk, dk}), keyDims, Value());
}

Value AffineRecurrence::finalState(const Indices &at) {
  if (!final && !readAll())
    return {};
  Factor factor{emitter.ungroup(final, {batch, heads, keyDims, values}), {}};
  for (const Group *group : {&batch, &heads, &keyDims, &values})
    for (Variable variable : *group)
      factor.at.push_back({variable});
  SmallVector<Group> groups;
  SmallVector<unsigned> whole;
  for (const Index &index : at) {
    whole.push_back(groups.size());
    groups.emplace_back(index.begin(), index.end());
  }
  return factor.value ? emitter.operand(Product{1, {factor}}, groups, whole) : Value();
}

} // namespace heddle
