#include "frontends/onnx/operators/Places.h"
#include "frontends/graph/ScalarOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace heddle::onnx {

Value safePlace(OpBuilder &b, Location at, Value index, Type type, Value size) {
  Value place = scalar::convert(b, at, index, type, b.getIndexType());
  Value zero = arith::ConstantIndexOp::create(b, at, 0), one = arith::ConstantIndexOp::create(b, at, 1);
  Value isNegative = arith::CmpIOp::create(b, at, arith::CmpIPredicate::slt, place, zero);
  place = arith::SelectOp::create(b, at, isNegative, arith::AddIOp::create(b, at, place, size), place);
  place = arith::MaxSIOp::create(b, at, place, zero);
  return arith::MinSIOp::create(b, at, place, arith::SubIOp::create(b, at, size, one));
}

std::optional<SmallVector<Value>> sizeValues(GraphBuilder &g, ArrayRef<Dim> shape) {
  SmallVector<Value> sizes;
  for (Dim size : shape) {
    sizes.push_back(g.dimValue(size));
    if (!sizes.back())
      return std::nullopt;
  }
  return sizes;
}

std::optional<int64_t> tupleLength(NodeReader &node, const Tensor &data, const Tensor &indices, int64_t batch) {
  auto length = indices.rank() ? dyn_cast<AffineConstantExpr>(indices.shape.back()) : AffineConstantExpr();
  if (length && length.getValue() >= 0 && batch + length.getValue() <= data.rank() && batch < indices.rank())
    return length.getValue();
  node.error() << "indices of shape " << node.g.describe(indices.shape) << " into data of rank " << data.rank()
               << ", expected a known last size of at most that rank";
  return std::nullopt;
}

Value readIndex(OpBuilder &b, Location at, const Tensor &indices, ValueRange outer, int64_t number, Value size) {
  SmallVector<Value> where(outer);
  where.push_back(arith::ConstantIndexOp::create(b, at, number));
  Value index = tensor::ExtractOp::create(b, at, indices.value, where);
  return safePlace(b, at, index, indices.elementType, size);
}

} // namespace heddle::onnx
