// Reductions and softmax. f16 and bf16 are accumulated in f32.
#include "frontends/GraphBuilder.h"
#include "frontends/graph/ScalarOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include <limits>

using namespace mlir;

namespace heddle {

static constexpr double kInfinity = std::numeric_limits<double>::infinity();

static double startOf(Reduce kind) {
  switch (kind) {
  case Reduce::Sum:
  case Reduce::Mean:
    return 0;
  case Reduce::Prod:
    return 1;
  case Reduce::Max:
    return -kInfinity;
  case Reduce::Min:
    return kInfinity;
  }
  return 0;
}

static Binary combinerOf(Reduce kind) {
  switch (kind) {
  case Reduce::Sum:
  case Reduce::Mean:
    return Binary::Add;
  case Reduce::Prod:
    return Binary::Mul;
  case Reduce::Max:
    return Binary::Max;
  case Reduce::Min:
    return Binary::Min;
  }
  return Binary::Add;
}

// Map from the loops of x to the dimensions that survive.
static AffineMap keptMap(int64_t rank, ArrayRef<int64_t> axes, MLIRContext *context) {
  SmallVector<AffineExpr> kept;
  for (int64_t axis = 0; axis < rank; ++axis)
    if (!llvm::is_contained(axes, axis))
      kept.push_back(getAffineDimExpr(axis, context));
  return AffineMap::get(rank, 0, kept, context);
}

Tensor GraphBuilder::reduce(Reduce kind, Tensor x, ArrayRef<int64_t> givenAxes, bool keepDims) {
  if (!x)
    return {};
  SmallVector<int64_t> axes(givenAxes);
  if (axes.empty())
    axes = llvm::to_vector(llvm::seq<int64_t>(0, x.rank()));
  SmallVector<Dim> reduced;
  for (int64_t &axis : axes) {
    if (!checkAxis(axis, x.rank(), "reduction"))
      return {};
    reduced.push_back(x.shape[axis]);
  }
  llvm::sort(axes);
  axes.erase(llvm::unique(axes), axes.end());
  bool isFloat = isa<FloatType>(x.elementType);
  Type accumulator = isFloat ? scalar::computeType(x.elementType) : x.elementType;
  AffineMap maps[] = {AffineMap::getMultiDimIdentityMap(x.rank(), context()), keptMap(x.rank(), axes, context())};
  Tensor total =
      generic(x.shape, x, maps, accumulator, startOf(kind), [&](OpBuilder &nested, Location at, ValueRange v) {
        Value element = isFloat ? scalar::convert(nested, at, v[0], x.elementType, accumulator) : v[0];
        return scalar::binary(nested, at, combinerOf(kind), v[1], element, accumulator);
      });
  if (total && kind == Reduce::Mean) {
    Value count = dimValue(product(reduced));
    if (!count)
      return {};
    Value divisor = scalar::convert(b, loc, count, b.getIndexType(), scalar::computeType(accumulator));
    total = elementwise(total, accumulator, [&](OpBuilder &nested, Location at, ValueRange v) {
      return scalar::binary(nested, at, Binary::Div, v[0], divisor, accumulator);
    });
  }
  total = roundFrom(total, x.elementType);
  return keepDims ? unsqueeze(total, axes) : total;
}

Tensor GraphBuilder::argReduce(Tensor x, int64_t axis, bool isMax, bool keepDims, Type indexType) {
  if (!x || !checkAxis(axis, x.rank(), "arg reduction"))
    return {};
  Shape shape = x.shape;
  shape.erase(shape.begin() + axis);
  Value best = empty(shape, x.elementType), position = empty(shape, indexType);
  if (!best || !position)
    return {};
  Value start = scalar::constant(b, loc, isMax ? -kInfinity : kInfinity, x.elementType);
  Value zero = scalar::constant(b, loc, 0, indexType);
  best = linalg::FillOp::create(b, loc, start, best).getResult(0);
  position = linalg::FillOp::create(b, loc, zero, position).getResult(0);
  AffineMap kept = keptMap(x.rank(), axis, context());
  SmallVector<utils::IteratorType> iterators(x.rank(), utils::IteratorType::parallel);
  iterators[axis] = utils::IteratorType::reduction;
  auto body = [&](OpBuilder &nested, Location at, ValueRange v) {
    Value better = scalar::compare(nested, at, isMax ? Compare::Greater : Compare::Less, v[0], v[1], x.elementType);
    Value index = linalg::IndexOp::create(nested, at, axis);
    Value here = arith::IndexCastOp::create(nested, at, scalar::storageType(indexType), index);
    Value value = arith::SelectOp::create(nested, at, better, v[0], v[1]);
    Value where = arith::SelectOp::create(nested, at, better, here, v[2]);
    linalg::YieldOp::create(nested, at, ValueRange{value, where});
  };
  SmallVector<AffineMap> maps = {AffineMap::getMultiDimIdentityMap(x.rank(), context()), kept, kept};
  auto op = linalg::GenericOp::create(b, loc, TypeRange{best.getType(), position.getType()}, x.value,
                                      ValueRange{best, position}, maps, iterators, body);
  Tensor result = wrap(op.getResult(1), shape, indexType);
  return keepDims ? unsqueeze(result, axis) : result;
}

Tensor GraphBuilder::softmax(Tensor x, int64_t axis, bool log) {
  if (!x || !checkAxis(axis, x.rank(), "softmax"))
    return {};
  if (!isa<FloatType>(x.elementType))
    return fail("softmax of integers, expected a float element type");
  Type accumulator = scalar::computeType(x.elementType);
  AffineMap all = AffineMap::getMultiDimIdentityMap(x.rank(), context()), kept = keptMap(x.rank(), axis, context());
  auto widened = [&](OpBuilder &nested, Location at, Value v) {
    return scalar::convert(nested, at, v, x.elementType, accumulator);
  };
  Tensor top =
      generic(x.shape, x, {all, kept}, accumulator, -kInfinity, [&](OpBuilder &nested, Location at, ValueRange v) {
        return scalar::binary(nested, at, Binary::Max, v[1], widened(nested, at, v[0]), accumulator);
      });
  auto shifted = [&](OpBuilder &nested, Location at, ValueRange v) {
    return arith::SubFOp::create(nested, at, widened(nested, at, v[0]), v[1]).getResult();
  };
  Tensor sum = generic(x.shape, {x, top}, {all, kept, kept}, accumulator, 0.0,
                       [&](OpBuilder &nested, Location at, ValueRange v) {
                         Value weight = math::ExpOp::create(nested, at, shifted(nested, at, v));
                         return arith::AddFOp::create(nested, at, v[2], weight).getResult();
                       });
  return generic(x.shape, {x, top, sum}, {all, kept, kept, all}, x.elementType, std::nullopt,
                 [&](OpBuilder &nested, Location at, ValueRange v) -> Value {
                   Value difference = shifted(nested, at, v), result;
                   if (log)
                     result = arith::SubFOp::create(nested, at, difference, math::LogOp::create(nested, at, v[2]));
                   else
                     result = arith::DivFOp::create(nested, at, math::ExpOp::create(nested, at, difference), v[2]);
                   return scalar::convert(nested, at, result, accumulator, x.elementType);
                 });
}

} // namespace heddle
