// States in files.
#ifndef HEDDLE_RUNTIME_TOOLS_STREAM_STATEFILE_H
#define HEDDLE_RUNTIME_TOOLS_STREAM_STATEFILE_H

#include "heddle/runtime.hpp"
#include "runtime/io/Files.h"

namespace heddle {

/// Writes a state; the file is replaced at once. Failures of the runtime are thrown as heddle::Error.
io::Status saveState(const State &state, const std::string &path);

/// A saved state, which is in memory only while it is read.
class StateFile {
public:
  static io::Result<StateFile> open(const std::string &path);
  int64_t capacity() const { return options.capacity; }
  /// Reads it into a state of the same rows.
  void restore(const State &state) const { check(heddle_state_restore(state.get(), file.bytes.get(), file.size)); }

private:
  io::MappedFile file;
  heddle_state_options_t options = {};
};

} // namespace heddle

#endif
