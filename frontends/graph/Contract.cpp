// Matrix products. Named linalg ops where two or three dimensions suffice, a contraction over projected maps otherwise.
#include "frontends/GraphBuilder.h"
#include "frontends/graph/ScalarOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;

namespace heddle {

// Products of f16 and bf16 are summed in f32: their own sums lose the tail after a few hundred terms.
static Type accumulatorType(Type type) { return scalar::computeType(type); }

Tensor GraphBuilder::roundFrom(Tensor accumulated, Type type) { return cast(accumulated, type); }

Tensor GraphBuilder::contract(Tensor x, Tensor y, ArrayRef<Dim> loops, AffineMap mapX, AffineMap mapY,
                              AffineMap mapResult) {
  Type accumulator = accumulatorType(x.elementType);
  Tensor sum = generic(loops, {x, y}, {mapX, mapY, mapResult}, accumulator, 0.0,
                       [&](OpBuilder &nested, Location at, ValueRange v) {
                         Value lhs = scalar::convert(nested, at, v[0], x.elementType, accumulator);
                         Value rhs = scalar::convert(nested, at, v[1], y.elementType, accumulator);
                         Value product = scalar::binary(nested, at, Binary::Mul, lhs, rhs, accumulator);
                         return scalar::binary(nested, at, Binary::Add, v[2], product, accumulator);
                       });
  return roundFrom(sum, x.elementType);
}

template <typename Op> static Value namedProduct(GraphBuilder &g, Tensor x, Tensor y, ArrayRef<Dim> shape) {
  Type accumulator = accumulatorType(x.elementType);
  Value destination = g.empty(shape, accumulator);
  if (!destination)
    return {};
  OpBuilder &b = g.builder();
  Value zero = scalar::constant(b, g.location(), 0, accumulator);
  destination = linalg::FillOp::create(b, g.location(), zero, destination).getResult(0);
  return Op::create(b, g.location(), ValueRange{x.value, y.value}, ValueRange{destination}).getResult(0);
}

// [.., M, K] x [K, N]: the leading dimensions of the left side are rows of one matrix.
Tensor GraphBuilder::namedMatmul(Tensor x, Tensor y) {
  Shape resultShape = x.shape;
  resultShape.back() = y.shape.back();
  Tensor rows = x.rank() == 2 ? x : reshape(x, {product(ArrayRef<Dim>(x.shape).drop_back()), x.shape.back()});
  if (!rows)
    return {};
  Shape flat = {rows.shape[0], y.shape[1]};
  Value value = namedProduct<linalg::MatmulOp>(*this, rows, y, flat);
  return reshape(roundFrom(wrap(value, flat), x.elementType), resultShape);
}

// Equal leading dimensions: one batch.
Tensor GraphBuilder::batchMatmul(Tensor x, Tensor y) {
  Shape resultShape = x.shape;
  resultShape.back() = y.shape.back();
  Dim batch = product(ArrayRef<Dim>(x.shape).drop_back(2));
  Tensor left = reshape(x, {batch, x.shape[x.rank() - 2], x.shape.back()});
  Tensor right = reshape(y, {batch, y.shape[y.rank() - 2], y.shape.back()});
  if (!left || !right)
    return {};
  Shape flat = {batch, left.shape[1], right.shape[2]};
  Value value = namedProduct<linalg::BatchMatmulOp>(*this, left, right, flat);
  return reshape(roundFrom(wrap(value, flat), x.elementType), resultShape);
}

// The general product: loops are the broadcast batch dimensions, then m, n, k.
static AffineMap operandMap(GraphBuilder &g, const Tensor &x, ArrayRef<Dim> batch, unsigned row, unsigned column) {
  AffineMap leading = g.broadcastMap(ArrayRef<Dim>(x.shape).drop_back(2), batch);
  SmallVector<AffineExpr> results(leading.getResults());
  results.push_back(getAffineDimExpr(row, g.context()));
  results.push_back(getAffineDimExpr(column, g.context()));
  return AffineMap::get(batch.size() + 3, 0, results, g.context());
}

Tensor GraphBuilder::matmul(Tensor x, Tensor y, bool transposeX, bool transposeY) {
  if (!x || !y)
    return {};
  if (x.elementType != y.elementType)
    return fail("matmul operands have different element types, expected equal ones");
  if (x.rank() == 0 || y.rank() == 0)
    return fail("matmul operand has rank 0, expected at least 1");
  if (x.rank() == 1)
    return squeeze(matmul(unsqueeze(x, 0), y, false, transposeY), y.rank() == 1 ? -1 : -2);
  if (y.rank() == 1)
    return squeeze(matmul(x, unsqueeze(y, 1), transposeX, false), -1);
  Dim rows = x.shape[x.rank() - (transposeX ? 1 : 2)], inner = x.shape[x.rank() - (transposeX ? 2 : 1)];
  Dim innerRight = y.shape[y.rank() - (transposeY ? 1 : 2)], columns = y.shape[y.rank() - (transposeY ? 2 : 1)];
  if (!sameDim(inner, innerRight))
    return fail("matmul of " + describe(x.shape) + " and " + describe(y.shape) + ": contracted dimensions are " +
                describe(inner) + " and " + describe(innerRight) + ", expected equal sizes");
  if (y.rank() == 2 && !transposeX && !transposeY)
    return namedMatmul(x, y);
  Shape batchX(x.shape.begin(), x.shape.end() - 2), batchY(y.shape.begin(), y.shape.end() - 2);
  std::optional<Shape> batch = broadcastShapes({batchX, batchY});
  if (!batch)
    return {};
  if (!transposeX && !transposeY && batchX == batchY)
    return batchMatmul(x, y);
  unsigned m = batch->size(), n = m + 1, k = m + 2;
  Shape loops = *batch;
  loops.append({rows, columns, inner});
  AffineMap mapX = operandMap(*this, x, *batch, transposeX ? k : m, transposeX ? m : k);
  AffineMap mapY = operandMap(*this, y, *batch, transposeY ? n : k, transposeY ? k : n);
  return contract(x, y, loops, mapX, mapY, AffineMap::getMultiDimIdentityMap(k + 1, context()).dropResult(k));
}

} // namespace heddle
