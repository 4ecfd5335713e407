// Failures inside the runtime. A Status is the C handle with an owner: moving it out with take() hands it to the
// caller.
#ifndef HEDDLE_RUNTIME_CORE_STATUS_H
#define HEDDLE_RUNTIME_CORE_STATUS_H

#include "heddle/runtime.h"
#include <new>
#include <string>
#include <utility>

struct heddle_status {
  heddle_code_t code;
  std::string message;
  heddle_status *cause; // owned
};

namespace heddle::runtime {

class [[nodiscard]] Status {
public:
  Status() {}
  Status(heddle_code_t code, std::string message, Status cause = {});
  Status(Status &&other) noexcept : handle(std::exchange(other.handle, nullptr)) {}
  Status &operator=(Status &&other) noexcept {
    std::swap(handle, other.handle);
    return *this;
  }
  ~Status() { heddle_status_release(handle); }

  bool ok() const { return handle == nullptr; }
  explicit operator bool() const { return ok(); }
  heddle_status_t take() { return std::exchange(handle, nullptr); }

private:
  heddle_status_t handle = nullptr;
};

/// `what, expected X but got Y`.
Status mismatch(heddle_code_t code, const std::string &what, const std::string &expected, const std::string &got);

/// A status that needs no memory to make.
heddle_status_t outOfMemoryStatus();

/// Another one: an exception that nothing here throws knowingly.
heddle_status_t unexpectedStatus();

/// Runs `body` at the C boundary: whatever it throws becomes a status.
template <typename Body> heddle_status_t guard(Body body) noexcept {
  try {
    Status status = body();
    return status.take();
  } catch (const std::bad_alloc &) {
    return outOfMemoryStatus();
  } catch (...) {
    return unexpectedStatus();
  }
}

} // namespace heddle::runtime
#endif
