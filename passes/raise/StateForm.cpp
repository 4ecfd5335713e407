#include "passes/raise/StateForm.h"

#include "passes/raise/Reads.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace heddle {

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
    if (auto select = dyn_cast<arith::SelectOp>(op); select && op->getParentRegion() == &generic.getRegion())
      return ofSelect(select);
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

  std::optional<Form> ofSelect(arith::SelectOp select) {
    auto condition = dyn_cast<BlockArgument>(select.getCondition());
    std::optional<Form> when = condition ? of(condition) : std::nullopt;
    std::optional<Form> chosen = when ? of(select.getTrueValue()) : std::nullopt;
    std::optional<Form> other = chosen ? of(select.getFalseValue()) : std::nullopt;
    return other ? forms.select(*when, *chosen, *other, select.getType()) : std::nullopt;
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
  bool result = llvm::any_of(readsOf(value.getDefiningOp()), [&](Value read) { return dependsOnState(read); });
  depends[value] = result;
  return result;
}

std::optional<Indices> StateForms::createIndices(Value bodyValue) {
  std::optional<SmallVector<OpFoldResult>> sizes = sequences.sizesOf(bodyValue);
  if (!sizes)
    return std::nullopt;
  Indices result;
  for (auto [dim, size] : llvm::enumerate(*sizes)) {
    result.emplace_back();
    for (OpFoldResult part : partsOf(bodyValue, dim, size))
      result.back().append(variables.create(part));
  }
  return result;
}

/// Sizes of the dimensions of a state that were merged to dimension `dim` of a value; its own size where none were.
SmallVector<OpFoldResult> StateForms::partsOf(Value value, int64_t dim, OpFoldResult size) {
  SmallVector<OpFoldResult> own = {size};
  Operation *op = dependsOnState(value) ? value.getDefiningOp() : nullptr;
  if (auto collapse = dyn_cast_or_null<tensor::CollapseShapeOp>(op)) {
    std::optional<SmallVector<OpFoldResult>> sizes = sequences.sizesOf(collapse.getSrc());
    if (!sizes)
      return own;
    SmallVector<OpFoldResult> parts;
    for (int64_t source : collapse.getReassociationIndices()[dim])
      llvm::append_range(parts, partsOf(collapse.getSrc(), source, (*sizes)[source]));
    return parts;
  }
  auto generic = dyn_cast_or_null<linalg::GenericOp>(op);
  if (!generic)
    return own;
  AffineExpr loopOfDim = generic.getIndexingMapMatchingResult(cast<OpResult>(value)).getResult(dim);
  for (OpOperand *operand : generic.getDpsInputOperands())
    if (std::optional<unsigned> place = generic.getMatchingIndexingMap(operand).getResultPosition(loopOfDim))
      if (SmallVector<OpFoldResult> parts = partsOf(operand->get(), *place, size); parts.size() > 1)
        return parts;
  return own;
}

Indices ofSequence(const Sequence &sequence, Indices at) {
  if (sequence.varies())
    at.insert(at.begin() + sequence.axis, Index{kToken});
  return at;
}

std::optional<Form> StateForms::ofKnown(Value value, const Indices &at) {
  if (std::optional<double> constant = constantOf(value))
    return Form{Term{Product{*constant, {}}, std::nullopt, {}}};
  std::optional<Sequence> sequence = sequences.of(value);
  if (!sequence)
    return std::nullopt;
  return Form{Term{factorise(sequence->value, ofSequence(*sequence, at), variables), std::nullopt, {}}};
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
    return of(source->value, source->at);
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
