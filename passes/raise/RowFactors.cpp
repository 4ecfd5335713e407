#include "passes/raise/RowFactors.h"

#include "passes/raise/AttentionMatch.h"
#include "passes/raise/Factors.h"
#include "passes/raise/ProportionalInputs.h"
#include "passes/raise/RegionRaise.h"
#include "passes/raise/RowTables.h"
#include "passes/raise/TokenAxes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace heddle {
namespace {

struct RowFactor {
  Axes::Source source;
  bool divides = false;
};

/// One sum along tokens.
class Move {
public:
  Move(ConcreteSizes &sizes, linalg::LinalgOp sum) : axes(sizes), sum(sum), builder(sum->getLoc(), sum->getContext()) {
    builder.setInsertionPointAfter(sum);
  }

  bool run(Raiser &raiser) {
    std::optional<AxisDims> dims = axes.create(sum->getResult(0));
    std::optional<FactorSum> match = dims ? matchFactorSum(axes, sum, *dims) : std::nullopt;
    if (!match || constantOf(sum.getDpsInits()[0]) != 0)
      return false;
    reduced = match->reduced;
    IRMapping mapping;
    for (auto [number, factor] : llvm::enumerate(match->factors)) {
      // A table that is all of the weights is a matrix over tokens, and raised as one.
      const Axes::Source &other =
          match->factors.back().value == factor.value ? match->factors.front() : match->factors.back();
      AxisList ofOther = axes.of(other), own = axes.of(factor);
      splitsTables = &other != &factor && llvm::all_of(own, [&](AxisId axis) { return contains(ofOther, axis); });
      mapping.map(factor.value, without(factor));
    }
    if (found.empty())
      return false;
    Value rest = builder.clone(*sum, mapping)->getResult(0);
    Value result = multiplied(rest, *dims);
    return raiser.apply(sum.getLoc(), "a sum along tokens whose rows are multiplied behind it",
                        {frontier.getArrayRef(), {sum->getResult(0)}, {result}});
  }

private:
  bool variesAlongSum(const Axes::Source &source) { return containsAny(axes.of(source), axes.resolve(reduced)); }

  Axes::Source operandOf(linalg::LinalgOp op, OpOperand *operand, ArrayRef<AxisList> dims) {
    AffineMap result = op.getIndexingMapMatchingResult(op->getResult(0));
    AxisDims own;
    for (AffineExpr expr : op.getMatchingIndexingMap(operand).getResults()) {
      auto loop = dyn_cast<AffineDimExpr>(expr);
      own.push_back(loop ? dims[*result.getResultPosition(loop)] : AxisList());
    }
    return {operand->get(), own};
  }

  Value leaf(Value value) {
    if (!value.getDefiningOp<arith::ConstantOp>())
      frontier.insert(value);
    return value;
  }

  /// What is left of a tensor without the factors of its rows: a tensor of the same type.
  Value without(const Axes::Source &source) {
    if (std::optional<Axes::Source> before = axes.stepBack(source.value, source.dims))
      return rebuilt(source.value.getDefiningOp(), {{before->value, before->dims}});
    if (source.value.getDefiningOp<arith::ConstantOp>())
      return splitsTables ? withoutRows(source) : source.value;
    auto op = source.value.getDefiningOp<linalg::LinalgOp>();
    if (!isElementwise(op))
      return leaf(source.value);
    splitsTables |= op.getNumDpsInputs() > 1;
    if (Value other = withoutFactor(op, source.dims))
      return other;
    SmallVector<Axes::Source> operands;
    for (OpOperand *operand : proportionalInputs(op))
      operands.push_back(operandOf(op, operand, source.dims));
    return rebuilt(op, operands);
  }

