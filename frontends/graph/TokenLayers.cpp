// Layers that look at the position of a token: short convolutions and rotary embeddings.
#include "frontends/Layers.h"
#include "frontends/graph/ScalarOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace heddle {

// All taps in one body: the input is read in place, shifted, instead of being copied once for each tap.
Tensor shortConv(GraphBuilder &g, Tensor x, Tensor weight, Tensor bias) {
  if (!x || !weight)
    return {};
  auto taps = weight.rank() == 2 ? dyn_cast<AffineConstantExpr>(weight.shape[1]) : AffineConstantExpr();
  if (x.rank() != 3 || !taps || !g.sameDim(weight.shape[0], x.shape[2]))
    return g.fail("short convolution of " + g.describe(x.shape) + " with weight " + g.describe(weight.shape) +
                  ", expected [batch, tokens, features] and [features, taps]");
  Type type = scalar::computeType(x.elementType);
  AffineMap all = AffineMap::getMultiDimIdentityMap(3, g.context());
  AffineMap features = all.getMinorSubMap(1);
  SmallVector<Tensor> operands;
  SmallVector<AffineMap> maps;
  // Transposed, so that consecutive features read consecutive weights.
  Tensor byTap = g.transpose(weight, {1, 0});
  for (int64_t tap = 0; tap < taps.getValue(); ++tap) {
    operands.push_back(g.squeeze(g.slice(byTap, 0, g.dim(tap), g.dim(tap + 1)), 0));
    maps.push_back(features);
  }
  if (bias) {
    operands.push_back(bias);
    maps.push_back(features);
  }
  maps.push_back(all);
  return g.generic(
      x.shape, operands, maps, x.elementType, std::nullopt, [&](OpBuilder &b, Location at, ValueRange v) -> Value {
        Value batch = linalg::IndexOp::create(b, at, 0), token = linalg::IndexOp::create(b, at, 1),
              feature = linalg::IndexOp::create(b, at, 2);
        Value zero = arith::ConstantIndexOp::create(b, at, 0), nothing = scalar::constant(b, at, 0, type);
        Value sum = bias ? scalar::convert(b, at, v.back(), x.elementType, type) : nothing;
        for (int64_t tap = 0; tap < taps.getValue(); ++tap) {
          Value back = arith::ConstantIndexOp::create(b, at, taps.getValue() - 1 - tap);
          Value source = arith::SubIOp::create(b, at, token, back);
          Value inside = arith::CmpIOp::create(b, at, arith::CmpIPredicate::sge, source, zero);
          Value place = arith::MaxSIOp::create(b, at, source, zero);
          Value element = tensor::ExtractOp::create(b, at, x.value, ValueRange{batch, place, feature});
          element =
              arith::SelectOp::create(b, at, inside, scalar::convert(b, at, element, x.elementType, type), nothing);
          Value factor = scalar::convert(b, at, v[tap], x.elementType, type);
          sum = arith::AddFOp::create(b, at, sum, arith::MulFOp::create(b, at, element, factor));
        }
        return scalar::convert(b, at, sum, type, x.elementType);
      });
}

namespace {

// cos or sin of position * base^(-2i / dim), for i below dim / 2; [T, dim/2] or, with positions, [B|1, T, dim/2].
Tensor angleTable(GraphBuilder &g, Dim tokens, const RotaryOptions &options, int64_t dim, Tensor positions,
                  bool isSine) {
  Type f32 = g.builder().getF32Type();
  SmallVector<float> frequencies;
  for (int64_t i = 0; i < dim / 2; ++i)
    frequencies.push_back(static_cast<float>(std::pow(options.base, -2.0 * i / dim)));
  Tensor frequency = g.constant(ArrayRef<float>(frequencies), {dim / 2});
  Tensor place = positions ? g.cast(positions, f32) : g.iota({tokens}, 0, f32);
  if (options.offset != 0)
    place = g.add(place, static_cast<double>(options.offset));
  if (options.scale != 1.0)
    place = g.mul(place, options.scale);
  if (!place)
    return {};
  Tensor angle = g.mul(g.unsqueeze(place, place.rank()), frequency);
  return g.unary(isSine ? Unary::Sin : Unary::Cos, angle);
}

/// Inside of a generic over pairs: the element times cos, and its partner along the loop `member` times sin, negated
/// for the first of a pair.
Value rotateElement(OpBuilder &b, Location at, const Tensor &pairs, unsigned member, Value element,
                    std::pair<Value, Type> cos, std::pair<Value, Type> sin) {
  Type type = scalar::computeType(pairs.elementType);
  SmallVector<Value> place;
  for (unsigned loop = 0; loop < 5; ++loop)
    place.push_back(linalg::IndexOp::create(b, at, loop));
  Value zero = arith::ConstantIndexOp::create(b, at, 0), one = arith::ConstantIndexOp::create(b, at, 1);
  Value isFirst = arith::CmpIOp::create(b, at, arith::CmpIPredicate::eq, place[member], zero);
  place[member] = arith::SubIOp::create(b, at, one, place[member]);
  Value partner = tensor::ExtractOp::create(b, at, pairs.value, place);
  partner = scalar::convert(b, at, partner, pairs.elementType, type);
  partner = arith::SelectOp::create(b, at, isFirst, arith::NegFOp::create(b, at, partner), partner);
  Value own = scalar::convert(b, at, element, pairs.elementType, type);
  Value c = scalar::convert(b, at, cos.first, cos.second, type),
        s = scalar::convert(b, at, sin.first, sin.second, type);
  Value sum =
      arith::AddFOp::create(b, at, arith::MulFOp::create(b, at, own, c), arith::MulFOp::create(b, at, partner, s));
  return scalar::convert(b, at, sum, type, pairs.elementType);
}

} // namespace

