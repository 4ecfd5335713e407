// Bodies on integers. No operand makes the machine trap.
#include "frontends/graph/ScalarOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;

namespace heddle::scalar {

Value unaryInteger(OpBuilder &b, Location loc, Unary kind, Value x, Type type) {
  Value zero = constant(b, loc, 0, type);
  switch (kind) {
  case Unary::Abs:
    return type.isUnsignedInteger() ? x : math::AbsIOp::create(b, loc, x).getResult();
  case Unary::Neg:
    return arith::SubIOp::create(b, loc, zero, x);
  case Unary::Relu:
    return type.isUnsignedInteger() ? x : arith::MaxSIOp::create(b, loc, x, zero).getResult();
  case Unary::Not:
    return arith::XOrIOp::create(b, loc, x, constant(b, loc, type.isInteger(1) ? 1 : -1, storageType(type)));
  case Unary::Sign: {
    Value one = constant(b, loc, 1, type);
    if (type.isUnsignedInteger())
      return arith::MinUIOp::create(b, loc, x, one);
    Value minusOne = constant(b, loc, -1, type);
    return arith::MaxSIOp::create(b, loc, arith::MinSIOp::create(b, loc, x, one), minusOne);
  }
  case Unary::Floor:
  case Unary::Ceil:
  case Unary::Round:
    return x;
  default:
    return {};
  }
}

namespace {

// A zero divisor is replaced by one: the quotient is then unspecified, but the machine does not trap.
Value safeDivisor(OpBuilder &b, Location loc, Value y, Type type) {
  Value isZero = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, y, constant(b, loc, 0, type));
  return arith::SelectOp::create(b, loc, isZero, constant(b, loc, 1, type), y);
}

// Division of integers truncates toward zero.
Value divide(OpBuilder &b, Location loc, Value x, Value y, Type type) {
  Value divisor = safeDivisor(b, loc, y, type);
  if (type.isUnsignedInteger())
    return arith::DivUIOp::create(b, loc, x, divisor);
  // The least integer divided by -1 traps; x / -1 is 0 - x.
  Value isMinusOne = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, divisor, constant(b, loc, -1, type));
  Value harmless = arith::SelectOp::create(b, loc, isMinusOne, constant(b, loc, 1, type), divisor);
  Value negated = arith::SubIOp::create(b, loc, constant(b, loc, 0, type), x);
  return arith::SelectOp::create(b, loc, isMinusOne, negated, arith::DivSIOp::create(b, loc, x, harmless));
}

Value modulo(OpBuilder &b, Location loc, Value x, Value y, Type type) {
  Value divisor = safeDivisor(b, loc, y, type);
  if (type.isUnsignedInteger())
    return arith::RemUIOp::create(b, loc, x, divisor);
  Value quotient = divide(b, loc, x, divisor, type);
  Value rest = arith::SubIOp::create(b, loc, x, arith::MulIOp::create(b, loc, quotient, divisor));
  Value zero = constant(b, loc, 0, type);
  Value nonZero = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ne, rest, zero);
  Value signs = arith::XOrIOp::create(b, loc, rest, divisor);
  Value differ = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt, signs, zero);
  Value adjust = arith::AndIOp::create(b, loc, nonZero, differ);
  return arith::SelectOp::create(b, loc, adjust, arith::AddIOp::create(b, loc, rest, divisor), rest);
}

} // namespace

Value binaryInteger(OpBuilder &b, Location loc, Binary kind, Value x, Value y, Type type) {
  bool isUnsigned = type.isUnsignedInteger() || type.isInteger(1);
  switch (kind) {
  case Binary::Add:
    return arith::AddIOp::create(b, loc, x, y);
  case Binary::Sub:
    return arith::SubIOp::create(b, loc, x, y);
  case Binary::Mul:
    return arith::MulIOp::create(b, loc, x, y);
  case Binary::Div:
    return divide(b, loc, x, y, type);
  case Binary::Mod:
    return modulo(b, loc, x, y, type);
  case Binary::Pow:
    return math::IPowIOp::create(b, loc, x, y);
  case Binary::Min:
    return isUnsigned ? arith::MinUIOp::create(b, loc, x, y).getResult()
                      : arith::MinSIOp::create(b, loc, x, y).getResult();
  case Binary::Max:
    return isUnsigned ? arith::MaxUIOp::create(b, loc, x, y).getResult()
                      : arith::MaxSIOp::create(b, loc, x, y).getResult();
  case Binary::And:
    return arith::AndIOp::create(b, loc, x, y);
  case Binary::Or:
    return arith::OrIOp::create(b, loc, x, y);
  case Binary::Xor:
    return arith::XOrIOp::create(b, loc, x, y);
  }
  return {};
}

} // namespace heddle::scalar
