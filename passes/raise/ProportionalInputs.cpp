#include "passes/raise/ProportionalInputs.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace heddle {

bool isElementwise(linalg::LinalgOp op) {
  return op && !op.getNumReductionLoops() && op->getNumResults() == 1 && op.hasPureTensorSemantics() &&
         op.getIndexingMapMatchingResult(op->getResult(0)).isPermutation();
}

/// The tensor that an argument of the body is an element of, or null.
static OpOperand *inputOf(linalg::LinalgOp op, Value scalar) {
  auto argument = dyn_cast<BlockArgument>(scalar);
  if (!argument || argument.getOwner() != op.getBlock() || argument.getArgNumber() >= op.getNumDpsInputs())
    return nullptr;
  OpOperand *operand = op.getDpsInputOperand(argument.getArgNumber());
  return isa<RankedTensorType>(operand->get().getType()) ? operand : nullptr;
}

static void collect(linalg::LinalgOp op, Value scalar, SmallVectorImpl<OpOperand *> &found) {
  if (OpOperand *input = inputOf(op, scalar)) {
    if (scalar.hasOneUse())
      found.push_back(input);
    return;
  }
  Operation *inner = scalar.getDefiningOp();
  if (!inner || inner->getBlock() != op.getBlock())
    return;
  if (isa<arith::MulFOp, arith::NegFOp>(inner))
    for (Value factor : inner->getOperands())
      collect(op, factor, found);
  if (isa<arith::DivFOp>(inner))
    collect(op, inner->getOperand(0), found);
  if (auto select = dyn_cast<arith::SelectOp>(inner)) {
    if (matchPattern(select.getFalseValue(), m_AnyZeroFloat()))
      collect(op, select.getTrueValue(), found);
    if (matchPattern(select.getTrueValue(), m_AnyZeroFloat()))
      collect(op, select.getFalseValue(), found);
  }
}

SmallVector<OpOperand *> proportionalInputs(linalg::LinalgOp op) {
  SmallVector<OpOperand *> found;
  collect(op, op.getBlock()->getTerminator()->getOperand(0), found);
  return found;
}

std::optional<InputProduct> matchInputProduct(linalg::LinalgOp op) {
  Operation *last = op.getBlock()->getTerminator()->getOperand(0).getDefiningOp();
  if (!isa_and_present<arith::MulFOp, arith::DivFOp>(last) || !llvm::hasNItems(op.getBlock()->without_terminator(), 1))
    return std::nullopt;
  OpOperand *left = inputOf(op, last->getOperand(0)), *right = inputOf(op, last->getOperand(1));
  if (!left || !right || left == right)
    return std::nullopt;
  return InputProduct{left, right, isa<arith::DivFOp>(last)};
}

} // namespace heddle
