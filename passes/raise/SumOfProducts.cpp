#include "passes/raise/AttentionMatch.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;

namespace heddle {

/// The axes of every loop of an op: those of its result, and new ones for what it reduces over.
static std::optional<SmallVector<AxisList>> loopAxes(Axes &axes, linalg::LinalgOp op, ArrayRef<AxisList> dims,
                                                     AxisList &reduced) {
  SmallVector<std::optional<AxisList>> loops(op.getNumLoops());
  for (auto [dim, expr] : llvm::enumerate(op.getIndexingMapMatchingResult(op->getResult(0)).getResults())) {
    auto loop = dyn_cast<AffineDimExpr>(expr);
    if (!loop)
      return std::nullopt;
    loops[loop.getPosition()] = dims[dim];
  }
  for (OpOperand *input : op.getDpsInputOperands())
    for (auto [dim, expr] : llvm::enumerate(op.getMatchingIndexingMap(input).getResults())) {
      auto loop = dyn_cast<AffineDimExpr>(expr);
      if (!loop || loops[loop.getPosition()])
        continue;
      std::optional<AxisList> created = axes.create(input->get(), dim);
      if (!created)
        return std::nullopt;
      llvm::append_range(reduced, *created);
      loops[loop.getPosition()] = created;
    }
  if (!llvm::all_of(loops, [](const auto &loop) { return loop.has_value(); }))
    return std::nullopt;
  return llvm::map_to_vector(loops, [](const auto &loop) { return *loop; });
}

static std::optional<Axes::Source> operandSource(linalg::LinalgOp op, OpOperand *operand, ArrayRef<AxisList> loops) {
  AxisDims dims;
  for (AffineExpr expr : op.getMatchingIndexingMap(operand).getResults()) {
    auto loop = dyn_cast<AffineDimExpr>(expr);
    if (!loop && !isa<AffineConstantExpr>(expr))
      return std::nullopt;
    dims.push_back(loop ? loops[loop.getPosition()] : AxisList());
  }
  return Axes::Source{operand->get(), dims};
}

/// Both operands of an op with two tensor inputs.
static std::optional<SumOfProducts> operandsOf(linalg::LinalgOp op, ArrayRef<AxisList> loops,
                                               ArrayRef<AxisId> reduced) {
  std::optional<Axes::Source> left = operandSource(op, op.getDpsInputOperand(0), loops);
  std::optional<Axes::Source> right = operandSource(op, op.getDpsInputOperand(1), loops);
  if (!left || !right)
    return std::nullopt;
  return SumOfProducts{*left, *right, AxisList(reduced)};
}

static bool hasTensorInputs(linalg::LinalgOp op, unsigned count) {
  return op.hasPureTensorSemantics() && op.getNumDpsInputs() == count && op->getNumResults() == 1 &&
         llvm::all_of(op.getDpsInputs(), [](Value input) { return isa<RankedTensorType>(input.getType()); });
}

/// Whether the body of a reduction adds its only input.
static bool isPlainSum(linalg::LinalgOp op) {
  auto sum = op.getBlock()->getTerminator()->getOperand(0).getDefiningOp<arith::AddFOp>();
  return hasTensorInputs(op, 1) && sum && llvm::hasNItems(op.getBlock()->without_terminator(), 1);
}

/// Whether the body multiplies its two inputs.
static bool isPlainProduct(linalg::LinalgOp op) {
  auto product = op.getBlock()->getTerminator()->getOperand(0).getDefiningOp<arith::MulFOp>();
  return !op.getNumReductionLoops() && hasTensorInputs(op, 2) && product && product.getLhs() != product.getRhs() &&
         llvm::hasNItems(op.getBlock()->without_terminator(), 1) &&
         op.getIndexingMapMatchingResult(op->getResult(0)).isPermutation();
}

std::optional<FactorSum> matchFactorSum(Axes &axes, linalg::LinalgOp op, ArrayRef<AxisList> dims) {
  if (!op || !op.getNumReductionLoops() || op->getNumResults() != 1)
    return std::nullopt;
  bool isProduct = hasTensorInputs(op, 2) && linalg::isaContractionOpInterface(op);
  if (!isProduct && !isPlainSum(op))
    return std::nullopt;
  FactorSum sum;
  std::optional<SmallVector<AxisList>> loops = loopAxes(axes, op, dims, sum.reduced);
  if (!loops)
    return std::nullopt;
  for (OpOperand *input : op.getDpsInputOperands()) {
    std::optional<Axes::Source> source = operandSource(op, input, *loops);
    if (!source)
      return std::nullopt;
    sum.factors.push_back(*source);
  }
  return sum;
}

std::optional<SumOfProducts> matchSumOfProducts(Axes &axes, Value result, ArrayRef<AxisList> dims) {
  std::optional<FactorSum> sum = matchFactorSum(axes, result.getDefiningOp<linalg::LinalgOp>(), dims);
  if (!sum)
    return std::nullopt;
  if (sum->factors.size() == 2)
    return SumOfProducts{sum->factors[0], sum->factors[1], sum->reduced};
  std::optional<Axes::Source> summand = sum->factors[0];
  while (summand) {
    auto product = summand->value.getDefiningOp<linalg::LinalgOp>();
    if (product && isPlainProduct(product)) {
      AxisList none;
      std::optional<SmallVector<AxisList>> loops = loopAxes(axes, product, summand->dims, none);
      return loops ? operandsOf(product, *loops, sum->reduced) : std::nullopt;
    }
    summand = axes.stepBack(summand->value, summand->dims);
  }
  return std::nullopt;
}

} // namespace heddle
