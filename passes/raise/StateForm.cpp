#include "passes/raise/StateForm.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/RegionUtils.h"

using namespace mlir;

namespace heddle {

//===--- factors and variables ------------------------------------------------------------===//

bool Factor::has(Variable variable) const {
  return llvm::any_of(at, [&](const Index &index) { return llvm::is_contained(index, variable); });
}

bool Product::has(Variable variable) const {
  return llvm::any_of(factors, [&](const Factor &factor) { return factor.has(variable); });
}

llvm::SmallSetVector<Variable, 8> Product::variables() const {
  llvm::SmallSetVector<Variable, 8> all;
  for (const Factor &factor : factors)
    for (const Index &index : factor.at)
      all.insert(index.begin(), index.end());
  return all;
}

void Product::multiply(const Product &other) {
  coefficient *= other.coefficient;
  factors.append(other.factors);
}

void Product::rename(Variable from, Variable to) {
  for (Factor &factor : factors)
    for (Index &index : factor.at)
      llvm::replace(index, from, to);
}

Index Variables::create(OpFoldResult size) {
  if (isConstantIntValue(size, 1))
    return {};
  sizes.push_back(size);
  return {Variable(sizes.size() - 1)};
}

std::optional<Indices> Variables::split(ArrayRef<Variable> merged, ArrayRef<int64_t> shape) const {
  Indices result(shape.size());
  for (int64_t dim = shape.size() - 1; dim >= 0; --dim) {
    // The last variables belong to the last dimension, as many as it takes to fill it.
    for (int64_t filled = 1; filled != shape[dim];) {
      if (merged.empty())
        return std::nullopt;
      result[dim].insert(result[dim].begin(), merged.back());
      std::optional<int64_t> size = getConstantIntValue(sizes[merged.back()]);
      merged = merged.drop_back();
      if (!size || ShapedType::isDynamic(shape[dim])) {
        if (size || !ShapedType::isDynamic(shape[dim]))
          return std::nullopt;
        break;
      }
      filled *= *size;
      if (shape[dim] % filled)
        return std::nullopt;
    }
  }
  return merged.empty() ? std::optional(result) : std::nullopt;
}

//===--- index maps -----------------------------------------------------------------------===//

namespace {

/// The value that every element has, if it is a constant.
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

/// What stands in front of each loop of a generic when its result is indexed by `at`; reductions get new variables.
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

/// Indices of the source of an op that only gives dimensions another shape; nothing for other ops.
std::optional<std::pair<Value, Indices>> throughReshape(Operation *op, const Indices &at, const Variables &variables) {
  if (auto cast = dyn_cast<tensor::CastOp>(op))
    return std::pair(cast.getSource(), at);
  if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op)) {
    Indices source;
    for (const ReassociationIndices &group : expand.getReassociationIndices()) {
      source.emplace_back();
      for (int64_t dim : group)
        source.back().append(at[dim]);
    }
    return std::pair(expand.getSrc(), source);
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
    return std::pair(collapse.getSrc(), source);
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
    return std::pair(slice.getSource(), source);
  }
  return std::nullopt;
}

//===--- factors of tensors outside -------------------------------------------------------===//

bool isElementwise(linalg::GenericOp generic) {
  return generic.getNumReductionLoops() == 0 && generic->getNumResults() == 1 &&
         generic.getRegion().front().getOps<linalg::IndexOp>().empty();
}

class Factoriser {
public:
  explicit Factoriser(const Variables &variables) : variables(variables) {}

