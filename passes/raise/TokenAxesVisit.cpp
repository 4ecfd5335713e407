// How each op hands on the labels of its operands.
#include "passes/raise/Reads.h"
#include "passes/raise/TokenAxes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace heddle {
namespace {

/// The slice that a running sum or product takes in each step, where the loop is one.
tensor::ExtractSliceOp runningSlice(scf::ForOp loop) {
  auto yield = cast<scf::YieldOp>(loop.getBody()->getTerminator());
  auto step = yield.getNumOperands() ? yield.getOperand(0).getDefiningOp<linalg::GenericOp>() : linalg::GenericOp();
  if (!step || step.getNumReductionLoops() || step.getNumDpsInputs() != 2 || !llvm::hasNItems(*step.getBody(), 2))
    return nullptr;
  auto total = llvm::find(step.getDpsInputs(), loop.getRegionIterArg(0));
  if (total == step.getDpsInputs().end())
    return nullptr;
  bool isFirst = total == step.getDpsInputs().begin();
  auto slice = step.getDpsInputs()[isFirst ? 1 : 0].getDefiningOp<tensor::ExtractSliceOp>();
  return slice && slice.getSource().getParentBlock() == loop->getBlock() ? slice : nullptr;
}

} // namespace

void TokenAxes::visit(Operation *op) {
  llvm::TypeSwitch<Operation *>(op)
      .Case<linalg::LinalgOp>([&](auto typed) { visitStructured(typed); })
      .Case<tensor::ExtractSliceOp>([&](auto typed) { visitSlice(typed); })
      .Case<tensor::ExpandShapeOp>([&](auto typed) { visitExpand(typed); })
      .Case<tensor::CollapseShapeOp>([&](auto typed) { visitCollapse(typed); })
      .Case<tensor::InsertSliceOp>([&](auto typed) { visitInsert(typed); })
      .Case<tensor::PadOp, tensor::CastOp, tensor::ConcatOp>([&](auto) { visitSameRank(op); })
      .Case<scf::ForOp>([&](auto typed) { visitLoop(typed); })
      .Case<mixer::MixOp>([&](auto typed) { visitMix(typed); })
      .Default([&](Operation *) { visitOpaque(op); });
}

/// Whether a slice is one row of pairs, or a part of one.
bool TokenAxes::takesRow(tensor::ExtractSliceOp op) {
  unsigned taken = 0, left = 0;
  for (auto [dim, list] : llvm::enumerate(listsOf(op.getSource()))) {
    if (!isFromTokens(list))
      continue;
    bool isOne = sizes.value(op.getMixedSizes()[dim]) == 1 && sizes.size(op.getSource(), dim) != 1;
    ++(isOne ? taken : left);
  }
  return (taken && left) || rows.contains(op.getSource());
}

void TokenAxes::visitSlice(tensor::ExtractSliceOp op) {
  RoleLists lists;
  Meeting meeting;
  llvm::SmallBitVector dropped = op.getDroppedDims();
  bool isRow = takesRow(op);
  if (isRow)
    rows.insert(op.getResult());
  for (auto [dim, list] : llvm::enumerate(listsOf(op.getSource()))) {
    std::optional<int64_t> size = sizes.value(op.getMixedSizes()[dim]);
    bool isWhole = size == sizes.size(op.getSource(), dim);
    meeting.mixes |= !isWhole && isFromTokens(list);
    if (dropped.test(dim))
      continue;
    TokenRole cut = size == 1 ? TokenRole::Other : isRow ? TokenRole::Part : derived(size.value_or(0));
    lists.push_back(isWhole || !isFromTokens(list) ? list : RoleList{cut});
  }
  finish(op.getResult(), lists, meeting);
}

