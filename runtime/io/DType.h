// The element types of host tensors, in files and at the runtime's boundary. Header only: shared by the readers, the
// runtime and the tools, none of which sees MLIR.
#ifndef HEDDLE_RUNTIME_IO_DTYPE_H
#define HEDDLE_RUNTIME_IO_DTYPE_H

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace heddle::io {

// The 8-bit floats are moved, not computed with: a host tensor holds their bit patterns.
enum class DType : uint8_t {
  F32,
  F64,
  F16,
  BF16,
  I64,
  I32,
  I16,
  I8,
  U64,
  U32,
  U16,
  U8,
  Bool,
  F8E4M3FN,
  F8E4M3FNUZ,
  F8E5M2,
  F8E5M2FNUZ,
  F8E8M0FNU
};

inline constexpr DType kAllDTypes[] = {
    DType::F32,  DType::F64,      DType::F16,        DType::BF16,   DType::I64,        DType::I32,
    DType::I16,  DType::I8,       DType::U64,        DType::U32,    DType::U16,        DType::U8,
    DType::Bool, DType::F8E4M3FN, DType::F8E4M3FNUZ, DType::F8E5M2, DType::F8E5M2FNUZ, DType::F8E8M0FNU};

/// The name used in manifests, tensor specs and messages: "f32", "bf16", "i64", "bool", ...
constexpr const char *dtypeName(DType type) {
  switch (type) {
  case DType::F32:
    return "f32";
  case DType::F64:
    return "f64";
  case DType::F16:
    return "f16";
  case DType::BF16:
    return "bf16";
  case DType::I64:
    return "i64";
  case DType::I32:
    return "i32";
  case DType::I16:
    return "i16";
  case DType::I8:
    return "i8";
  case DType::U64:
    return "u64";
  case DType::U32:
    return "u32";
  case DType::U16:
    return "u16";
  case DType::U8:
    return "u8";
  case DType::Bool:
    return "bool";
  case DType::F8E4M3FN:
    return "f8E4M3FN";
  case DType::F8E4M3FNUZ:
    return "f8E4M3FNUZ";
  case DType::F8E5M2:
    return "f8E5M2";
  case DType::F8E5M2FNUZ:
    return "f8E5M2FNUZ";
  case DType::F8E8M0FNU:
    return "f8E8M0FNU";
  }
  return "?";
}

/// Bytes per element.
constexpr size_t dtypeSize(DType type) {
  switch (type) {
  case DType::F64:
  case DType::I64:
  case DType::U64:
    return 8;
  case DType::F32:
  case DType::I32:
  case DType::U32:
    return 4;
  case DType::F16:
  case DType::BF16:
  case DType::I16:
  case DType::U16:
    return 2;
  default:
    return 1;
  }
}

constexpr bool dtypeIsFloat(DType type) {
  return type == DType::F32 || type == DType::F64 || type == DType::F16 || type == DType::BF16;
}

/// One of the 8-bit floats.
constexpr bool dtypeIsFloat8(DType type) { return type >= DType::F8E4M3FN; }

/// The inverse of dtypeName; also takes MLIR's spellings "ui8" and "i1". False when the name is unknown.
constexpr bool parseDType(std::string_view name, DType &type) {
  if (name == "ui8")
    name = "u8";
  if (name == "i1")
    name = "bool";
  for (DType candidate : kAllDTypes) {
    if (name == dtypeName(candidate)) {
      type = candidate;
      return true;
    }
  }
  return false;
}

} // namespace heddle::io
#endif
