#include "runtime/io/HostTensor.h"
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>

namespace heddle::io {

namespace {

template <typename T> T loadAs(const std::byte *bytes, int64_t index) {
  T value;
  std::memcpy(&value, bytes + index * static_cast<int64_t>(sizeof(T)), sizeof(T));
  return value;
}

template <typename T> void storeAs(std::byte *bytes, int64_t index, T value) {
  std::memcpy(bytes + index * static_cast<int64_t>(sizeof(T)), &value, sizeof(T));
}

template <typename To, typename From> To bitsOf(From value) {
  static_assert(sizeof(To) == sizeof(From));
  To bits;
  std::memcpy(&bits, &value, sizeof(To));
  return bits;
}

} // namespace

float bfloatToFloat(uint16_t bits) { return bitsOf<float>(static_cast<uint32_t>(bits) << 16); }

uint16_t floatToBfloat(float value) {
  uint32_t bits = bitsOf<uint32_t>(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u) // rounding could carry a NaN to infinity
    return static_cast<uint16_t>((bits >> 16) | 0x40);
  return static_cast<uint16_t>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

float halfToFloat(uint16_t bits) {
  uint32_t sign = static_cast<uint32_t>(bits & 0x8000) << 16;
  uint32_t exponent = (bits >> 10) & 0x1f;
  uint32_t mantissa = bits & 0x3ff;
  if (exponent == 0x1f)
    return bitsOf<float>(sign | 0x7f800000u | (mantissa << 13));
  if (exponent != 0)
    return bitsOf<float>(sign | ((exponent + 112) << 23) | (mantissa << 13));
  float magnitude = static_cast<float>(mantissa) * 0x1p-24f; // denormal or zero: exact
  return sign ? -magnitude : magnitude;
}

uint16_t floatToHalf(float value) {
  uint32_t bits = bitsOf<uint32_t>(value);
  uint16_t sign = static_cast<uint16_t>((bits >> 16) & 0x8000);
  uint32_t magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u)
    return static_cast<uint16_t>(sign | 0x7e00 | ((magnitude >> 13) & 0x3ff));
  if (magnitude >= 0x477ff000u) // 65520 and more round to infinity
    return static_cast<uint16_t>(sign | 0x7c00);
  if (magnitude < 0x38800000u) { // below 2^-14: the addition rounds at the denormals' last place, 2^-24
    float shifted = bitsOf<float>(magnitude) + 0.5f;
    return static_cast<uint16_t>(sign | (bitsOf<uint32_t>(shifted) - 0x3f000000u));
  }
  uint32_t rounded = magnitude + 0xfff + ((magnitude >> 13) & 1);
  return static_cast<uint16_t>(sign | ((rounded - 0x38000000u) >> 13));
}

namespace {

struct Float8 {
  int mantissa, bias;
  bool hasInfinity, hasNegativeZero;
};

Float8 float8Of(DType type) {
  switch (type) {
  case DType::F8E4M3FN:
    return {3, 7, false, true};
  case DType::F8E4M3FNUZ:
    return {3, 8, false, false};
  case DType::F8E5M2:
    return {2, 15, true, true};
  default:
    return {2, 16, false, false};
  }
}

} // namespace

float float8ToFloat(uint8_t bits, DType type) {
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  if (type == DType::F8E8M0FNU)
    return bits == 0xff ? nan : std::ldexp(1.0f, bits - 127);
  Float8 format = float8Of(type);
  int exponent = (bits & 0x7f) >> format.mantissa, mantissa = bits & ((1 << format.mantissa) - 1);
  if (!format.hasNegativeZero && bits == 0x80)
    return nan;
  if (type == DType::F8E4M3FN && (bits & 0x7f) == 0x7f)
    return nan;
  if (format.hasInfinity && exponent == 0x1f)
    return mantissa ? nan : bits & 0x80 ? -INFINITY : INFINITY;
  float magnitude = exponent ? std::ldexp(static_cast<float>(mantissa + (1 << format.mantissa)),
                                          exponent - format.bias - format.mantissa)
                             : std::ldexp(static_cast<float>(mantissa), 1 - format.bias - format.mantissa);
  return bits & 0x80 ? -magnitude : magnitude;
}

// The nearest of the 256 values: host tensors are made once.
uint8_t floatToFloat8(float value, DType type) {
  int best = -1;
  float distance = 0;
  for (int bits = 0; bits < 256; ++bits) {
    float candidate = float8ToFloat(static_cast<uint8_t>(bits), type);
    if (std::isnan(value) && std::isnan(candidate))
      return static_cast<uint8_t>(bits);
    float gap = std::fabs(candidate - value);
    bool isEven = (bits & 1) == 0, sameSign = std::signbit(candidate) == std::signbit(value);
    if (candidate == value && sameSign)
      return static_cast<uint8_t>(bits);
    if (std::isfinite(gap) && (best < 0 || gap < distance || (gap == distance && isEven)))
      best = bits, distance = gap;
  }
  return static_cast<uint8_t>(best);
}

double HostTensor::at(int64_t index) const {
  switch (dtype) {
  case DType::F32:
    return loadAs<float>(data(), index);
  case DType::F64:
    return loadAs<double>(data(), index);
  case DType::F16:
    return halfToFloat(loadAs<uint16_t>(data(), index));
  case DType::BF16:
    return bfloatToFloat(loadAs<uint16_t>(data(), index));
  case DType::I64:
    return static_cast<double>(loadAs<int64_t>(data(), index));
  case DType::I32:
    return loadAs<int32_t>(data(), index);
  case DType::I16:
    return loadAs<int16_t>(data(), index);
  case DType::I8:
    return loadAs<int8_t>(data(), index);
  case DType::U64:
    return static_cast<double>(loadAs<uint64_t>(data(), index));
  case DType::U32:
    return loadAs<uint32_t>(data(), index);
  case DType::U16:
    return loadAs<uint16_t>(data(), index);
  case DType::U8:
    return loadAs<uint8_t>(data(), index);
  case DType::Bool:
    return loadAs<uint8_t>(data(), index) != 0;
  default:
    return float8ToFloat(loadAs<uint8_t>(data(), index), dtype);
  }
}

void HostTensor::set(int64_t index, double value) {
  switch (dtype) {
  case DType::F32:
    return storeAs(data(), index, static_cast<float>(value));
  case DType::F64:
    return storeAs(data(), index, value);
  case DType::F16:
    return storeAs(data(), index, floatToHalf(static_cast<float>(value)));
  case DType::BF16:
    return storeAs(data(), index, floatToBfloat(static_cast<float>(value)));
  case DType::I64:
    return storeAs(data(), index, static_cast<int64_t>(value));
  case DType::I32:
    return storeAs(data(), index, static_cast<int32_t>(value));
  case DType::I16:
    return storeAs(data(), index, static_cast<int16_t>(value));
  case DType::I8:
    return storeAs(data(), index, static_cast<int8_t>(value));
  case DType::U64:
    return storeAs(data(), index, static_cast<uint64_t>(value));
  case DType::U32:
    return storeAs(data(), index, static_cast<uint32_t>(value));
  case DType::U16:
    return storeAs(data(), index, static_cast<uint16_t>(value));
  case DType::U8:
    return storeAs(data(), index, static_cast<uint8_t>(value));
  case DType::Bool:
    return storeAs(data(), index, static_cast<uint8_t>(value != 0));
  default:
    return storeAs(data(), index, floatToFloat8(static_cast<float>(value), dtype));
  }
}

std::string describeTensor(DType dtype, const std::vector<int64_t> &shape) {
  std::string text;
  for (int64_t dim : shape)
    text += std::to_string(dim) + "x";
  return text + dtypeName(dtype);
}

Result<size_t> tensorByteSize(DType dtype, const std::vector<int64_t> &shape) {
  for (size_t i = 0; i < shape.size(); ++i)
    if (shape[i] < 0)
      return Error{"", "dim " + std::to_string(i), "at least 0", std::to_string(shape[i])};
  int64_t bytes = static_cast<int64_t>(dtypeSize(dtype));
  bool empty = false;
  for (int64_t dim : shape) {
    // A zero dimension makes the tensor empty but does not excuse an overflow among the others.
    if (dim == 0)
      empty = true;
    else if (__builtin_mul_overflow(bytes, dim, &bytes))
      return Error{"", "size of " + describeTensor(dtype, shape), "less than 2^63 bytes", "more"};
  }
  return empty ? size_t(0) : static_cast<size_t>(bytes);
}

Result<HostTensor> makeTensor(DType dtype, std::vector<int64_t> shape) {
  Result<size_t> size = tensorByteSize(dtype, shape);
  if (!size)
    return size.error();
  HostTensor tensor{dtype, std::move(shape), nullptr, *size};
  if (*size == 0)
    return tensor;
  constexpr size_t alignment = 64;
  void *memory = nullptr;
  if (*size > std::numeric_limits<size_t>::max() / 2 || posix_memalign(&memory, alignment, *size) != 0)
    return Error{"", "memory for " + describeTensor(dtype, tensor.shape), std::to_string(*size) + " bytes", "none"};
  std::memset(memory, 0, *size);
  tensor.bytes.reset(static_cast<std::byte *>(memory), [](std::byte *bytes) { std::free(bytes); });
  return tensor;
}

} // namespace heddle::io
