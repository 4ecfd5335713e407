#include "passes/lower/MathExpansions.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "passes/lower/MathEmitter.h"

using namespace mlir;

namespace heddle {
namespace {

constexpr float ln2High = 0.693145752f, ln2Low = 1.42860677e-6f, log2e = 1.44269504f;
// Adding it rounds a float of magnitude below 2^22 to the nearest integer, which then stands in the low bits.
constexpr float roundingShift = 12582912.0f;            // 1.5 * 2^23
constexpr double roundingShiftF64 = 6755399441055744.0; // 1.5 * 2^52

/// x = n ln 2 + r with |r| <= ln(2) / 2.
struct Reduced {
  Value n, r;
};
Reduced reduceByLn2(MathEmitter &e, Value x) {
  Value shifted = e.fma(x, e.number(log2e), e.number(roundingShift));
  Value n = e.sub(shifted, e.number(roundingShift));
  Value r = e.fma(n, e.number(-ln2Low), e.fma(n, e.number(-ln2High), x));
  return {e.subI(e.toBits(shifted), e.toBits(e.number(roundingShift))), r};
}

/// exp(r) - 1 for |r| <= ln(2) / 2.
Value expM1OfReduced(MathEmitter &e, Value r) {
  Value tail =
      e.polynomial(r, {4.999999702e-01f, 1.666654348e-01f, 4.166720062e-02f, 8.366532624e-03f, 1.388251898e-03f});
  return e.fma(e.mul(r, r), tail, r);
}

/// value * 2^n in two steps, so that results below 2^-126 and up to the largest float come out right.
Value scale(MathEmitter &e, Value value, Value n) {
  Value half = e.shiftRight(n, 1);
  return e.mul(e.mul(value, e.powerOfTwo(half)), e.powerOfTwo(e.subI(n, half)));
}

/// value * 2^n in one instruction.
Value scaleWithLdexp(MathEmitter &e, Value value, Value n) {
  auto vector = dyn_cast<VectorType>(value.getType());
  if (vector && vector.getRank() != 1) // no LLVM type
    return scale(e, value, n);
  // The op of that name takes one exponent for all lanes; the intrinsic takes one for each.
  auto intrinsic = e.builder.getStringAttr("llvm.ldexp");
  return LLVM::CallIntrinsicOp::create(e.builder, e.loc, value.getType(), intrinsic, ValueRange{value, n}).getResult(0);
}

using Scale = Value (*)(MathEmitter &, Value, Value);

Value expandExp(OpBuilder &builder, Location loc, Value x, Scale scale) {
  MathEmitter e(builder, loc, x);
  auto [n, r] = reduceByLn2(e, e.clamp(x, -104.0, 89.0)); // 0 and infinity beyond
  return scale(e, e.add(expM1OfReduced(e, r), e.number(1.0)), n);
}

Value expandExp2(OpBuilder &builder, Location loc, Value x, Scale scale) {
  MathEmitter e(builder, loc, x);
  x = e.clamp(x, -150.0, 129.0);
  Value shifted = e.add(x, e.number(roundingShift));
  Value r = e.sub(x, e.sub(shifted, e.number(roundingShift)));
  Value p = e.polynomial(
      r, {6.931471825e-01f, 2.402264774e-01f, 5.550332367e-02f, 9.618436918e-03f, 1.339887385e-03f, 1.535336196e-04f});
  Value n = e.subI(e.toBits(shifted), e.toBits(e.number(roundingShift)));
  return scale(e, e.fma(r, p, e.number(1.0)), n);
}

/// x = 2^exponent (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)), for positive finite x.
struct Split {
  Value exponent, f;
};
Split splitExponent(MathEmitter &e, Value x) {
  constexpr int32_t sqrtHalfBits = 0x3f3504f3;
  Value isSmall = e.less(x, 1.17549435e-38); // subnormal
  Value bits = e.subI(e.toBits(e.select(isSmall, e.mul(x, e.number(8388608.0)), x)), e.integer(sqrtHalfBits));
  Value mantissa = e.addI(e.andI(bits, e.integer(0x007fffff)), e.integer(sqrtHalfBits));
  Value exponent = e.subI(e.shiftRight(bits, 23), e.select(isSmall, e.integer(23), e.integer(0)));
  return {e.toFloat(exponent), e.sub(e.fromBits(mantissa), e.number(1.0))};
}

/// log(1 + f) - f for f in [sqrt(1/2) - 1, sqrt(2) - 1].
Value logTail(MathEmitter &e, Value f) {
  Value p = e.polynomial(f, {3.333333135e-01f, -2.500081956e-01f, 2.000122666e-01f, -1.662335694e-01f, 1.420175731e-01f,
                             -1.316018254e-01f, 1.276157647e-01f, -7.634496689e-02f});
  Value square = e.mul(f, f);
  return e.mul(square, e.fma(f, p, e.number(-0.5)));
}

/// Zero, infinity, negative numbers and NaN of any logarithm.
Value fixLogDomain(MathEmitter &e, Value x, Value result) {
  result = e.select(e.greater(x, 3.40282347e38), x, result);
  result = e.select(e.equal(x, 0.0), e.number(-INFINITY), result);
  Value isNumber = e.select(e.less(x, 0.0), e.number(NAN), result);
  Value isNan = arith::CmpFOp::create(e.builder, e.loc, arith::CmpFPredicate::UNO, x, x);
  return e.select(isNan, x, isNumber);
}

/// sin(x + quarter * pi / 2). The reduction runs in f64: a float times 2/pi needs more digits than a float has.
Value expandSinusoid(OpBuilder &builder, Location loc, Value x, int32_t quarter) {
  MathEmitter e(builder, loc, x);
  Type wide = e.withElement(builder.getF64Type()), wideInt = e.withElement(builder.getI64Type());
  // Neighbouring floats beyond 2^50 are many periods apart; what matters is that the result stays in [-1, 1].
  Value isHuge = e.greater(e.abs(x), 1.1258999e15);
  Value isFinite = e.less(e.abs(x), INFINITY);
  Value inRange = e.select(arith::AndIOp::create(builder, loc, isHuge, isFinite), e.number(0.0), x);
  Value xWide = arith::ExtFOp::create(builder, loc, wide, inRange);
  Value shift = e.number(wide, roundingShiftF64);
  Value shifted = e.fma(xWide, e.number(wide, 0.63661977236758134), shift);
  Value n = e.sub(shifted, shift);
  Value rWide = e.fma(n, e.number(wide, -6.123233995736766e-17), e.fma(n, e.number(wide, -1.5707963267948966), xWide));
  Value r = arith::TruncFOp::create(builder, loc, e.floatType, rWide);
  Value bits =
      arith::TruncIOp::create(builder, loc, e.intType, arith::BitcastOp::create(builder, loc, wideInt, shifted));
  Value quadrant = e.addI(bits, e.integer(quarter));

  Value square = e.mul(r, r);
  Value sine = e.polynomial(square, {-1.666666716e-01f, 8.333329111e-03f, -1.983930269e-04f, 2.718025826e-06f});
  sine = e.fma(e.mul(square, r), sine, r);
  Value cosine = e.polynomial(square, {4.166666791e-02f, -1.388888340e-03f, 2.479944851e-05f, -2.720485099e-07f});
  cosine = e.fma(square, e.fma(square, cosine, e.number(-0.5)), e.number(1.0));
  Value isOdd =
      arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ne, e.andI(quadrant, e.integer(1)), e.integer(0));
  Value sign = e.shiftLeft(e.andI(quadrant, e.integer(2)), 30);
  return e.fromBits(e.xorI(e.toBits(e.select(isOdd, cosine, sine)), sign));
}

} // namespace

