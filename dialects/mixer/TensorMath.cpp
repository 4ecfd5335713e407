#include "dialects/mixer/TensorMath.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include <limits>

using namespace mlir;

namespace heddle::mixer {

//===--- scalars --------------------------------------------------------------------------===//

Value real(ImplicitLocOpBuilder &b, Type type, double value) {
  return arith::ConstantOp::create(b, b.getFloatAttr(type, value));
}

Value widen(ImplicitLocOpBuilder &b, Value value, Type type) {
  return value.getType() == type ? value : arith::ExtFOp::create(b, type, value);
}

Value expDifference(ImplicitLocOpBuilder &b, Value left, Value right) {
  Type type = left.getType();
  Value lowest = real(b, type, -std::numeric_limits<double>::infinity());
  Value isNothing = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, left, lowest);
  Value factor = math::ExpOp::create(b, Value(arith::SubFOp::create(b, left, right)));
  return arith::SelectOp::create(b, isNothing, real(b, type, 0.0), factor);
}

//===--- tensors --------------------------------------------------------------------------===//

Value TensorMath::filled(Sizes sizes, Type element, double value) {
  Value empty = tensor::EmptyOp::create(*this, sizes, element);
  return linalg::FillOp::create(*this, real(*this, element, value), empty).getResult(0);
}

/// One linalg.generic with one result; loops that `initMap` leaves out are reductions.
static Value generic(TensorMath &math, Value init, AffineMap initMap, ValueRange operands, ArrayRef<AffineMap> maps,
                     TensorMath::Body body) {
  SmallVector<AffineMap> all(maps);
  all.push_back(initMap);
  SmallVector<utils::IteratorType> kinds(initMap.getNumDims(), utils::IteratorType::reduction);
  for (AffineExpr expr : initMap.getResults())
    kinds[cast<AffineDimExpr>(expr).getPosition()] = utils::IteratorType::parallel;
  auto op = linalg::GenericOp::create(math, init.getType(), operands, init, all, kinds,
                                      [&](OpBuilder &nested, Location loc, ValueRange elements) {
                                        ImplicitLocOpBuilder b(loc, nested);
                                        linalg::YieldOp::create(b, body(b, elements));
                                      });
  return op.getResult(0);
}

Value TensorMath::generate(Sizes sizes, Type element, ValueRange operands, ArrayRef<AffineMap> maps, Body body) {
  Value empty = tensor::EmptyOp::create(*this, sizes, element);
  AffineMap map = getMultiDimIdentityMap(sizes.size());
  auto withoutInit = [&](ImplicitLocOpBuilder &b, ValueRange elements) { return body(b, elements.drop_back()); };
  return generic(*this, empty, map, operands, maps, withoutInit);
}

Value TensorMath::elementwise(ValueRange operands, Body body) {
  auto like = cast<RankedTensorType>(operands.back().getType());
  SmallVector<AffineMap> maps;
  for (Value operand : operands)
    maps.push_back(
        getMultiDimIdentityMap(like.getRank()).getMajorSubMap(cast<RankedTensorType>(operand.getType()).getRank()));
  return generate(sizesOf(operands.back()), like.getElementType(), operands, maps, body);
}

Value TensorMath::accumulate(Value init, AffineMap initMap, ValueRange operands, ArrayRef<AffineMap> maps, Body body) {
  return generic(*this, init, initMap, operands, maps, body);
}

Value TensorMath::contract(Value init, AffineMap initMap, ValueRange operands, ArrayRef<AffineMap> maps) {
  return accumulate(init, initMap, operands, maps, [](ImplicitLocOpBuilder &b, ValueRange at) -> Value {
    Type type = at[2].getType();
    Value product = arith::MulFOp::create(b, widen(b, at[0], type), widen(b, at[1], type));
    return arith::AddFOp::create(b, at[2], product);
  });
}

//===--- shapes ---------------------------------------------------------------------------===//

/// Every dimension on its own, but `dim` and the one behind it together.
static SmallVector<ReassociationIndices> pairAt(int64_t rank, int64_t dim) {
  SmallVector<ReassociationIndices> groups;
  for (int64_t i = 0; i < rank; ++i)
    if (i == dim + 1)
      groups.back().push_back(i);
    else
      groups.push_back({i});
  return groups;
}

Value TensorMath::split(Value tensor, int64_t dim, int64_t inner) {
  auto type = cast<RankedTensorType>(tensor.getType());
  SmallVector<int64_t> shape(type.getShape());
  shape[dim] /= inner;
  shape.insert(shape.begin() + dim + 1, inner);
  return tensor::ExpandShapeOp::create(*this, type.clone(shape), tensor, pairAt(shape.size(), dim));
}

Value TensorMath::join(Value tensor, int64_t dim) {
  int64_t rank = cast<RankedTensorType>(tensor.getType()).getRank();
  return tensor::CollapseShapeOp::create(*this, tensor, pairAt(rank, dim));
}

Value TensorMath::repeat(Value tensor, int64_t dim, int64_t size) {
  auto type = cast<RankedTensorType>(tensor.getType());
  if (type.getDimSize(dim) == size)
    return tensor;
  SmallVector<OpFoldResult> sizes = sizesOf(tensor);
  sizes.insert(sizes.begin() + dim + 1, getIndexAttr(size / type.getDimSize(dim)));
  AffineMap map = getMultiDimIdentityMap(sizes.size()).dropResult(dim + 1);
  auto copy = [](ImplicitLocOpBuilder &, ValueRange at) { return at[0]; };
  return join(generate(sizes, type.getElementType(), tensor, map, copy), dim);
}

//===--- maps -----------------------------------------------------------------------------===//

AffineMap TensorMath::broadcast(Value tensor, unsigned loops, ArrayRef<unsigned> dims) {
  SmallVector<AffineExpr> results;
  for (unsigned dim : dims)
    results.push_back(getAffineDimExpr(dim));
  for (int64_t dim : {0, 1})
    if (cast<RankedTensorType>(tensor.getType()).getDimSize(dim) == 1)
      results[dim] = getAffineConstantExpr(0);
  return AffineMap::get(loops, 0, results, getContext());
}

AffineMap TensorMath::select(unsigned loops, ArrayRef<unsigned> dims) {
  return AffineMap::getMultiDimMapWithTargets(loops, dims, getContext());
}

} // namespace heddle::mixer
