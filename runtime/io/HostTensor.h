// A dense row-major tensor in host memory, owned or mapped from a file.
//
// Copies are cheap and share the bytes. A mapped tensor keeps its file mapped as long as any copy lives. Bytes start at
// a multiple of the element size; those of makeTensor() at a multiple of 64.
// Threads: distinct HostTensors that share bytes may be read from several threads.
#ifndef HEDDLE_RUNTIME_IO_HOSTTENSOR_H
#define HEDDLE_RUNTIME_IO_HOSTTENSOR_H

#include "runtime/io/DType.h"
#include "runtime/io/Result.h"
#include <memory>
#include <string>
#include <vector>

namespace heddle::io {

struct HostTensor {
  DType dtype = DType::F32;
  std::vector<int64_t> shape;
  std::shared_ptr<std::byte> bytes; // may alias a mapping; null only when there are no elements
  size_t byteSize = 0;

  std::byte *data() { return bytes.get(); }
  const std::byte *data() const { return bytes.get(); }
  int64_t numElements() const { return static_cast<int64_t>(byteSize / dtypeSize(dtype)); }
  template <typename T> T *as() { return reinterpret_cast<T *>(bytes.get()); }
  template <typename T> const T *as() const { return reinterpret_cast<const T *>(bytes.get()); }

  /// Element `index` in row-major order as a double, whatever the type (i64 beyond 2^53 is rounded).
  double at(int64_t index) const;
  /// Writes `value`, rounded to the type: to nearest even for floats, truncated for integers.
  void set(int64_t index, double value);
};

struct NamedTensor {
  std::string name;
  HostTensor tensor;
};

/// Bytes of a tensor. Fails on a negative dimension and when the product exceeds 2^63 - 1.
Result<size_t> tensorByteSize(DType dtype, const std::vector<int64_t> &shape);

/// A zero-filled tensor.
Result<HostTensor> makeTensor(DType dtype, std::vector<int64_t> shape);

/// "2x64x16xf32"; a scalar is "f32".
std::string describeTensor(DType dtype, const std::vector<int64_t> &shape);

// Bit patterns of the two half precisions; rounding is to nearest even.
float halfToFloat(uint16_t bits);
uint16_t floatToHalf(float value);
float bfloatToFloat(uint16_t bits);
uint16_t floatToBfloat(float value);
float float8ToFloat(uint8_t bits, DType type);
uint8_t floatToFloat8(float value, DType type); // saturates

} // namespace heddle::io
#endif
