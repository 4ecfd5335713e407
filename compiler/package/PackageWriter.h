// Writes model.heddle (docs/package.md, runtime/abi/package_format.h).
//
// Same contents, same bytes. The file appears complete or not at all. Nothing is copied: the sections are written
// straight from the memory that the contents point to.
#ifndef HEDDLE_COMPILER_PACKAGE_PACKAGEWRITER_H
#define HEDDLE_COMPILER_PACKAGE_PACKAGEWRITER_H

#include "runtime/io/Result.h"
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace heddle {

/// Bytes at `offset` of the constants section.
struct PackageBlob {
  uint64_t offset = 0; // a multiple of 64
  const void *data = nullptr;
  uint64_t bytes = 0;
};

struct PackageContents {
  std::string_view manifest;          // JSON
  std::string_view hostObject;        // an ELF shared library
  std::vector<PackageBlob> constants; // ascending, without overlaps; gaps become zero
  uint64_t constantsBytes = 0;        // at least the end of the last blob
};

/// Replaces `path` at once.
io::Status writePackage(const std::string &path, const PackageContents &contents);

/// The same bytes in memory, for loading without a file.
io::Result<std::string> packageBytes(const PackageContents &contents);

} // namespace heddle
#endif
