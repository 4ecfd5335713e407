// Element types: storage, arithmetic, constants and conversions.
#include "frontends/graph/ScalarOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/APFloat.h"

using namespace mlir;

namespace heddle::scalar {

bool isSmallFloat(Type type) {
  auto floating = dyn_cast<FloatType>(type);
  return floating && floating.getWidth() <= 8;
}

Type storageType(Type type) {
  if (isSmallFloat(type) || (isa<IntegerType>(type) && !type.isInteger(1) && type.getIntOrFloatBitWidth() < 8))
    return IntegerType::get(type.getContext(), 8);
  if (auto integer = dyn_cast<IntegerType>(type); integer && !integer.isSignless())
    return IntegerType::get(type.getContext(), integer.getWidth());
  return type;
}

Type computeType(Type type) {
  if (type.isF16() || type.isBF16() || isSmallFloat(type))
    return Float32Type::get(type.getContext());
  return storageType(type);
}

// The bit pattern of the nearest value of a small float; beyond the range that of the largest.
static TypedAttr smallFloatAttribute(double value, FloatType type) {
  llvm::APFloat number(value);
  bool lost;
  number.convert(type.getFloatSemantics(), llvm::APFloat::rmNearestTiesToEven, &lost);
  uint64_t bits = number.bitcastToAPInt().getZExtValue();
  return IntegerAttr::get(storageType(type), APInt(8, bits, /*isSigned=*/false, /*implicitTrunc=*/true));
}

TypedAttr attribute(double value, Type type) {
  if (isSmallFloat(type))
    return smallFloatAttribute(value, cast<FloatType>(type));
  if (auto floating = dyn_cast<FloatType>(type))
    return FloatAttr::get(floating, value);
  auto storage = storageType(type);
  if (isa<IndexType>(storage))
    return IntegerAttr::get(storage, static_cast<int64_t>(value));
  unsigned width = storage.getIntOrFloatBitWidth();
  if (width == 1)
    return IntegerAttr::get(storage, value != 0 && value != -std::numeric_limits<double>::infinity());
  bool isUnsigned = type.isUnsignedInteger();
  APInt low = isUnsigned ? APInt::getMinValue(width) : APInt::getSignedMinValue(width);
  APInt high = isUnsigned ? APInt::getMaxValue(width) : APInt::getSignedMaxValue(width);
  auto approximate = [&](const APInt &bound) { return bound.roundToDouble(!isUnsigned); };
  if (value <= approximate(low))
    return IntegerAttr::get(storage, low);
  if (value >= approximate(high))
    return IntegerAttr::get(storage, high);
  return IntegerAttr::get(storage, APInt(width, static_cast<uint64_t>(static_cast<int64_t>(value)), true, true));
}

Value constant(OpBuilder &b, Location loc, double value, Type type) {
  return arith::ConstantOp::create(b, loc, attribute(value, type));
}

// The low bits of an i8 as an integer of fewer bits, extended again.
static Value wrapNarrow(OpBuilder &b, Location loc, Value x, Type type) {
  unsigned width = type.getIntOrFloatBitWidth();
  if (width >= 8 || width == 1)
    return x;
  Value shift = arith::ConstantIntOp::create(b, loc, x.getType(), 8 - width);
  Value high = arith::ShLIOp::create(b, loc, x, shift);
  if (type.isUnsignedInteger())
    return arith::ShRUIOp::create(b, loc, high, shift);
  return arith::ShRSIOp::create(b, loc, high, shift);
}

static Value convertFromInteger(OpBuilder &b, Location loc, Value x, Type from, Type to);

static Value convertFromFloat(OpBuilder &b, Location loc, Value x, FloatType from, Type to) {
  if (isSmallFloat(from))
    return convert(b, loc, decodeSmallFloat(b, loc, x, from), b.getF32Type(), to);
  if (isSmallFloat(to))
    return encodeSmallFloat(b, loc, convert(b, loc, x, from, b.getF32Type()), cast<FloatType>(to));
  if (isa<IntegerType>(to) && to.getIntOrFloatBitWidth() < 8 && !to.isInteger(1))
    return convertFromInteger(b, loc, arith::FPToSIOp::create(b, loc, b.getI32Type(), x), b.getI32Type(), to);
  if (auto target = dyn_cast<FloatType>(to)) {
    if (target.getWidth() > from.getWidth())
      return arith::ExtFOp::create(b, loc, target, x);
    if (target.getWidth() < from.getWidth())
      return arith::TruncFOp::create(b, loc, target, x);
    // f16 <-> bf16: neither contains the other.
    Value wide = arith::ExtFOp::create(b, loc, b.getF32Type(), x);
    return arith::TruncFOp::create(b, loc, target, wide);
  }
  if (to.isInteger(1))
    return arith::CmpFOp::create(b, loc, arith::CmpFPredicate::UNE, x, constant(b, loc, 0, from));
  if (isa<IndexType>(to))
    return arith::IndexCastOp::create(b, loc, to, arith::FPToSIOp::create(b, loc, b.getI64Type(), x));
  if (to.isUnsignedInteger())
    return arith::FPToUIOp::create(b, loc, storageType(to), x);
  return arith::FPToSIOp::create(b, loc, storageType(to), x);
}

static Value convertFromInteger(OpBuilder &b, Location loc, Value x, Type from, Type to) {
  if (isSmallFloat(to))
    return encodeSmallFloat(b, loc, convert(b, loc, x, from, b.getF32Type()), cast<FloatType>(to));
  bool zeroExtends = from.isUnsignedInteger() || from.isInteger(1);
  if (isa<FloatType>(to)) {
    if (zeroExtends)
      return arith::UIToFPOp::create(b, loc, to, x);
    return arith::SIToFPOp::create(b, loc, to, x);
  }
  if (to.isInteger(1))
    return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ne, x, constant(b, loc, 0, from));
  Type target = storageType(to);
  if (isa<IntegerType>(to) && to.getIntOrFloatBitWidth() < 8) {
    Type byte = b.getI8Type();
    return wrapNarrow(b, loc, x.getType() == byte ? x : convertFromInteger(b, loc, x, from, byte), to);
  }
  if (target == storageType(from))
    return x;
  if (isa<IndexType>(target) || isa<IndexType>(x.getType())) {
    if (zeroExtends)
      return arith::IndexCastUIOp::create(b, loc, target, x);
    return arith::IndexCastOp::create(b, loc, target, x);
  }
  if (target.getIntOrFloatBitWidth() < x.getType().getIntOrFloatBitWidth())
    return arith::TruncIOp::create(b, loc, target, x);
  if (zeroExtends)
    return arith::ExtUIOp::create(b, loc, target, x);
  return arith::ExtSIOp::create(b, loc, target, x);
}

Value convert(OpBuilder &b, Location loc, Value x, Type from, Type to) {
  if (from == to)
    return x;
  if (auto floating = dyn_cast<FloatType>(from))
    return convertFromFloat(b, loc, x, floating, to);
  if (isa<IndexType>(from) && isa<FloatType>(to)) {
    Value wide = arith::IndexCastOp::create(b, loc, b.getI64Type(), x);
    return arith::SIToFPOp::create(b, loc, to, wide);
  }
  return convertFromInteger(b, loc, x, from, to);
}

} // namespace heddle::scalar
