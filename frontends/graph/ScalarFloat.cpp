// Bodies on floats: formulas over one float type.
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

} // namespace

Value unaryFloat(OpBuilder &b, Location loc, Unary kind, Value x) {
  FloatMath m{b, loc, x.getType()};
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

Value binaryFloat(OpBuilder &b, Location loc, Binary kind, Value x, Value y) {
  FloatMath m{b, loc, x.getType()};
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

} // namespace heddle::scalar
