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

/// A mixer's result, or its query, divided by something that each token has one of.
struct Division {
  SmallVector<Operation *> views;    // from the mixer to what is divided
  mutable linalg::LinalgOp quotient; // a handle: asking it changes nothing
  unsigned dividend = 0;             // operand of the quotient
};

/// The operand that an elementwise op divides by the others, or multiplies with them: what divides may come as a
/// reciprocal.
std::optional<unsigned> dividendOf(linalg::LinalgOp op, function_ref<bool(Value)> mayBe) {
  if (!op || op.getNumReductionLoops() || op->getNumResults() != 1 || op.getNumDpsInputs() < 2)
    return std::nullopt;
  auto yield = cast<linalg::YieldOp>(op.getBlock()->getTerminator());
  Operation *last = yield.getOperand(0).getDefiningOp();
  // A product that is written as a contraction without sum adds to its init.
  if (auto sum = dyn_cast_if_present<arith::AddFOp>(last); sum && sum.getLhs() == op.getRegionOutputArgs()[0])
    last = sum.getRhs().getDefiningOp();
  if (!isa_and_present<arith::DivFOp, arith::MulFOp>(last))
    return std::nullopt;
  for (Value factor : isa<arith::DivFOp>(last) ? last->getOperands().take_front() : last->getOperands()) {
    auto argument = dyn_cast<BlockArgument>(factor);
    if (argument && argument.getOwner() == op.getBlock() && mayBe(op->getOperand(argument.getArgNumber())))
      return argument.getArgNumber();
  }
  return std::nullopt;
}

/// The only op that reads elements of a value.
Operation *readerOf(Value value) {
  auto readers = llvm::make_filter_range(value.getUsers(), [](Operation *user) { return !isa<tensor::DimOp>(user); });
  return llvm::hasSingleElement(readers) ? *readers.begin() : nullptr;
}

/// The division at the end of a chain of views, where the mixer is used in one place.
std::optional<Division> divisionBehind(Value mixed) {
  Division division;
  while (Operation *user = readerOf(mixed)) {
    if (isView(user)) {
      division.views.push_back(user);
      mixed = user->getResult(0);
      continue;
    }
    division.quotient = dyn_cast<linalg::LinalgOp>(user);
    std::optional<unsigned> dividend = dividendOf(division.quotient, [&](Value value) { return value == mixed; });
    if (!dividend)
      return std::nullopt;
    division.dividend = *dividend;
    return division;
  }
  return std::nullopt;
}

/// The division that a query is, where its divisor has no features: a sum over keys of the quotients is the quotient of
/// the sum.
std::optional<Division> divisionInFront(Value query) {
  Division division;
  for (; isView(query.getDefiningOp()); query = query.getDefiningOp()->getOperand(0))
    division.views.push_back(query.getDefiningOp());
  std::reverse(division.views.begin(), division.views.end());
  division.quotient = query.getDefiningOp<linalg::LinalgOp>();
  auto rank = [](Value value) {
    auto type = dyn_cast<RankedTensorType>(behindViews(value).getType());
    return type ? llvm::count_if(type.getShape(), [](int64_t size) { return size != 1; }) : 0;
  };
  std::optional<unsigned> dividend = dividendOf(division.quotient, [&](Value value) {
    return value.getType() == query.getType() &&
           llvm::all_of(division.quotient.getDpsInputs(), [&](Value other) { return rank(other) <= rank(value); });
  });
  if (!dividend)
    return std::nullopt;
  division.dividend = *dividend;
  return division;
}

/// What is added to a divisor last, as a constant: behind views and reciprocals.
double addedTo(Value divisor) {
  auto sum = behindViews(divisor).getDefiningOp<linalg::LinalgOp>();
  while (sum && !sum.getNumReductionLoops()) {
    for (arith::AddFOp add : sum.getBlock()->getOps<arith::AddFOp>()) {
      APFloat value(0.0);
      if (matchPattern(add.getRhs(), m_ConstantFloat(&value)) || matchPattern(add.getLhs(), m_ConstantFloat(&value)))
        return value.convertToDouble();
    }
    if (sum.getNumDpsInputs() != 1)
      return 0;
    sum = behindViews(sum.getDpsInputs()[0]).getDefiningOp<linalg::LinalgOp>();
  }
  return 0;
}

double epsilonOf(const Division &division) {
  for (auto [number, input] : llvm::enumerate(division.quotient.getDpsInputs()))
    if (number != division.dividend)
      if (double added = addedTo(input); added > 0)
        return added;
  return 0;
}

mixer::MixOp buildNormed(OpBuilder &builder, mixer::MixOp mix, const Division &division) {
  auto normed = cast<mixer::MixOp>(builder.clone(*mix));
  normed.setNormAttr(mixer::NormAttr::get(mix.getContext(), mixer::NormKind::RowSum, APFloat(epsilonOf(division))));
  return normed;
}

bool prove(mixer::MixOp mix, const Division &division, Value original, Value replacement, Raiser &raiser) {
  if (replacement.getType() != original.getType()) {
    eraseUnused({replacement});
    return false;
  }
  SmallVector<Value> frontier;
  auto read = [&](Value value) {
    if (Value source = behindViews(value); source.getDefiningOp<arith::ConstantOp>() == nullptr)
      frontier.push_back(source);
  };
  for (Value operand : mix->getOperands().drop_back(mix.getInits().size()))
    if (operand != mix.getQuery() || behindViews(operand) != division.quotient->getResult(0))
      read(operand);
    else
      read(division.quotient->getOperand(division.dividend));
  return raiser.apply(division.quotient.getLoc(), "a mixer divided by the sums of its weights",
                      {frontier, {original}, {replacement}});
}

bool proposeNormBehind(mixer::MixOp mix, Raiser &raiser) {
  std::optional<Division> division = divisionBehind(mix.getResult(0));
  if (!division)
    return false;
  OpBuilder builder(division->quotient);
  builder.setInsertionPointAfter(division->quotient);
  IRMapping mapping;
  mapping.map(mix.getResult(0), buildNormed(builder, mix, *division).getResult(0));
  Value replacement = mapping.lookup(mix.getResult(0));
  for (Operation *view : division->views)
    replacement = builder.clone(*view, mapping)->getResult(0);
  return prove(mix, *division, division->quotient->getResult(0), replacement, raiser);
}

bool proposeNormInFront(mixer::MixOp mix, Raiser &raiser) {
  std::optional<Division> division = divisionInFront(mix.getQuery());
  if (!division)
    return false;
  OpBuilder builder(mix);
  builder.setInsertionPointAfter(mix);
  Value query = division->quotient->getOperand(division->dividend);
  IRMapping mapping;
  mapping.map(division->quotient->getResult(0), query);
  for (Operation *view : division->views)
    query = builder.clone(*view, mapping)->getResult(0);
  mixer::MixOp normed = buildNormed(builder, mix, *division);
  normed.getQueryMutable().assign(query);
  return prove(mix, *division, mix.getResult(0), normed.getResult(0), raiser);
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
      if (isPlain(mix) && tried.insert(mix).second &&
          (proposeNormBehind(mix, raiser) || proposeNormInFront(mix, raiser))) {
        hasRaised = true;
        break;
      }
  }
}

} // namespace heddle
