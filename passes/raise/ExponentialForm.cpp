#include "passes/raise/ExponentialForm.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;

namespace heddle {

// A sum of more is no weighted mean of a few values; without a bound, products of sums grow with each op.
constexpr size_t kMostSummands = 16;

//===--- linear forms ---------------------------------------------------------------------===//

void LinearForm::add(const Factor &factor, double scale) {
  auto *place = llvm::find_if(summands, [&](const auto &summand) { return summand.first == factor; });
  if (place == summands.end())
    summands.push_back({factor, scale});
  else if ((place->second += scale) == 0)
    summands.erase(place);
}

void LinearForm::add(const LinearForm &other, double scale) {
  constant += scale * other.constant;
  for (const auto &[factor, coefficient] : other.summands)
    add(factor, scale * coefficient);
}

bool LinearForm::operator==(const LinearForm &other) const {
  LinearForm difference = *this;
  difference.add(other, -1);
  return difference.summands.empty() && difference.constant == 0;
}

bool LinearForm::has(Variable variable) const {
  return llvm::any_of(summands, [&](const auto &summand) { return summand.first.has(variable); });
}

SmallVector<Product> LinearForm::products() const {
  SmallVector<Product> result;
  if (constant != 0 || summands.empty())
    result.push_back({constant, {}});
  for (const auto &[factor, coefficient] : summands)
    result.push_back({coefficient, {factor}});
  return result;
}

//===--- arithmetic -----------------------------------------------------------------------===//

static ExponentialForm ofWeight(Product weight) {
  return {{WeightedExponential{std::move(weight), {}}}, {WeightedExponential{}}};
}

static bool isOne(const ExponentialSum &sum) {
  return sum.size() == 1 && sum[0].weight.factors.empty() && sum[0].weight.coefficient == 1 &&
         sum[0].exponent == LinearForm();
}

bool ExponentialForm::hasDenominator() const { return !isOne(denominator); }

static ExponentialSum times(const ExponentialSum &left, const ExponentialSum &right) {
  ExponentialSum result;
  for (const WeightedExponential &a : left)
    for (const WeightedExponential &b : right) {
      WeightedExponential both = a;
      both.weight.multiply(b.weight);
      both.exponent.add(b.exponent);
      result.push_back(std::move(both));
    }
  return result;
}

static ExponentialForm negated(ExponentialForm form) {
  for (WeightedExponential &summand : form.numerator)
    summand.weight.coefficient *= -1;
  return form;
}

static ExponentialForm sumOf(const ExponentialForm &left, const ExponentialForm &right) {
  bool haveSame = !left.hasDenominator() && !right.hasDenominator();
  ExponentialForm result{haveSame ? left.numerator : times(left.numerator, right.denominator),
                         haveSame ? left.denominator : times(left.denominator, right.denominator)};
  result.numerator.append(haveSame ? right.numerator : times(right.numerator, left.denominator));
  return result;
}

static ExponentialForm quotientOf(const ExponentialForm &left, const ExponentialForm &right) {
  ExponentialForm result{times(left.numerator, right.denominator), times(left.denominator, right.numerator)};
  // What is divided by one exponential is a product with another.
  if (result.denominator.size() == 1 && result.denominator[0].weight.factors.empty()) {
    for (WeightedExponential &summand : result.numerator) {
      summand.weight.coefficient /= result.denominator[0].weight.coefficient;
      summand.exponent.add(result.denominator[0].exponent, -1);
    }
    result.denominator = {WeightedExponential{}};
  }
  return result;
}

std::optional<LinearForm> ExponentialForms::linear(const ExponentialForm &form) {
  if (form.hasDenominator())
    return std::nullopt;
  LinearForm result;
  for (const WeightedExponential &summand : form.numerator) {
    if (summand.weight.factors.size() > 1 || !(summand.exponent == LinearForm()))
      return std::nullopt;
    if (summand.weight.factors.empty())
      result.constant += summand.weight.coefficient;
    else
      result.add(summand.weight.factors[0], summand.weight.coefficient);
  }
  return result;
}

//===--- reading --------------------------------------------------------------------------===//

ExponentialForm ExponentialForms::of(Value value, const Indices &at) {
  auto place = known.find(value);
  if (place != known.end() && place->second.at == at)
    return place->second.form;
  std::optional<ExponentialForm> form = read(value, at);
  bool isLarge = form && form->numerator.size() + form->denominator.size() > kMostSummands;
  if (!form || isLarge)
    form = ofWeight({1, {{value, at}}});
  known[value] = {at, *form};
  return *form;
}

std::optional<ExponentialForm> ExponentialForms::read(Value value, const Indices &at) {
  if (std::optional<double> constant = constantOf(value))
    return ofWeight({*constant, {}});
  if (!forms.dependsOnState(value)) {
    std::optional<Sequence> sequence = sequences.of(value);
    if (!sequence)
      return std::nullopt;
    return readOutside(sequence->value, ofSequence(*sequence, at));
  }
  Operation *op = value.getDefiningOp();
  if (!op)
    return std::nullopt;
  if (auto source = throughReshape(op, at, variables))
    return of(source->value, source->at);
  auto generic = dyn_cast<linalg::GenericOp>(op);
  if (!generic || generic.getNumReductionLoops())
    return std::nullopt;
  unsigned result = cast<OpResult>(value).getResultNumber();
  std::optional<Indices> loops = bindLoops(generic, result, at);
  return loops ? readScalar(generic, generic.getBody()->getTerminator()->getOperand(result), *loops) : std::nullopt;
}

std::optional<ExponentialForm> ExponentialForms::readScalar(linalg::GenericOp generic, Value scalar,
                                                            const Indices &loops) {
  if (std::optional<double> constant = constantOf(scalar))
    return ofWeight({*constant, {}});
  if (auto argument = dyn_cast<BlockArgument>(scalar)) {
    OpOperand *operand = argument.getOwner() == generic.getBody() ? generic.getMatchingOpOperand(argument) : nullptr;
    if (!operand || !isa<RankedTensorType>(operand->get().getType()))
      return std::nullopt;
    std::optional<Indices> at = indicesOf(generic.getMatchingIndexingMap(operand), loops);
    if (!at)
      return std::nullopt;
    return loop.isOutside(operand->get()) ? readOutside(operand->get(), *at) : of(operand->get(), *at);
  }
  Operation *op = scalar.getDefiningOp();
  if (op->getParentRegion() != &generic.getRegion() ||
      !isa<arith::AddFOp, arith::SubFOp, arith::MulFOp, arith::DivFOp, arith::NegFOp, math::ExpOp>(op))
    return std::nullopt;
  SmallVector<ExponentialForm, 2> operands;
  for (Value operand : op->getOperands()) {
    std::optional<ExponentialForm> form = readScalar(generic, operand, loops);
    if (!form)
      return std::nullopt;
    operands.push_back(std::move(*form));
  }
  return readOperation(op, operands);
}

std::optional<ExponentialForm> ExponentialForms::readOperation(Operation *op, ArrayRef<ExponentialForm> operands) {
  if (isa<arith::NegFOp>(op))
    return negated(operands[0]);
  if (isa<arith::AddFOp>(op))
    return sumOf(operands[0], operands[1]);
  if (isa<arith::SubFOp>(op))
    return sumOf(operands[0], negated(operands[1]));
  if (isa<arith::DivFOp>(op))
    return quotientOf(operands[0], operands[1]);
  if (isa<arith::MulFOp>(op))
    return ExponentialForm{times(operands[0].numerator, operands[1].numerator),
                           times(operands[0].denominator, operands[1].denominator)};
  std::optional<LinearForm> exponent = linear(operands[0]);
  if (!exponent)
    return std::nullopt;
  return ExponentialForm{{WeightedExponential{{}, *exponent}}, {WeightedExponential{}}};
}

/// Sums are read, so that it shows what two values have in common; everything else is a factor.
ExponentialForm ExponentialForms::readOutside(Value value, const Indices &at) {
  Factor factor = beforeMoves({value, at}, variables);
  if (std::optional<double> constant = constantOf(factor.value))
    return ofWeight({*constant, {}});
  auto generic = factor.value.getDefiningOp<linalg::GenericOp>();
  bool isElementwise = generic && !generic.getNumReductionLoops() && generic->getNumResults() == 1;
  std::optional<Indices> loops = isElementwise ? bindLoops(generic, 0, factor.at) : std::nullopt;
  std::optional<ExponentialForm> form =
      loops ? readScalar(generic, generic.getBody()->getTerminator()->getOperand(0), *loops) : std::nullopt;
  return form && linear(*form) ? *form : ofWeight({1, {factor}});
}

} // namespace heddle
