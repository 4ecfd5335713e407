#include "passes/raise/TokenLoop.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace heddle {
namespace {

/// An index as an affine expression of the loop's position (dimension 0) and of values outside (symbols).
class AffinePosition {
public:
  explicit AffinePosition(scf::ForOp loop) : loop(loop) {}

  std::optional<AffineExpr> read(OpFoldResult mixed) {
    if (std::optional<int64_t> constant = getConstantIntValue(mixed))
      return getAffineConstantExpr(*constant, loop.getContext());
    return read(cast<Value>(mixed));
  }

  /// `expr`, in which the position no longer occurs, in front of the loop.
  OpFoldResult emit(AffineExpr expr) const {
    OpBuilder builder(loop);
    SmallVector<OpFoldResult> operands(symbols.begin(), symbols.end());
    AffineMap map = AffineMap::get(0, symbols.size(), expr);
    return affine::makeComposedFoldedAffineApply(builder, loop.getLoc(), map, operands);
  }

private:
  std::optional<AffineExpr> read(Value value) {
    MLIRContext *context = loop.getContext();
    if (value == loop.getInductionVar())
      return getAffineDimExpr(0, context);
    Operation *op = value.getDefiningOp();
    if (!op || !loop->isProperAncestor(op)) {
      symbols.push_back(value);
      return getAffineSymbolExpr(symbols.size() - 1, context);
    }
    if (auto apply = dyn_cast<affine::AffineApplyOp>(op))
      return readApply(apply);
    if (!isa<arith::AddIOp, arith::SubIOp, arith::MulIOp, arith::IndexCastOp, arith::ConstantOp>(op))
      return std::nullopt;
    if (std::optional<int64_t> constant = getConstantIntValue(value))
      return getAffineConstantExpr(*constant, context);
    std::optional<AffineExpr> left = read(op->getOperand(0));
    if (!left || isa<arith::IndexCastOp>(op))
      return left;
    std::optional<AffineExpr> right = read(op->getOperand(1));
    if (!right)
      return std::nullopt;
    if (isa<arith::MulIOp>(op))
      return left->isSymbolicOrConstant() || right->isSymbolicOrConstant() ? std::optional(*left * *right)
                                                                           : std::nullopt;
    return isa<arith::AddIOp>(op) ? *left + *right : *left - *right;
  }

  std::optional<AffineExpr> readApply(affine::AffineApplyOp apply) {
    SmallVector<AffineExpr> operands;
    for (Value operand : apply.getMapOperands()) {
      std::optional<AffineExpr> expr = read(operand);
      if (!expr)
        return std::nullopt;
      operands.push_back(*expr);
    }
    AffineMap map = apply.getAffineMap();
    ArrayRef<AffineExpr> all = operands;
    return map.getResult(0).replaceDimsAndSymbols(all.take_front(map.getNumDims()), all.drop_front(map.getNumDims()));
  }

  mutable scf::ForOp loop;
  SmallVector<Value> symbols;
};

/// The expression at a position of the loop.
AffineExpr at(AffineExpr expr, AffineExpr position) { return expr.replaceDims({position}); }

/// By how much `expr` changes from one position to the next.
std::optional<int64_t> stepOf(AffineExpr expr) {
  MLIRContext *context = expr.getContext();
  AffineExpr change = at(expr, getAffineConstantExpr(1, context)) - at(expr, getAffineConstantExpr(0, context));
  auto constant = dyn_cast<AffineConstantExpr>(simplifyAffineExpr(change, 0, 16));
  return constant ? std::optional(constant.getValue()) : std::nullopt;
}

/// The dimension whose offset depends on the position; nothing when there is none or more than one.
std::optional<int64_t> movingAxis(OffsetSizeAndStrideOpInterface slice, scf::ForOp loop) {
  std::optional<int64_t> axis;
  for (auto [dim, offset] : llvm::enumerate(slice.getMixedOffsets())) {
    auto value = dyn_cast<Value>(offset);
    bool moves = value && (value == loop.getInductionVar() ||
                           (value.getDefiningOp() && loop->isProperAncestor(value.getDefiningOp())));
    if (!moves)
      continue;
    if (axis)
      return std::nullopt;
    axis = dim;
  }
  return axis;
}

} // namespace

std::optional<int64_t> TokenLoop::direction(OffsetSizeAndStrideOpInterface slice) const {
  std::optional<int64_t> axis = movingAxis(slice, loop);
  if (!axis || !isConstantIntValue(slice.getMixedSizes()[*axis], 1) || !slice.hasUnitStride())
    return std::nullopt;
  AffinePosition position(loop);
  std::optional<AffineExpr> expr = position.read(slice.getMixedOffsets()[*axis]);
  return expr ? stepOf(*expr) : std::nullopt;
}

std::optional<TokenAccess> TokenLoop::accessOf(OffsetSizeAndStrideOpInterface slice) const {
  if (direction(slice) != (reversed ? -1 : 1))
    return std::nullopt;
  int64_t axis = *movingAxis(slice, loop);
  AffinePosition position(loop);
  AffineExpr offset = *position.read(slice.getMixedOffsets()[axis]);
  // Token 0 is visited first, or last when reversed.
  AffineExpr first = *position.read(reversed ? OpFoldResult(loop.getUpperBound()) : OpFoldResult(loop.getLowerBound()));
  return TokenAccess{axis, position.emit(at(offset, reversed ? first - 1 : first))};
}

bool TokenLoop::findDirection() {
  std::optional<int64_t> common;
  auto agrees = [&](Operation *op) {
    auto slice = dyn_cast<OffsetSizeAndStrideOpInterface>(op);
    if (!slice || !movingAxis(slice, loop))
      return true;
    std::optional<int64_t> own = direction(slice);
    if (!own || std::abs(*own) != 1 || (common && common != own))
      return false;
    common = own;
    return true;
  };
  for (Operation &op : *loop.getBody())
    if (!agrees(&op))
      return false;
  reversed = common == -1;
  return true;
}

bool TokenLoop::sortCarried() {
  for (unsigned number = 0; number < loop.getNumRegionIterArgs(); ++number) {
    if (!isa<RankedTensorType>(argument(number).getType()))
      return false;
    auto insert = yielded(number).getDefiningOp<tensor::InsertSliceOp>();
    bool writes = insert && insert.getDest() == argument(number) && argument(number).hasOneUse();
    std::optional<TokenAccess> access = writes ? accessOf(insert) : std::nullopt;
    if (access)
      outputs.push_back({number, insert.getSource(), *access, insert});
    else
      states.push_back(number);
  }
  return true;
}

std::optional<TokenLoop> TokenLoop::match(scf::ForOp loop) {
  if (!isConstantIntValue(loop.getStep(), 1))
    return std::nullopt;
  TokenLoop result;
  result.loop = loop;
  AffinePosition position(loop);
  result.length = position.emit(*position.read(OpFoldResult(loop.getUpperBound())) -
                                *position.read(OpFoldResult(loop.getLowerBound())));
  if (!result.findDirection() || !result.sortCarried())
    return std::nullopt;
  return result;
}

} // namespace heddle
