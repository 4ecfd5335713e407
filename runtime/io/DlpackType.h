// The codes that DLPack gives to element types. Header only: the runtime and the tools share the one table.
#ifndef HEDDLE_RUNTIME_IO_DLPACKTYPE_H
#define HEDDLE_RUNTIME_IO_DLPACKTYPE_H

#include "heddle/runtime.h"
#include "runtime/io/DType.h"
#include <optional>

namespace heddle::io {

constexpr heddle_dtype_t toDlpack(DType type) {
  constexpr uint8_t kInt = 0, kUInt = 1, kFloat = 2, kBfloat = 4, kBool = 6;
  uint8_t bits = static_cast<uint8_t>(8 * dtypeSize(type));
  switch (type) {
  case DType::F32:
  case DType::F64:
  case DType::F16:
    return {kFloat, bits, 1};
  case DType::BF16:
    return {kBfloat, bits, 1};
  case DType::I64:
  case DType::I32:
  case DType::I16:
  case DType::I8:
    return {kInt, bits, 1};
  case DType::U64:
  case DType::U32:
  case DType::U16:
  case DType::U8:
    return {kUInt, bits, 1};
  case DType::F8E4M3FN:
    return {10, bits, 1};
  case DType::F8E4M3FNUZ:
    return {11, bits, 1};
  case DType::F8E5M2:
    return {12, bits, 1};
  case DType::F8E5M2FNUZ:
    return {13, bits, 1};
  case DType::F8E8M0FNU:
    return {14, bits, 1};
  case DType::Bool:
    return {kBool, bits, 1};
  }
  return {kInt, 0, 0};
}

/// Nothing for a type that no tensor of the runtime has.
constexpr std::optional<DType> fromDlpack(heddle_dtype_t dtype) {
  for (DType type : kAllDTypes) {
    heddle_dtype_t known = toDlpack(type);
    if (known.code == dtype.code && known.bits == dtype.bits && dtype.lanes == 1)
      return type;
  }
  return std::nullopt;
}

} // namespace heddle::io

#endif
