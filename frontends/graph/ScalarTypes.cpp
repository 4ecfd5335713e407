// Element types: storage, arithmetic, constants and conversions.
#include "frontends/graph/ScalarOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace heddle::scalar {

Type storageType(Type type) {
  if (auto integer = dyn_cast<IntegerType>(type); integer && !integer.isSignless())
    return IntegerType::get(type.getContext(), integer.getWidth());
  return type;
}

Type computeType(Type type) {
  if (type.isF16() || type.isBF16())
    return Float32Type::get(type.getContext());
  return storageType(type);
}

TypedAttr attribute(double value, Type type) {
  if (auto floating = dyn_cast<FloatType>(type))
    return FloatAttr::get(floating, value);
  auto storage = storageType(type);
  if (isa<IndexType>(storage))
    return IntegerAttr::get(storage, static_cast<int64_t>(value));
  unsigned width = storage.getIntOrFloatBitWidth();
  if (width == 1)
    return IntegerAttr::get(storage, value != 0);
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

static Value convertFromFloat(OpBuilder &b, Location loc, Value x, FloatType from, Type to) {
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
  if (to.isUnsignedInteger())
    return arith::FPToUIOp::create(b, loc, storageType(to), x);
  return arith::FPToSIOp::create(b, loc, storageType(to), x);
}

static Value convertFromInteger(OpBuilder &b, Location loc, Value x, Type from, Type to) {
  bool zeroExtends = from.isUnsignedInteger() || from.isInteger(1);
  if (isa<FloatType>(to)) {
    if (zeroExtends)
      return arith::UIToFPOp::create(b, loc, to, x);
    return arith::SIToFPOp::create(b, loc, to, x);
  }
  if (to.isInteger(1))
    return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ne, x, constant(b, loc, 0, from));
  Type target = storageType(to);
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
