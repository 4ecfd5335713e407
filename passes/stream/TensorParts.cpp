#include "passes/stream/TensorParts.h"

using namespace mlir;

namespace heddle {

ReferenceTensor sliceAlong(const ReferenceTensor &tensor, int64_t dim, int64_t first, int64_t count) {
  SmallVector<int64_t> shape(tensor.shape);
  shape[dim] = count;
  ReferenceTensor result = ReferenceTensor::zeros(tensor.elementType, shape);
  if (result.size() == 0)
    return result;
  SmallVector<int64_t> index(shape.size(), 0), strides = tensor.strides();
  int64_t to = 0, origin = first * strides[dim];
  do
    result.set(to++, tensor.get(origin + dot(index, strides)));
  while (nextIndex(index, shape));
  return result;
}

ReferenceTensor concatAlong(ArrayRef<ReferenceTensor> parts, int64_t dim) {
  SmallVector<int64_t> shape(parts.front().shape);
  shape[dim] = 0;
  for (const ReferenceTensor &part : parts)
    shape[dim] += part.shape[dim];
  ReferenceTensor result = ReferenceTensor::zeros(parts.front().elementType, shape);
  SmallVector<int64_t> strides = result.strides();
  int64_t origin = 0;
  for (const ReferenceTensor &part : parts) {
    SmallVector<int64_t> index(shape.size(), 0);
    int64_t from = 0;
    if (part.size() != 0)
      do
        result.set(origin + dot(index, strides), part.get(from++));
      while (nextIndex(index, part.shape));
    origin += part.shape[dim] * strides[dim];
  }
  return result;
}

ReferenceTensor joinCalls(ArrayRef<ReferenceTensor> calls, std::optional<int64_t> dim) {
  auto fits = [&](const ReferenceTensor &call) {
    for (auto [at, sizes] : llvm::enumerate(llvm::zip_equal(call.shape, calls.front().shape)))
      if (int64_t(at) != *dim && std::get<0>(sizes) != std::get<1>(sizes))
        return false;
    return true;
  };
  return dim && llvm::all_of(calls, fits) ? concatAlong(calls, *dim) : calls.back();
}

ReferenceTensor lastElements(ReferenceTensor whole, const ReferenceTensor &last) {
  for (size_t dim = 0; dim < last.shape.size(); ++dim)
    if (int64_t more = whole.shape[dim] - last.shape[dim]; more > 0)
      whole = sliceAlong(whole, dim, more, last.shape[dim]);
  return whole;
}

} // namespace heddle
