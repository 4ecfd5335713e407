// Scalar bodies: one small function per family of operations.
#include "frontends/graph/ScalarOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include <limits>

using namespace mlir;

namespace heddle::scalar {

namespace {

// Arithmetic on one float type, so that formulas read as formulas.
struct FloatMath {
  OpBuilder &b;
  Location loc;
  Type type;
  Value number(double value) { return constant(b, loc, value, type); }
  Value add(Value x, Value y) { return arith::AddFOp::create(b, loc, x, y); }
  Value sub(Value x, Value y) { return arith::SubFOp::create(b, loc, x, y); }
  Value mul(Value x, Value y) { return arith::MulFOp::create(b, loc, x, y); }
  Value div(Value x, Value y) { return arith::DivFOp::create(b, loc, x, y); }
  Value neg(Value x) { return arith::NegFOp::create(b, loc, x); }
  Value max(Value x, Value y) { return arith::MaximumFOp::create(b, loc, x, y); }
  Value exp(Value x) { return math::ExpOp::create(b, loc, x); }
  Value compare(arith::CmpFPredicate predicate, Value x, Value y) {
    return arith::CmpFOp::create(b, loc, predicate, x, y);
  }
  Value select(Value condition, Value x, Value y) { return arith::SelectOp::create(b, loc, condition, x, y); }

