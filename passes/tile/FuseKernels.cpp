// --heddle-fuse-kernels: neighbouring kernels over the same rows become one. A norm is then one pass over each row,
// which stays in the first-level cache, and one launch instead of six.
#include "passes/Passes.h"
#include "passes/lower/BufferAliases.h"
#include "passes/lower/SymbolicSizes.h"
#include "passes/tile/RowAccess.h"

using namespace mlir;

namespace heddle {
#define GEN_PASS_DEF_FUSEKERNELSPASS
#include "passes/Passes.h.inc"

namespace {

bool isConstant(Value value, int64_t expected) { return getConstantIntValue(value) == expected; }

/// A kernel with one parallel dimension that counts tasks from 0 in steps of 1.
bool isRowKernel(scf::ParallelOp kernel) {
  return kernel->hasAttr("heddle.kernel") && kernel.getNumLoops() == 1 && kernel.getNumResults() == 0 &&
         isConstant(kernel.getLowerBound()[0], 0) && isConstant(kernel.getStep()[0], 1);
}

/// Whether `op` may stand between two kernels that become one: it neither reads nor writes what they compute.
bool mayStandBetween(Operation &op) { return isMemoryEffectFree(&op) || isa<memref::AllocOp>(op); }

class KernelFuser {
public:
  explicit KernelFuser(func::FuncOp func)
      : sizes(func), aliases(func, BufferAliases::Views::SameBuffer), rewriter(func.getContext()) {}

  void fuseIn(Block &block);

private:
  bool haveSameTasks(scf::ParallelOp first, scf::ParallelOp second);
  bool agreeOnRows(scf::ParallelOp first, scf::ParallelOp second);
  void fuse(scf::ParallelOp first, scf::ParallelOp second);

  SymbolicSizes sizes;
  BufferAliases aliases;
  IRRewriter rewriter;
};

bool KernelFuser::haveSameTasks(scf::ParallelOp first, scf::ParallelOp second) {
  Value a = first.getUpperBound()[0], b = second.getUpperBound()[0];
  if (a == b)
    return true;
  AffineExpr sizeA = sizes.resolve(a), sizeB = sizes.resolve(b);
  return sizeA && sizeB && simplifyAffineExpr(sizeA - sizeB, 0, sizes.getNumSymbols()) == 0;
}

/// Every buffer that one kernel writes and the other touches is touched by both in the same rows only.
bool KernelFuser::agreeOnRows(scf::ParallelOp first, scf::ParallelOp second) {
  struct Use {
    std::optional<Row> row;
    bool isFirst, isWrite;
  };
  DenseMap<Value, SmallVector<Use>> uses; // by alias class
  for (scf::ParallelOp kernel : {first, second}) {
    auto accesses = collectAccesses(kernel);
    if (!accesses)
      return false;
    for (const ElementAccess &access : *accesses)
      uses[aliases.getClass(access.memref)].push_back(
          {findRow(access, kernel.getInductionVars()[0]), kernel == first, access.isWrite});
  }
  return llvm::all_of(uses, [](const auto &entry) {
    ArrayRef<Use> list = entry.second;
    bool isShared = llvm::any_of(list, [](const Use &use) { return use.isFirst; }) &&
                    llvm::any_of(list, [](const Use &use) { return !use.isFirst; });
    bool isWritten = llvm::any_of(list, [](const Use &use) { return use.isWrite; });
    return !isShared || !isWritten ||
           llvm::all_of(list, [&](const Use &use) { return use.row && *use.row == *list[0].row; });
  });
}

/// Moves the body of `first` in front of that of `second`.
void KernelFuser::fuse(scf::ParallelOp first, scf::ParallelOp second) {
  StringAttr name = first->getAttrOfType<StringAttr>("heddle.kernel");
  int64_t work = first->getAttrOfType<IntegerAttr>("heddle.work").getInt() +
                 second->getAttrOfType<IntegerAttr>("heddle.work").getInt();
  if (name != second->getAttr("heddle.kernel"))
    second->setAttr("heddle.kernel", rewriter.getStringAttr("rows"));
  second->setAttr("heddle.work", rewriter.getI64IntegerAttr(work));
  second->setLoc(rewriter.getFusedLoc({first.getLoc(), second.getLoc()}));
  rewriter.eraseOp(first.getBody()->getTerminator());
  rewriter.inlineBlockBefore(first.getBody(), second.getBody(), second.getBody()->begin(), second.getInductionVars());
  rewriter.eraseOp(first);
}

void KernelFuser::fuseIn(Block &block) {
  scf::ParallelOp previous;
  for (Operation &op : llvm::make_early_inc_range(block)) {
    auto kernel = dyn_cast<scf::ParallelOp>(op);
    if (!kernel || !isRowKernel(kernel)) {
      if (!mayStandBetween(op))
        previous = nullptr;
      continue;
    }
    if (previous && haveSameTasks(previous, kernel) && agreeOnRows(previous, kernel))
      fuse(previous, kernel);
    previous = kernel;
  }
}

struct FuseKernelsPass : impl::FuseKernelsPassBase<FuseKernelsPass> {
  void runOnOperation() override {
    SmallVector<Block *> blocks;
    getOperation().walk<WalkOrder::PreOrder>([&](Block *block) {
      if (isa<scf::ParallelOp>(block->getParentOp()))
        return WalkResult::skip();
      blocks.push_back(block);
      return WalkResult::advance();
    });
    KernelFuser fuser(getOperation());
    for (Block *block : blocks)
      fuser.fuseIn(*block);
  }
};

} // namespace
} // namespace heddle
