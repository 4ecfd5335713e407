// Scalar bodies: which operation is defined on which type, and who writes it.
#include "frontends/graph/ScalarOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace heddle::scalar {

namespace {

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
    return unaryFloat(b, loc, kind, x);
  return unaryInteger(b, loc, kind, x, type);
}

Value binary(OpBuilder &b, Location loc, Binary kind, Value x, Value y, Type type) {
  if (isa<FloatType>(x.getType()))
    return binaryFloat(b, loc, kind, x, y);
  return binaryInteger(b, loc, kind, x, y, type);
}

Value compare(OpBuilder &b, Location loc, Compare kind, Value x, Value y, Type type) {
  if (isa<FloatType>(x.getType()))
    return arith::CmpFOp::create(b, loc, floatPredicate(kind), x, y);
  bool isUnsigned = type.isUnsignedInteger() || type.isInteger(1);
  return arith::CmpIOp::create(b, loc, integerPredicate(kind, isUnsigned), x, y);
}

// Integers narrower than a byte are moved and converted, not computed with.
static bool isNarrow(Type type) {
  return isa<IntegerType>(type) && !type.isInteger(1) && type.getIntOrFloatBitWidth() < 8;
}

bool defined(Unary kind, Type type) {
  if (isNarrow(type))
    return false;
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
  if (isNarrow(type))
    return false;
  bool isLogic = kind == Binary::And || kind == Binary::Or || kind == Binary::Xor;
  if (isa<FloatType>(type))
    return !isLogic;
  return isLogic || !type.isInteger(1) || kind == Binary::Min || kind == Binary::Max || kind == Binary::Mul;
}

} // namespace heddle::scalar
