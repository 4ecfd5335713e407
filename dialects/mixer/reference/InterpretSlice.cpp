// Meaning of the tensor ops that move parts of tensors: slices, concatenation, padding, gather.
#include "dialects/mixer/reference/InterpreterState.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace heddle {
namespace {

// A rectangle with steps inside of a tensor.
struct Slice {
  SmallVector<int64_t> offsets, sizes, steps;

  bool isInside(ArrayRef<int64_t> shape) const {
    for (auto [d, size] : llvm::enumerate(shape)) {
      int64_t last = offsets[d] + (sizes[d] - 1) * steps[d];
      if (sizes[d] < 0 || offsets[d] < 0 || (sizes[d] > 0 && (last < 0 || last >= size)))
        return false;
    }
    return true;
  }

  template <typename F> void forEach(ArrayRef<int64_t> strides, F function) const {
    SmallVector<int64_t> index(sizes.size(), 0);
    for (int64_t i = 0, count = elementCount(sizes); i < count; ++i, nextIndex(index, sizes)) {
      int64_t offset = 0;
      for (size_t d = 0; d < index.size(); ++d)
        offset += strides[d] * (offsets[d] + index[d] * steps[d]);
      function(i, offset);
    }
  }
};

template <typename Op> Slice sliceOf(Interpreter &in, Op op) {
  return {in.integers(op.getMixedOffsets()), in.integers(op.getMixedSizes()), in.integers(op.getMixedStrides())};
}

LogicalResult outside(Operation *op, ArrayRef<int64_t> shape) {
  InFlightDiagnostic error = op->emitOpError("slice expected inside of shape [");
  llvm::interleaveComma(shape, error);
  return error << "] but got one that leaves it";
}

LogicalResult extractSlice(Interpreter &in, tensor::ExtractSliceOp op) {
  const ReferenceTensor &source = in.tensor(op.getSource());
  Slice slice = sliceOf(in, op);
  if (!slice.isInside(source.shape))
    return outside(op, source.shape);
  SmallVector<int64_t> shape;
  llvm::SmallBitVector dropped = op.getDroppedDims();
  for (auto [d, size] : llvm::enumerate(slice.sizes))
    if (!dropped.test(d))
      shape.push_back(size);
  ReferenceTensor result = ReferenceTensor::zeros(source.elementType, shape);
  slice.forEach(source.strides(), [&](int64_t i, int64_t offset) { result.set(i, source.get(offset)); });
  in.set(op.getResult(), std::move(result));
  return success();
}

LogicalResult insertSlice(Interpreter &in, tensor::InsertSliceOp op) {
  Slice slice = sliceOf(in, op);
  ReferenceTensor source = in.tensor(op.getSource());
  ReferenceTensor result = in.take(op.getDest(), op);
  if (!slice.isInside(result.shape) || elementCount(slice.sizes) != source.size())
    return outside(op, result.shape);
  slice.forEach(result.strides(), [&](int64_t i, int64_t offset) { result.set(offset, source.get(i)); });
  in.set(op.getResult(), std::move(result));
  return success();
}

// Copies `source` into `result` with its first element at `offsets`.
void place(const ReferenceTensor &source, ReferenceTensor &result, SmallVector<int64_t> offsets) {
  Slice slice{std::move(offsets), source.shape, SmallVector<int64_t>(source.rank(), 1)};
  slice.forEach(result.strides(), [&](int64_t i, int64_t offset) { result.set(offset, source.get(i)); });
}

LogicalResult concat(Interpreter &in, tensor::ConcatOp op) {
  int64_t axis = op.getDim();
  SmallVector<int64_t> shape = in.tensor(op.getInputs().front()).shape;
  shape[axis] = 0;
  for (Value input : op.getInputs())
    shape[axis] += in.tensor(input).shape[axis];
  ReferenceTensor result = ReferenceTensor::zeros(getElementTypeOrSelf(op.getResult()), shape);
  SmallVector<int64_t> offsets(shape.size(), 0);
  for (Value input : op.getInputs()) {
    place(in.tensor(input), result, offsets);
    offsets[axis] += in.tensor(input).shape[axis];
  }
  in.set(op.getResult(), std::move(result));
  return success();
}

LogicalResult pad(Interpreter &in, tensor::PadOp op) {
  const ReferenceTensor &source = in.tensor(op.getSource());
  Value padding = op.getConstantPaddingValue();
  if (!padding)
    return op.emitOpError("expected a padding value that does not depend on the position");
  if (!in.has(padding) && failed(in.runBlock(op.getRegion().front())))
    return failure();
  SmallVector<int64_t> low = in.integers(op.getMixedLowPad()), high = in.integers(op.getMixedHighPad());
  SmallVector<int64_t> shape = source.shape;
  for (auto [d, size] : llvm::enumerate(shape)) {
    if (low[d] < 0 || high[d] < 0)
      return op.emitOpError("dimension ")
             << d << " expected non-negative padding but got " << std::min(low[d], high[d]);
    size += low[d] + high[d];
  }
  ReferenceTensor result = ReferenceTensor::splat(source.elementType, shape, in.get(padding).scalar);
  place(source, result, low);
  in.set(op.getResult(), std::move(result));
  return success();
}

LogicalResult gather(Interpreter &in, tensor::GatherOp op) {
  const ReferenceTensor &source = in.tensor(op.getSource()), &indices = in.tensor(op.getIndices());
  ArrayRef<int64_t> axes = op.getGatherDims();
  SmallVector<int64_t> window = source.shape;
  for (int64_t axis : axes)
    window[axis] = 1;
  int64_t count = axes.empty() ? 0 : indices.size() / int64_t(axes.size()), width = elementCount(window);
  // The index dimensions, then those of the source, without the gathered ones when the result drops them.
  SmallVector<int64_t> shape(ArrayRef<int64_t>(indices.shape).drop_back());
  bool drops = op.getResultType().getRank() != int64_t(shape.size()) + source.rank();
  for (int64_t d = 0; d < source.rank(); ++d)
    if (!drops || !llvm::is_contained(axes, d))
      shape.push_back(window[d]);
  ReferenceTensor result = ReferenceTensor::zeros(source.elementType, shape);
  for (int64_t n = 0; n < count; ++n) {
    Slice slice{SmallVector<int64_t>(source.rank(), 0), window, SmallVector<int64_t>(source.rank(), 1)};
    for (auto [k, axis] : llvm::enumerate(axes))
      slice.offsets[axis] = std::clamp<int64_t>(indices.integers[n * axes.size() + k], 0, source.shape[axis] - 1);
    slice.forEach(source.strides(), [&](int64_t i, int64_t offset) { result.set(n * width + i, source.get(offset)); });
  }
  in.set(op.getResult(), std::move(result));
  return success();
}

} // namespace

void addSliceHandlers(HandlerTable &table) {
  addHandler<tensor::ConcatOp, concat>(table);
  addHandler<tensor::ExtractSliceOp, extractSlice>(table);
  addHandler<tensor::GatherOp, gather>(table);
  addHandler<tensor::InsertSliceOp, insertSlice>(table);
  addHandler<tensor::PadOp, pad>(table);
}

} // namespace heddle
