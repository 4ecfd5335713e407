// Reading elementwise ops into expressions.
#include "passes/raise/ElementExpr.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace heddle {

// Score arithmetic has a few dozen operations. What is longer is a recurrence or no score, and reading it from every
// place that uses it would cost the square of its length.
static constexpr size_t kLongest = 400;

Expr ElementExprs::read(Value tensor, ArrayRef<AxisList> dims) {
  auto &cached = known[tensor];
  for (auto &[before, expr] : cached)
    if (axes.resolveDims(before) == axes.resolveDims(dims))
      return expr;
  Expr result = nullptr;
  Attribute attribute;
  if (nodes.size() > kLongest)
    result = leaf(tensor, dims);
  else if (matchPattern(tensor, m_Constant(&attribute)) && isa<SplatElementsAttr>(attribute))
    result = constant(cast<SplatElementsAttr>(attribute).getSplatValue<TypedAttr>());
  else if (std::optional<Axes::Source> source = axes.stepBack(tensor, dims))
    result = read(source->value, source->dims);
  else if (auto opResult = dyn_cast<OpResult>(tensor))
    result = readElementwise(opResult, dims);
  if (!result)
    result = leaf(tensor, dims);
  known[tensor].emplace_back(AxisDims(dims.begin(), dims.end()), result);
  return result;
}

/// Whether every element of the result is scalar arithmetic on one element of each operand.
static bool isElementwise(linalg::LinalgOp op, OpResult result) {
  if (op.getNumReductionLoops() || !op.hasPureTensorSemantics() ||
      !op.getIndexingMapMatchingResult(result).isPermutation())
    return false;
  for (OpOperand *input : op.getDpsInputOperands())
    if (!op.getMatchingIndexingMap(input).isProjectedPermutation(/*allowZeroInResults=*/true))
      return false;
  for (BlockArgument init : op.getRegionOutputArgs())
    if (!init.use_empty())
      return false;
  return llvm::all_of(op.getBlock()->without_terminator(), [](Operation &inner) {
    return inner.getNumRegions() == 0 && inner.getNumResults() == 1 && isPure(&inner) &&
           llvm::none_of(inner.getOperandTypes(), llvm::IsaPred<RankedTensorType>);
  });
}

Expr ElementExprs::readElementwise(OpResult result, ArrayRef<AxisList> dims) {
  auto op = dyn_cast<linalg::LinalgOp>(result.getOwner());
  if (!op || !isElementwise(op, result))
    return nullptr;
  SmallVector<AxisList> loops(op.getNumLoops());
  for (auto [dim, expr] : llvm::enumerate(op.getIndexingMapMatchingResult(result).getResults()))
    loops[cast<AffineDimExpr>(expr).getPosition()] = dims[dim];

  llvm::DenseMap<Value, Expr> scalars;
  auto valueOf = [&](Value scalar) -> Expr {
    if (Expr done = scalars.lookup(scalar))
      return done;
    Attribute attribute;
    if (matchPattern(scalar, m_Constant(&attribute)))
      return scalars[scalar] = constant(cast<TypedAttr>(attribute));
    auto argument = dyn_cast<BlockArgument>(scalar);
    if (!argument || argument.getOwner() != op.getBlock())
      return scalars[scalar] = leaf(scalar, {});
    OpOperand *operand = op.getMatchingOpOperand(argument);
    if (!isa<RankedTensorType>(operand->get().getType())) {
      bool isConstant = matchPattern(operand->get(), m_Constant(&attribute));
      return scalars[scalar] = isConstant ? constant(cast<TypedAttr>(attribute)) : leaf(operand->get(), {});
    }
    AxisDims operandDims;
    for (AffineExpr expr : op.getMatchingIndexingMap(operand).getResults()) {
      auto loop = dyn_cast<AffineDimExpr>(expr);
      operandDims.push_back(loop ? loops[loop.getPosition()] : AxisList());
    }
    return scalars[scalar] = read(operand->get(), operandDims);
  };
  for (Operation &inner : op.getBlock()->without_terminator()) {
    if (auto position = dyn_cast<linalg::IndexOp>(inner)) {
      scalars[position] = index(loops[position.getDim()], position.getType());
      continue;
    }
    if (matchPattern(&inner, m_Constant()))
      continue;
    SmallVector<Expr, 3> operands = llvm::map_to_vector<3>(inner.getOperands(), valueOf);
    scalars[inner.getResult(0)] =
        apply(inner.getName().getStringRef(), inner.getAttrDictionary(), inner.getResult(0).getType(), operands);
  }
  return valueOf(op.getBlock()->getTerminator()->getOperand(result.getResultNumber()));
}

} // namespace heddle