Tensor rotaryWithTables(GraphBuilder &g, Tensor x, Tensor cos, Tensor sin, bool interleaved) {
  if (!x || !cos || !sin)
    return {};
  auto features = dyn_cast<AffineConstantExpr>(x.shape.back());
  auto half = dyn_cast<AffineConstantExpr>(cos.shape.back());
  if (x.rank() != 4 || !features || !half || 2 * half.getValue() > features.getValue())
    return g.fail("rotary embedding of " + g.describe(x.shape) + " with a table of " + g.describe(cos.shape.back()) +
                  " angles, expected [batch, tokens, heads, features] and at most half as many angles as features");
  int64_t rotated = 2 * half.getValue();
  if (rotated < features.getValue()) {
    Tensor front = rotaryWithTables(g, g.slice(x, 3, g.dim(0), g.dim(rotated)), cos, sin, interleaved);
    return g.concat({front, g.slice(x, 3, g.dim(rotated), x.shape[3])}, 3);
  }
  // Pairs get a dimension of their own: the partner of an element is the other one of its pair.
  Shape paired(x.shape.begin(), x.shape.end() - 1);
  paired.append(interleaved ? Shape{half, g.dim(2)} : Shape{g.dim(2), half});
  Tensor pairs = g.reshape(x, paired);
  if (!pairs)
    return {};
  unsigned member = interleaved ? 4 : 3, angle = interleaved ? 3 : 4;
  MLIRContext *ctx = g.context();
  SmallVector<AffineExpr> table;
  if (cos.rank() == 3)
    table.push_back(cos.shape[0] == g.dim(1) ? getAffineConstantExpr(0, ctx) : getAffineDimExpr(0, ctx));
  table.append({getAffineDimExpr(1, ctx), getAffineDimExpr(angle, ctx)});
  AffineMap all = AffineMap::getMultiDimIdentityMap(5, ctx), tableMap = AffineMap::get(5, 0, table, ctx);
  auto rotate = [&](OpBuilder &b, Location at, ValueRange v) {
    return rotateElement(b, at, pairs, member, v[0], {v[1], cos.elementType}, {v[2], sin.elementType});
  };
  Tensor result =
      g.generic(paired, {pairs, cos, sin}, {all, tableMap, tableMap, all}, x.elementType, std::nullopt, rotate);
  return g.reshape(result, x.shape);
}

Tensor rotary(GraphBuilder &g, Tensor x, const RotaryOptions &options, Tensor positions) {
  if (!x)
    return {};
  auto features = dyn_cast<AffineConstantExpr>(x.shape.back());
  int64_t dim = options.dim ? options.dim : features ? features.getValue() : 0;
  if (x.rank() != 4 || !features || dim <= 0 || dim % 2 || dim > features.getValue())
    return g.fail("rotary embedding of " + g.describe(x.shape) + " over " + Twine(dim) +
                  " features, expected [batch, tokens, heads, features] and an even number of at most all features");
  // One pair of tables serves all layers of a model.
  std::string key = llvm::formatv("rotary {0} {1} {2} {3} {4} {5}", g.describe(x.shape[1]), options.base, dim,
                                  options.scale, options.offset, positions.value.getAsOpaquePointer());
  Tensor cos = g.cached(key + " cos", [&] { return angleTable(g, x.shape[1], options, dim, positions, false); });
  Tensor sin = g.cached(key + " sin", [&] { return angleTable(g, x.shape[1], options, dim, positions, true); });
  return rotaryWithTables(g, x, cos, sin, options.interleaved);
}

} // namespace heddle
