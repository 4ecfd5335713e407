// Movement of elements: transposition, repetition, gathers and index tensors.
#include "frontends/GraphBuilder.h"
#include "frontends/graph/ScalarOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace heddle {

static Value copyBody(OpBuilder &, Location, ValueRange v) { return v[0]; }

Tensor GraphBuilder::transpose(Tensor x, ArrayRef<int64_t> permutation) {
  if (!x)
    return {};
  SmallVector<int64_t> sorted(permutation);
  llvm::sort(sorted);
  if (!llvm::equal(sorted, llvm::seq<int64_t>(0, x.rank())))
    return fail("transpose has a list that is no permutation of the " + Twine(x.rank()) + " axes");
  if (llvm::equal(permutation, llvm::seq<int64_t>(0, x.rank())))
    return x;
  // Moving dimensions of size 1 moves no element.
  Shape shape;
  SmallVector<int64_t> moved;
  for (int64_t axis : permutation) {
    shape.push_back(x.shape[axis]);
    if (x.shape[axis] != dim(1))
      moved.push_back(axis);
  }
  if (llvm::is_sorted(moved))
    return reshape(x, shape);
  SmallVector<AffineExpr> source(x.rank());
  for (auto [target, axis] : llvm::enumerate(permutation))
    source[axis] = getAffineDimExpr(target, context());
  AffineMap maps[] = {AffineMap::get(x.rank(), 0, source, context()),
                      AffineMap::getMultiDimIdentityMap(x.rank(), context())};
  return generic(shape, x, maps, x.elementType, std::nullopt, copyBody);
}

Tensor GraphBuilder::broadcastTo(Tensor x, Shape shape) {
  if (!x)
    return {};
  std::optional<Shape> loops = broadcastShapes({x.shape, shape});
  if (!loops)
    return {};
  if (*loops == x.shape)
    return x;
  AffineMap maps[] = {broadcastMap(x.shape, *loops), AffineMap::getMultiDimIdentityMap(loops->size(), context())};
  return generic(*loops, x, maps, x.elementType, std::nullopt, copyBody);
}

// Negative indices count from the end; what is still outside is clamped, so that no load leaves the buffer.
static Value safeIndex(OpBuilder &nested, Location at, Value index, Type indexType, Value size) {
  Value position = scalar::convert(nested, at, index, indexType, nested.getIndexType());
  Value zero = arith::ConstantIndexOp::create(nested, at, 0), one = arith::ConstantIndexOp::create(nested, at, 1);
  Value isNegative = arith::CmpIOp::create(nested, at, arith::CmpIPredicate::slt, position, zero);
  Value fromEnd = arith::AddIOp::create(nested, at, position, size);
  position = arith::SelectOp::create(nested, at, isNegative, fromEnd, position);
  position = arith::MaxSIOp::create(nested, at, position, zero);
  return arith::MinSIOp::create(nested, at, position, arith::SubIOp::create(nested, at, size, one));
}

Tensor GraphBuilder::gather(Tensor data, Tensor indices, int64_t axis) {
  if (!data || !indices || !checkAxis(axis, data.rank(), "gather"))
    return {};
  if (!isa<IntegerType>(indices.elementType))
    return fail("gather has indices of a float type, expected integers");
  Shape loops(data.shape.begin(), data.shape.begin() + axis);
  loops.append(indices.shape);
  loops.append(data.shape.begin() + axis + 1, data.shape.end());
  int64_t indexRank = indices.rank();
  Value size = dimValue(data.shape[axis]);
  if (!size)
    return {};
  AffineMap all = AffineMap::getMultiDimIdentityMap(loops.size(), context());
  AffineMap maps[] = {all.getSliceMap(axis, indexRank), all};
  return generic(
      loops, indices, maps, data.elementType, std::nullopt, [&](OpBuilder &nested, Location at, ValueRange v) -> Value {
        SmallVector<Value> position;
        for (int64_t dimension = 0; dimension < data.rank(); ++dimension) {
          if (dimension == axis)
            position.push_back(safeIndex(nested, at, v[0], indices.elementType, size));
          else
            position.push_back(
                linalg::IndexOp::create(nested, at, dimension < axis ? dimension : dimension + indexRank - 1));
        }
        return tensor::ExtractOp::create(nested, at, data.value, position);
      });
}

Tensor GraphBuilder::gatherElements(Tensor data, Tensor indices, int64_t axis) {
  if (!data || !indices || !checkAxis(axis, data.rank(), "gather"))
    return {};
  if (data.rank() != indices.rank())
    return fail("gather has indices of rank " + Twine(indices.rank()) + ", expected the rank " + Twine(data.rank()) +
                " of the data");
  if (!isa<IntegerType>(indices.elementType))
    return fail("gather has indices of a float type, expected integers");
  SmallVector<Value> sizes;
  for (Dim size : data.shape) {
    sizes.push_back(dimValue(size));
    if (!sizes.back())
      return {};
  }
  AffineMap all = AffineMap::getMultiDimIdentityMap(indices.rank(), context());
  return generic(indices.shape, indices, {all, all}, data.elementType, std::nullopt,
                 [&](OpBuilder &nested, Location at, ValueRange v) -> Value {
                   SmallVector<Value> position;
                   for (int64_t dimension = 0; dimension < data.rank(); ++dimension) {
                     Value index = linalg::IndexOp::create(nested, at, dimension);
                     bool same = sameDim(indices.shape[dimension], data.shape[dimension]);
                     if (dimension == axis)
                       index = safeIndex(nested, at, v[0], indices.elementType, sizes[dimension]);
                     else if (!same)
                       index = safeIndex(nested, at, index, nested.getIndexType(), sizes[dimension]);
                     position.push_back(index);
                   }
                   return tensor::ExtractOp::create(nested, at, data.value, position);
                 });
}

Tensor GraphBuilder::iota(Shape shape, int64_t axis, Type type) {
  if (!checkAxis(axis, shape.size(), "iota"))
    return {};
  return generate(shape, type, [&](OpBuilder &nested, Location at, ValueRange indices) {
    return scalar::convert(nested, at, indices[axis], nested.getIndexType(), type);
  });
}

} // namespace heddle
