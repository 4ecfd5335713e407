// Projections and normalisers.
#include "frontends/Layers.h"
#include "frontends/graph/ScalarOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;

namespace heddle {

Tensor linear(GraphBuilder &g, Tensor x, Tensor weight, Tensor bias, bool transposed) {
  Tensor y = g.matmul(x, weight, false, transposed);
  return bias ? g.add(y, bias) : y;
}

namespace {

// Everything a normaliser needs to know about x: which loops are rows, and the type of its statistics.
struct Rows {
  GraphBuilder &g;
  Tensor x;
  int64_t rowRank;
  Type statistics;
  AffineMap all, rows;
  Value count; // elements of a row, as a statistic

  Rows(GraphBuilder &g, Tensor x, int64_t axis)
      : g(g), x(x), rowRank(axis), statistics(scalar::computeType(x.elementType)) {
    all = AffineMap::getMultiDimIdentityMap(x.rank(), g.context());
    rows = all.getMajorSubMap(axis);
    if (axis == 0)
      rows = AffineMap::get(x.rank(), 0, g.context());
    Value size = g.dimValue(g.product(ArrayRef<Dim>(x.shape).drop_front(axis)));
    if (size)
      count = scalar::convert(g.builder(), g.location(), size, g.builder().getIndexType(), statistics);
  }

  Value widen(OpBuilder &b, Location at, Value v) { return scalar::convert(b, at, v, x.elementType, statistics); }

  Tensor mean() {
    Tensor sum =
        g.generic(x.shape, x, {all, rows}, statistics, 0.0, [&](OpBuilder &b, Location at, ValueRange v) -> Value {
          return arith::AddFOp::create(b, at, v[1], widen(b, at, v[0]));
        });
    return g.elementwise(sum, statistics, [&](OpBuilder &b, Location at, ValueRange v) -> Value {
      return arith::DivFOp::create(b, at, v[0], count);
    });
  }

