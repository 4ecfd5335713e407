#include "passes/raise/RegionMemo.h"

#include "passes/raise/Reads.h"

#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace heddle {
namespace {

/// The ops that compute `result`, as a function of `inputs`. Null where they read anything else, such as the size of
/// another tensor.
OwningOpRef<func::FuncOp> copyOf(Value result, ArrayRef<Value> inputs) {
  llvm::SetVector<Value> open;
  SmallVector<Operation *> ops;
  llvm::SmallPtrSet<Operation *, 16> seen;
  open.insert(result);
  for (unsigned next = 0; next < open.size(); ++next) {
    if (llvm::is_contained(inputs, open[next]))
      continue;
    Operation *op = open[next].getDefiningOp();
    if (!op)
      return nullptr;
    if (seen.insert(op).second)
      ops.push_back(op);
    open.insert_range(readsOf(op));
  }
  llvm::sort(ops, [](Operation *left, Operation *right) { return left->isBeforeInBlock(right); });
  auto type = FunctionType::get(result.getContext(), ValueRange(inputs).getTypes(), result.getType());
  OwningOpRef<func::FuncOp> function = func::FuncOp::create(result.getLoc(), "replacement", type);
  Block *body = function->addEntryBlock();
  OpBuilder builder = OpBuilder::atBlockEnd(body);
  IRMapping mapping;
  mapping.map(inputs, body->getArguments());
  for (Operation *op : ops)
    builder.clone(*op, mapping);
  func::ReturnOp::create(builder, result.getLoc(), mapping.lookup(result));
  return function;
}

Value paste(OpBuilder &builder, func::FuncOp function, ArrayRef<Value> inputs) {
  Block &body = function.getBody().front();
  IRMapping mapping;
  mapping.map(body.getArguments(), inputs);
  for (Operation &op : body.without_terminator())
    builder.clone(op, mapping);
  return mapping.lookup(body.getTerminator()->getOperand(0));
}

} // namespace

RegionMemo::Key RegionMemo::keyOf(const TokenRegion &region, const TokenAxes &axes, ConcreteSizes &sizes) {
  Key key{Excerpt::of({region.output}, region.frontier, sizes), {}};
  for (Value input : key.excerpt.inputs)
    key.tokenDims.push_back(axes.rowDim(input));
  key.tokenDims.push_back(axes.rowDim(region.output));
  return key;
}

std::optional<RegionProposal> RegionMemo::find(ImplicitLocOpBuilder &builder, const Key &key) const {
  auto known = llvm::find_if(entries, [&](const Entry &entry) {
    return entry.key.tokenDims == key.tokenDims && entry.key.excerpt.isSame(key.excerpt);
  });
  if (known == entries.end())
    return std::nullopt;
  RegionProposal proposal = known->proposal;
  if (known->replacement)
    proposal.replacement = paste(builder, *known->replacement, key.excerpt.inputs);
  return proposal;
}

void RegionMemo::add(Key key, const RegionProposal &proposal) {
  Entry entry{std::move(key), proposal, nullptr};
  entry.proposal.replacement = nullptr;
  if (proposal.replacement)
    entry.replacement = copyOf(proposal.replacement, entry.key.excerpt.inputs);
  if (entry.replacement || !proposal.replacement)
    entries.push_back(std::move(entry));
}

} // namespace heddle
