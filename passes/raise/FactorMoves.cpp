// Following the index of an element through ops that move elements or give them another shape.
#include "passes/raise/Factors.h"

#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace heddle {

std::optional<double> constantOf(Value value) {
  if (auto fill = value.getDefiningOp<linalg::FillOp>())
    value = fill.getInputs()[0];
  FloatAttr scalar;
  if (matchPattern(value, m_Constant(&scalar)))
    return scalar.getValueAsDouble();
  DenseFPElementsAttr elements;
  if (matchPattern(value, m_Constant(&elements)) && elements.isSplat())
    return elements.getSplatValue<APFloat>().convertToDouble();
  return std::nullopt;
}

std::optional<Indices> bindLoops(linalg::GenericOp generic, unsigned result, const Indices &at) {
  Indices loops(generic.getNumLoops());
  AffineMap map = generic.getMatchingIndexingMap(generic.getDpsInitOperand(result));
  for (auto [expr, index] : llvm::zip_equal(map.getResults(), at)) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    if (!dim)
      return std::nullopt;
    loops[dim.getPosition()] = index;
  }
  return loops;
}

std::optional<Indices> indicesOf(AffineMap map, const Indices &loops) {
  Indices result;
  for (AffineExpr expr : map.getResults()) {
    if (auto dim = dyn_cast<AffineDimExpr>(expr))
      result.push_back(loops[dim.getPosition()]);
    else if (isa<AffineConstantExpr>(expr) && cast<AffineConstantExpr>(expr).getValue() == 0)
      result.push_back({});
    else
      return std::nullopt;
  }
  return result;
}

std::optional<Factor> throughCopy(Operation *op, const Indices &at) {
  if (auto transpose = dyn_cast<linalg::TransposeOp>(op)) {
    Indices source(at.size());
    for (auto [dim, from] : llvm::enumerate(transpose.getPermutation()))
      source[from] = at[dim];
    return Factor{transpose.getInput(), source};
  }
  auto generic = dyn_cast<linalg::GenericOp>(op);
  if (!generic || generic->getNumResults() != 1 || generic.getNumReductionLoops())
    return std::nullopt;
  auto element = dyn_cast<BlockArgument>(generic.getBody()->getTerminator()->getOperand(0));
  OpOperand *operand = element ? generic.getMatchingOpOperand(element) : nullptr;
  if (!operand || generic.isDpsInit(operand) || !isa<RankedTensorType>(operand->get().getType()))
    return std::nullopt;
  std::optional<Indices> loops = bindLoops(generic, 0, at);
  std::optional<Indices> source = loops ? indicesOf(generic.getMatchingIndexingMap(operand), *loops) : std::nullopt;
  return source ? std::optional(Factor{operand->get(), *source}) : std::nullopt;
}

std::optional<Factor> throughReshape(Operation *op, const Indices &at, const Variables &variables) {
  if (auto cast = dyn_cast<tensor::CastOp>(op))
    return Factor{cast.getSource(), at};
  if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op)) {
    Indices source;
    for (const ReassociationIndices &group : expand.getReassociationIndices()) {
      source.emplace_back();
      for (int64_t dim : group)
        source.back().append(at[dim]);
    }
    return Factor{expand.getSrc(), source};
  }
  if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(op)) {
    Indices source;
    for (auto [index, group] : llvm::zip_equal(at, collapse.getReassociationIndices())) {
      auto shape = collapse.getSrcType().getShape().slice(group.front(), group.size());
      std::optional<Indices> parts = variables.split(index, shape);
      if (!parts)
        return std::nullopt;
      source.append(*parts);
    }
    if (collapse.getReassociationIndices().empty())
      source.resize(collapse.getSrcType().getRank());
    return Factor{collapse.getSrc(), source};
  }
  if (auto slice = dyn_cast<tensor::ExtractSliceOp>(op)) {
    llvm::SmallBitVector dropped = slice.getDroppedDims();
    Indices source;
    for (int64_t dim = 0, next = 0; dim < slice.getSourceType().getRank(); ++dim) {
      if (slice.getSourceType().getDimSize(dim) != slice.getStaticSizes()[dim] ||
          ShapedType::isDynamic(slice.getStaticSizes()[dim]))
        return std::nullopt;
      source.push_back(dropped.test(dim) ? Index() : at[next++]);
    }
    return Factor{slice.getSource(), source};
  }
  return std::nullopt;
}

Factor beforeMoves(Factor factor, const Variables &variables) {
  while (Operation *op = factor.value.getDefiningOp()) {
    auto source = throughReshape(op, factor.at, variables);
    if (!source)
      source = throughCopy(op, factor.at);
    if (!source)
      break;
    factor = *source;
  }
  return factor;
}

} // namespace heddle
