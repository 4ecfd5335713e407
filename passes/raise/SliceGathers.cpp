// SliceGathers: a gather or scatter at one position is a slice; a slice stands where it shows what it is of.
#include "passes/Passes.h"
#include "passes/raise/FlatGathers.h"
#include "passes/raise/SlicePadding.h"
#include "passes/raise/SlicePositions.h"
#include "passes/raise/SliceScatters.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace heddle {
#define GEN_PASS_DEF_SLICEGATHERSPASS
#include "passes/Passes.h.inc"

namespace {

/// The extract of a body that does nothing else, or null.
tensor::ExtractOp onlyExtract(linalg::GenericOp generic) {
  if (generic.getNumReductionLoops() || generic->getNumResults() != 1 ||
      !generic.getMatchingIndexingMap(generic.getDpsInitOperand(0)).isIdentity())
    return nullptr;
  auto yield = cast<linalg::YieldOp>(generic.getBody()->getTerminator());
  return yield.getOperand(0).getDefiningOp<tensor::ExtractOp>();
}

/// A dimension of the source is read at one position, or wholly along a loop; loops come in order.
struct SliceGather : OpRewritePattern<linalg::GenericOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(linalg::GenericOp generic, PatternRewriter &rewriter) const override {
    tensor::ExtractOp extract = onlyExtract(generic);
    if (!extract)
      return failure();
    auto source = cast<RankedTensorType>(extract.getTensor().getType());
    auto result = cast<RankedTensorType>(generic.getResult(0).getType());
    Attribute zero = rewriter.getIndexAttr(0), one = rewriter.getIndexAttr(1);
    SmallVector<OpFoldResult> offsets, sizes;
    SmallVector<std::pair<size_t, int64_t>> wholeLoops; // place in `sizes`, loop
    int64_t loop = 0;
    for (auto [dim, index] : llvm::enumerate(extract.getIndices())) {
      std::optional<int64_t> position = getConstantIntValue(index);
      if (position || !generic->isAncestor(index.getParentBlock()->getParentOp())) {
        offsets.push_back(position ? OpFoldResult(rewriter.getIndexAttr(*position)) : OpFoldResult(index));
        sizes.push_back(one);
        continue;
      }
      // The index along a loop of one position is a constant by now.
      auto along = index.getDefiningOp<linalg::IndexOp>();
      while (along && loop < int64_t(along.getDim()) && result.getDimSize(loop) == 1)
        ++loop;
      if (!along || int64_t(along.getDim()) != loop || source.getDimSize(dim) != result.getDimSize(loop))
        return failure();
      offsets.push_back(zero);
      wholeLoops.emplace_back(sizes.size(), loop++);
      sizes.push_back(OpFoldResult());
    }
    SmallVector<int64_t> staticSizes(sizes.size(), 1);
    for (auto [place, along] : wholeLoops)
      staticSizes[place] = result.getDimSize(along);
    auto slice = RankedTensorType::get(staticSizes, source.getElementType());
    if (isRankReducedType(slice, result) != SliceVerificationResult::Success ||
        generic->isAncestor(extract.getTensor().getParentBlock()->getParentOp()))
      return failure();
    // Nothing may be made before it is sure that the pattern applies.
    SmallVector<OpFoldResult> resultSizes =
        tensor::getMixedSizes(rewriter, generic.getLoc(), generic.getDpsInits().front());
    for (auto [place, along] : wholeLoops)
      sizes[place] = resultSizes[along];
    SmallVector<OpFoldResult> strides(source.getRank(), one);
    rewriter.replaceOpWithNewOp<tensor::ExtractSliceOp>(generic, result, extract.getTensor(), offsets, sizes, strides);
    return success();
  }
};

struct SliceGathersPass : impl::SliceGathersPassBase<SliceGathersPass> {
  void runOnOperation() override {
    writeScattersAsSlices(getOperation());
    unflattenGathers(getOperation());
    MLIRContext *context = &getContext();
    RewritePatternSet patterns(context);
    linalg::populateInlineConstantOperandsPatterns(patterns);
    linalg::GenericOp::getCanonicalizationPatterns(patterns, context);
    patterns.add<SliceGather>(context);
    addSlicePositionPatterns(patterns);
    addSlicePaddingPatterns(patterns);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
} // namespace heddle
