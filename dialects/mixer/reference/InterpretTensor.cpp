// Meaning of constants and of the ops of the tensor dialect that make or reshape whole tensors.
#include "dialects/mixer/reference/InterpreterState.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace heddle {
namespace {

Type elementTypeOf(Value value) { return getElementTypeOrSelf(value); }

LogicalResult constant(Interpreter &in, arith::ConstantOp op) {
  if (auto elements = dyn_cast<ElementsAttr>(op.getValue())) {
    std::optional<ReferenceTensor> tensor = ReferenceTensor::fromAttribute(elements);
    if (!tensor)
      return op.emitOpError("expected dense float or integer elements");
    in.set(op.getResult(), std::move(*tensor));
    return success();
  }
  Scalar scalar;
  if (auto real = dyn_cast<FloatAttr>(op.getValue()))
    scalar.real = real.getValueAsDouble();
  else
    scalar.integer = wrapInteger(cast<IntegerAttr>(op.getValue()).getValue().getSExtValue(), op.getType());
  in.set(op.getResult(), scalar);
  return success();
}

// Sizes of a type whose dynamic dimensions are given by `dynamic`, in order.
SmallVector<int64_t> shapeOf(Interpreter &in, RankedTensorType type, ValueRange dynamic) {
  SmallVector<int64_t> shape(type.getShape());
  auto next = dynamic.begin();
  for (int64_t &size : shape)
    if (ShapedType::isDynamic(size))
      size = std::max<int64_t>(0, in.integer(*next++));
  return shape;
}

LogicalResult empty(Interpreter &in, tensor::EmptyOp op) {
  in.set(op.getResult(),
         ReferenceTensor::zeros(op.getType().getElementType(), shapeOf(in, op.getType(), op.getDynamicSizes())));
  return success();
}

LogicalResult splat(Interpreter &in, tensor::SplatOp op) {
  auto type = cast<RankedTensorType>(op.getType());
  in.set(op.getResult(), ReferenceTensor::splat(type.getElementType(), shapeOf(in, type, op.getDynamicSizes()),
                                                in.get(op.getInput()).scalar));
  return success();
}

// Row-major offset of an index, clamped into the tensor (undefined in IR, never a crash here).
int64_t clampedOffset(Interpreter &in, const ReferenceTensor &tensor, ValueRange indices) {
  int64_t offset = 0;
  SmallVector<int64_t> strides = tensor.strides();
  for (auto [d, index] : llvm::enumerate(indices))
    offset += strides[d] * std::clamp<int64_t>(in.integer(index), 0, std::max<int64_t>(0, tensor.shape[d] - 1));
  return offset;
}

LogicalResult extract(Interpreter &in, tensor::ExtractOp op) {
  const ReferenceTensor &tensor = in.tensor(op.getTensor());
  if (tensor.size() == 0)
    return op.emitOpError("expected a tensor with elements but got an empty one");
  in.set(op.getResult(), tensor.get(clampedOffset(in, tensor, op.getIndices())));
  return success();
}

LogicalResult insert(Interpreter &in, tensor::InsertOp op) {
  Scalar scalar = in.get(op.getScalar()).scalar;
  ReferenceTensor tensor = in.take(op.getDest(), op);
  if (tensor.size() == 0)
    return op.emitOpError("expected a tensor with elements but got an empty one");
  tensor.set(clampedOffset(in, tensor, op.getIndices()), scalar);
  in.set(op.getResult(), std::move(tensor));
  return success();
}

LogicalResult fromElements(Interpreter &in, tensor::FromElementsOp op) {
  ReferenceTensor tensor = ReferenceTensor::zeros(elementTypeOf(op), op.getType().getShape());
  for (auto [i, element] : llvm::enumerate(op.getElements()))
    tensor.set(i, in.get(element).scalar);
  in.set(op.getResult(), std::move(tensor));
  return success();
}

LogicalResult dim(Interpreter &in, tensor::DimOp op) {
  const ReferenceTensor &tensor = in.tensor(op.getSource());
  int64_t index = in.integer(op.getIndex());
  if (index < 0 || index >= tensor.rank())
    return op.emitOpError("index expected below rank ") << tensor.rank() << " but got " << index;
  Scalar size;
  size.integer = tensor.shape[index];
  in.set(op.getResult(), size);
  return success();
}

LogicalResult rank(Interpreter &in, tensor::RankOp op) {
  Scalar size;
  size.integer = in.tensor(op.getTensor()).rank();
  in.set(op.getResult(), size);
  return success();
}

LogicalResult castShape(Interpreter &in, tensor::CastOp op) {
  const ReferenceTensor &tensor = in.tensor(op.getSource());
  auto type = dyn_cast<RankedTensorType>(op.getType());
  for (int64_t d = 0; type && d < type.getRank(); ++d)
    if (!type.isDynamicDim(d) && type.getDimSize(d) != tensor.shape[d])
      return op.emitOpError("dimension ") << d << " expected " << type.getDimSize(d) << " but got " << tensor.shape[d];
  in.set(op.getResult(), in.get(op.getSource()));
  return success();
}

// Same elements in the same order under another shape.
LogicalResult reshapeTo(Interpreter &in, Operation *op, SmallVector<int64_t> shape) {
  const ReferenceTensor &source = in.tensor(op->getOperand(0));
  if (elementCount(shape) != source.size())
    return op->emitOpError("expected ") << source.size() << " elements but got a shape of " << elementCount(shape);
  ReferenceTensor tensor = in.take(op->getOperand(0), op);
  tensor.shape = std::move(shape);
  in.set(op->getResult(0), std::move(tensor));
  return success();
}

LogicalResult reshape(Interpreter &in, tensor::ReshapeOp op) {
  const ReferenceTensor &sizes = in.tensor(op.getShape());
  return reshapeTo(in, op, SmallVector<int64_t>(sizes.integers.begin(), sizes.integers.end()));
}

LogicalResult expandShape(Interpreter &in, tensor::ExpandShapeOp op) {
  return reshapeTo(in, op, in.integers(op.getMixedOutputShape()));
}

LogicalResult collapseShape(Interpreter &in, tensor::CollapseShapeOp op) {
  const ReferenceTensor &source = in.tensor(op.getSrc());
  SmallVector<int64_t> shape;
  for (const ReassociationIndices &group : op.getReassociationIndices()) {
    int64_t size = 1;
    for (int64_t d : group)
      size *= source.shape[d];
    shape.push_back(size);
  }
  return reshapeTo(in, op, std::move(shape));
}

LogicalResult generate(Interpreter &in, tensor::GenerateOp op) {
  auto type = cast<RankedTensorType>(op.getType());
  ReferenceTensor tensor = ReferenceTensor::zeros(type.getElementType(), shapeOf(in, type, op.getDynamicExtents()));
  Block &body = op.getBody().front();
  SmallVector<int64_t> index(tensor.rank(), 0);
  for (int64_t i = 0, size = tensor.size(); i < size; ++i, nextIndex(index, tensor.shape)) {
    for (auto [argument, position] : llvm::zip_equal(body.getArguments(), index)) {
      Scalar scalar;
      scalar.integer = position;
      in.set(argument, scalar);
    }
    if (failed(in.runBlock(body)))
      return failure();
    tensor.set(i, in.get(body.getTerminator()->getOperand(0)).scalar);
  }
  in.set(op.getResult(), std::move(tensor));
  return success();
}

} // namespace

void addTensorHandlers(HandlerTable &table) {
  addHandler<arith::ConstantOp, constant>(table);
  addHandler<tensor::CastOp, castShape>(table);
  addHandler<tensor::CollapseShapeOp, collapseShape>(table);
  addHandler<tensor::DimOp, dim>(table);
  addHandler<tensor::EmptyOp, empty>(table);
  addHandler<tensor::ExpandShapeOp, expandShape>(table);
  addHandler<tensor::ExtractOp, extract>(table);
  addHandler<tensor::FromElementsOp, fromElements>(table);
  addHandler<tensor::GenerateOp, generate>(table);
  addHandler<tensor::InsertOp, insert>(table);
  addHandler<tensor::RankOp, rank>(table);
  addHandler<tensor::ReshapeOp, reshape>(table);
  addHandler<tensor::SplatOp, splat>(table);
}

} // namespace heddle
