// Floats of 8 and 4 bits as arithmetic on their bit patterns.
//
// A pattern without its sign, shifted to the place of f32's exponent and mantissa, is the number times a power of two:
// normal and subnormal numbers alike. So decoding is a shift and a multiplication, encoding the reverse with a
// rounding.
#include "frontends/graph/ScalarOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include <cmath>

using namespace mlir;

namespace heddle::scalar {

namespace {

struct Format {
  int64_t mantissa, bias;
  int64_t sign;     // bit of the sign
  int64_t largest;  // pattern of the largest finite magnitude
  int64_t nan;      // pattern; -0 where there is none
  int64_t infinity; // pattern, 0: none
  bool hasNegativeZero;
};

Format formatOf(FloatType type) {
  if (isa<Float8E4M3FNType>(type))
    return {3, 7, 0x80, 0x7e, 0x7f, 0, true};
  if (isa<Float8E4M3FNUZType>(type))
    return {3, 8, 0x80, 0x7f, 0x80, 0, false};
  if (isa<Float8E5M2Type>(type))
    return {2, 15, 0x80, 0x7b, 0x7f, 0x7c, true};
  if (isa<Float8E5M2FNUZType>(type))
    return {2, 16, 0x80, 0x7f, 0x80, 0, false};
  return {1, 1, 0x08, 0x07, 0x08, 0, true}; // Float4E2M1FN
}

struct Bits {
  OpBuilder &b;
  Location loc;
  Type integer = b.getI32Type(), real = b.getF32Type();

  Value number(int64_t value) { return arith::ConstantIntOp::create(b, loc, integer, value); }
  Value realNumber(double value) { return constant(b, loc, value, real); }
  Value toReal(Value bits) { return arith::BitcastOp::create(b, loc, real, bits); }
  Value toBits(Value x) { return arith::BitcastOp::create(b, loc, integer, x); }
  Value both(Value x, int64_t mask) { return arith::AndIOp::create(b, loc, x, number(mask)); }
  Value left(Value x, int64_t count) { return arith::ShLIOp::create(b, loc, x, number(count)); }
  Value right(Value x, int64_t count) { return arith::ShRUIOp::create(b, loc, x, number(count)); }
  Value add(Value x, Value y) { return arith::AddIOp::create(b, loc, x, y); }
  Value either(Value x, Value y) { return arith::OrIOp::create(b, loc, x, y); }
  Value select(Value c, Value x, Value y) { return arith::SelectOp::create(b, loc, c, x, y); }
  Value is(arith::CmpIPredicate p, Value x, int64_t y) { return arith::CmpIOp::create(b, loc, p, x, number(y)); }
};

constexpr int64_t f32Nan = 0x7fc00000, f32Infinity = 0x7f800000;

// 2^(pattern - 127); the last pattern is NaN.
Value decodeExponent(Bits &m, Value pattern) {
  Value isZero = m.is(arith::CmpIPredicate::eq, pattern, 0), isNan = m.is(arith::CmpIPredicate::eq, pattern, 0xff);
  Value bits = m.select(isZero, m.number(0x00400000), m.left(pattern, 23));
  return m.toReal(m.select(isNan, m.number(f32Nan), bits));
}

// The exponent, one more where a mantissa is left: powers of two are rounded up.
Value encodeExponent(Bits &m, Value bits, bool saturates) {
  Value magnitude = m.both(bits, 0x7fffffff), exponent = m.right(magnitude, 23), rest = m.both(magnitude, 0x7fffff);
  Value hasRest = m.is(arith::CmpIPredicate::ne, rest, 0);
  Value up = m.add(exponent, arith::ExtUIOp::create(m.b, m.loc, m.integer, hasRest));
  // Below the smallest normal number the pattern says how far below.
  Value isTiny = m.is(arith::CmpIPredicate::ule, magnitude, 0x00400000);
  up = m.select(isTiny, m.number(0), up);
  Value isBeyond = m.is(arith::CmpIPredicate::uge, up, 0xff),
        isNan = m.is(arith::CmpIPredicate::ugt, magnitude, f32Infinity);
  up = m.select(isBeyond, m.number(saturates ? 0xfe : 0xff), up);
  return m.select(isNan, m.number(0xff), up);
}

} // namespace

Value decodeSmallFloat(OpBuilder &b, Location loc, Value bits, FloatType type) {
  Bits m{b, loc};
  Value pattern = m.both(arith::ExtUIOp::create(b, loc, m.integer, bits), 0xff);
  if (isa<Float8E8M0FNUType>(type))
    return decodeExponent(m, pattern);
  Format format = formatOf(type);
  Value magnitude = m.both(pattern, format.sign - 1), sign = m.both(pattern, format.sign);
  Value scaled = m.toReal(m.left(magnitude, 23 - format.mantissa));
  scaled = arith::MulFOp::create(b, loc, scaled, m.realNumber(std::ldexp(1.0, 127 - static_cast<int>(format.bias))));
  Value result = m.toBits(scaled);
  if (format.infinity)
    result = m.select(m.is(arith::CmpIPredicate::eq, magnitude, format.infinity), m.number(f32Infinity), result);
  if (format.infinity || format.nan == 0x7f)
    result = m.select(m.is(arith::CmpIPredicate::ugt, magnitude, format.infinity ? format.infinity : format.nan - 1),
                      m.number(f32Nan), result);
  result = m.either(result, m.left(sign, format.sign == 0x80 ? 24 : 28));
  if (format.nan == 0x80)
    result = m.select(m.is(arith::CmpIPredicate::eq, pattern, 0x80), m.number(f32Nan), result);
  return m.toReal(result);
}

Value encodeSmallFloat(OpBuilder &b, Location loc, Value x, FloatType type, bool saturates) {
  Bits m{b, loc};
  Value bits = m.toBits(x);
  Value pattern;
  if (isa<Float8E8M0FNUType>(type)) {
    pattern = encodeExponent(m, bits, saturates);
  } else {
    Format format = formatOf(type);
    Value sign = m.both(m.right(bits, format.sign == 0x80 ? 24 : 28), format.sign),
          magnitude = m.both(bits, 0x7fffffff);
    Value scaled = arith::MulFOp::create(b, loc, m.toReal(magnitude),
                                         m.realNumber(std::ldexp(1.0, static_cast<int>(format.bias) - 127)));
    Value wide = m.toBits(scaled);
    int64_t drop = 23 - format.mantissa;
    Value odd = m.both(m.right(wide, drop), 1);
    Value rounded = m.right(m.add(m.add(wide, m.number((int64_t(1) << (drop - 1)) - 1)), odd), drop);
    Value isBeyond = m.is(arith::CmpIPredicate::ugt, rounded, format.largest);
    int64_t beyond = saturates ? format.largest : format.infinity ? format.infinity : format.nan;
    rounded = m.select(isBeyond, m.number(beyond), rounded);
    if (!format.hasNegativeZero)
      sign = m.select(m.is(arith::CmpIPredicate::eq, rounded, 0), m.number(0), sign);
    pattern = m.either(sign, rounded);
    Value isNan = m.is(arith::CmpIPredicate::ugt, magnitude, f32Infinity);
    pattern = m.select(isNan, m.number(format.nan), pattern);
  }
  return arith::TruncIOp::create(b, loc, b.getI8Type(), pattern);
}

} // namespace heddle::scalar