  /// The other input of a product, where one has an element for each row.
  Value withoutFactor(linalg::LinalgOp op, ArrayRef<AxisList> dims) {
    std::optional<InputProduct> product = matchInputProduct(op);
    if (!product)
      return nullptr;
    auto isRest = [&](OpOperand *input) {
      return variesAlongSum(operandOf(op, input, dims)) && input->get().getType() == op->getResult(0).getType() &&
             op.getMatchingIndexingMap(input) == op.getIndexingMapMatchingResult(op->getResult(0));
    };
    auto split = [&](OpOperand *rest, OpOperand *factor) -> Value {
      Axes::Source source = operandOf(op, factor, dims);
      if (!isRest(rest) || variesAlongSum(source))
        return nullptr;
      found.push_back({{leaf(source.value), source.dims}, product->divides});
      return without(operandOf(op, rest, dims));
    };
    if (Value left = split(product->left, product->right))
      return left;
    return product->divides ? Value() : split(product->right, product->left);
  }

  /// A table of distances, where that of the source has the same in each row but for a factor.
  Value withoutRows(const Axes::Source &source) {
    AxisDims dims = axes.resolveDims(source.dims);
    auto keyDim = llvm::find(dims, axes.resolve(reduced));
    for (int64_t rowDim = 0; keyDim != dims.end() && rowDim < int64_t(dims.size()); ++rowDim) {
      if (rowDim == keyDim - dims.begin() || dims[rowDim].empty())
        continue;
      std::optional<ScaledTable> split =
          splitTable(builder, source.value.getDefiningOp<arith::ConstantOp>(), rowDim, keyDim - dims.begin());
      if (!split)
        continue;
      dims.erase(keyDim);
      found.push_back({{split->rows, dims}, false});
      return split->distances;
    }
    return source.value;
  }

  /// The op on what is left of some operands; the op itself where nothing left them.
  Value rebuilt(Operation *op, ArrayRef<Axes::Source> operands) {
    size_t before = found.size();
    IRMapping mapping;
    SmallVector<Value> known = frontier.takeVector();
    for (const Axes::Source &operand : operands)
      mapping.map(operand.value, without(operand));
    bool isChanged = found.size() != before;
    llvm::SetVector<Value> read = std::move(frontier);
    frontier = {};
    frontier.insert_range(known);
    if (!isChanged)
      return leaf(op->getResult(0));
    frontier.insert_range(read);
    auto structured = dyn_cast<linalg::LinalgOp>(op);
    for (Value operand :
         structured ? SmallVector<Value>(structured.getDpsInputs()) : SmallVector<Value>(op->getOperands()))
      if (!mapping.contains(operand) && isa<RankedTensorType>(operand.getType()))
        leaf(operand);
    return builder.clone(*op, mapping)->getResult(0);
  }

  /// The sum with all factors, one op for each.
  Value multiplied(Value value, ArrayRef<AxisList> dims) {
    AxisDims single;
    AxisList loops = axes.resolve(flatten(dims));
    for (AxisId axis : loops)
      single.push_back({axis});
    value = axes.arrange(builder, builder.getLoc(), value, dims, single);
    for (const RowFactor &factor : found)
      value = multipliedBy(factor, value, loops);
    return axes.arrange(builder, builder.getLoc(), value, single, dims);
  }

  Value multipliedBy(const RowFactor &factor, Value value, ArrayRef<AxisId> loops) {
    MLIRContext *context = builder.getContext();
    AxisDims own;
    SmallVector<AffineExpr> exprs;
    for (AxisId axis : axes.of(factor.source)) {
      own.push_back({axis});
      exprs.push_back(getAffineDimExpr(llvm::find(loops, axis) - loops.begin(), context));
    }
    Value each = axes.arrange(builder, builder.getLoc(), factor.source.value, factor.source.dims, own);
    AffineMap all = AffineMap::getMultiDimIdentityMap(loops.size(), context);
    SmallVector<utils::IteratorType> kinds(loops.size(), utils::IteratorType::parallel);
    Value init = tensor::EmptyOp::create(builder, tensor::getMixedSizes(builder, builder.getLoc(), value),
                                         getElementTypeOrSelf(value));
    auto body = [&](OpBuilder &nested, Location at, ValueRange elements) {
      Value result = factor.divides ? arith::DivFOp::create(nested, at, elements[0], elements[1]).getResult()
                                    : arith::MulFOp::create(nested, at, elements[0], elements[1]).getResult();
      linalg::YieldOp::create(nested, at, result);
    };
    return linalg::GenericOp::create(builder, init.getType(), ValueRange{value, each}, init,
                                     {all, AffineMap::get(loops.size(), 0, exprs, context), all}, kinds, body)
        .getResult(0);
  }