  /// Nothing where the tensor is no product of smaller ones.
  std::optional<Product> split(Value value, const Indices &at) {
    if (std::optional<double> constant = constantOf(value))
      return Product{*constant, {}};
    Operation *op = value.getDefiningOp();
    if (!op)
      return std::nullopt;
    if (auto source = throughReshape(op, at, variables))
      return split(source->first, source->second);
    if (auto transpose = dyn_cast<linalg::TransposeOp>(op)) {
      Indices source(at.size());
      for (auto [dim, from] : llvm::enumerate(transpose.getPermutation()))
        source[from] = at[dim];
      return split(transpose.getInput(), source);
    }
    auto generic = dyn_cast<linalg::GenericOp>(op);
    std::optional<Indices> loops = generic && isElementwise(generic) ? bindLoops(generic, 0, at) : std::nullopt;
    if (!loops)
      return std::nullopt;
    std::optional<Product> product = ofScalar(generic, generic.getBody()->getTerminator()->getOperand(0), *loops);
    if (!product)
      return std::nullopt;
    size_t whole = Product{1, {{value, at}}}.variables().size();
    bool isSmaller = product->factors.empty() || llvm::any_of(product->factors, [&](const Factor &factor) {
                       return Product{1, {factor}}.variables().size() < whole;
                     });
    return isSmaller || product->coefficient != 1 ? product : std::nullopt;
  }

private:
  std::optional<Product> ofScalar(linalg::GenericOp generic, Value scalar, const Indices &loops) {
    if (std::optional<double> constant = constantOf(scalar))
      return Product{*constant, {}};
    if (auto argument = dyn_cast<BlockArgument>(scalar))
      return ofOperand(generic, argument, loops);
    Operation *op = scalar.getDefiningOp();
    if (op->getParentRegion() != &generic.getRegion() || !isa<arith::MulFOp, arith::NegFOp, arith::DivFOp>(op))
      return std::nullopt;
    std::optional<Product> product = ofScalar(generic, op->getOperand(0), loops);
    if (!product)
      return std::nullopt;
    if (isa<arith::NegFOp>(op)) {
      product->coefficient *= -1;
      return product;
    }
    std::optional<Product> other = ofScalar(generic, op->getOperand(1), loops);
    if (!other || (isa<arith::DivFOp>(op) && !other->factors.empty()))
      return std::nullopt;
    if (isa<arith::DivFOp>(op))
      other->coefficient = 1 / other->coefficient;
    product->multiply(*other);
    return product;
  }

  std::optional<Product> ofOperand(linalg::GenericOp generic, BlockArgument argument, const Indices &loops) {
    OpOperand *operand = generic.getMatchingOpOperand(argument);
    std::optional<Indices> at = indicesOf(generic.getMatchingIndexingMap(operand), loops);
    if (!at || generic.isDpsInit(operand) || !isa<RankedTensorType>(operand->get().getType()))
      return std::nullopt;
    return factorise(operand->get(), *at, variables);
  }

  const Variables &variables;
};

} // namespace

Factor beforeReshapes(Factor factor, const Variables &variables) {
  while (Operation *op = factor.value.getDefiningOp()) {
    auto source = throughReshape(op, factor.at, variables);
    if (!source)
      break;
    factor = {source->first, source->second};
  }
  return factor;
}

Product factorise(Value value, Indices at, const Variables &variables) {
  return Factoriser(variables).split(value, at).value_or(Product{1, {{value, at}}});
}

//===--- forms ----------------------------------------------------------------------------===//

/// The form of one scalar computation in a generic's body.
class BodyForm {
public:
  BodyForm(StateForms &forms, linalg::GenericOp generic, const Indices &loops)
      : forms(forms), generic(generic), loops(loops) {}

  std::optional<Form> of(Value scalar) {
    if (std::optional<double> constant = constantOf(scalar))
      return Form{Term{Product{*constant, {}}, std::nullopt, {}}};
    if (auto argument = dyn_cast<BlockArgument>(scalar))
      return argument.getOwner() == generic.getBody() ? ofArgument(argument) : std::nullopt;
    Operation *op = scalar.getDefiningOp();
    if (op->getParentRegion() != &generic.getRegion() ||
        !isa<arith::AddFOp, arith::SubFOp, arith::MulFOp, arith::NegFOp, arith::DivFOp>(op))
      return std::nullopt;
    std::optional<Form> left = of(op->getOperand(0));
    if (!left || isa<arith::NegFOp>(op))
      return left ? scaled(*left, -1) : left;
    std::optional<Form> right = of(op->getOperand(1));
    if (!right)
      return std::nullopt;
    if (isa<arith::MulFOp>(op))
      return times(*left, *right);
    if (isa<arith::DivFOp>(op))
      return isNumber(*right) ? std::optional(scaled(*left, 1 / (*right)[0].product.coefficient)) : std::nullopt;
    left->append(isa<arith::AddFOp>(op) ? *right : scaled(*right, -1));
    return left;
  }

private:
  static bool isNumber(const Form &form) {
    return form.size() == 1 && form[0].product.factors.empty() && !form[0].state && form[0].summed.empty();
  }

  static Form scaled(Form form, double by) {
    for (Term &term : form)
      term.product.coefficient *= by;
    return form;
  }

  static std::optional<Form> times(const Form &left, const Form &right) {
    Form result;
    for (const Term &a : left)
      for (const Term &b : right) {
        if (a.state && b.state)
          return std::nullopt;
        Term term = a;
        term.product.multiply(b.product);
        term.summed.append(b.summed);
        if (b.state)
          term.state = b.state;
        result.push_back(std::move(term));
      }
    return result;
  }

