#include "dialects/mixer/reference/ReferenceTensor.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include <cstring>
#include <numeric>

using namespace mlir;

namespace heddle {

int64_t elementCount(ArrayRef<int64_t> shape) {
  return std::accumulate(shape.begin(), shape.end(), int64_t(1), std::multiplies<int64_t>());
}

SmallVector<int64_t> rowMajorStrides(ArrayRef<int64_t> shape) {
  SmallVector<int64_t> strides(shape.size(), 1);
  for (int64_t d = int64_t(shape.size()) - 2; d >= 0; --d)
    strides[d] = strides[d + 1] * shape[d + 1];
  return strides;
}

bool nextIndex(MutableArrayRef<int64_t> index, ArrayRef<int64_t> shape) {
  for (int64_t d = int64_t(shape.size()) - 1; d >= 0; --d) {
    if (++index[d] < shape[d])
      return true;
    index[d] = 0;
  }
  return false;
}

int64_t dot(ArrayRef<int64_t> left, ArrayRef<int64_t> right) {
  return std::inner_product(left.begin(), left.end(), right.begin(), int64_t(0));
}

int64_t ReferenceTensor::size() const { return elementCount(shape); }
SmallVector<int64_t> ReferenceTensor::strides() const { return rowMajorStrides(shape); }

ReferenceTensor ReferenceTensor::zeros(Type elementType, ArrayRef<int64_t> shape) {
  ReferenceTensor tensor{elementType, SmallVector<int64_t>(shape), {}, {}};
  if (tensor.isFloat())
    tensor.data.assign(tensor.size(), 0.0);
  else
    tensor.integers.assign(tensor.size(), 0);
  return tensor;
}

ReferenceTensor ReferenceTensor::splat(Type elementType, ArrayRef<int64_t> shape, Scalar value) {
  ReferenceTensor tensor = zeros(elementType, shape);
  if (tensor.isFloat())
    std::fill(tensor.data.begin(), tensor.data.end(), value.real);
  else
    std::fill(tensor.integers.begin(), tensor.integers.end(), value.integer);
  return tensor;
}

Scalar ReferenceTensor::get(int64_t offset) const {
  Scalar value;
  if (isFloat())
    value.real = data[offset];
  else
    value.integer = integers[offset];
  return value;
}

void ReferenceTensor::set(int64_t offset, Scalar value) {
  if (isFloat())
    data[offset] = value.real;
  else
    integers[offset] = value.integer;
}

//===--- rounding -------------------------------------------------------------------------===//

Finish finishOf(Type type, Precision precision) {
  if (type.isInteger())
    return integerWidth(type) < 64 ? Finish::Wrap : Finish::Keep;
  bool isKept = precision == Precision::Double || (precision == Precision::Stored && type.isF64());
  if (isKept || !isa<FloatType>(type))
    return Finish::Keep;
  return type.isF16() ? Finish::F16 : type.isBF16() ? Finish::BF16 : Finish::F32;
}

static float roundToBFloat(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  if (value != value)
    return value;
  bits += 0x7fff + ((bits >> 16) & 1);
  bits &= 0xffff0000u;
  std::memcpy(&value, &bits, sizeof bits);
  return value;
}

double roundReal(double value, Finish finish) {
  switch (finish) {
  case Finish::F32:
    return float(value);
  case Finish::F16:
    return double(_Float16(float(value)));
  case Finish::BF16:
    return roundToBFloat(float(value));
  case Finish::Keep:
  case Finish::Wrap:
    break;
  }
  return value;
}

unsigned integerWidth(Type type) { return isa<IndexType>(type) ? 64 : type.getIntOrFloatBitWidth(); }

int64_t wrapInteger(int64_t value, Type type) {
  unsigned width = integerWidth(type);
  if (width >= 64)
    return value;
  bool zeroExtended = width == 1 || type.isUnsignedInteger();
  uint64_t low = uint64_t(value) << (64 - width);
  return zeroExtended ? int64_t(low >> (64 - width)) : int64_t(low) >> (64 - width);
}

static void roundAll(ReferenceTensor &tensor, Finish finish) {
  if (!tensor.isFloat() || finish == Finish::Keep)
    return;
  for (double &value : tensor.data)
    value = roundReal(value, finish);
}

void roundToType(ReferenceTensor &tensor, Precision precision) {
  roundAll(tensor, finishOf(tensor.elementType, precision));
}

void roundToStorage(ReferenceTensor &tensor) {
  if (!tensor.elementType.isF64())
    roundAll(tensor, finishOf(tensor.elementType, Precision::Single));
}

//===--- constants ------------------------------------------------------------------------===//

template <typename T> static T load(const char *bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

static double loadReal(Type type, const char *bytes) {
  if (type.isF32())
    return load<float>(bytes);
  if (type.isF64())
    return load<double>(bytes);
  if (type.isF16())
    return double(load<_Float16>(bytes));
  uint32_t bits = uint32_t(load<uint16_t>(bytes)) << 16;
  return load<float>(reinterpret_cast<const char *>(&bits));
}

static int64_t loadInteger(Type type, const char *bytes) {
  switch (integerWidth(type)) {
  case 64:
    return load<int64_t>(bytes);
  case 32:
    return wrapInteger(load<int32_t>(bytes), type);
  case 16:
    return wrapInteger(load<int16_t>(bytes), type);
  default:
    return wrapInteger(load<int8_t>(bytes), type);
  }
}

static ReferenceTensor fromBytes(ShapedType type, ArrayRef<char> bytes, int64_t step) {
  Type elementType = type.getElementType();
  ReferenceTensor tensor = ReferenceTensor::zeros(elementType, type.getShape());
  for (size_t i = 0; i < tensor.data.size(); ++i)
    tensor.data[i] = loadReal(elementType, bytes.data() + i * step);
  for (size_t i = 0; i < tensor.integers.size(); ++i)
    tensor.integers[i] = loadInteger(elementType, bytes.data() + i * step);
  return tensor;
}

static bool hasByteStorage(Type type) {
  if (type.isF16() || type.isBF16() || type.isF32() || type.isF64() || type.isIndex())
    return true;
  return type.isInteger(8) || type.isInteger(16) || type.isInteger(32) || type.isInteger(64);
}

std::optional<ReferenceTensor> ReferenceTensor::fromAttribute(ElementsAttr attribute) {
  ShapedType type = attribute.getShapedType();
  Type elementType = type.getElementType();
  int64_t bytesPerElement = isa<IndexType>(elementType)  ? 8
                            : elementType.isIntOrFloat() ? elementType.getIntOrFloatBitWidth() / 8
                                                         : 0;
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(attribute)) {
    AsmResourceBlob *blob = resource.getRawHandle().getBlob();
    int64_t width = elementType.isInteger(1) ? 1 : bytesPerElement; // booleans take a byte in resources
    if (!blob || width == 0 || int64_t(blob->getData().size()) < type.getNumElements() * width)
      return std::nullopt;
    return fromBytes(type, blob->getData(), width);
  }
  auto dense = dyn_cast<DenseIntOrFPElementsAttr>(attribute);
  if (!dense)
    return std::nullopt;
  if (hasByteStorage(elementType))
    return fromBytes(type, dense.getRawData(), dense.isSplat() ? 0 : bytesPerElement);
  if (!elementType.isInteger())
    return std::nullopt;
  ReferenceTensor tensor = zeros(elementType, type.getShape());
  for (auto [index, value] : llvm::enumerate(dense.getValues<APInt>()))
    tensor.integers[index] = wrapInteger(value.getZExtValue(), elementType);
  return tensor;
}

} // namespace heddle