  Axes axes;
  linalg::LinalgOp sum;
  ImplicitLocOpBuilder builder;
  AxisList reduced;
  bool splitsTables = false;
  SmallVector<RowFactor> found;
  llvm::SetVector<Value> frontier;
};

/// The loops of an op along which an operand is made from tokens, reductions or others.
llvm::SmallDenseSet<unsigned> tokenLoops(linalg::LinalgOp op, OpOperand *operand, utils::IteratorType kind,
                                         const TokenAxes &tokens) {
  llvm::SmallDenseSet<unsigned> loops;
  if (!isa<RankedTensorType>(operand->get().getType()))
    return loops;
  for (auto [dim, expr] : llvm::enumerate(op.getMatchingIndexingMap(operand).getResults()))
    if (auto loop = dyn_cast<AffineDimExpr>(expr); loop && tokens.isMadeFromTokens(operand->get(), dim))
      if (op.getIteratorTypesArray()[loop.getPosition()] == kind)
        loops.insert(loop.getPosition());
  return loops;
}

/// Whether an op sums along tokens over pairs of tokens: an operand has both of a pair, and the other either goes along
/// the same tokens or is a table of pairs. A matrix of weights is neither, whatever the features next to it are taken
/// for.
bool sumsPairs(linalg::LinalgOp op, const TokenAxes &tokens) {
  if (!op || !op.getNumReductionLoops())
    return false;
  auto isPairs = [&](OpOperand *pairs) {
    auto summed = tokenLoops(op, pairs, utils::IteratorType::reduction, tokens);
    auto kept = tokenLoops(op, pairs, utils::IteratorType::parallel, tokens);
    return !summed.empty() && !kept.empty() && llvm::all_of(op.getDpsInputOperands(), [&](OpOperand *other) {
      bool isTable =
          llvm::any_of(kept, [&](unsigned loop) { return op.getMatchingIndexingMap(other).isFunctionOfDim(loop); });
      return isTable || !tokenLoops(op, other, utils::IteratorType::reduction, tokens).empty();
    });
  };
  return llvm::any_of(op.getDpsInputOperands(), isPairs);
}

} // namespace

void moveRowFactors(func::FuncOp entry, Raiser &raiser) {
  if (entry->hasAttr(kNamedMixersAttr))
    return;
  SmallVector<int64_t> symbols = exampleSizes(entry);
  // By custom tokens come behind the batch, now and then in front of it.
  for (int64_t tokenDim : {1, 0}) {
    TokenAxes tokens(entry, tokenDim, symbols);
    if (tokens.tokens() < kFewestTokens)
      continue;
    SmallVector<linalg::LinalgOp> sums = llvm::filter_to_vector(
        entry.getOps<linalg::LinalgOp>(), [&](linalg::LinalgOp op) { return sumsPairs(op, tokens); });
    // From the end: what a move erases lies in front of it, and is no sum.
    bool hasMoved = false;
    for (linalg::LinalgOp sum : llvm::reverse(sums)) {
      ConcreteSizes sizes(entry, symbols);
      hasMoved |= Move(sizes, sum).run(raiser);
    }
    if (hasMoved)
      return;
  }
}

} // namespace heddle