  std::optional<Form> ofArgument(BlockArgument argument) {
    OpOperand *operand = generic.getMatchingOpOperand(argument);
    if (!isa<RankedTensorType>(operand->get().getType())) {
      std::optional<double> constant = constantOf(operand->get());
      return constant ? std::optional(Form{Term{Product{*constant, {}}, std::nullopt, {}}}) : std::nullopt;
    }
    std::optional<Indices> at = indicesOf(generic.getMatchingIndexingMap(operand), loops);
    return at ? forms.of(operand->get(), *at) : std::nullopt;
  }

  StateForms &forms;
  linalg::GenericOp generic;
  const Indices &loops;
};

void StateForms::select(ArrayRef<unsigned> which, bool takeApart) {
  states.assign(which.begin(), which.end());
  updates = takeApart;
  depends.clear();
}

bool StateForms::dependsOnState(Value value) {
  if (loop.isOutside(value))
    return false;
  if (auto argument = dyn_cast<BlockArgument>(value))
    return llvm::any_of(states, [&](unsigned state) { return loop.argument(state) == argument; });
  auto found = depends.find(value);
  if (found != depends.end())
    return found->second;
  llvm::SetVector<Value> reads(value.getDefiningOp()->operand_begin(), value.getDefiningOp()->operand_end());
  getUsedValuesDefinedAbove(value.getDefiningOp()->getRegions(), reads);
  bool result = llvm::any_of(reads, [&](Value read) { return dependsOnState(read); });
  depends[value] = result;
  return result;
}

std::optional<Indices> StateForms::createIndices(Value bodyValue) {
  std::optional<SmallVector<OpFoldResult>> sizes = sequences.sizesOf(bodyValue);
  if (!sizes)
    return std::nullopt;
  Indices result;
  for (OpFoldResult size : *sizes)
    result.push_back(variables.create(size));
  return result;
}

std::optional<Form> StateForms::ofKnown(Value value, const Indices &at) {
  if (std::optional<double> constant = constantOf(value))
    return Form{Term{Product{*constant, {}}, std::nullopt, {}}};
  std::optional<Sequence> sequence = sequences.of(value);
  if (!sequence)
    return std::nullopt;
  Indices all = at;
  if (sequence->varies())
    all.insert(all.begin() + sequence->axis, Index{kToken});
  return Form{Term{factorise(sequence->value, all, variables), std::nullopt, {}}};
}

std::optional<Form> StateForms::of(Value value, const Indices &at) {
  if (!dependsOnState(value))
    return ofKnown(value, at);
  for (unsigned state : states) {
    if (value == loop.argument(state))
      return Form{Term{{}, StateRead{state, false, at}, {}}};
    if (!updates && value == loop.yielded(state))
      return Form{Term{{}, StateRead{state, true, at}, {}}};
  }
  Operation *op = value.getDefiningOp();
  if (auto source = throughReshape(op, at, variables))
    return of(source->first, source->second);
  auto generic = dyn_cast<linalg::GenericOp>(op);
  return generic ? ofGeneric(generic, cast<OpResult>(value).getResultNumber(), at) : std::nullopt;
}

std::optional<Form> StateForms::ofGeneric(linalg::GenericOp generic, unsigned result, const Indices &at) {
  std::optional<Indices> loops = bindLoops(generic, result, at);
  if (!loops)
    return std::nullopt;
  Value yielded = generic.getBody()->getTerminator()->getOperand(result);
  if (generic.getNumReductionLoops() == 0)
    return BodyForm(*this, generic, *loops).of(yielded);
  // A sum: what was there, plus the terms at each point of the reduction loops.
  auto add = yielded.getDefiningOp<arith::AddFOp>();
  BlockArgument sum = generic.getMatchingBlockArgument(generic.getDpsInitOperand(result));
  if (!add || (add.getLhs() != sum && add.getRhs() != sum))
    return std::nullopt;
  SmallVector<Variable, 2> summed;
  SmallVector<unsigned> reductions;
  generic.getReductionDims(reductions);
  for (unsigned loopNumber : reductions) {
    Value operand;
    unsigned dim = 0;
    if (failed(generic.mapIterationSpaceDimToOperandDim(loopNumber, operand, dim)))
      return std::nullopt;
    std::optional<SmallVector<OpFoldResult>> sizes = sequences.sizesOf(operand);
    if (!sizes)
      return std::nullopt;
    (*loops)[loopNumber] = variables.create((*sizes)[dim]);
    summed.append((*loops)[loopNumber]);
  }
  std::optional<Form> before = of(generic.getDpsInits()[result], at);
  std::optional<Form> each = BodyForm(*this, generic, *loops).of(add.getLhs() == sum ? add.getRhs() : add.getLhs());
  if (!before || !each)
    return std::nullopt;
  for (Term &term : *each)
    term.summed.append(summed);
  llvm::erase_if(*before, [](const Term &term) { return term.product.coefficient == 0; });
  each->append(*before);
  return each;
}

} // namespace heddle
