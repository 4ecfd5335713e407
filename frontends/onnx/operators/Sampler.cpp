#include "frontends/onnx/operators/Sampler.h"

using namespace mlir;

namespace heddle::onnx {

//===--- places ---------------------------------------------------------------------------===//

Value Sampler::placeOf(const Tensor &tensor, ValueRange index) {
  return scalar::convert(b, at, tensor::ExtractOp::create(b, at, tensor.value, index), tensor.elementType, type);
}

Value Sampler::denormalize(Value place, int64_t axis) {
  Value size = sizeOf(axis);
  if (alignsCorners)
    return mul(add(place, number(1)), mul(sub(size, number(1)), number(0.5)));
  return mul(sub(mul(add(place, number(1)), size), number(1)), number(0.5));
}

// Mirrored at the border as often as needed.
Value Sampler::reflect(Value place, int64_t axis) {
  Value low = number(alignsCorners ? 0 : -0.5);
  Value span = alignsCorners ? sub(sizeOf(axis), number(1)) : sizeOf(axis);
  Value isPoint = scalar::compare(b, at, Compare::LessEqual, span, number(0), type);
  Value safe = arith::SelectOp::create(b, at, isPoint, number(1), span);
  Value offset = op(Binary::Mod, sub(place, low), mul(safe, number(2)));
  Value back = sub(mul(safe, number(2)), offset);
  Value isBack = scalar::compare(b, at, Compare::Greater, offset, safe, type);
  Value folded = add(arith::SelectOp::create(b, at, isBack, back, offset), low);
  return arith::SelectOp::create(b, at, isPoint, number(0), folded);
}

Value Sampler::clampTo(Value place, int64_t axis) {
  return op(Binary::Max, op(Binary::Min, place, sub(sizeOf(axis), number(1))), number(0));
}

Value Sampler::bounded(Value place, int64_t axis) {
  if (padding == Padding::Border)
    return clampTo(place, axis);
  return padding == Padding::Reflection ? clampTo(reflect(place, axis), axis) : place;
}

//===--- weights --------------------------------------------------------------------------===//

Taps Sampler::nearest(Value place) { return {{scalar::unary(b, at, Unary::Round, place, type), number(1)}}; }

Taps Sampler::linear(Value place) {
  Value below = scalar::unary(b, at, Unary::Floor, place, type), rest = sub(place, below);
  return {{below, sub(number(1), rest)}, {add(below, number(1)), rest}};
}

Taps Sampler::cubic(Value place) {
  Value below = scalar::unary(b, at, Unary::Floor, place, type), rest = sub(place, below);
  Taps taps;
  for (double offset : {-1.0, 0.0, 1.0, 2.0})
    taps.push_back({add(below, number(offset)), cubicWeight(sub(rest, number(offset)))});
  return taps;
}

Value Sampler::cubicWeight(Value distance) {
  constexpr double a = -0.75;
  Value x = scalar::unary(b, at, Unary::Abs, distance, type), one = number(1);
  // (a + 2) x^3 - (a + 3) x^2 + 1 inside of 1, a x^3 - 5a x^2 + 8a x - 4a inside of 2.
  Value inner = add(mul(mul(sub(mul(number(a + 2), x), number(a + 3)), x), x), one);
  Value outer = sub(mul(add(mul(sub(mul(number(a), x), number(5 * a)), x), number(8 * a)), x), number(4 * a));
  Value isInner = scalar::compare(b, at, Compare::LessEqual, x, one, type);
  return arith::SelectOp::create(b, at, isInner, inner, outer);
}

//===--- elements -------------------------------------------------------------------------===//

Value Sampler::read(ArrayRef<Value> leading, ArrayRef<Value> places) {
  SmallVector<Value> index(leading);
  Value isInside = arith::ConstantIntOp::create(b, at, 1, 1);
  for (auto [axis, place] : llvm::enumerate(places)) {
    Value kept = padding == Padding::Zeros ? place : bounded(place, axis);
    Value safe = clampTo(kept, axis);
    Value same = scalar::compare(b, at, Compare::Equal, safe, kept, type);
    isInside = arith::AndIOp::create(b, at, isInside, same);
    index.push_back(scalar::convert(b, at, safe, type, b.getIndexType()));
  }
  Value element = tensor::ExtractOp::create(b, at, x.value, index);
  Type wide = scalar::computeType(x.elementType);
  element = scalar::convert(b, at, element, x.elementType, wide);
  return arith::SelectOp::create(b, at, isInside, element, scalar::constant(b, at, 0, wide));
}

SmallVector<Value> Sampler::weighted(ArrayRef<Value> leading, ArrayRef<Taps> taps) {
  struct Corner {
    SmallVector<Value> places;
    Value weight;
  };
  SmallVector<Corner> corners(1);
  for (const Taps &axis : taps) {
    SmallVector<Corner> wider;
    for (const Corner &corner : corners)
      for (auto [place, weight] : axis) {
        wider.push_back(corner);
        wider.back().places.push_back(place);
        wider.back().weight = corner.weight ? mul(corner.weight, weight) : weight;
      }
    corners = std::move(wider);
  }
  return llvm::map_to_vector(corners,
                             [&](const Corner &corner) { return mul(read(leading, corner.places), corner.weight); });
}

} // namespace heddle::onnx
