// A compiled model before it becomes a file, and the writer of model.heddle.
//
// Same contents, same bytes. The file appears complete or not at all. Constants are written straight from the
// memory that the blobs point to.
#ifndef HEDDLE_COMPILER_PACKAGE_PACKAGE_H
#define HEDDLE_COMPILER_PACKAGE_PACKAGE_H

#include "runtime/io/Result.h"
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace heddle {

/// Bytes at `offset` of the constants section. Offsets are multiples of 64.
struct ConstantBlob {
  uint64_t offset = 0;
  const void *data = nullptr;
  uint64_t bytes = 0;
};

struct Package {
  nlohmann::ordered_json manifest;                 // docs/package.md
  std::string hostObject;                          // an ELF shared library
  std::vector<ConstantBlob> constants;             // ascending, without overlaps; gaps become zero
  std::vector<std::shared_ptr<const void>> owners; // keep what the blobs point to alive
};

/// Replaces `path` at once.
io::Status writePackage(const Package &package, const std::string &path);

/// The same bytes in memory, for loading without a file.
io::Result<std::string> packageBytes(const Package &package);

} // namespace heddle
#endif