Value expandExp(OpBuilder &builder, Location loc, Value x) { return expandExp(builder, loc, x, scale); }
Value expandExp2(OpBuilder &builder, Location loc, Value x) { return expandExp2(builder, loc, x, scale); }
Value expandExpWithLdexp(OpBuilder &builder, Location loc, Value x) {
  return expandExp(builder, loc, x, scaleWithLdexp);
}
Value expandExp2WithLdexp(OpBuilder &builder, Location loc, Value x) {
  return expandExp2(builder, loc, x, scaleWithLdexp);
}

Value expandExpM1(OpBuilder &builder, Location loc, Value x) {
  MathEmitter e(builder, loc, x);
  auto [n, r] = reduceByLn2(e, e.clamp(x, -18.0, 89.0));
  // 2^n (p + 1) - 1 with 2^n = 2 s, because 2^128 is no float.
  Value p = expM1OfReduced(e, r), s = e.powerOfTwo(e.subI(n, e.integer(1)));
  Value result = e.fma(p, s, e.sub(s, e.number(0.5)));
  // Tiny x is its own result, sign of zero included.
  return e.select(e.less(e.abs(x), 1e-7), x, e.add(result, result));
}

Value expandLog(OpBuilder &builder, Location loc, Value x) {
  MathEmitter e(builder, loc, x);
  auto [exponent, f] = splitExponent(e, x);
  Value low = e.fma(exponent, e.number(ln2Low), logTail(e, f));
  return fixLogDomain(e, x, e.fma(exponent, e.number(ln2High), e.add(f, low)));
}