/// What a dimension of `all` elements holds where a piece has `own` of them: tokens that are a part of the whole, or
/// one chunk of several.
RoleList TokenAxes::rolesAmong(Value piece, const RoleList &list, std::optional<int64_t> own,
                               std::optional<int64_t> all) {
  if (own == all)
    return list;
  bool isOneChunk = own == 1 && isChunk(piece);
  return isFromTokens(list) || isOneChunk ? RoleList{derived(all.value_or(0))} : list;
}

/// What is written goes on into the dimensions that it is written to; what it is written into is labelled as ever.
void TokenAxes::visitInsert(tensor::InsertSliceOp op) {
  RoleLists lists = listsOf(op.getDest()), parts = listsOf(op.getSource());
  Meeting meeting;
  llvm::SmallBitVector dropped = op.getDroppedDims();
  auto part = parts.begin();
  for (int64_t dim = 0, rank = lists.size(); dim < rank; ++dim) {
    RoleList list = dropped.test(dim) ? RoleList{TokenRole::Other} : *part++;
    std::optional<int64_t> own = sizes.value(op.getMixedSizes()[dim]), all = sizes.size(op.getResult(), dim);
    meeting.mixes |= own != all && isFromTokens(list);
    mergeRoles(lists[dim], rolesAmong(op.getSource(), list, own, all));
  }
  finish(op.getResult(), lists, meeting);
}

void TokenAxes::visitExpand(tensor::ExpandShapeOp op) {
  RoleLists lists(op.getResultType().getRank(), {TokenRole::Other});
  Meeting meeting;
  for (auto [group, list] : llvm::zip(op.getReassociationIndices(), listsOf(op.getSrc()))) {
    SmallVector<int64_t> wide =
        llvm::filter_to_vector(group, [&](int64_t dim) { return sizes.size(op.getResult(), dim).value_or(0) != 1; });
    if (!isFromTokens(list))
      continue;
    if (wide.size() == list.size()) {
      for (auto [dim, axis] : llvm::zip(wide, list))
        lists[dim] = {axis};
      continue;
    }
    if (wide.size() == 1) {
      lists[wide.front()] = list;
      continue;
    }
    meeting.mixes = true;
    for (int64_t dim : wide)
      lists[dim] = {derived(sizes.size(op.getResult(), dim).value_or(0))};
  }
  finish(op.getResult(), lists, meeting);
  if (closedAsRows.contains(op.getSrc()) && tokenDim(op.getResult()))
    ends.push_back(op.getResult());
}

/// The roles of dimensions that become one. Neighbours made from tokens are one where a part is among them; batch and
/// heads beside them keep their place, so that a split gives each its own again.
RoleList TokenAxes::joined(Value source, ArrayRef<int64_t> group) {
  struct Run {
    RoleList roles;
    int64_t size = 1;
    bool isFromTokens = false, isWhole = true;
  };
  SmallVector<Run> runs;
  RoleLists lists = listsOf(source);
  for (int64_t dim : group) {
    int64_t size = sizes.size(source, dim).value_or(0);
    if (size == 1)
      continue;
    bool isTokens = isFromTokens(lists[dim]);
    if (runs.empty() || runs.back().isFromTokens != isTokens)
      runs.push_back({{}, 1, isTokens, true});
    llvm::append_range(runs.back().roles, lists[dim]);
    runs.back().size *= size;
    runs.back().isWhole &= lists[dim].size() == 1;
  }
  RoleList list;
  for (const Run &run : runs) {
    bool isOne = run.isWhole && run.roles.size() > 1 && llvm::is_contained(run.roles, TokenRole::Part);
    llvm::append_range(list, isOne ? RoleList{derived(run.size)} : run.roles);
  }
  return isFromTokens(list) ? list : RoleList{TokenRole::Other};
}

void TokenAxes::visitCollapse(tensor::CollapseShapeOp op) {
  RoleLists lists;
  for (ArrayRef<int64_t> group : op.getReassociationIndices())
    lists.push_back(joined(op.getSrc(), group));
  finish(op.getResult(), lists, {});
}

