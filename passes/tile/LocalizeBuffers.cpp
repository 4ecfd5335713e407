// --heddle-localize-buffers: what only one task of one kernel sees lives on its stack. LLVM then keeps single elements
// in registers, and the arena shrinks by whole activations.
#include "passes/Passes.h"
#include "passes/tile/RowAccess.h"

using namespace mlir;

namespace heddle {
#define GEN_PASS_DEF_LOCALIZEBUFFERSPASS
#include "passes/Passes.h.inc"

namespace {

/// An allocation that can move into the only kernel that uses it.
struct Candidate {
  scf::ParallelOp kernel;
  SmallVector<ElementAccess> accesses;
  int64_t rowSize = 0;
};

/// All operations that read or write `buffer` through reshapes; nothing when it escapes into anything else.
std::optional<SmallVector<Operation *>> findAccessors(Value buffer) {
  SmallVector<Operation *> accessors;
  for (Operation *user : buffer.getUsers()) {
    if (isa<memref::CollapseShapeOp, memref::ExpandShapeOp, memref::CastOp>(user)) {
      auto inner = findAccessors(user->getResult(0));
      if (!inner)
        return std::nullopt;
      accessors.append(*inner);
    } else if (isa<memref::LoadOp>(user) || (isa<memref::StoreOp>(user) && user->getOperand(0) != buffer)) {
      accessors.push_back(user);
    } else if (!isa<memref::DimOp>(user)) {
      return std::nullopt;
    }
  }
  return accessors;
}

scf::ParallelOp outermostKernel(Operation *op) {
  scf::ParallelOp kernel;
  for (; op; op = op->getParentOp())
    if (auto parallel = dyn_cast<scf::ParallelOp>(op))
      kernel = parallel;
  return kernel;
}

/// The kernel must stand beside the allocation: in a loop of its own it would find what an earlier round left behind.
std::optional<Candidate> findCandidate(memref::AllocOp alloc) {
  auto accessors = findAccessors(alloc);
  if (!accessors || accessors->empty())
    return std::nullopt;
  Candidate candidate;
  candidate.kernel = outermostKernel(accessors->front());
  if (!candidate.kernel || candidate.kernel.getNumLoops() != 1 || candidate.kernel->getBlock() != alloc->getBlock())
    return std::nullopt;
  auto accesses = collectAccesses(candidate.kernel);
  if (!accesses)
    return std::nullopt;
  for (const ElementAccess &access : *accesses) {
    if (skipReshapes(access.memref) != alloc)
      continue;
    auto row = findRow(access, candidate.kernel.getInductionVars()[0]);
    if (!row || row->size < 0 || (candidate.rowSize && candidate.rowSize != row->size))
      return std::nullopt;
    candidate.rowSize = row->size;
    candidate.accesses.push_back(access);
  }
  if (candidate.accesses.size() != accessors->size())
    return std::nullopt;
  return candidate;
}

/// The position within the row: the indices behind that of the task, row-major.
Value linearize(OpBuilder &builder, const ElementAccess &access, int64_t taskDim) {
  Location loc = access.op->getLoc();
  Value position = arith::ConstantIndexOp::create(builder, loc, 0);
  auto shape = cast<MemRefType>(access.memref.getType()).getShape();
  for (int64_t dim = taskDim + 1, rank = shape.size(); dim < rank; ++dim) {
    Value size = arith::ConstantIndexOp::create(builder, loc, shape[dim]);
    position =
        arith::AddIOp::create(builder, loc, arith::MulIOp::create(builder, loc, position, size), access.indices[dim]);
  }
  return position;
}

void localize(memref::AllocOp alloc, Candidate &candidate) {
  OpBuilder builder = OpBuilder::atBlockBegin(candidate.kernel.getBody());
  auto type = MemRefType::get({candidate.rowSize}, alloc.getType().getElementType());
  Value row = memref::AllocaOp::create(builder, alloc.getLoc(), type);
  Value task = candidate.kernel.getInductionVars()[0];
  for (const ElementAccess &access : candidate.accesses) {
    builder.setInsertionPoint(access.op);
    Value position = linearize(builder, access, *findTaskDim(access, task));
    if (auto load = dyn_cast<memref::LoadOp>(access.op))
      load.replaceAllUsesWith(memref::LoadOp::create(builder, load.getLoc(), row, position).getResult());
    else
      memref::StoreOp::create(builder, access.op->getLoc(), cast<memref::StoreOp>(access.op).getValueToStore(), row,
                              position);
    access.op->erase();
  }
}

int64_t sizeInBytes(const Candidate &candidate, memref::AllocOp alloc) {
  return candidate.rowSize * llvm::divideCeil(alloc.getType().getElementTypeBitWidth(), 8);
}

struct LocalizeBuffersPass : impl::LocalizeBuffersPassBase<LocalizeBuffersPass> {
  using LocalizeBuffersPassBase::LocalizeBuffersPassBase;

  void runOnOperation() override {
    DenseMap<Operation *, int64_t> stackBytes; // by kernel
    for (memref::AllocOp alloc : collectAllocs()) {
      std::optional<Candidate> candidate = findCandidate(alloc);
      if (!candidate)
        continue;
      int64_t &used = stackBytes[candidate->kernel];
      int64_t bytes = sizeInBytes(*candidate, alloc);
      if (used + bytes > maxStackBytes)
        continue;
      used += bytes;
      localize(alloc, *candidate);
    }
  }

private:
  SmallVector<memref::AllocOp> collectAllocs() {
    SmallVector<memref::AllocOp> allocs;
    getOperation().walk([&](memref::AllocOp alloc) {
      if (alloc.getType().getElementType().isIntOrFloat())
        allocs.push_back(alloc);
    });
    return allocs;
  }
};

} // namespace
} // namespace heddle
