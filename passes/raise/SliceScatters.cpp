#include "passes/raise/SliceScatters.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace heddle {
namespace {

/// An element of a tensor that was joined from constants.
struct ExtractOfJoined : OpRewritePattern<tensor::ExtractOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(tensor::ExtractOp extract, PatternRewriter &rewriter) const override {
    SmallVector<int64_t> position;
    for (Value index : extract.getIndices()) {
      std::optional<int64_t> constant = getConstantIntValue(index);
      if (!constant)
        return failure();
      position.push_back(*constant);
    }
    Value source = extract.getTensor();
    auto insert = source.getDefiningOp<tensor::InsertSliceOp>();
    while (insert) {
      if (!insert.hasUnitStride() || !insert.getOffsets().empty() || !insert.getSizes().empty())
        return failure();
      SmallVector<int64_t> inner;
      llvm::SmallBitVector dropped = insert.getDroppedDims();
      bool isInside = true;
      for (auto [dim, at] : llvm::enumerate(position)) {
        int64_t within = at - insert.getStaticOffset(dim);
        isInside &= within >= 0 && within < insert.getStaticSize(dim);
        if (!dropped[dim])
          inner.push_back(within);
      }
      source = isInside ? insert.getSource() : insert.getDest();
      if (isInside)
        position = inner;
      insert = source.getDefiningOp<tensor::InsertSliceOp>();
    }
    DenseElementsAttr constant;
    if (!matchPattern(source, m_Constant(&constant)))
      return failure();
    SmallVector<uint64_t> index(position.begin(), position.end());
    rewriter.replaceOpWithNewOp<arith::ConstantOp>(extract, cast<TypedAttr>(constant.getValues<Attribute>()[index]));
    return success();
  }
};

/// Offsets and sizes of what a loop over `count` positions visits: one dimension wholly, the others at one place.
std::optional<std::pair<SmallVector<OpFoldResult>, SmallVector<OpFoldResult>>>
visited(ValueRange indices, ArrayRef<int64_t> shape, Value position, int64_t count) {
  Builder builder(position.getContext());
  SmallVector<OpFoldResult> offsets, sizes;
  int64_t along = 0;
  for (auto [index, size] : llvm::zip_equal(indices, shape)) {
    std::optional<int64_t> constant = getConstantIntValue(index);
    bool isAlong = index == position && size == count;
    if (!isAlong && !constant)
      return std::nullopt;
    along += isAlong;
    offsets.push_back(builder.getIndexAttr(constant.value_or(0)));
    sizes.push_back(builder.getIndexAttr(isAlong ? count : 1));
  }
  if (along != 1)
    return std::nullopt;
  return std::pair(offsets, sizes);
}

struct CopyLoop : OpRewritePattern<scf::ForOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(scf::ForOp loop, PatternRewriter &rewriter) const override {
    std::optional<int64_t> count = getConstantIntValue(loop.getUpperBound());
    if (!count || getConstantIntValue(loop.getLowerBound()) != 0 || getConstantIntValue(loop.getStep()) != 1 ||
        loop.getNumResults() != 1)
      return failure();
    auto insert = loop.getYieldedValues()[0].getDefiningOp<tensor::InsertOp>();
    auto extract = insert ? insert.getScalar().getDefiningOp<tensor::ExtractOp>() : nullptr;
    if (!extract || insert.getDest() != loop.getRegionIterArgs()[0] ||
        !loop.isDefinedOutsideOfLoop(extract.getTensor()))
      return failure();
    auto from = visited(extract.getIndices(), extract.getTensor().getType().getShape(), loop.getInductionVar(), *count);
    auto to = visited(insert.getIndices(), insert.getDest().getType().getShape(), loop.getInductionVar(), *count);
    if (!from || !to)
      return failure();
    auto row = RankedTensorType::get({*count}, insert.getScalar().getType());
    OpFoldResult one = rewriter.getIndexAttr(1);
    Value part = tensor::ExtractSliceOp::create(rewriter, loop.getLoc(), row, extract.getTensor(), from->first,
                                                from->second, SmallVector<OpFoldResult>(from->first.size(), one));
    rewriter.replaceOpWithNewOp<tensor::InsertSliceOp>(loop, part, loop.getInitArgs()[0], to->first, to->second,
                                                       SmallVector<OpFoldResult>(to->first.size(), one));
    return success();
  }
};

} // namespace

void addSliceScatterPatterns(RewritePatternSet &patterns) {
  patterns.add<ExtractOfJoined, CopyLoop>(patterns.getContext());
}

} // namespace heddle
