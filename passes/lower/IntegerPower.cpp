#include "passes/lower/MathExpansions.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace heddle {
namespace {

/// Signed integers, or vectors of them, of one type.
class Integers {
public:
  Integers(OpBuilder &builder, Location loc, Type type) : builder(builder), loc(loc), type(type) {}

  Value number(int64_t value) const {
    IntegerAttr element = builder.getIntegerAttr(getElementTypeOrSelf(type), value);
    if (auto vector = dyn_cast<VectorType>(type))
      return arith::ConstantOp::create(builder, loc, DenseElementsAttr::get(vector, ArrayRef<Attribute>(element)));
    return arith::ConstantOp::create(builder, loc, element);
  }
  Value mul(Value a, Value b) const { return arith::MulIOp::create(builder, loc, a, b); }
  Value half(Value a) const { return arith::ShRSIOp::create(builder, loc, a, number(1)); }
  Value select(Value condition, Value a, Value b) const {
    return arith::SelectOp::create(builder, loc, condition, a, b);
  }
  Value compare(arith::CmpIPredicate predicate, Value a, int64_t b) const {
    return arith::CmpIOp::create(builder, loc, predicate, a, number(b));
  }
  Value isOdd(Value a) const {
    return compare(arith::CmpIPredicate::ne, arith::AndIOp::create(builder, loc, a, number(1)), 0);
  }
  /// Whether any element is positive.
  Value anyPositive(Value a) const {
    if (isa<VectorType>(type))
      a = vector::ReductionOp::create(builder, loc, vector::CombiningKind::MAXSI, a);
    Value zero = arith::ConstantOp::create(builder, loc, builder.getZeroAttr(a.getType()));
    return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::sgt, a, zero);
  }

private:
  OpBuilder &builder;
  Location loc;
  Type type;
};

/// Right where the exponent is not negative.
Value powerBySquaring(OpBuilder &builder, Location loc, Value base, Value exponent) {
  Type type = base.getType();
  Value one = Integers(builder, loc, type).number(1);
  // Carries the power, the square and the bits still to come.
  auto hasMore = [&](OpBuilder &nested, Location at, ValueRange carried) {
    scf::ConditionOp::create(nested, at, Integers(nested, at, type).anyPositive(carried[2]), carried);
  };
  auto takeBit = [&](OpBuilder &nested, Location at, ValueRange carried) {
    Integers e(nested, at, type);
    Value power = e.select(e.isOdd(carried[2]), e.mul(carried[0], carried[1]), carried[0]);
    Value square = e.mul(carried[1], carried[1]), bits = e.half(carried[2]);
    scf::YieldOp::create(nested, at, ValueRange{power, square, bits});
  };
  auto loop = scf::WhileOp::create(builder, loc, TypeRange{type, type, type}, ValueRange{one, base, exponent}, hasMore,
                                   takeBit);
  return loop.getResult(0);
}

} // namespace

Value expandIntegerPower(OpBuilder &builder, Location loc, Value base, Value exponent) {
  Integers e(builder, loc, base.getType());
  Value power = powerBySquaring(builder, loc, base, exponent);
  Value sign = e.select(e.isOdd(exponent), e.number(-1), e.number(1));
  Value ofMinusOne = e.select(e.compare(arith::CmpIPredicate::eq, base, -1), sign, e.number(0));
  Value reciprocal = e.select(e.compare(arith::CmpIPredicate::eq, base, 1), e.number(1), ofMinusOne);
  return e.select(e.compare(arith::CmpIPredicate::slt, exponent, 0), reciprocal, power);
}

} // namespace heddle
