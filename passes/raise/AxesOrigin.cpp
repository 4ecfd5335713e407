// Following a tensor back to the op that makes its elements.
#include "passes/raise/Axes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace heddle {

static std::optional<double> constantOf(linalg::LinalgOp op, Value scalar) {
  if (auto argument = dyn_cast<BlockArgument>(scalar); argument && argument.getOwner() == op.getBlock())
    scalar = op.getMatchingOpOperand(argument)->get();
  Attribute attribute;
  if (!matchPattern(scalar, m_Constant(&attribute)))
    return std::nullopt;
  if (auto splat = dyn_cast<SplatElementsAttr>(attribute))
    attribute = splat.getSplatValue<Attribute>();
  auto real = dyn_cast<FloatAttr>(attribute);
  return real ? std::optional(real.getValueAsDouble()) : std::nullopt;
}

/// x * c or x / c with a constant c.
static bool lookThroughScale(Axes::Source &source, double &scale) {
  auto op = source.value.getDefiningOp<linalg::LinalgOp>();
  if (!op || op.getNumReductionLoops() || op->getNumResults() != 1 || !op.hasPureTensorSemantics() ||
      !llvm::hasNItems(op.getBlock()->without_terminator(), 1))
    return false;
  Operation *inner = &op.getBlock()->front();
  if (!isa<arith::MulFOp, arith::DivFOp>(inner) || op.getBlock()->getTerminator()->getOperand(0) != inner->getResult(0))
    return false;
  for (unsigned i : {0, 1}) {
    auto argument = dyn_cast<BlockArgument>(inner->getOperand(i));
    std::optional<double> factor = constantOf(op, inner->getOperand(1 - i));
    if (!argument || !factor || (isa<arith::DivFOp>(inner) && i == 1))
      continue;
    OpOperand *operand = op.getMatchingOpOperand(argument);
    if (op.getMatchingIndexingMap(operand) != op.getIndexingMapMatchingResult(op->getResult(0)))
      continue;
    scale = isa<arith::MulFOp>(inner) ? scale * *factor : scale / *factor;
    source.value = operand->get();
    return true;
  }
  return false;
}

Axes::Source Axes::origin(Source source, double *scale) {
  while (true) {
    if (std::optional<Source> before = stepBack(source.value, source.dims))
      source = *before;
    else if (!scale || !lookThroughScale(source, *scale))
      return source;
  }
}

} // namespace heddle
