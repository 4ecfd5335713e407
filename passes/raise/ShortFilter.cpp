#include "passes/raise/ShortFilter.h"

using namespace mlir;

namespace heddle {
namespace {

/// Tokens that a sum of loops spans along the loops that are summed over.
std::optional<int64_t> spanOf(AffineExpr expr, linalg::LinalgOp op) {
  if (auto loop = dyn_cast<AffineDimExpr>(expr)) {
    bool isTap = op.getIteratorTypesArray()[loop.getPosition()] == utils::IteratorType::reduction;
    int64_t range = op.getStaticLoopRanges()[loop.getPosition()];
    return !isTap ? std::optional<int64_t>(1) : ShapedType::isDynamic(range) ? std::nullopt : std::optional(range);
  }
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return std::nullopt;
  std::optional<int64_t> left = spanOf(binary.getLHS(), op);
  if (binary.getKind() == AffineExprKind::Add) {
    std::optional<int64_t> right = spanOf(binary.getRHS(), op);
    return left && right ? std::optional(*left + *right - 1) : std::nullopt;
  }
  auto step = dyn_cast<AffineConstantExpr>(binary.getRHS());
  if (binary.getKind() != AffineExprKind::Mul || !step || !left)
    return std::nullopt;
  return (*left - 1) * step.getValue() + 1;
}

/// A convolution over tokens with a filter of few taps; pooling has no filter that its body reads.
bool isShortConvolution(linalg::LinalgOp op, const TokenAxes &axes) {
  if (op.getNumDpsInputs() != 2 || !op.payloadUsesValueFromOperand(op.getDpsInputOperand(1)))
    return false;
  std::optional<int64_t> row = axes.rowDim(op.getDpsInputs()[0]);
  if (!row || axes.hasTokens(op.getDpsInputs()[1]))
    return false;
  AffineExpr read = op.getIndexingMapsArray()[0].getResult(*row);
  std::optional<int64_t> span = isa<AffineBinaryOpExpr>(read) ? spanOf(read, op) : std::nullopt;
  return span && *span <= kShortTaps;
}

bool isElementwise(linalg::LinalgOp op) {
  return op.getNumReductionLoops() == 0 && llvm::all_of(op.getIndexingMapsArray(), [](AffineMap map) {
           return map.isProjectedPermutation(/*allowZeroInResults=*/true);
         });
}

} // namespace

bool isNoShortFilter(const TokenRegion &region, const TokenAxes &axes) {
  bool hasFilter = false;
  for (Value value : region.inner) {
    Operation *op = value.getDefiningOp();
    if (!axes.hasTokens(value) || isa<tensor::PadOp, tensor::ExtractSliceOp, tensor::InsertSliceOp>(op))
      continue;
    bool isView = isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp>(op) && axes.rowDim(value);
    auto structured = dyn_cast<linalg::LinalgOp>(op);
    if (isView || (structured && isElementwise(structured)))
      continue;
    if (hasFilter || !structured || !isShortConvolution(structured, axes))
      return true;
    hasFilter = true;
  }
  return !hasFilter;
}

} // namespace heddle
