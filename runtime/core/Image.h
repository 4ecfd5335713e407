// The bytes of a package, mapped or borrowed, and its checked sections. Knows nothing of what the sections mean.
//
// Invariant after open(): every section lies inside the bytes, and each byte of the file has been accounted for by the
// header's hash, a section's hash or being zero padding (the constants only when asked).
#ifndef HEDDLE_RUNTIME_CORE_IMAGE_H
#define HEDDLE_RUNTIME_CORE_IMAGE_H

#include "runtime/core/Status.h"
#include <memory>
#include <string_view>

namespace heddle::runtime {

class Image {
public:
  static Status openFile(const char *path, bool verifyConstants, Image &image);
  static Status openMemory(const void *bytes, size_t size, bool verifyConstants, Image &image);

  std::string_view manifest, host, constants;
  uint64_t fingerprint = 0; // changes with any byte of the package

private:
  Status check(const std::string &where, bool verifyConstants);

  std::shared_ptr<std::byte> owner; // the mapping or the aligned copy; null when borrowed
  const char *bytes = nullptr;
  uint64_t size = 0;
};

} // namespace heddle::runtime
#endif
