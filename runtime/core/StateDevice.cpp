// Where the tensors of a state lie.
#include "runtime/core/State.h"

using namespace heddle::runtime;

namespace {

constexpr int32_t kCpu = 1; // DLPack's number

/// "cuda:1"; numbers that have no name here as they are.
std::string deviceName(int32_t type, int32_t id) {
  constexpr std::pair<int32_t, const char *> names[] = {{kCpu, "cpu"}, {2, "cuda"}, {8, "metal"}, {10, "rocm"}};
  std::string name = "device type " + std::to_string(type);
  for (auto [number, text] : names)
    if (number == type)
      name = text;
  return name + ":" + std::to_string(id);
}

} // namespace

void heddle_state_device(const heddle_state_t *, int32_t *out_type, int32_t *out_id) {
  *out_type = kCpu;
  *out_id = 0;
}

heddle_status_t heddle_state_move(heddle_state_t *, int32_t device_type, int32_t device_id) {
  return guard([&]() -> Status {
    if (device_type == kCpu && device_id == 0)
      return {};
    return mismatch(HEDDLE_INCOMPATIBLE, "device of the state",
                    "one that this runtime has (" + deviceName(kCpu, 0) + ")", deviceName(device_type, device_id));
  });
}