  // 1 / sqrt(mean((x - center)^2) + epsilon); without center, of the plain squares.
  Tensor reciprocalDeviation(Tensor center, double epsilon) {
    SmallVector<Tensor> operands = {x};
    SmallVector<AffineMap> maps = {all};
    if (center) {
      operands.push_back(center);
      maps.push_back(rows);
    }
    maps.push_back(rows);
    Tensor sum =
        g.generic(x.shape, operands, maps, statistics, 0.0, [&](OpBuilder &b, Location at, ValueRange v) -> Value {
          Value element = widen(b, at, v[0]);
          if (center)
            element = arith::SubFOp::create(b, at, element, v[1]);
          return arith::AddFOp::create(b, at, v.back(), arith::MulFOp::create(b, at, element, element));
        });
    return g.elementwise(sum, statistics, [&](OpBuilder &b, Location at, ValueRange v) -> Value {
      Value variance = arith::DivFOp::create(b, at, v[0], count);
      Value safe = arith::AddFOp::create(b, at, variance, scalar::constant(b, at, epsilon, statistics));
      return arith::DivFOp::create(b, at, scalar::constant(b, at, 1, statistics), math::SqrtOp::create(b, at, safe));
    });
  }
};

/// Whether scale and bias (either may be empty) broadcast to x; an error where not.
bool parametersFit(GraphBuilder &g, const Tensor &x, const Tensor &scale, const Tensor &bias) {
  for (const Tensor &parameter : {scale, bias})
    if (parameter && parameter.rank() > x.rank())
      return g.fail("normalisation parameter has shape " + g.describe(parameter.shape) +
                    ", expected one that broadcasts to " + g.describe(x.shape)),
             false;
  std::optional<Shape> loops = g.broadcastShapes({x.shape, scale ? scale.shape : Shape(), bias ? bias.shape : Shape()});
  if (loops && *loops != x.shape)
    g.fail("normalisation parameters do not broadcast to " + g.describe(x.shape));
  return loops && *loops == x.shape;
}

Tensor normalize(GraphBuilder &g, Tensor x, Tensor scale, Tensor bias, double epsilon, int64_t axis, bool centered) {
  if (!x || !g.checkAxis(axis, x.rank(), "normalisation"))
    return {};
  if (!isa<FloatType>(x.elementType))
    return g.fail("normalisation of integers, expected a float element type");
  if (!parametersFit(g, x, scale, bias))
    return {};
  Rows rows(g, x, axis);
  if (!rows.count)
    return {};
  Tensor center = centered ? rows.mean() : Tensor();
  Tensor factor = rows.reciprocalDeviation(center, epsilon);
  SmallVector<Tensor> operands = {x, factor};
  SmallVector<AffineMap> maps = {rows.all, rows.rows};
  auto addOperand = [&](Tensor tensor, AffineMap map) {
    if (!tensor)
      return;
    operands.push_back(tensor);
    maps.push_back(map);
  };
  addOperand(center, rows.rows);
  if (scale)
    addOperand(scale, g.broadcastMap(scale.shape, x.shape));
  if (bias)
    addOperand(bias, g.broadcastMap(bias.shape, x.shape));
  maps.push_back(rows.all);
  return g.generic(
      x.shape, operands, maps, x.elementType, std::nullopt, [&](OpBuilder &b, Location at, ValueRange v) -> Value {
        Value element = rows.widen(b, at, v[0]);
        unsigned next = 2;
        if (center)
          element = arith::SubFOp::create(b, at, element, v[next++]);
        element = arith::MulFOp::create(b, at, element, v[1]);
        if (scale)
          element = arith::MulFOp::create(b, at, element,
                                          scalar::convert(b, at, v[next++], scale.elementType, rows.statistics));
        if (bias)
          element = arith::AddFOp::create(b, at, element,
                                          scalar::convert(b, at, v[next++], bias.elementType, rows.statistics));
        return scalar::convert(b, at, element, rows.statistics, x.elementType);
      });
}

} // namespace

Tensor layerNorm(GraphBuilder &g, Tensor x, Tensor scale, Tensor bias, double epsilon, int64_t axis) {
  return normalize(g, x, scale, bias, epsilon, axis, true);
}

Tensor rmsNorm(GraphBuilder &g, Tensor x, Tensor scale, double epsilon, int64_t axis) {
  return normalize(g, x, scale, {}, epsilon, axis, false);
}

Tensor groupNorm(GraphBuilder &g, Tensor x, Tensor scale, Tensor bias, int64_t groups, double epsilon, bool centered) {
  if (!x)
    return {};
  Tensor grouped = splitHeads(g, x, groups);
  if (!grouped)
    return {};
  auto perGroup = [&](Tensor parameter) {
    return parameter ? g.reshape(parameter, {g.dim(groups), grouped.shape.back()}) : parameter;
  };
  return mergeHeads(g, normalize(g, grouped, perGroup(scale), perGroup(bias), epsilon, -1, centered));
}

Tensor l2Normalize(GraphBuilder &g, Tensor x, double epsilon) {
  if (!x)
    return {};
  Rows rows(g, x, x.rank() - 1);
  Type type = rows.statistics;
  Tensor sum =
      g.generic(x.shape, x, {rows.all, rows.rows}, type, 0.0, [&](OpBuilder &b, Location at, ValueRange v) -> Value {
        Value element = rows.widen(b, at, v[0]);
        return arith::AddFOp::create(b, at, v[1], arith::MulFOp::create(b, at, element, element));
      });
  Tensor factor = g.elementwise(sum, type, [&](OpBuilder &b, Location at, ValueRange v) -> Value {
    Value norm = math::SqrtOp::create(b, at, v[0]);
    norm = arith::MaximumFOp::create(b, at, norm, scalar::constant(b, at, epsilon, type));
    return arith::DivFOp::create(b, at, scalar::constant(b, at, 1, type), norm);
  });
  return g.generic(x.shape, {x, factor}, {rows.all, rows.rows, rows.all}, x.elementType, std::nullopt,
                   [&](OpBuilder &b, Location at, ValueRange v) -> Value {
                     Value scaled = arith::MulFOp::create(b, at, rows.widen(b, at, v[0]), v[1]);
                     return scalar::convert(b, at, scaled, type, x.elementType);
                   });
}

Tensor splitHeads(GraphBuilder &g, Tensor x, int64_t heads) {
  if (!x)
    return {};
  auto features = dyn_cast<AffineConstantExpr>(x.shape.back());
  if (!features || heads <= 0 || features.getValue() % heads)
    return g.fail(g.describe(x.shape.back()) + " features do not divide into " + Twine(heads) + " equal parts");
  Shape shape(x.shape.begin(), x.shape.end() - 1);
  shape.append({g.dim(heads), g.dim(features.getValue() / heads)});
  return g.reshape(x, shape);
}

Tensor mergeHeads(GraphBuilder &g, Tensor x) {
  if (!x)
    return {};
  Shape shape(x.shape.begin(), x.shape.end() - 2);
  shape.push_back(g.simplify(x.shape[x.rank() - 2] * x.shape.back()));
  return g.reshape(x, shape);
}

} // namespace heddle
