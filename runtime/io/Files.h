// Files for the readers and writers: whole-file mapping and replacement in one step.
#ifndef HEDDLE_RUNTIME_IO_FILES_H
#define HEDDLE_RUNTIME_IO_FILES_H

#include "runtime/io/Result.h"
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace heddle::io {

/// A file mapped copy-on-write: writes stay in this process. Unmapped when the last reference goes.
struct MappedFile {
  std::shared_ptr<std::byte> bytes; // null when the file is empty
  size_t size = 0;
  std::string_view view() const { return {reinterpret_cast<const char *>(bytes.get()), size}; }
};

/// Regular files only (a pipe or folder is refused by name).
Result<MappedFile> mapFile(const std::string &path);

/// Writes beside `path`, flushes, then renames over it. Not committed: the temporary file is removed.
class FileReplacer {
public:
  explicit FileReplacer(std::string path);
  ~FileReplacer();
  FileReplacer(const FileReplacer &) = delete;
  FileReplacer &operator=(const FileReplacer &) = delete;

  Status open();
  Status append(const void *data, size_t size);
  Status writeAt(size_t offset, const void *data, size_t size);
  /// Flushes and puts the file in place.
  Status commit();

private:
  Error failure(const char *action) const;
  std::string path, temporary;
  int descriptor = -1;
};

} // namespace heddle::io
#endif
