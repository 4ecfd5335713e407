// ContractProducts: a product that is summed at once is a contraction, and never stored.
#include "passes/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace heddle {
#define GEN_PASS_DEF_CONTRACTPRODUCTSPASS
#include "passes/Passes.h.inc"

namespace {

/// Whether the only arithmetic of the body is one `Arithmetic` on arguments.
template <typename Arithmetic> bool computesOnly(linalg::GenericOp op) {
  Block &body = *op.getBody();
  auto yield = cast<linalg::YieldOp>(body.getTerminator());
  auto result = yield.getNumOperands() == 1 ? yield.getOperand(0).getDefiningOp<Arithmetic>() : Arithmetic();
  return result && llvm::hasNItems(body, 2) &&
         llvm::all_of(result->getOperands(), [&](Value operand) { return isa<BlockArgument>(operand); });
}

bool isSum(linalg::GenericOp op) {
  return op && op.getNumReductionLoops() && op.getNumDpsInputs() == 1 && computesOnly<arith::AddFOp>(op);
}

bool isProduct(linalg::GenericOp op) {
  return op && op.getNumReductionLoops() == 0 && op.getNumDpsInputs() == 2 && computesOnly<arith::MulFOp>(op);
}

/// Named sums and transposes are generic ops to the patterns.
void generalize(func::FuncOp entry) {
  SmallVector<linalg::ReduceOp> sums;
  entry.walk([&](linalg::ReduceOp op) { sums.push_back(op); });
  IRRewriter rewriter(entry.getContext());
  for (linalg::ReduceOp op : sums) {
    rewriter.setInsertionPoint(op);
    (void)linalg::generalizeNamedOp(rewriter, op);
  }
}

struct ContractProductsPass : impl::ContractProductsPassBase<ContractProductsPass> {
  void runOnOperation() override {
    generalize(getOperation());
    RewritePatternSet patterns(&getContext());
    linalg::populateElementwiseOpsFusionPatterns(patterns, [](OpOperand *operand) {
      return operand->get().hasOneUse() && isSum(dyn_cast<linalg::GenericOp>(operand->getOwner())) &&
             isProduct(operand->get().getDefiningOp<linalg::GenericOp>());
    });
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
} // namespace heddle
