#include "passes/raise/Factors.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

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

//===--- splitting ------------------------------------------------------------------------===//

namespace {

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
      return split(source->value, source->at);
    if (auto source = throughCopy(op, at))
      return split(source->value, source->at);
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

/// The factor in front of what only moves its elements, one spelling for all ways to write it. Merged dimensions stay
/// apart unless a copy lies in front of them.
static Factor canonical(Factor factor, const Variables &variables) {
  Factor result = factor;
  while (Operation *op = factor.value.getDefiningOp()) {
    std::optional<Factor> copied = throughCopy(op, factor.at);
    std::optional<Factor> source = copied ? copied : throughReshape(op, factor.at, variables);
    if (!source)
      break;
    factor = *source;
    if (copied || llvm::all_of(factor.at, [](const Index &index) { return index.size() <= 1; }))
      result = factor;
  }
  return result;
}

Product factorise(Value value, Indices at, const Variables &variables) {
  if (std::optional<Product> product = Factoriser(variables).split(value, at))
    return *product;
  return Product{1, {canonical({value, at}, variables)}};
}

} // namespace heddle
