#include "passes/tile/RowAccess.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;

namespace heddle {

static MemRefType typeOf(Value memref) { return cast<MemRefType>(memref.getType()); }

Value skipReshapes(Value memref) {
  while (typeOf(memref).getLayout().isIdentity()) {
    Operation *op = memref.getDefiningOp();
    if (!isa_and_nonnull<memref::CollapseShapeOp, memref::ExpandShapeOp, memref::CastOp>(op))
      break;
    auto source = dyn_cast<MemRefType>(op->getOperand(0).getType());
    if (!source || !source.getLayout().isIdentity())
      break;
    memref = op->getOperand(0);
  }
  return memref;
}

std::optional<SmallVector<ElementAccess>> collectAccesses(scf::ParallelOp kernel) {
  SmallVector<ElementAccess> accesses;
  WalkResult result = kernel.getBody()->walk([&](Operation *op) {
    ElementAccess access{op, {}, {}, false};
    if (auto load = dyn_cast<memref::LoadOp>(op))
      access = {op, load.getMemRef(), load.getIndices(), false};
    else if (auto store = dyn_cast<memref::StoreOp>(op))
      access = {op, store.getMemRef(), store.getIndices(), true};
    else if (isMemoryEffectFree(op) || isa<memref::AllocaOp, scf::ForOp, scf::IfOp>(op))
      return WalkResult::advance();
    else
      return WalkResult::interrupt();
    Value buffer = skipReshapes(access.memref);
    bool isLocal = kernel.getRegion().isAncestor(buffer.getParentRegion());
    if (!isLocal)
      accesses.push_back(access);
    return WalkResult::advance();
  });
  if (result.wasInterrupted())
    return std::nullopt;
  return accesses;
}

std::optional<int64_t> findTaskDim(const ElementAccess &access, Value task) {
  ArrayRef<int64_t> shape = typeOf(access.memref).getShape();
  for (auto [dim, index] : llvm::enumerate(access.indices)) {
    if (index == task)
      return dim;
    if (shape[dim] != 1)
      return std::nullopt;
  }
  return std::nullopt;
}

std::optional<Row> findRow(const ElementAccess &access, Value task) {
  Value buffer = skipReshapes(access.memref);
  bool isWhole = typeOf(buffer).getLayout().isIdentity() && typeOf(access.memref).getLayout().isIdentity();
  std::optional<int64_t> dim = findTaskDim(access, task);
  if (isWhole && dim) {
    int64_t size = 1;
    for (int64_t inner : typeOf(access.memref).getShape().drop_front(*dim + 1))
      size = ShapedType::isDynamic(inner) || size < 0 ? -1 : size * inner;
    if (size > 0)
      return Row{buffer, size};
  }
  auto found = llvm::find(access.indices, task);
  if (found == access.indices.end())
    return std::nullopt;
  return Row{access.memref, -1 - std::distance(access.indices.begin(), found)};
}

} // namespace heddle
