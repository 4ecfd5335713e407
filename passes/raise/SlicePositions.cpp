#include "passes/raise/SlicePositions.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/ValueBoundsOpInterface.h"

using namespace mlir;

namespace heddle {
namespace {

using Bounds = ValueBoundsConstraintSet;

bool isOutside(Value value, Operation *op) { return !op->isAncestor(value.getParentBlock()->getParentOp()); }

/// Arithmetic of a body that no element has a part in stands in front of the op.
struct HoistPosition : OpRewritePattern<linalg::GenericOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(linalg::GenericOp generic, PatternRewriter &rewriter) const override {
    bool changed = false;
    for (Operation &op : llvm::make_early_inc_range(generic.getBody()->without_terminator())) {
      bool isUniform = isa<arith::ArithDialect>(op.getDialect()) && op.getNumOperands() != 0 &&
                       llvm::all_of(op.getOperands(), [&](Value operand) { return isOutside(operand, generic); });
      if (!isUniform)
        continue;
      rewriter.moveOpBefore(&op, generic);
      changed = true;
    }
    return success(changed);
  }
};

/// The only element of a tensor that is computed from no tensor.
struct ReadScalar : OpRewritePattern<tensor::ExtractOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(tensor::ExtractOp extract, PatternRewriter &rewriter) const override {
    auto generic = extract.getTensor().getDefiningOp<linalg::GenericOp>();
    if (!generic || generic.getNumLoops() != 0 || generic->getNumResults() != 1)
      return failure();
    Value element = generic.getBody()->getTerminator()->getOperand(0);
    if (!isOutside(element, generic))
      return failure();
    rewriter.replaceOp(extract, element);
    return success();
  }
};

/// A limit that a position inside of a loop never reaches. Elsewhere there are too many to ask for each.
template <typename Op, Bounds::ComparisonOperator within> struct DropLimit : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;

  LogicalResult matchAndRewrite(Op limit, PatternRewriter &rewriter) const override {
    if (!limit.getType().isIndex() || !limit->template getParentOfType<scf::ForOp>() ||
        !Bounds::compare(limit.getLhs(), within, limit.getRhs()))
      return failure();
    rewriter.replaceOp(limit, limit.getLhs());
    return success();
  }
};
using DropMinimum = DropLimit<arith::MinSIOp, Bounds::ComparisonOperator::LE>;
using DropMaximum = DropLimit<arith::MaxSIOp, Bounds::ComparisonOperator::GE>;

/// A position inside of a loop that is never negative.
struct DropWrap : OpRewritePattern<arith::CmpIOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(arith::CmpIOp compare, PatternRewriter &rewriter) const override {
    if (compare.getPredicate() != arith::CmpIPredicate::slt || !compare.getLhs().getType().isIndex() ||
        !compare->getParentOfType<scf::ForOp>() ||
        !Bounds::compare(compare.getLhs(), Bounds::ComparisonOperator::GE, compare.getRhs()))
      return failure();
    rewriter.replaceOpWithNewOp<arith::ConstantOp>(compare, rewriter.getBoolAttr(false));
    return success();
  }
};

} // namespace

void addSlicePositionPatterns(RewritePatternSet &patterns) {
  arith::IndexCastOp::getCanonicalizationPatterns(patterns, patterns.getContext());
  patterns.add<HoistPosition, ReadScalar, DropMinimum, DropMaximum, DropWrap>(patterns.getContext());
}

} // namespace heddle
