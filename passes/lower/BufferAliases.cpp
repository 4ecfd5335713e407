#include "passes/lower/BufferAliases.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;

namespace heddle {

static bool isBuffer(Value value) { return isa<BaseMemRefType>(value.getType()); }

BufferAliases::BufferAliases(func::FuncOp func, Views views) : views(views) {
  func.walk([&](Operation *op) {
    if (op != func)
      unite(op);
  });
}

/// Results (and region arguments) of an op may be any of the memrefs that it takes or that its regions yield. That is
/// exact for views and generous for loops; ops that make a buffer take none.
void BufferAliases::unite(Operation *op) {
  SmallVector<Value> group(llvm::make_filter_range(op->getResults(), isBuffer));
  for (Region &region : op->getRegions())
    for (Block &block : region) {
      llvm::append_range(group, llvm::make_filter_range(block.getArguments(), isBuffer));
      if (block.mightHaveTerminator())
        llvm::append_range(group, llvm::make_filter_range(block.getTerminator()->getOperands(), isBuffer));
    }
  if (group.empty() || (views == Views::OwnBuffer && isa<memref::ViewOp>(op)))
    return;
  llvm::append_range(group, llvm::make_filter_range(op->getOperands(), isBuffer));
  for (Value value : group)
    classes.unionSets(group.front(), value);
}

Value BufferAliases::getClass(Value memref) const {
  auto leader = classes.findLeader(memref);
  return leader == classes.member_end() ? memref : *leader;
}

SmallVector<Value> BufferAliases::getMembers(Value memref) const {
  auto leader = classes.findLeader(memref);
  if (leader == classes.member_end())
    return {memref};
  return SmallVector<Value>(leader, classes.member_end());
}

} // namespace heddle
