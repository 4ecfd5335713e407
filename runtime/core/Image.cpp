#include "runtime/core/Image.h"
#include "runtime/abi/kernel_abi.h"
#include "runtime/abi/package_format.h"
#include "runtime/io/Files.h"
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#define XXH_INLINE_ALL
#include <xxhash.h>

namespace heddle::runtime {

namespace {

Status corrupt(const std::string &where, const std::string &what, const std::string &expected, const std::string &got) {
  return mismatch(HEDDLE_CORRUPT, where + ": " + what, expected, got);
}

std::string hex(uint64_t value) {
  char text[20];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(value));
  return text;
}

bool allZero(const char *begin, const char *end) {
  for (; begin < end; ++begin)
    if (*begin != 0)
      return false;
  return true;
}

/// Magic, version, size and the header's hash; fills `header` and `table`.
Status readHeader(const std::string &where, const char *bytes, uint64_t size, heddle_package_header_t &header,
                  heddle_package_section_t (&table)[HEDDLE_PACKAGE_MAX_SECTIONS]) {
  if (size < sizeof header || std::memcmp(bytes, HEDDLE_PACKAGE_MAGIC, HEDDLE_PACKAGE_MAGIC_BYTES) != 0)
    return corrupt(where, "file", "a Heddle package", size < sizeof header ? "a shorter file" : "another magic");
  std::memcpy(&header, bytes, sizeof header);
  if (header.reader_version != HEDDLE_PACKAGE_VERSION)
    return mismatch(HEDDLE_INCOMPATIBLE, where + ": package version",
                    std::to_string(HEDDLE_PACKAGE_VERSION) + " (this runtime is " + heddle_version() + ")",
                    std::to_string(header.reader_version));
  if (header.file_bytes != size)
    return corrupt(where, "file size", std::to_string(header.file_bytes) + " bytes", std::to_string(size));
  uint64_t tableBytes = uint64_t(header.section_count) * sizeof(heddle_package_section_t);
  if (header.section_count > HEDDLE_PACKAGE_MAX_SECTIONS || header.section_bytes != sizeof table[0] ||
      tableBytes > size - sizeof header)
    return corrupt(where, "section table", "at most 16 sections of 64 bytes",
                   std::to_string(header.section_count) + " of " + std::to_string(header.section_bytes));
  std::memcpy(table, bytes + sizeof header, tableBytes);
  char hashed[sizeof header + sizeof table];
  heddle_package_header_t unhashed = header;
  unhashed.header_hash = 0;
  std::memcpy(hashed, &unhashed, sizeof unhashed);
  std::memcpy(hashed + sizeof unhashed, table, tableBytes);
  uint64_t hash = XXH3_64bits(hashed, sizeof unhashed + tableBytes);
  if (hash != header.header_hash)
    return corrupt(where, "header hash", hex(header.header_hash), hex(hash));
  return {};
}

} // namespace

Status Image::check(const std::string &where, bool verifyConstants) {
  heddle_package_header_t header;
  heddle_package_section_t table[HEDDLE_PACKAGE_MAX_SECTIONS];
  if (Status status = readHeader(where, bytes, size, header, table); !status)
    return status;
  uint64_t end = sizeof header + uint64_t(header.section_count) * sizeof table[0];
  for (uint32_t i = 0; i < header.section_count; ++i) {
    const heddle_package_section_t &section = table[i];
    std::string name(section.name, strnlen(section.name, sizeof section.name));
    if (section.offset < end || section.offset > size || section.bytes > size - section.offset ||
        section.offset % HEDDLE_PACKAGE_PAGE != 0)
      return corrupt(where, "section '" + name + "'", "a page-aligned range inside the file",
                     std::to_string(section.offset) + " + " + std::to_string(section.bytes));
    if (!allZero(bytes + end, bytes + section.offset))
      return corrupt(where, "padding before section '" + name + "'", "zeros", "other bytes");
    end = section.offset + section.bytes;
    std::string_view content(bytes + section.offset, section.bytes);
    if (name != "constants" || verifyConstants)
      if (uint64_t hash = XXH3_64bits(content.data(), content.size()); hash != section.hash)
        return corrupt(where, "hash of section '" + name + "'", hex(section.hash), hex(hash));
    if (name == "manifest")
      manifest = content;
    else if (name == "host")
      host = content;
    else if (name == "constants")
      constants = content;
  }
  fingerprint = header.header_hash;
  if (end != size || !manifest.data() || !host.data() || !constants.data())
    return corrupt(where, "sections", "manifest, host and constants up to the end of the file", "others");
  return {};
}

Status Image::openFile(const char *path, bool verifyConstants, Image &image) {
  errno = 0;
  io::Result<io::MappedFile> file = io::mapFile(path);
  if (!file)
    return Status(errno == ENOENT ? HEDDLE_NOT_FOUND : HEDDLE_IO_ERROR, file.message());
  image.owner = file->bytes;
  image.bytes = reinterpret_cast<const char *>(file->bytes.get());
  image.size = file->size;
  return image.check(path, verifyConstants);
}

Status Image::openMemory(const void *bytes, size_t size, bool verifyConstants, Image &image) {
  image.bytes = static_cast<const char *>(bytes);
  image.size = size;
  if (size != 0 && reinterpret_cast<uintptr_t>(bytes) % HEDDLE_ABI_ALIGNMENT != 0) {
    void *copy = nullptr;
    if (posix_memalign(&copy, HEDDLE_ABI_ALIGNMENT, size) != 0)
      return Status(HEDDLE_OUT_OF_MEMORY, "package of " + std::to_string(size) + " bytes, no memory for a copy");
    std::memcpy(copy, bytes, size);
    image.owner.reset(static_cast<std::byte *>(copy), [](std::byte *memory) { std::free(memory); });
    image.bytes = static_cast<const char *>(copy);
  }
  return image.check("package in memory", verifyConstants);
}

} // namespace heddle::runtime
