// --heddle-lower-generics: what is left of linalg becomes loops. Choosing a schedule and emitting it live in
// LoopKernels; this file decides what is lowered and hands over the scalar body.
#include "mlir/IR/IRMapping.h"
#include "passes/Passes.h"
#include "passes/tile/LoopKernels.h"

using namespace mlir;

namespace heddle {
#define GEN_PASS_DEF_LOWERGENERICSPASS
#include "passes/Passes.h.inc"

namespace {

// A static copy of at most this many contiguous elements stays a memref.copy: a launch would cost more.
constexpr int64_t kTrivialCopy = 64;

// Rows of at least this many elements stay rows: kernels over the same rows can be fused later.
constexpr int64_t kMinRowLength = 64;

/// Merges what is contiguous, the static loops first (heads and features), but leaves a dynamic number of rows (tokens)
/// apart from long static rows.
void mergeLoopsButRows(OpBuilder &builder, Location loc, IterationSpace &space) {
  auto isDynamic = [&](unsigned loop) { return ShapedType::isDynamic(space.loops[loop].staticSize()); };
  mergeLoops(builder, loc, space,
             [&](unsigned outer, unsigned inner) { return !isDynamic(outer) && !isDynamic(inner); });
  mergeLoops(builder, loc, space, [&](unsigned outer, unsigned inner) {
    return !isDynamic(outer) || isDynamic(inner) || space.loops[inner].staticSize() < kMinRowLength;
  });
}

StringRef nameKernel(linalg::LinalgOp op) {
  if (isa<linalg::FillOp>(op))
    return "fill";
  if (isa<linalg::CopyOp>(op))
    return "copy";
  if (isa<linalg::TransposeOp>(op))
    return "transpose";
  return op.getNumReductionLoops() ? "reduce" : "elementwise";
}

/// Clones the region of `op` at one point.
SmallVector<Value> cloneBody(linalg::LinalgOp op, OpBuilder &builder, ValueRange ivs, ValueRange operands) {
  Block *block = op.getBlock();
  IRMapping mapping;
  for (auto [argument, value] : llvm::zip_equal(block->getArguments(), operands))
    if (value)
      mapping.map(argument, value);
  for (Operation &inner : block->without_terminator()) {
    if (auto index = dyn_cast<linalg::IndexOp>(inner))
      mapping.map(index.getResult(), ivs[index.getDim()]);
    else
      builder.clone(inner, mapping);
  }
  return llvm::map_to_vector(block->getTerminator()->getOperands(),
                             [&](Value v) { return mapping.lookupOrDefault(v); });
}

LogicalResult lowerLinalg(linalg::LinalgOp op) {
  if (!op.hasPureBufferSemantics())
    return op->emitOpError("expected operands on memrefs but got tensors; bufferize first");
  OpBuilder builder(op);
  IterationSpace space = makeIterationSpace(builder, op);
  // A body that asks for its position needs the loops as they are.
  if (!op.hasIndexSemantics())
    mergeLoopsButRows(builder, op.getLoc(), space);

  LoopKernelOptions options;
  options.kernelName = nameKernel(op);
  options.flopsPerPoint = std::max<int64_t>(1, llvm::range_size(op.getBlock()->without_terminator()));
  options.parallel = !op->getParentOfType<scf::ParallelOp>();
  for (BlockArgument argument : op.getBlock()->getArguments())
    options.usedOperands.push_back(!argument.use_empty());
  auto body = [op](OpBuilder &b, Location, ValueRange ivs, ValueRange operands) {
    return cloneBody(op, b, ivs, operands);
  };
  emitLoopKernel(builder, op.getLoc(), space, chooseSchedule(space), body, options);
  op->erase();
  return success();
}

bool isTrivialCopy(memref::CopyOp copy) {
  auto source = cast<MemRefType>(copy.getSource().getType()), target = cast<MemRefType>(copy.getTarget().getType());
  return source.hasStaticShape() && source.getNumElements() <= kTrivialCopy && source.getLayout().isIdentity() &&
         target.getLayout().isIdentity();
}

void lowerCopy(memref::CopyOp copy) {
  OpBuilder builder(copy);
  Location loc = copy.getLoc();
  IterationSpace space = makeCopySpace(builder, loc, copy.getSource(), copy.getTarget());
  mergeLoopsButRows(builder, loc, space);
  LoopKernelOptions options;
  options.kernelName = "copy";
  options.parallel = !copy->getParentOfType<scf::ParallelOp>();
  options.usedOperands = {true, false};
  auto body = [](OpBuilder &, Location, ValueRange, ValueRange operands) { return SmallVector<Value>{operands[0]}; };
  emitLoopKernel(builder, loc, space, chooseSchedule(space), body, options);
  copy.erase();
}

struct LowerGenericsPass : impl::LowerGenericsPassBase<LowerGenericsPass> {
  void runOnOperation() override {
    SmallVector<Operation *> work;
    getOperation().walk([&](Operation *op) {
      auto copy = dyn_cast<memref::CopyOp>(op);
      if (isa<linalg::LinalgOp>(op) || (copy && isa<MemRefType>(copy.getSource().getType()) && !isTrivialCopy(copy)))
        work.push_back(op);
    });
    for (Operation *op : work) {
      if (auto copy = dyn_cast<memref::CopyOp>(op))
        lowerCopy(copy);
      else if (failed(lowerLinalg(cast<linalg::LinalgOp>(op))))
        return signalPassFailure();
    }
  }
};

} // namespace
} // namespace heddle
