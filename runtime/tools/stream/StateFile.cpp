#include "runtime/tools/stream/StateFile.h"

namespace heddle {

io::Status saveState(const State &state, const std::string &path) {
  std::vector<char> bytes = state.save();
  io::FileReplacer file(path);
  if (io::Status status = file.open(); !status)
    return status;
  if (io::Status status = file.append(bytes.data(), bytes.size()); !status)
    return status;
  return file.commit();
}

io::Result<StateFile> StateFile::open(const std::string &path) {
  io::Result<io::MappedFile> mapped = io::mapFile(path);
  if (!mapped)
    return mapped.error();
  StateFile saved;
  saved.file = std::move(*mapped);
  heddle_state_options_init(&saved.options);
  check(heddle_state_saved_options(saved.file.bytes.get(), saved.file.size, &saved.options));
  return saved;
}

} // namespace heddle