/// Ops that keep or shift positions within each dimension.
void TokenAxes::visitSameRank(Operation *op) {
  Value result = op->getResult(0);
  RoleLists lists(cast<RankedTensorType>(result.getType()).getRank(), {TokenRole::Other});
  Meeting meeting;
  for (Value operand : op->getOperands()) {
    auto type = dyn_cast<RankedTensorType>(operand.getType());
    if (!type || type.getRank() != int64_t(lists.size()) || !hasTokens(operand))
      continue;
    for (auto [dim, list] : llvm::enumerate(listsOf(operand))) {
      std::optional<int64_t> own = sizes.size(operand, dim), all = sizes.size(result, dim);
      meeting.mixes |= own != all && isFromTokens(list);
      mergeRoles(lists[dim], rolesAmong(operand, list, own, all));
    }
  }
  finish(result, lists, meeting);
}

/// A sum along a dimension: the rows that the loop writes have the dimensions of what it reads, that one first.
void TokenAxes::visitLoop(scf::ForOp loop) {
  tensor::ExtractSliceOp slice = runningSlice(loop);
  if (!slice || !hasTokens(slice.getSource()))
    return visitChunks(loop);
  RoleLists lists = listsOf(slice.getSource());
  std::optional<int64_t> along;
  for (auto [dim, offset] : llvm::enumerate(slice.getMixedOffsets()))
    if (!getConstantIntValue(offset))
      along = dim;
  if (!along)
    return visitOpaque(loop);
  RoleList first = lists[*along];
  lists.erase(lists.begin() + *along);
  lists.insert(lists.begin(), first);
  for (Value result : loop.getResults().drop_front())
    if (cast<RankedTensorType>(result.getType()).getRank() == int64_t(lists.size()))
      finish(result, lists, {isFromTokens(first), false}, isOpen(slice.getSource()));
}

/// What a loop over chunks writes has the dimensions of what it reads under the same shape.
void TokenAxes::visitChunks(scf::ForOp loop) {
  visitOpaque(loop);
  for (Value result : loop.getResults()) {
    if (!isa<RankedTensorType>(result.getType()) || hasTokens(result))
      continue;
    auto isAlike = [&](Value read) {
      return isa<RankedTensorType>(read.getType()) && hasParts(read) && sizes.shape(read) == sizes.shape(result);
    };
    llvm::SetVector<Value> reads = readsOf(loop);
    if (auto found = llvm::find_if(reads, isAlike); found != reads.end())
      finish(result, listsOf(*found), {true, true}, isOpen(*found));
  }
}

/// A fixed matrix over tokens, such as a transform, may be a part of a longer way; other mixers are whole.
void TokenAxes::visitMix(mixer::MixOp mix) {
  if (!isa<mixer::StructuredAttr, mixer::ToeplitzAttr>(mix.getTransport()) || !hasTokens(mix.getValue()))
    return visitOpaque(mix);
  RoleLists lists = listsOf(mix.getValue());
  bool mixes = isFromTokens(lists[1]);
  if (mixes)
    lists[1] = {derived(sizes.size(mix.getResult(0), 1).value_or(0))};
  finish(mix.getResult(0), lists, {mixes, mixes}, isOpen(mix.getValue()));
}

/// Loops, mixers and whatever else computes token by token: tokens come out where they went in.
void TokenAxes::visitOpaque(Operation *op) {
  for (Value result : op->getResults()) {
    auto type = dyn_cast<RankedTensorType>(result.getType());
    if (!type)
      continue;
    for (Value operand : op->getOperands()) {
      std::optional<int64_t> dim = hasTokens(operand) ? tokenDim(operand) : std::nullopt;
      if (!dim || *dim >= type.getRank() || sizes.size(result, *dim) != count)
        continue;
      RoleLists lists(type.getRank(), {TokenRole::Other});
      lists[*dim] = {TokenRole::Token};
      labels[result] = std::move(lists);
      break;
    }
  }
}

} // namespace heddle
