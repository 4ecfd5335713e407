#include "passes/raise/ForwardSlices.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace heddle {
namespace {

enum class Overlap { None, Inside, Unknown };

/// How the positions that `slice` reads lie to those that `insert` writes, along one dimension.
Overlap overlapOf(tensor::ExtractSliceOp slice, tensor::InsertSliceOp insert, int64_t dim) {
  OpFoldResult read = slice.getMixedSizes()[dim], written = insert.getMixedSizes()[dim];
  OpFoldResult from = slice.getMixedOffsets()[dim], to = insert.getMixedOffsets()[dim];
  if (isEqualConstantIntOrValue(from, to) && isEqualConstantIntOrValue(read, written))
    return Overlap::Inside;
  auto offset = getConstantIntValue(from), start = getConstantIntValue(to), count = getConstantIntValue(read),
       extent = getConstantIntValue(written);
  if (!offset || !start || !count || !extent)
    return Overlap::Unknown;
  if (*offset + *count <= *start || *offset >= *start + *extent)
    return Overlap::None;
  return *offset >= *start && *offset + *count <= *start + *extent ? Overlap::Inside : Overlap::Unknown;
}

struct ForwardSlice : OpRewritePattern<tensor::ExtractSliceOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(tensor::ExtractSliceOp slice, PatternRewriter &rewriter) const override {
    auto insert = slice.getSource().getDefiningOp<tensor::InsertSliceOp>();
    if (!insert || !slice.hasUnitStride() || !insert.hasUnitStride())
      return failure();
    bool isInside = true;
    for (int64_t dim = 0; dim < slice.getSourceType().getRank(); ++dim) {
      Overlap overlap = overlapOf(slice, insert, dim);
      if (overlap == Overlap::None) {
        rewriter.modifyOpInPlace(slice, [&] { slice.getSourceMutable().assign(insert.getDest()); });
        return success();
      }
      isInside &= overlap == Overlap::Inside;
    }
    // The piece has the dimensions of the whole, so that positions in it are counted alike.
    if (!isInside || insert.getSourceType().getRank() != slice.getSourceType().getRank())
      return failure();
    SmallVector<OpFoldResult> offsets;
    for (auto [from, to] : llvm::zip(slice.getMixedOffsets(), insert.getMixedOffsets()))
      offsets.push_back(rewriter.getIndexAttr(
          isEqualConstantIntOrValue(from, to) ? 0 : *getConstantIntValue(from) - *getConstantIntValue(to)));
    rewriter.replaceOpWithNewOp<tensor::ExtractSliceOp>(slice, slice.getType(), insert.getSource(), offsets,
                                                        slice.getMixedSizes(), slice.getMixedStrides());
    return success();
  }
};

} // namespace

LogicalResult forwardSlices(func::FuncOp entry) {
  RewritePatternSet patterns(entry.getContext());
  patterns.add<ForwardSlice>(entry.getContext());
  tensor::ExtractSliceOp::getCanonicalizationPatterns(patterns, entry.getContext());
  return applyPatternsGreedily(entry, std::move(patterns));
}

} // namespace heddle
