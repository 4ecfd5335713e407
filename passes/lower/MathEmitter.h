// Float and bit arithmetic in short notation, for expansions that read like their formulas.
//
//   MathEmitter e(builder, loc, x);
//   Value y = e.fma(x, e.number(2.0), e.polynomial(e.mul(x, x), {1.0f, -0.5f}));
#ifndef HEDDLE_PASSES_LOWER_MATHEMITTER_H
#define HEDDLE_PASSES_LOWER_MATHEMITTER_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

namespace heddle {

/// Arithmetic on values of one shape. No op carries fast-math flags: the order of operations is the algorithm.
class MathEmitter {
public:
  MathEmitter(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value like)
      : builder(builder), loc(loc), floatType(like.getType()), intType(withElement(builder.getI32Type())) {}

  mlir::Type withElement(mlir::Type element) const {
    auto vector = llvm::dyn_cast<mlir::VectorType>(floatType);
    return vector ? mlir::Type(vector.clone(element)) : element;
  }
  mlir::Value number(double value) {
    return constant(floatType, builder.getFloatAttr(mlir::getElementTypeOrSelf(floatType), value));
  }
  mlir::Value number(mlir::Type type, double value) {
    return constant(type, builder.getFloatAttr(mlir::getElementTypeOrSelf(type), value));
  }
  mlir::Value integer(int32_t value) { return constant(intType, builder.getI32IntegerAttr(value)); }

  mlir::Value add(mlir::Value a, mlir::Value b) { return mlir::arith::AddFOp::create(builder, loc, a, b); }
  mlir::Value sub(mlir::Value a, mlir::Value b) { return mlir::arith::SubFOp::create(builder, loc, a, b); }
  mlir::Value mul(mlir::Value a, mlir::Value b) { return mlir::arith::MulFOp::create(builder, loc, a, b); }
  mlir::Value div(mlir::Value a, mlir::Value b) { return mlir::arith::DivFOp::create(builder, loc, a, b); }
  mlir::Value fma(mlir::Value a, mlir::Value b, mlir::Value c) {
    return mlir::math::FmaOp::create(builder, loc, a, b, c);
  }
  mlir::Value abs(mlir::Value a) { return mlir::math::AbsFOp::create(builder, loc, a); }
  mlir::Value neg(mlir::Value a) { return mlir::arith::NegFOp::create(builder, loc, a); }
  mlir::Value copySign(mlir::Value a, mlir::Value sign) {
    return mlir::math::CopySignOp::create(builder, loc, a, sign);
  }
  mlir::Value select(mlir::Value condition, mlir::Value a, mlir::Value b) {
    return mlir::arith::SelectOp::create(builder, loc, condition, a, b);
  }
  mlir::Value less(mlir::Value a, double b) {
    return mlir::arith::CmpFOp::create(builder, loc, mlir::arith::CmpFPredicate::OLT, a, number(a.getType(), b));
  }
  mlir::Value greater(mlir::Value a, double b) {
    return mlir::arith::CmpFOp::create(builder, loc, mlir::arith::CmpFPredicate::OGT, a, number(a.getType(), b));
  }
  mlir::Value equal(mlir::Value a, double b) {
    return mlir::arith::CmpFOp::create(builder, loc, mlir::arith::CmpFPredicate::OEQ, a, number(a.getType(), b));
  }
  /// NaN stays NaN: comparisons with it are false.
  mlir::Value clamp(mlir::Value x, double low, double high) {
    x = select(less(x, low), number(low), x);
    return select(greater(x, high), number(high), x);
  }

  mlir::Value addI(mlir::Value a, mlir::Value b) { return mlir::arith::AddIOp::create(builder, loc, a, b); }
  mlir::Value subI(mlir::Value a, mlir::Value b) { return mlir::arith::SubIOp::create(builder, loc, a, b); }
  mlir::Value andI(mlir::Value a, mlir::Value b) { return mlir::arith::AndIOp::create(builder, loc, a, b); }
  mlir::Value xorI(mlir::Value a, mlir::Value b) { return mlir::arith::XOrIOp::create(builder, loc, a, b); }
  mlir::Value shiftLeft(mlir::Value a, int32_t bits) {
    return mlir::arith::ShLIOp::create(builder, loc, a, integer(bits));
  }
  mlir::Value shiftRight(mlir::Value a, int32_t bits) {
    return mlir::arith::ShRSIOp::create(builder, loc, a, integer(bits));
  }
  mlir::Value toBits(mlir::Value a) { return mlir::arith::BitcastOp::create(builder, loc, intType, a); }
  mlir::Value fromBits(mlir::Value a) { return mlir::arith::BitcastOp::create(builder, loc, floatType, a); }
  mlir::Value toFloat(mlir::Value a) { return mlir::arith::SIToFPOp::create(builder, loc, floatType, a); }
  /// 2^n for n in [-126, 127].
  mlir::Value powerOfTwo(mlir::Value n) { return fromBits(shiftLeft(addI(n, integer(127)), 23)); }

  /// Horner's rule, lowest coefficient first.
  mlir::Value polynomial(mlir::Value x, llvm::ArrayRef<float> coefficients) {
    mlir::Value sum = number(coefficients.back());
    for (float coefficient : llvm::reverse(coefficients.drop_back()))
      sum = fma(sum, x, number(coefficient));
    return sum;
  }

  mlir::OpBuilder &builder;
  mlir::Location loc;
  mlir::Type floatType, intType;

private:
  mlir::Value constant(mlir::Type type, mlir::TypedAttr element) {
    if (auto shaped = llvm::dyn_cast<mlir::ShapedType>(type))
      return mlir::arith::ConstantOp::create(
          builder, loc, mlir::DenseElementsAttr::get(shaped, llvm::ArrayRef<mlir::Attribute>(element)));
    return mlir::arith::ConstantOp::create(builder, loc, element);
  }
};

} // namespace heddle

#endif
