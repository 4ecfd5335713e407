#include "dialects/mixer/reference/AffineEvaluation.h"
#include "mlir/IR/AffineExpr.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace heddle {

static int64_t evaluateBinary(AffineExprKind kind, int64_t left, int64_t right) {
  switch (kind) {
  case AffineExprKind::Add:
    return left + right;
  case AffineExprKind::Mul:
    return left * right;
  case AffineExprKind::Mod:
    return right <= 0 ? 0 : llvm::mod(left, right);
  case AffineExprKind::FloorDiv:
    return right <= 0 ? 0 : llvm::divideFloorSigned(left, right);
  case AffineExprKind::CeilDiv:
    return right <= 0 ? 0 : llvm::divideCeilSigned(left, right);
  default:
    llvm_unreachable("not a binary affine expression");
  }
}

int64_t evaluateAffine(AffineExpr expression, ArrayRef<int64_t> values, unsigned numDims) {
  switch (expression.getKind()) {
  case AffineExprKind::Constant:
    return cast<AffineConstantExpr>(expression).getValue();
  case AffineExprKind::DimId:
    return values[cast<AffineDimExpr>(expression).getPosition()];
  case AffineExprKind::SymbolId:
    return values[numDims + cast<AffineSymbolExpr>(expression).getPosition()];
  default:
    auto binary = cast<AffineBinaryOpExpr>(expression);
    return evaluateBinary(binary.getKind(), evaluateAffine(binary.getLHS(), values, numDims),
                          evaluateAffine(binary.getRHS(), values, numDims));
  }
}

static bool isLinear(AffineExpr expression) {
  switch (expression.getKind()) {
  case AffineExprKind::Constant:
  case AffineExprKind::DimId:
    return true;
  case AffineExprKind::Add:
  case AffineExprKind::Mul: {
    auto binary = cast<AffineBinaryOpExpr>(expression);
    return isLinear(binary.getLHS()) && isLinear(binary.getRHS());
  }
  default:
    return false;
  }
}

std::optional<LinearOffset> linearOffset(AffineMap map, ArrayRef<int64_t> strides) {
  unsigned numDims = map.getNumDims();
  LinearOffset offset;
  offset.coefficients.assign(numDims, 0);
  SmallVector<int64_t> unit(numDims, 0);
  for (auto [result, stride] : llvm::zip_equal(map.getResults(), strides)) {
    if (!isLinear(result))
      return std::nullopt;
    int64_t base = evaluateAffine(result, unit, numDims);
    offset.base += stride * base;
    for (unsigned d = 0; d < numDims; ++d) {
      unit[d] = 1;
      offset.coefficients[d] += stride * (evaluateAffine(result, unit, numDims) - base);
      unit[d] = 0;
    }
  }
  return offset;
}

} // namespace heddle
