// --heddle-lower-contractions: products of matrices become register-tiled kernels. Recognising them lives in
// ContractionMatch, the kernel in kernels/MatmulKernel.
#include "passes/Passes.h"
#include "passes/kernels/MatmulKernel.h"

using namespace mlir;

namespace heddle {
#define GEN_PASS_DEF_LOWERCONTRACTIONSPASS
#include "passes/Passes.h.inc"

namespace {

bool isZeroFill(linalg::FillOp fill) { return matchPattern(fill.getInputs()[0], m_AnyZeroFloat()); }

/// The fill whose zeros `op` accumulates onto, when nothing else looks at the buffer in between. Only a buffer that
/// this function sees whole (an allocation) qualifies: no view of it can hide an access.
linalg::FillOp findZeroFill(linalg::LinalgOp op) {
  Value buffer = op.getDpsInitOperand(0)->get();
  if (!buffer.getDefiningOp<memref::AllocOp>())
    return nullptr;
  linalg::FillOp found;
  for (Operation *user : buffer.getUsers()) {
    if (user == op || isa<memref::DimOp, memref::DeallocOp>(user))
      continue;
    Operation *atLevel = op->getBlock()->findAncestorOpInBlock(*user);
    if (!atLevel)
      return nullptr;
    if (op->isBeforeInBlock(atLevel))
      continue;
    auto fill = dyn_cast<linalg::FillOp>(user);
    if (found || !fill || fill->getBlock() != op->getBlock() || !isZeroFill(fill))
      return nullptr;
    found = fill;
  }
  return found;
}

/// The kernel stands in the place of the epilogue, whose other operands are ready there.
void lowerContraction(linalg::LinalgOp op, const BufferAliases &aliases) {
  linalg::FillOp fill = op.hasPureBufferSemantics() && op.getNumDpsInits() == 1 ? findZeroFill(op) : nullptr;
  OpBuilder builder(op);
  std::optional<Contraction> contraction = matchContraction(builder, op);
  if (!contraction)
    return;
  std::optional<Epilogue> epilogue;
  if (linalg::GenericOp follower = findEpilogue(op, aliases)) {
    builder.setInsertionPoint(follower);
    epilogue = matchEpilogue(builder, *contraction, op.getDpsInits().front(), follower, aliases);
  }
  if (!epilogue)
    builder.setInsertionPoint(op);
  else if (fill && !epilogue->needsSums)
    contraction->space.accesses.back().base = epilogue->out().base;
  emitMatmulKernel(builder, op.getLoc(), *contraction, /*startFromZero=*/static_cast<bool>(fill),
                   epilogue ? &*epilogue : nullptr);
  if (fill)
    fill.erase();
  op.erase();
  if (epilogue)
    epilogue->op.erase();
}

struct LowerContractionsPass : impl::LowerContractionsPassBase<LowerContractionsPass> {
  void runOnOperation() override {
    SmallVector<linalg::LinalgOp> work;
    getOperation().walk([&](linalg::LinalgOp op) {
      if (op.getNumReductionLoops() && !op->getParentOfType<scf::ParallelOp>())
        work.push_back(op);
    });
    BufferAliases aliases(getOperation(), BufferAliases::Views::SameBuffer);
    for (linalg::LinalgOp op : work)
      lowerContraction(op, aliases);
  }
};

} // namespace
} // namespace heddle
