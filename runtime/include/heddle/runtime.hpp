// C++ over heddle/runtime.h: handles that release themselves, failures as exceptions. Header only, C++11.
//
//   heddle::Package package("model.heddle");
//   heddle::Session session(package);
//   session.run(package.entry("forward"), {x}, {y});   // throws heddle::Error
//
// Threads, ownership and lifetimes are those of the C functions. A Package or Session that was moved from is empty.
#ifndef HEDDLE_RUNTIME_HPP
#define HEDDLE_RUNTIME_HPP

#include <heddle/runtime.h>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace heddle {

class Error : public std::runtime_error {
public:
  Error(heddle_code_t code, const std::string &message) : std::runtime_error(message), code(code) {}
  const heddle_code_t code;
};

/// Throws when the status is a failure, and releases it.
inline void check(heddle_status_t status) {
  if (!status)
    return;
  std::string message = heddle_status_message(status);
  for (heddle_status_t cause = heddle_status_cause(status); cause; cause = heddle_status_cause(cause))
    message += std::string("\n  because: ") + heddle_status_message(cause);
  heddle_code_t code = heddle_status_code(status);
  heddle_status_release(status);
  throw Error(code, message);
}

class Package {
public:
  explicit Package(const std::string &path, const heddle_package_options_t *options = nullptr)
      : handle(nullptr, heddle_package_release) {
    heddle_package_t *package = nullptr;
    check(heddle_package_load_file(path.c_str(), options, &package));
    handle.reset(package);
  }
  heddle_package_t *get() const { return handle.get(); }

  const heddle_entry_t *entry(const std::string &name) const {
    const heddle_entry_t *found = heddle_package_find_entry(get(), name.c_str());
    if (!found)
      throw Error(HEDDLE_INVALID_ARGUMENT, "entry, expected one of the package's but got '" + name + "'");
    return found;
  }

private:
  std::unique_ptr<heddle_package_t, void (*)(heddle_package_t *)> handle;
};

class Session {
public:
  explicit Session(const Package &package, const heddle_session_options_t *options = nullptr)
      : handle(nullptr, heddle_session_release) {
    heddle_session_t *session = nullptr;
    check(heddle_session_create(package.get(), options, &session));
    handle.reset(session);
  }
  heddle_session_t *get() const { return handle.get(); }

  void run(const heddle_entry_t *entry, const std::vector<heddle_tensor_view_t> &inputs,
           const std::vector<heddle_tensor_view_t> &outputs) {
    check(heddle_session_run(get(), entry, inputs.data(), inputs.size(), outputs.data(), outputs.size()));
  }

  /// Makes the run in progress, if any, throw an Error with HEDDLE_CANCELLED soon. Threads: any.
  void cancel() noexcept { heddle_session_cancel(get()); }

private:
  std::unique_ptr<heddle_session_t, void (*)(heddle_session_t *)> handle;
};

/// What a step keeps between calls. Copies are forks.
class State {
public:
  explicit State(const heddle_entry_t *step, int64_t rows = 1, int64_t capacity = 0, int64_t rewind = 0)
      : handle(nullptr, heddle_state_release) {
    heddle_state_options_t options = optionsOf(rows, capacity, rewind);
    heddle_state_t *state = nullptr;
    check(heddle_state_create(step, &options, &state));
    handle.reset(state);
  }
  /// Bytes that a state of this kind will take.
  static int64_t plan(const heddle_entry_t *step, int64_t rows = 1, int64_t capacity = 0, int64_t rewind = 0) {
    heddle_state_options_t options = optionsOf(rows, capacity, rewind);
    int64_t bytes = 0;
    check(heddle_state_plan(step, &options, &bytes));
    return bytes;
  }
  State(const State &other) : handle(nullptr, heddle_state_release) {
    heddle_state_t *state = nullptr;
    check(heddle_state_fork(other.get(), &state));
    handle.reset(state);
  }
  State(State &&) = default;
  State &operator=(State &&) = default;
  heddle_state_t *get() const { return handle.get(); }

  /// active: whether each row takes part, an array of as many as there are rows; null: all do.
  void step(const Session &session, const heddle_entry_t *entry, const std::vector<heddle_tensor_view_t> &inputs,
            const std::vector<heddle_tensor_view_t> &outputs, const bool *active = nullptr) {
    check(heddle_session_step(session.get(), entry, get(), active, inputs.data(), inputs.size(), outputs.data(),
                              outputs.size()));
  }
  /// The sequence of a row, or of all, has so many tokens (-1: those it has seen); what is fed behind brings the
  /// outputs that come late.
  void end(int64_t row = -1, int64_t tokens = -1) { check(heddle_state_end(get(), row, tokens)); }
  void reset(int64_t row = -1) { check(heddle_state_reset(get(), row)); }
  void rewind(int64_t position, int64_t row = -1) { check(heddle_state_rewind(get(), row, position)); }
  void copyRow(int64_t row, const State &from, int64_t fromRow) {
    check(heddle_state_copy_row(get(), row, from.get(), fromRow));
  }
  int64_t position(int64_t row = 0) const { return heddle_state_position(get(), row); }

  /// The tensors, positions first; null behind the last.
  const heddle_tensor_info_t *tensor(size_t index) const { return heddle_state_tensor(get(), index); }
  size_t tensorCount() const { return heddle_state_tensor_count(get()); }
  std::vector<int64_t> dims(size_t index, int64_t row = -1) const {
    std::vector<int64_t> sizes(tensor(index) ? static_cast<size_t>(tensor(index)->rank) : 0);
    check(heddle_state_dims(get(), index, row, sizes.data()));
    return sizes;
  }
  void get(size_t index, const heddle_tensor_view_t &into, int64_t row = -1) const {
    check(heddle_state_get(get(), index, row, &into));
  }
  /// Values of all tensors but the positions.
  void set(int64_t position, const std::vector<heddle_tensor_view_t> &values, int64_t row = -1) {
    check(heddle_state_set(get(), row, position, values.data(), values.size()));
  }
  /// To another device, in DLPack's numbers.
  void move(int32_t deviceType, int32_t deviceId = 0) { check(heddle_state_move(get(), deviceType, deviceId)); }

  std::vector<char> save() const {
    std::vector<char> bytes(heddle_state_saved_size(get()));
    check(heddle_state_save(get(), bytes.data(), bytes.size()));
    return bytes;
  }
  void restore(const std::vector<char> &bytes) { check(heddle_state_restore(get(), bytes.data(), bytes.size())); }

private:
  static heddle_state_options_t optionsOf(int64_t rows, int64_t capacity, int64_t rewind) {
    heddle_state_options_t options;
    heddle_state_options_init(&options);
    options.rows = rows;
    options.capacity = capacity;
    options.rewind = rewind;
    return options;
  }
  std::unique_ptr<heddle_state_t, void (*)(heddle_state_t *)> handle;
};

} // namespace heddle
#endif
