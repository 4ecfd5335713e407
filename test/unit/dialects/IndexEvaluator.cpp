#include "IndexEvaluator.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace heddle::test {

int64_t IndexEvaluator::value(Value value) const {
  auto found = numbers.find(value);
  if (found == numbers.end())
    llvm::report_fatal_error("a value is read before it is computed");
  return found->second;
}

static bool compare(arith::CmpIPredicate predicate, int64_t a, int64_t b) {
  switch (predicate) {
  case arith::CmpIPredicate::eq:
    return a == b;
  case arith::CmpIPredicate::ne:
    return a != b;
  case arith::CmpIPredicate::slt:
    return a < b;
  case arith::CmpIPredicate::sle:
    return a <= b;
  default:
    llvm::report_fatal_error("a comparison that supports do not emit");
  }
}

static uint64_t shiftAmount(int64_t amount) {
  if (amount < 0 || amount > 63)
    llvm::report_fatal_error("a shift by 64 bits or more is undefined");
  return uint64_t(amount);
}

int64_t IndexEvaluator::arithmetic(Operation *op) const {
  if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
    auto number = cast<IntegerAttr>(constant.getValue());
    return number.getType().isInteger(1) ? number.getValue().getZExtValue() : number.getValue().getSExtValue();
  }
  auto in = [&](unsigned index) { return value(op->getOperand(index)); };
  return TypeSwitch<Operation *, int64_t>(op)
      .Case([&](arith::AddIOp) { return in(0) + in(1); })
      .Case([&](arith::SubIOp) { return in(0) - in(1); })
      .Case([&](arith::MulIOp) { return in(0) * in(1); })
      .Case([&](arith::DivSIOp) { return in(0) / in(1); })
      .Case([&](arith::RemSIOp) { return in(0) % in(1); })
      .Case([&](arith::AndIOp) { return in(0) & in(1); })
      .Case([&](arith::OrIOp) { return in(0) | in(1); })
      .Case([&](arith::XOrIOp) { return in(0) ^ in(1); })
      .Case([&](arith::ShLIOp) { return int64_t(uint64_t(in(0)) << shiftAmount(in(1))); })
      .Case([&](arith::ShRUIOp) { return int64_t(uint64_t(in(0)) >> shiftAmount(in(1))); })
      .Case([&](arith::MaxSIOp) { return std::max(in(0), in(1)); })
      .Case([&](arith::MinSIOp) { return std::min(in(0), in(1)); })
      .Case([&](arith::IndexCastOp) { return in(0); })
      .Case([&](arith::SelectOp) { return in(0) ? in(1) : in(2); })
      .Case([&](arith::CmpIOp comparison) { return int64_t(compare(comparison.getPredicate(), in(0), in(1))); })
      .Default([](Operation *unknown) -> int64_t {
        llvm::report_fatal_error("unknown op " + unknown->getName().getStringRef());
      });
}

void IndexEvaluator::loop(Operation *op) {
  auto loop = cast<scf::ForOp>(op);
  SmallVector<int64_t> carried;
  for (Value init : loop.getInitArgs())
    carried.push_back(value(init));
  for (int64_t at = value(loop.getLowerBound()); at < value(loop.getUpperBound()); at += value(loop.getStep())) {
    bind(loop.getInductionVar(), at);
    for (auto [argument, number] : llvm::zip_equal(loop.getRegionIterArgs(), carried))
      bind(argument, number);
    carried = block(*loop.getBody());
  }
  for (auto [result, number] : llvm::zip_equal(loop.getResults(), carried))
    bind(result, number);
}

void IndexEvaluator::choose(Operation *op) {
  auto choice = cast<scf::IndexSwitchOp>(op);
  Block *taken = &choice.getDefaultBlock();
  for (auto [number, wanted] : llvm::enumerate(choice.getCases()))
    if (wanted == value(choice.getArg()))
      taken = &choice.getCaseBlock(number);
  for (auto [result, number] : llvm::zip_equal(choice.getResults(), block(*taken)))
    bind(result, number);
}

void IndexEvaluator::run(Operation *op) {
  if (isa<scf::ForOp>(op))
    return loop(op);
  if (isa<scf::IndexSwitchOp>(op))
    return choose(op);
  bind(op->getResult(0), arithmetic(op));
}

SmallVector<int64_t> IndexEvaluator::block(Block &body) {
  for (Operation &op : body) {
    if (!isa<scf::YieldOp>(op)) {
      run(&op);
      continue;
    }
    return llvm::map_to_vector(op.getOperands(), [&](Value yielded) { return value(yielded); });
  }
  return {};
}

} // namespace heddle::test
