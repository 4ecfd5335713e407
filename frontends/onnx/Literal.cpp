#include "frontends/onnx/Literal.h"
#include "llvm/ADT/APFloat.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace heddle::onnx {

std::optional<int64_t> Literal::integer(size_t index) const {
  auto constant = elements[index].dim ? dyn_cast<AffineConstantExpr>(elements[index].dim) : AffineConstantExpr();
  if (!constant)
    return std::nullopt;
  return constant.getValue();
}

std::optional<SmallVector<int64_t>> Literal::integers() const {
  SmallVector<int64_t> values;
  for (size_t i = 0; i < elements.size(); ++i) {
    std::optional<int64_t> value = integer(i);
    if (!value)
      return std::nullopt;
    values.push_back(*value);
  }
  return values;
}

std::optional<double> Literal::number(size_t index) const {
  if (isFloat())
    return elements[index].real;
  std::optional<int64_t> value = integer(index);
  if (!value)
    return std::nullopt;
  return static_cast<double>(*value);
}

std::optional<int64_t> elementCount(ArrayRef<int64_t> shape) {
  int64_t count = 1;
  for (int64_t size : shape)
    if (size < 0 || llvm::MulOverflow(count, size, count) || count > (int64_t(1) << 48))
      return std::nullopt;
  return count;
}

static double roundFloat(double value, FloatType type) {
  llvm::APFloat number(value);
  bool lost;
  number.convert(type.getFloatSemantics(), llvm::APFloat::rmNearestTiesToEven, &lost);
  number.convert(llvm::APFloat::IEEEdouble(), llvm::APFloat::rmNearestTiesToEven, &lost);
  return number.convertToDouble();
}

Element rounded(Element element, Type type) {
  if (auto floating = dyn_cast<FloatType>(type)) {
    element.real = roundFloat(element.real, floating);
    return element;
  }
  auto constant = dyn_cast<AffineConstantExpr>(element.dim);
  unsigned width = type.getIntOrFloatBitWidth();
  if (!constant || width == 64)
    return element;
  llvm::APInt bits(width, static_cast<uint64_t>(constant.getValue()), /*isSigned=*/false, /*implicitTrunc=*/true);
  bool zeroExtends = type.isUnsignedInteger() || width == 1;
  int64_t value = zeroExtends ? static_cast<int64_t>(bits.getZExtValue()) : bits.getSExtValue();
  element.dim = getAffineConstantExpr(value, type.getContext());
  return element;
}

std::optional<SmallVector<int64_t>> broadcastSizes(ArrayRef<int64_t> a, ArrayRef<int64_t> b) {
  if (a.size() < b.size())
    std::swap(a, b);
  SmallVector<int64_t> result(a);
  size_t offset = a.size() - b.size();
  for (size_t axis = 0; axis < b.size(); ++axis) {
    int64_t &size = result[offset + axis];
    if (size == 1)
      size = b[axis];
    else if (b[axis] != 1 && b[axis] != size)
      return std::nullopt;
  }
  return result;
}

Literal gathered(const Literal &source, ArrayRef<int64_t> shape,
                 llvm::function_ref<void(ArrayRef<int64_t>, MutableArrayRef<int64_t>)> where) {
  Literal result{source.elementType, SmallVector<int64_t>(shape), {}};
  int64_t count = *elementCount(shape);
  result.elements.reserve(count);
  SmallVector<int64_t> index(shape.size(), 0), position(source.rank(), 0);
  for (int64_t flat = 0; flat < count; ++flat) {
    where(index, position);
    int64_t offset = 0;
    for (int64_t axis = 0; axis < source.rank(); ++axis)
      offset = offset * source.shape[axis] + position[axis];
    result.elements.push_back(source.elements[offset]);
    for (int64_t axis = static_cast<int64_t>(shape.size()) - 1; axis >= 0; --axis) {
      if (++index[axis] < shape[axis])
        break;
      index[axis] = 0;
    }
  }
  return result;
}

Literal broadcast(const Literal &source, ArrayRef<int64_t> shape) {
  size_t offset = shape.size() - source.shape.size();
  return gathered(source, shape, [&](ArrayRef<int64_t> index, MutableArrayRef<int64_t> position) {
    for (size_t axis = 0; axis < position.size(); ++axis)
      position[axis] = source.shape[axis] == 1 ? 0 : index[offset + axis];
  });
}

} // namespace heddle::onnx