  Value sigmoid(Value x) { return div(number(1), add(number(1), exp(neg(x)))); }
  Value gelu(Value x) {
    Value erf = math::ErfOp::create(b, loc, mul(x, number(0.70710678118654752440)));
    return mul(mul(number(0.5), x), add(number(1), erf));
  }
  Value geluTanh(Value x) {
    Value cubic = mul(mul(x, x), mul(x, number(0.044715)));
    Value tanh = math::TanhOp::create(b, loc, mul(number(0.79788456080286535588), add(x, cubic)));
    return mul(mul(number(0.5), x), add(number(1), tanh));
  }
  // max(x, 0) + log1p(exp(-|x|)): exact for large |x| of either sign.
  Value softplus(Value x) {
    Value magnitude = math::AbsFOp::create(b, loc, x);
    return add(max(x, number(0)), math::Log1pOp::create(b, loc, exp(neg(magnitude))));
  }
  Value sign(Value x) {
    Value positive = select(compare(arith::CmpFPredicate::OGT, x, number(0)), number(1), number(0));
    return select(compare(arith::CmpFPredicate::OLT, x, number(0)), number(-1), positive);
  }
  Value isInf(Value x) {
    Value magnitude = math::AbsFOp::create(b, loc, x);
    return compare(arith::CmpFPredicate::OEQ, magnitude, number(std::numeric_limits<double>::infinity()));
  }
  // x - y * floor(x / y): the sign of the divisor.
  Value mod(Value x, Value y) {
    Value rest = arith::RemFOp::create(b, loc, x, y);
    Value nonZero = compare(arith::CmpFPredicate::UNE, rest, number(0));
    Value below = compare(arith::CmpFPredicate::OLT, mul(rest, y), number(0));
    return select(arith::AndIOp::create(b, loc, nonZero, below), add(rest, y), rest);
  }
};

Value unaryFloat(FloatMath m, Unary kind, Value x) {
  OpBuilder &b = m.b;
  Location loc = m.loc;
  switch (kind) {
  case Unary::Abs:
    return math::AbsFOp::create(b, loc, x);
  case Unary::Neg:
    return m.neg(x);
  case Unary::Exp:
    return m.exp(x);
  case Unary::Log:
    return math::LogOp::create(b, loc, x);
  case Unary::Log1p:
    return math::Log1pOp::create(b, loc, x);
  case Unary::Sqrt:
    return math::SqrtOp::create(b, loc, x);
  case Unary::Rsqrt:
    return m.div(m.number(1), math::SqrtOp::create(b, loc, x));
  case Unary::Reciprocal:
    return m.div(m.number(1), x);
  case Unary::Tanh:
    return math::TanhOp::create(b, loc, x);
  case Unary::Sigmoid:
    return m.sigmoid(x);
  case Unary::Relu:
    return m.max(x, m.number(0));
  case Unary::Silu:
    return m.mul(x, m.sigmoid(x));
  case Unary::Gelu:
    return m.gelu(x);
  case Unary::GeluTanh:
    return m.geluTanh(x);
  case Unary::Softplus:
    return m.softplus(x);
  case Unary::Erf:
    return math::ErfOp::create(b, loc, x);
  case Unary::Sin:
    return math::SinOp::create(b, loc, x);
  case Unary::Cos:
    return math::CosOp::create(b, loc, x);
  case Unary::Tan:
    return math::TanOp::create(b, loc, x);
  case Unary::Atan:
    return math::AtanOp::create(b, loc, x);
  case Unary::Floor:
    return math::FloorOp::create(b, loc, x);
  case Unary::Ceil:
    return math::CeilOp::create(b, loc, x);
  case Unary::Round:
    return math::RoundEvenOp::create(b, loc, x);
  case Unary::Sign:
    return m.sign(x);
  case Unary::IsNan:
    return m.compare(arith::CmpFPredicate::UNO, x, x);
  case Unary::IsInf:
    return m.isInf(x);
  case Unary::Not:
    return {};
  }
  return {};
}

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

Value binaryFloat(FloatMath m, Binary kind, Value x, Value y) {
  switch (kind) {
  case Binary::Add:
    return m.add(x, y);
  case Binary::Sub:
    return m.sub(x, y);
  case Binary::Mul:
    return m.mul(x, y);
  case Binary::Div:
    return m.div(x, y);
  case Binary::Pow:
    return math::PowFOp::create(m.b, m.loc, x, y);
  case Binary::Min:
    return arith::MinimumFOp::create(m.b, m.loc, x, y);
  case Binary::Max:
    return m.max(x, y);
  case Binary::Mod:
    return m.mod(x, y);
  default:
    return {};
  }
}

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

arith::CmpFPredicate floatPredicate(Compare kind) {
  switch (kind) {
  case Compare::Equal:
    return arith::CmpFPredicate::OEQ;
  case Compare::NotEqual:
    return arith::CmpFPredicate::UNE;
  case Compare::Less:
    return arith::CmpFPredicate::OLT;
  case Compare::LessEqual:
    return arith::CmpFPredicate::OLE;
  case Compare::Greater:
    return arith::CmpFPredicate::OGT;
  case Compare::GreaterEqual:
    return arith::CmpFPredicate::OGE;
  }
  return arith::CmpFPredicate::OEQ;
}

arith::CmpIPredicate integerPredicate(Compare kind, bool isUnsigned) {
  using P = arith::CmpIPredicate;
  switch (kind) {
  case Compare::Equal:
    return P::eq;
  case Compare::NotEqual:
    return P::ne;
  case Compare::Less:
    return isUnsigned ? P::ult : P::slt;
  case Compare::LessEqual:
    return isUnsigned ? P::ule : P::sle;
  case Compare::Greater:
    return isUnsigned ? P::ugt : P::sgt;
  case Compare::GreaterEqual:
    return isUnsigned ? P::uge : P::sge;
  }
  return P::eq;
}

} // namespace

Value unary(OpBuilder &b, Location loc, Unary kind, Value x, Type type) {
  if (isa<FloatType>(x.getType()))
    return unaryFloat({b, loc, x.getType()}, kind, x);
  return unaryInteger(b, loc, kind, x, type);
}

Value binary(OpBuilder &b, Location loc, Binary kind, Value x, Value y, Type type) {
  if (isa<FloatType>(x.getType()))
    return binaryFloat({b, loc, x.getType()}, kind, x, y);
  return binaryInteger(b, loc, kind, x, y, type);
}

Value compare(OpBuilder &b, Location loc, Compare kind, Value x, Value y, Type type) {
  if (isa<FloatType>(x.getType()))
    return arith::CmpFOp::create(b, loc, floatPredicate(kind), x, y);
  bool isUnsigned = type.isUnsignedInteger() || type.isInteger(1);
  return arith::CmpIOp::create(b, loc, integerPredicate(kind, isUnsigned), x, y);
}

bool defined(Unary kind, Type type) {
  if (isa<FloatType>(type))
    return kind != Unary::Not;
  switch (kind) {
  case Unary::Not:
    return true;
  case Unary::Abs:
  case Unary::Neg:
  case Unary::Relu:
  case Unary::Sign:
  case Unary::Floor:
  case Unary::Ceil:
  case Unary::Round:
    return !type.isInteger(1);
  default:
    return false;
  }
}

bool defined(Binary kind, Type type) {
  bool isLogic = kind == Binary::And || kind == Binary::Or || kind == Binary::Xor;
  if (isa<FloatType>(type))
    return !isLogic;
  return isLogic || !type.isInteger(1) || kind == Binary::Min || kind == Binary::Max || kind == Binary::Mul;
}

} // namespace heddle::scalar