Value expandLog2(OpBuilder &builder, Location loc, Value x) {
  MathEmitter e(builder, loc, x);
  auto [exponent, f] = splitExponent(e, x);
  constexpr float log2eHigh = 1.44269502f, log2eLow = 1.92596303e-8f;
  Value tail = logTail(e, f);
  Value low = e.fma(tail, e.number(log2eHigh), e.mul(f, e.number(log2eLow)));
  // The product with the large part is exact as a sum of two floats.
  Value product = e.mul(f, e.number(log2eHigh));
  Value error = e.fma(f, e.number(log2eHigh), e.neg(product));
  return fixLogDomain(e, x, e.add(exponent, e.add(product, e.add(error, low))));
}

/// log(1 + x) = log(u) + (what u = 1 + x lost) / u.
Value expandLog1p(OpBuilder &builder, Location loc, Value x) {
  MathEmitter e(builder, loc, x);
  Value one = e.number(1.0), u = e.add(one, x);
  // Knuth's two-sum: exact for either order of magnitude of the operands.
  Value virtualX = e.sub(u, one);
  Value lost = e.add(e.sub(one, e.sub(u, virtualX)), e.sub(x, virtualX));
  auto [exponent, f] = splitExponent(e, u);
  Value low = e.add(e.fma(exponent, e.number(ln2Low), logTail(e, f)), e.div(lost, u));
  Value result = fixLogDomain(e, u, e.fma(exponent, e.number(ln2High), e.add(f, low)));
  // Tiny x is its own result, sign of zero included.
  return e.select(e.less(e.abs(x), 1e-7), x, result);
}

/// tanh(|x|) = m / (m + 2) with m = exp(2 |x|) - 1.
Value expandTanh(OpBuilder &builder, Location loc, Value x) {
  MathEmitter e(builder, loc, x);
  Value magnitude = e.clamp(e.abs(x), 0.0, 9.5);
  auto [n, r] = reduceByLn2(e, e.add(magnitude, magnitude));
  Value s = e.powerOfTwo(n);
  Value m = e.fma(expM1OfReduced(e, r), s, e.sub(s, e.number(1.0)));
  return e.copySign(e.div(m, e.add(m, e.number(2.0))), x);
}

/// x + x P(x^2) near zero, 1 - exp(Q(|x|)) elsewhere, Q = log(erfc).
Value expandErf(OpBuilder &builder, Location loc, Value x) {
  MathEmitter e(builder, loc, x);
  Value magnitude = e.clamp(e.abs(x), 0.0, 4.0), square = e.mul(x, x);
  Value near = e.polynomial(square, {1.283791661e-01f, -3.761263192e-01f, 1.128368676e-01f, -2.685893700e-02f,
                                     5.199893378e-03f, -8.129862836e-04f, 8.316145977e-05f});
  Value q = e.polynomial(magnitude, {-1.664476149e-04f, -1.127797246e+00f, -6.369760633e-01f, -1.041136831e-01f,
                                     2.231521346e-02f, -3.065490397e-03f, 1.982196700e-04f});
  auto [n, r] = reduceByLn2(e, q);
  Value far = e.sub(e.number(1.0), e.mul(e.add(expM1OfReduced(e, r), e.number(1.0)), e.powerOfTwo(n)));
  return e.select(e.less(e.abs(x), 0.915), e.fma(x, near, x), e.copySign(far, x));
}

Value expandSin(OpBuilder &builder, Location loc, Value x) {
  MathEmitter e(builder, loc, x);
  return e.select(e.less(e.abs(x), 1e-4), x, expandSinusoid(builder, loc, x, 0));
}

Value expandCos(OpBuilder &builder, Location loc, Value x) { return expandSinusoid(builder, loc, x, 1); }

} // namespace heddle
