// --heddle-fuse-elementwise: upstream's fusion patterns under a control function that never buys memory traffic with
// repeated expensive arithmetic.
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "passes/Passes.h"

using namespace mlir;

namespace heddle {
#define GEN_PASS_DEF_FUSEELEMENTWISEPASS
#include "passes/Passes.h.inc"

namespace {

// A producer with more operations than this is not computed again for a second use.
constexpr int64_t kCheapOps = 2;
constexpr int64_t kCheapUses = 4;
// Elementwise constants up to this many elements are folded.
constexpr int64_t kMaxFoldedElements = 1024;

bool isTranscendental(Operation *op) {
  return isa<math::MathDialect>(op->getDialect()) && !isa<math::AbsFOp, math::FmaOp, math::FloorOp, math::CeilOp>(op);
}

bool isCheap(linalg::GenericOp producer) {
  int64_t count = 0;
  for (Operation &op : producer.getBody()->without_terminator()) {
    if (isTranscendental(&op) || isa<arith::DivFOp>(op))
      return false;
    count += !isa<arith::ExtFOp, arith::TruncFOp, arith::SIToFPOp, linalg::IndexOp>(op);
  }
  return count <= kCheapOps;
}

/// Whether the producer reads at most one tensor that has all its dimensions. Computing `x + y` again for each user
/// would keep two tensors alive in the place of one: along a residual stream, all of them up to the end.
bool readsOneTensor(linalg::GenericOp producer) {
  return llvm::count_if(producer.getDpsInputOperands(), [&](OpOperand *operand) {
           return producer.getMatchingIndexingMap(operand).isPermutation();
         }) <= 1;
}

/// Whether the consumer reads each element of the operand once: its map mentions every loop.
bool readsOnce(OpOperand *operand) {
  return cast<linalg::LinalgOp>(operand->getOwner()).getMatchingIndexingMap(operand).isPermutation();
}

/// A producer joins a consumer that reads each of its elements once and is its only one. A cheap producer may be
/// computed several times, for several consumers or along a broadcast, but not along a sum: a product of matrices reads
/// its operands over and over.
bool shouldFuse(OpOperand *operand) {
  auto producer = operand->get().getDefiningOp<linalg::GenericOp>();
  auto consumer = dyn_cast<linalg::LinalgOp>(operand->getOwner());
  if (!producer || !consumer)
    return false;
  if (operand->get().hasOneUse() && readsOnce(operand))
    return true;
  if (consumer.getNumReductionLoops() && !readsOnce(operand))
    return false;
  int64_t uses = std::distance(operand->get().use_begin(), operand->get().use_end());
  return isCheap(producer) && readsOneTensor(producer) && uses <= kCheapUses;
}

/// An operation without reductions: a product of matrices keeps its two dimensions, whatever stands around it.
bool isPointwise(Operation *op) {
  auto generic = dyn_cast_or_null<linalg::GenericOp>(op);
  return generic && generic.getNumReductionLoops() == 0;
}

/// Reshapes move only between two pointwise operations, which can fuse afterwards.
bool shouldMoveReshape(OpOperand *operand) {
  Operation *producer = operand->get().getDefiningOp();
  if (!producer || !operand->get().hasOneUse())
    return false;
  if (isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp>(producer))
    return isPointwise(operand->getOwner()) && isPointwise(producer->getOperand(0).getDefiningOp()) &&
           producer->getOperand(0).hasOneUse();
  return isPointwise(producer) && isa<tensor::CollapseShapeOp>(operand->getOwner());
}

bool shouldFoldConstant(OpOperand *operand) {
  auto type = dyn_cast<RankedTensorType>(operand->get().getType());
  return type && type.hasStaticShape() && type.getNumElements() <= kMaxFoldedElements;
}

/// Named elementwise operations and reductions become generic ones, so that the patterns see them.
void generalizeElementwise(func::FuncOp func) {
  SmallVector<linalg::LinalgOp> named;
  func.walk([&](linalg::LinalgOp op) {
    bool isListed = isa<linalg::TransposeOp, linalg::BroadcastOp, linalg::MapOp, linalg::ReduceOp>(op.getOperation());
    if (!isa<linalg::GenericOp, linalg::FillOp>(op.getOperation()) && (isListed || linalg::isElementwise(op)) &&
        op.hasPureTensorSemantics())
      named.push_back(op);
  });
  IRRewriter rewriter(func.getContext());
  for (linalg::LinalgOp op : named) {
    rewriter.setInsertionPoint(op);
    (void)linalg::generalizeNamedOp(rewriter, op);
  }
}

/// Softmax as five plain operations: the fusion patterns see into those.
LogicalResult decomposeSoftmax(func::FuncOp func) {
  SmallVector<linalg::SoftmaxOp> work;
  func.walk([&](linalg::SoftmaxOp op) { work.push_back(op); });
  IRRewriter rewriter(func.getContext());
  for (linalg::SoftmaxOp op : work) {
    rewriter.setInsertionPoint(op);
    FailureOr<SmallVector<Value>> parts = op.decomposeOperation(rewriter);
    if (failed(parts))
      return op.emitOpError("expected a form that decomposes but got one that does not");
    rewriter.replaceOp(op, *parts);
  }
  return success();
}

/// `arith` and `math` on whole tensors become linalg: nothing later in the pipeline reads them in that spelling.
LogicalResult convertTensorArithmetic(func::FuncOp func) {
  RewritePatternSet patterns(func.getContext());
  linalg::populateElementwiseToLinalgConversionPatterns(patterns);
  return applyPatternsGreedily(func, std::move(patterns));
}

struct FuseElementwisePass : impl::FuseElementwisePassBase<FuseElementwisePass> {
  void runOnOperation() override {
    if (failed(convertTensorArithmetic(getOperation())) || failed(decomposeSoftmax(getOperation())))
      return signalPassFailure();
    generalizeElementwise(getOperation());
    RewritePatternSet patterns(&getContext());
    linalg::populateElementwiseOpsFusionPatterns(patterns, shouldFuse);
    linalg::populateFoldReshapeOpsByExpansionPatterns(patterns, shouldMoveReshape);
    linalg::populateConstantFoldLinalgOperations(patterns, shouldFoldConstant);
    linalg::populateEraseUnusedOperandsAndResultsPatterns(patterns);
    linalg::GenericOp::getCanonicalizationPatterns(patterns, &getContext());
    tensor::ExpandShapeOp::getCanonicalizationPatterns(patterns, &getContext());
    tensor::CollapseShapeOp::getCanonicalizationPatterns(patterns, &getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
} // namespace heddle
