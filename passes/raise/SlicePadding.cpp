#include "passes/raise/SlicePadding.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;

namespace heddle {
namespace {

bool isElementwise(linalg::GenericOp generic) {
  return generic && !generic.getNumReductionLoops() && generic->hasOneUse() && generic->getNumResults() == 1 &&
         !generic.hasIndexSemantics() && generic.getMatchingIndexingMap(generic.getDpsInitOperand(0)).isIdentity() &&
         llvm::all_of(generic.getIndexingMapsArray(),
                      [](AffineMap map) { return map.isProjectedPermutation(/*allowZeroInResults=*/true); });
}

/// Whether the slice reads from the first element of each dimension on, without steps.
bool startsAtZero(OffsetSizeAndStrideOpInterface slice) {
  return llvm::all_of(slice.getMixedOffsets(), isZeroInteger) && slice.hasUnitStride();
}

struct SliceInFront : OpRewritePattern<tensor::ExtractSliceOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(tensor::ExtractSliceOp slice, PatternRewriter &rewriter) const override {
    auto generic = slice.getSource().getDefiningOp<linalg::GenericOp>();
    bool keepsRank = slice.getType().getRank() == slice.getSourceType().getRank();
    if (!keepsRank || !startsAtZero(slice) || !isElementwise(generic))
      return failure();
    SmallVector<OpFoldResult> sizes = slice.getMixedSizes();
    auto undoesPadding = [&](OpOperand *operand) {
      auto insert = operand->get().getDefiningOp<tensor::InsertSliceOp>();
      return insert && startsAtZero(insert) && insert.getSourceType().getRank() == insert.getType().getRank() &&
             insert.getMixedSizes() == sizesOf(generic, operand, sizes, rewriter);
    };
    if (llvm::none_of(generic.getDpsInputOperands(), undoesPadding))
      return failure();
    SmallVector<Value> inputs;
    for (OpOperand *operand : generic.getDpsInputOperands()) {
      bool isPadded = undoesPadding(operand);
      inputs.push_back(isPadded ? operand->get().getDefiningOp<tensor::InsertSliceOp>().getSource()
                                : sliced(generic, operand, sizes, rewriter));
    }
    Value init = tensor::EmptyOp::create(rewriter, generic.getLoc(), sizes, slice.getType().getElementType());
    auto shorter = linalg::GenericOp::create(rewriter, generic.getLoc(), init.getType(), inputs, init,
                                             generic.getIndexingMapsArray(), generic.getIteratorTypesArray());
    rewriter.cloneRegionBefore(generic.getRegion(), shorter.getRegion(), shorter.getRegion().begin());
    rewriter.replaceOpWithNewOp<tensor::CastOp>(slice, slice.getType(), shorter.getResult(0));
    return success();
  }

private:
  /// Sizes of what an operand contributes to a result of these sizes.
  static SmallVector<OpFoldResult> sizesOf(linalg::GenericOp generic, OpOperand *operand, ArrayRef<OpFoldResult> sizes,
                                           Builder &builder) {
    SmallVector<OpFoldResult> own;
    for (AffineExpr expr : generic.getMatchingIndexingMap(operand).getResults())
      own.push_back(isa<AffineDimExpr>(expr) ? sizes[cast<AffineDimExpr>(expr).getPosition()]
                                             : OpFoldResult(builder.getIndexAttr(1)));
    return own;
  }

  static Value sliced(linalg::GenericOp generic, OpOperand *operand, ArrayRef<OpFoldResult> sizes,
                      PatternRewriter &rewriter) {
    if (!isa<RankedTensorType>(operand->get().getType()))
      return operand->get();
    SmallVector<OpFoldResult> own = sizesOf(generic, operand, sizes, rewriter);
    SmallVector<OpFoldResult> zeros(own.size(), rewriter.getIndexAttr(0)), ones(own.size(), rewriter.getIndexAttr(1));
    return tensor::ExtractSliceOp::create(rewriter, generic.getLoc(), operand->get(), zeros, own, ones);
  }
};

} // namespace

void addSlicePaddingPatterns(RewritePatternSet &patterns) { patterns.add<SliceInFront>(patterns.getContext()); }

} // namespace heddle
