#include "runtime/core/View.h"
#include "runtime/core/Checked.h"
#include "runtime/io/DlpackType.h"
#include <algorithm>

namespace heddle::runtime {

namespace {

std::string dtypeText(heddle_dtype_t dtype) {
  if (std::optional<io::DType> type = io::fromDlpack(dtype))
    return io::dtypeName(*type);
  return "DLPack type " + std::to_string(dtype.code) + "/" + std::to_string(dtype.bits) + "x" +
         std::to_string(dtype.lanes);
}

/// Row-major without gaps. Strides of dimensions of size 1, and of empty tensors, mean nothing.
bool isDense(const heddle_tensor_view_t &view) {
  if (!view.strides)
    return true;
  int64_t expected = 1;
  for (int32_t i = view.rank - 1; i >= 0; --i) {
    if (view.shape[i] == 0)
      return true;
    if (view.shape[i] != 1 && view.strides[i] != expected)
      return false;
    expected *= view.shape[i];
  }
  return true;
}

template <typename T> Status checkRangeOf(const TensorInfo &info, const heddle_tensor_view_t &view) {
  const T *values = reinterpret_cast<const T *>(viewData(view));
  int64_t count = viewBytes(view) / static_cast<int64_t>(sizeof(T));
  bool inside = true;
  for (int64_t i = 0; i < count; ++i) // without an early exit the loop is vectorised
    inside &= (values[i] >= info.low) & (values[i] < info.high);
  if (inside)
    return {};
  const T *bad = std::find_if(values, values + count, [&](T v) { return v < info.low || v >= info.high; });
  return mismatch(HEDDLE_OUT_OF_RANGE, "input '" + info.name + "'",
                  "values in [" + std::to_string(info.low) + ", " + std::to_string(info.high) + ")",
                  std::to_string(*bad) + " at index " + std::to_string(bad - values));
}

} // namespace

Status invalid(const std::string &what, const std::string &expected, const std::string &got) {
  return mismatch(HEDDLE_INVALID_ARGUMENT, what, expected, got);
}

int64_t viewBytes(const heddle_tensor_view_t &view) {
  int64_t bytes = 0;
  byteSizeOverflows(view.shape, static_cast<size_t>(view.rank), view.dtype.bits / 8, bytes);
  return bytes;
}

Status checkView(const char *kind, const TensorInfo &info, const heddle_tensor_view_t &view) {
  // Texts are made only for messages: runs allocate nothing.
  auto what = [&](const char *aspect) { return std::string(kind) + " '" + info.name + "' " + aspect; };
  constexpr int32_t kCpu = 1, kPinned = 3;
  if (view.device_type != kCpu && view.device_type != kPinned)
    return invalid(what("device"), "the CPU (1)", std::to_string(view.device_type));
  heddle_dtype_t expected = io::toDlpack(info.dtype);
  if (view.dtype.code != expected.code || view.dtype.bits != expected.bits || view.dtype.lanes != 1)
    return invalid(what("type"), io::dtypeName(info.dtype), dtypeText(view.dtype));
  if (view.rank != static_cast<int32_t>(info.exprs.size()))
    return invalid(what("rank"), std::to_string(info.exprs.size()), std::to_string(view.rank));
  if (view.rank != 0 && !view.shape)
    return invalid(what("shape"), "an address", "NULL");
  int64_t bytes = 0, width = static_cast<int64_t>(io::dtypeSize(info.dtype));
  if (byteSizeOverflows(view.shape, static_cast<size_t>(view.rank), width, bytes))
    return invalid(what("shape"), "sizes of at least 0 and less than 2^63 bytes", "others");
  if (!isDense(view))
    return invalid(what("strides"), "dense row-major order", "another order: make the tensor contiguous");
  if (bytes != 0 && !view.data)
    return invalid(what("data"), "an address", "NULL");
  if (reinterpret_cast<uintptr_t>(viewData(view)) % static_cast<uintptr_t>(width) != 0)
    return invalid(what("address"), "a multiple of " + std::to_string(width), "another");
  return {};
}

Status checkRange(const TensorInfo &info, const heddle_tensor_view_t &view) {
  if (!info.hasRange)
    return {};
  switch (info.dtype) {
  case io::DType::I64:
    return checkRangeOf<int64_t>(info, view);
  case io::DType::I32:
    return checkRangeOf<int32_t>(info, view);
  case io::DType::I8:
    return checkRangeOf<int8_t>(info, view);
  case io::DType::U8:
    return checkRangeOf<uint8_t>(info, view);
  default: // the manifest gives ranges to integers only
    return {};
  }
}

bool overlap(const heddle_tensor_view_t &a, const heddle_tensor_view_t &b) {
  const char *beginA = viewData(a), *beginB = viewData(b);
  int64_t bytesA = viewBytes(a), bytesB = viewBytes(b);
  return bytesA != 0 && bytesB != 0 && beginA < beginB + bytesB && beginB < beginA + bytesA;
}

} // namespace heddle::runtime
