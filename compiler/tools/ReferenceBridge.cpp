#include "compiler/tools/ReferenceBridge.h"

namespace heddle {
namespace {

/// i64 does not fit a double; everything else does.
int64_t integerAt(const io::HostTensor &tensor, int64_t index) {
  return tensor.dtype == io::DType::I64 ? tensor.as<int64_t>()[index] : int64_t(tensor.at(index));
}

} // namespace

ReferenceTensor toReference(const io::HostTensor &tensor, mlir::Type elementType) {
  ReferenceTensor result = ReferenceTensor::zeros(elementType, tensor.shape);
  for (int64_t i = 0; i < tensor.numElements(); ++i) {
    Scalar value;
    if (result.isFloat())
      value.real = tensor.at(i);
    else
      value.integer = integerAt(tensor, i);
    result.set(i, value);
  }
  return result;
}

} // namespace heddle
