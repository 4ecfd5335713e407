// Transcendental functions of f32 become arithmetic that vectorises, integer powers become products.
#include "passes/Passes.h"
#include "passes/lower/MathExpansions.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace heddle {
#define GEN_PASS_DEF_APPROXIMATEMATHPASS
#include "passes/Passes.h.inc"
} // namespace heddle

using namespace mlir;
using namespace heddle;

namespace {

using Expansion = Value (*)(OpBuilder &, Location, Value);

template <typename Op> struct Expand : OpRewritePattern<Op> {
  Expand(MLIRContext *context, Expansion expansion) : OpRewritePattern<Op>(context), expansion(expansion) {}

  LogicalResult matchAndRewrite(Op op, PatternRewriter &rewriter) const override {
    if (!getElementTypeOrSelf(op.getType()).isF32())
      return failure();
    rewriter.replaceOp(op, expansion(rewriter, op.getLoc(), op.getOperand()));
    return success();
  }

  Expansion expansion;
};

struct ExpandIntegerPower : OpRewritePattern<math::IPowIOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(math::IPowIOp op, PatternRewriter &rewriter) const override {
    auto vector = dyn_cast<VectorType>(op.getType());
    if (vector && vector.getRank() != 1)
      return failure();
    rewriter.replaceOp(op, expandIntegerPower(rewriter, op.getLoc(), op.getLhs(), op.getRhs()));
    return success();
  }
};

struct ApproximateMathPass : heddle::impl::ApproximateMathPassBase<ApproximateMathPass> {
  using ApproximateMathPassBase::ApproximateMathPassBase;

  void runOnOperation() override {
    MLIRContext *context = &getContext();
    RewritePatternSet patterns(context);
    patterns.add<Expand<math::ExpOp>>(context, scalesByPowersOfTwo ? expandExpWithLdexp : expandExp);
    patterns.add<Expand<math::Exp2Op>>(context, scalesByPowersOfTwo ? expandExp2WithLdexp : expandExp2);
    patterns.add<Expand<math::ExpM1Op>>(context, expandExpM1);
    patterns.add<Expand<math::LogOp>>(context, expandLog);
    patterns.add<Expand<math::Log2Op>>(context, expandLog2);
    patterns.add<Expand<math::Log1pOp>>(context, expandLog1p);
    patterns.add<Expand<math::TanhOp>>(context, expandTanh);
    patterns.add<Expand<math::ErfOp>>(context, expandErf);
    patterns.add<Expand<math::SinOp>>(context, expandSin);
    patterns.add<Expand<math::CosOp>>(context, expandCos);
    // Small constant exponents are a few products; the loop is for the others.
    populateMathAlgebraicSimplificationPatterns(patterns);
    patterns.add<ExpandIntegerPower>(context, /*benefit=*/0);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
