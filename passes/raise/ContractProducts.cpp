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

/// Whether the body adds a product of its two inputs.
bool sumsProducts(linalg::GenericOp op) {
  Block &body = *op.getBody();
  auto sum = body.getTerminator()->getOperand(0).getDefiningOp<arith::AddFOp>();
  auto isOutput = [&](Value value) { return value == op.getRegionOutputArgs()[0]; };
  if (!op.getNumReductionLoops() || op.getNumDpsInputs() != 2 || !sum || !llvm::hasNItems(body, 3) ||
      !(isOutput(sum.getLhs()) || isOutput(sum.getRhs())))
    return false;
  auto product = (isOutput(sum.getLhs()) ? sum.getRhs() : sum.getLhs()).getDefiningOp<arith::MulFOp>();
  return product && llvm::all_of(product->getOperands(),
                                 [&](Value factor) { return isa<BlockArgument>(factor) && !isOutput(factor); });
}

/// A factor that serves all heads has one of them, and is read at 0: without that dimension it shows which loops it
/// has.
struct DropSharedDims : OpRewritePattern<linalg::GenericOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(linalg::GenericOp op, PatternRewriter &rewriter) const override {
    SmallVector<AffineMap> maps = op.getIndexingMapsArray();
    auto isFixed = [](AffineExpr expr) { return isa<AffineConstantExpr>(expr); };
    if (!sumsProducts(op) || llvm::none_of(ArrayRef(maps).take_front(2), [&](AffineMap map) {
          return map.getNumResults() > 1 && llvm::any_of(map.getResults(), isFixed);
        }))
      return failure();
    SmallVector<Value> inputs;
    for (auto [map, input] : llvm::zip(maps, op.getDpsInputs())) {
      SmallVector<AffineExpr> kept = llvm::filter_to_vector(map.getResults(), std::not_fn(isFixed));
      auto type = cast<RankedTensorType>(input.getType());
      bool isUnit = llvm::all_of(llvm::enumerate(map.getResults()), [&](auto each) {
        return !isFixed(each.value()) || type.getDimSize(each.index()) == 1;
      });
      if (!isUnit || kept.empty())
        return failure();
      inputs.push_back(kept.size() == map.getNumResults()
                           ? input
                           : tensor::CollapseShapeOp::create(rewriter, op.getLoc(), input, groupsOf(map, isFixed)));
      map = AffineMap::get(map.getNumDims(), 0, kept, rewriter.getContext());
    }
    rewriter.modifyOpInPlace(op, [&] {
      op.getInputsMutable().assign(inputs);
      op.setIndexingMapsAttr(rewriter.getAffineMapArrayAttr(maps));
    });
    return success();
  }

  /// Each kept dimension with the dropped ones behind it, the first also with those in front.
  static SmallVector<ReassociationIndices> groupsOf(AffineMap map, function_ref<bool(AffineExpr)> isFixed) {
    SmallVector<ReassociationIndices> groups{{}};
    bool hasKept = false;
    for (auto [dim, expr] : llvm::enumerate(map.getResults())) {
      if (!isFixed(expr) && hasKept)
        groups.emplace_back();
      hasKept |= !isFixed(expr);
      groups.back().push_back(dim);
    }
    return groups;
  }
};

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
    patterns.add<DropSharedDims>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
} // namespace heddle
