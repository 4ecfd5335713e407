#include "passes/raise/RowSums.h"

#include "dialects/mixer/Mixer.h"
#include "passes/raise/TokenRegion.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace heddle {
namespace {

bool isView(Operation *op) {
  return isa_and_present<tensor::ExpandShapeOp, tensor::CollapseShapeOp>(op) || copiedValue(op);
}

Value behindViews(Value value) {
  while (isView(value.getDefiningOp()))
    value = value.getDefiningOp()->getOperand(0);
  return value;
}

struct Division {
  SmallVector<Operation *> views; // from the mixer to the dividend
  linalg::LinalgOp quotient;
};

/// The division at the end of a chain of views, where the mixer is used in one place.
std::optional<Division> divisionOf(Value mixed) {
  Division division;
  while (mixed.hasOneUse()) {
    Operation *user = *mixed.user_begin();
    if (isView(user)) {
      division.views.push_back(user);
      mixed = user->getResult(0);
      continue;
    }
    auto quotient = dyn_cast<linalg::LinalgOp>(user);
    if (!quotient || quotient.getNumReductionLoops() || quotient->getNumResults() != 1)
      return std::nullopt;
    auto yield = cast<linalg::YieldOp>(quotient.getBlock()->getTerminator());
    auto divide = yield.getOperand(0).getDefiningOp<arith::DivFOp>();
    auto dividend = divide ? dyn_cast<BlockArgument>(divide.getLhs()) : BlockArgument();
    if (!dividend || dividend.getOwner() != quotient.getBlock() ||
        quotient->getOperand(dividend.getArgNumber()) != mixed)
      return std::nullopt;
    division.quotient = quotient;
    return division;
  }
  return std::nullopt;
}

/// What is added to the divisor last, as a constant.
double addedTo(linalg::LinalgOp quotient, Value mixed) {
  for (Value input : quotient.getDpsInputs()) {
    auto sum = behindViews(input).getDefiningOp<linalg::LinalgOp>();
    if (input == mixed || !sum)
      continue;
    for (arith::AddFOp add : sum.getBlock()->getOps<arith::AddFOp>()) {
      APFloat value(0.0);
      if (matchPattern(add.getRhs(), m_ConstantFloat(&value)) || matchPattern(add.getLhs(), m_ConstantFloat(&value)))
        return value.convertToDouble();
    }
  }
  return 0;
}

bool proposeNorm(mixer::MixOp mix, Raiser &raiser) {
  std::optional<Division> division = divisionOf(mix.getResult(0));
  if (!division)
    return false;
  OpBuilder builder(division->quotient);
  builder.setInsertionPointAfter(division->quotient);
  Value mixed = division->views.empty() ? mix.getResult(0) : division->views.back()->getResult(0);
  double epsilon = std::max(0.0, addedTo(division->quotient, mixed));
  auto normed = cast<mixer::MixOp>(builder.clone(*mix));
  normed.setNormAttr(mixer::NormAttr::get(mix.getContext(), mixer::NormKind::RowSum, APFloat(epsilon)));
  IRMapping mapping;
  mapping.map(mix.getResult(0), normed.getResult(0));
  for (Operation *view : division->views)
    builder.clone(*view, mapping);
  Value replacement = mapping.lookup(mixed);
  Value quotient = division->quotient->getResult(0);
  if (replacement.getType() != quotient.getType()) {
    eraseUnused({replacement});
    return false;
  }
  SmallVector<Value> frontier;
  for (Value operand : mix->getOperands().drop_back(mix.getInits().size()))
    if (Value source = behindViews(operand); source.getDefiningOp<arith::ConstantOp>() == nullptr)
      frontier.push_back(source);
  return raiser.apply(quotient.getLoc(), "a mixer divided by the sums of its weights",
                      {frontier, {quotient}, {replacement}});
}

bool isPlain(mixer::MixOp mix) {
  return mix.getLinear() && mix.getNorm().getKind() == mixer::NormKind::None && mix.getQuery() && mix.getKey() &&
         mix.getInitialState().empty() && mix.getInits().size() == 1 &&
         !isa<mixer::ElementwiseAttr>(mix.getTransport());
}

} // namespace

void raiseRowSums(func::FuncOp entry, Raiser &raiser) {
  llvm::DenseSet<Operation *> tried;
  // A mixer that became a divisor's is gone after a raise, so the search starts again.
  for (bool hasRaised = true; hasRaised;) {
    hasRaised = false;
    for (mixer::MixOp mix : entry.getOps<mixer::MixOp>())
      if (isPlain(mix) && tried.insert(mix).second && proposeNorm(mix, raiser)) {
        hasRaised = true;
        break;
      }
  }
}

} // namespace heddle
