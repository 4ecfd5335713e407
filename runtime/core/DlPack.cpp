// DLPack's structs, declared by their published layout, so that no header of theirs is needed.
#include "runtime/core/Checked.h"
#include "runtime/core/Status.h"
#include <cstddef>
#include <cstdlib>
#include <cstring>

using namespace heddle::runtime;

namespace {

struct ManagedTensor { // before DLPack 1.0
  heddle_tensor_view_t tensor;
  void *context;
  void (*deleter)(ManagedTensor *self);
};

struct ManagedTensorVersioned { // since DLPack 1.0
  uint32_t major, minor;
  void *context;
  void (*deleter)(ManagedTensorVersioned *self);
  uint64_t flags;
  heddle_tensor_view_t tensor;
};

constexpr uint32_t kMajor = 1;
constexpr uint64_t kReadOnly = 1;

static_assert(sizeof(heddle_tensor_view_t) == 48 && offsetof(heddle_tensor_view_t, dtype) == 20 &&
                  offsetof(heddle_tensor_view_t, shape) == 24 && offsetof(ManagedTensorVersioned, tensor) == 32,
              "the layout is DLPack's");

/// One allocation: this struct, then the shape, then the data at the next multiple of 64.
void freeTensor(ManagedTensorVersioned *self) { std::free(self); }

} // namespace

heddle_tensor_view_t heddle_tensor_view(void *data, heddle_dtype_t dtype, int32_t rank, int64_t *shape) {
  return {data, /*device_type=*/1, 0, rank, dtype, shape, nullptr, 0};
}

heddle_status_t heddle_tensor_view_from_dlpack(const void *managed, heddle_tensor_view_t *out_view) {
  return guard([&]() -> Status {
    if (!managed || !out_view)
      return Status(HEDDLE_INVALID_ARGUMENT, "DLPack tensor, expected an address but got NULL");
    *out_view = static_cast<const ManagedTensor *>(managed)->tensor;
    return {};
  });
}

heddle_status_t heddle_tensor_view_from_dlpack_versioned(const void *managed, bool for_output,
                                                         heddle_tensor_view_t *out_view) {
  return guard([&]() -> Status {
    if (!managed || !out_view)
      return Status(HEDDLE_INVALID_ARGUMENT, "DLPack tensor, expected an address but got NULL");
    *out_view = {};
    const auto *tensor = static_cast<const ManagedTensorVersioned *>(managed);
    if (tensor->major != kMajor)
      return mismatch(HEDDLE_INCOMPATIBLE, "DLPack major version", std::to_string(kMajor),
                      std::to_string(tensor->major));
    if (for_output && (tensor->flags & kReadOnly))
      return Status(HEDDLE_INVALID_ARGUMENT, "DLPack tensor for an output, expected a writable one but got read-only");
    *out_view = tensor->tensor;
    return {};
  });
}

heddle_status_t heddle_dlpack_create(heddle_dtype_t dtype, int32_t rank, const int64_t *shape, void **out_managed) {
  return guard([&]() -> Status {
    if (!out_managed || (rank > 0 && !shape))
      return Status(HEDDLE_INVALID_ARGUMENT, "argument, expected an address but got NULL");
    *out_managed = nullptr;
    if (rank < 0 || rank > 32 || dtype.lanes != 1 || dtype.bits % 8 != 0 || dtype.bits == 0)
      return Status(HEDDLE_INVALID_ARGUMENT, "tensor, expected a rank of 0 to 32 and whole bytes but got others");
    int64_t bytes = 0, total = 0;
    int64_t before = static_cast<int64_t>(sizeof(ManagedTensorVersioned)) + 8 * rank;
    before = (before + 63) / 64 * 64;
    if (byteSizeOverflows(shape, static_cast<size_t>(rank), dtype.bits / 8, bytes) ||
        addOverflows(before, bytes, total))
      return Status(HEDDLE_INVALID_ARGUMENT,
                    "tensor, expected sizes of at least 0 and less than 2^63 bytes but got others");
    void *memory = nullptr;
    if (posix_memalign(&memory, 64, static_cast<size_t>(total)) != 0)
      return Status(HEDDLE_OUT_OF_MEMORY, "tensor of " + std::to_string(bytes) + " bytes, no memory");
    auto *managed = static_cast<ManagedTensorVersioned *>(memory);
    auto *sizes = reinterpret_cast<int64_t *>(managed + 1);
    if (rank != 0)
      std::memcpy(sizes, shape, static_cast<size_t>(rank) * sizeof *sizes);
    *managed = {kMajor,     0, nullptr,
                freeTensor, 0, heddle_tensor_view(static_cast<char *>(memory) + before, dtype, rank, sizes)};
    *out_managed = managed;
    return {};
  });
}

void heddle_dlpack_release(void *managed) {
  auto *tensor = static_cast<ManagedTensorVersioned *>(managed);
  if (tensor && tensor->deleter)
    tensor->deleter(tensor);
}
