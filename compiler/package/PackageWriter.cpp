#include "compiler/package/PackageWriter.h"
#include "runtime/abi/kernel_abi.h"
#include "runtime/abi/package_format.h"
#include "runtime/io/Files.h"
#include <algorithm>
#include <cstring>
#include <functional>
#define XXH_INLINE_ALL
#include <xxhash.h>

namespace heddle {

namespace {

/// Where bytes go, in order. The header comes last because it holds the hashes.
struct Sink {
  std::function<io::Status(const void *, size_t)> append;
  std::function<io::Status(const void *, size_t)> writeStart;
};

struct Section {
  const char *name;
  std::vector<PackageBlob> blobs;
  uint64_t bytes;
};

constexpr char kZeros[HEDDLE_PACKAGE_PAGE] = {};

uint64_t alignUp(uint64_t value, uint64_t alignment) { return (value + alignment - 1) / alignment * alignment; }

io::Status checkBlobs(const PackageContents &contents) {
  uint64_t end = 0;
  for (const PackageBlob &blob : contents.constants) {
    if (blob.offset % HEDDLE_ABI_ALIGNMENT != 0 || blob.offset < end)
      return io::Error{"constants", "blob offset",
                       "a multiple of " + std::to_string(HEDDLE_ABI_ALIGNMENT) + ", at least " + std::to_string(end),
                       std::to_string(blob.offset)};
    if (__builtin_add_overflow(blob.offset, blob.bytes, &end) || end > contents.constantsBytes)
      return io::Error{"constants", "blob end", "at most " + std::to_string(contents.constantsBytes),
                       std::to_string(blob.offset) + " + " + std::to_string(blob.bytes)};
  }
  return {};
}

class Writer {
public:
  explicit Writer(Sink sink) : sink(std::move(sink)) { XXH3_64bits_reset(&hasher); }

  io::Status write(const std::vector<Section> &sections) {
    std::vector<heddle_package_section_t> table(sections.size());
    io::Status status = pad(sizeof(heddle_package_header_t) + table.size() * sizeof(heddle_package_section_t));
    for (size_t i = 0; i < sections.size() && status; ++i) {
      status = pad(alignUp(position, HEDDLE_PACKAGE_PAGE) - position);
      if (status)
        status = writeSection(sections[i], table[i]);
    }
    return status ? writeHeader(table) : status;
  }

private:
  io::Status append(const void *data, size_t size) {
    position += size;
    XXH3_64bits_update(&hasher, data, size);
    return sink.append(data, size);
  }

  io::Status pad(uint64_t size) {
    while (size != 0) {
      uint64_t step = std::min<uint64_t>(size, sizeof kZeros);
      if (io::Status status = append(kZeros, step); !status)
        return status;
      size -= step;
    }
    return {};
  }

  io::Status writeSection(const Section &section, heddle_package_section_t &entry) {
    std::strncpy(entry.name, section.name, sizeof entry.name - 1);
    entry.offset = position;
    entry.bytes = section.bytes;
    XXH3_64bits_reset(&hasher);
    for (const PackageBlob &blob : section.blobs) {
      if (io::Status status = pad(entry.offset + blob.offset - position); !status)
        return status;
      if (io::Status status = append(blob.data, blob.bytes); !status)
        return status;
    }
    if (io::Status status = pad(entry.offset + section.bytes - position); !status)
      return status;
    entry.hash = XXH3_64bits_digest(&hasher);
    return {};
  }

  io::Status writeHeader(const std::vector<heddle_package_section_t> &table) {
    heddle_package_header_t header = {};
    std::memcpy(header.magic, HEDDLE_PACKAGE_MAGIC, sizeof header.magic);
    header.version = header.reader_version = HEDDLE_PACKAGE_VERSION;
    header.section_count = static_cast<uint32_t>(table.size());
    header.section_bytes = sizeof(heddle_package_section_t);
    header.file_bytes = position;
    std::string bytes(reinterpret_cast<const char *>(&header), sizeof header);
    bytes.append(reinterpret_cast<const char *>(table.data()), table.size() * sizeof table[0]);
    header.header_hash = XXH3_64bits(bytes.data(), bytes.size());
    std::memcpy(bytes.data(), &header, sizeof header);
    return sink.writeStart(bytes.data(), bytes.size());
  }

  Sink sink;
  XXH3_state_t hasher; // of the section being written
  uint64_t position = 0;
};

io::Status write(const PackageContents &contents, Sink sink) {
  if (io::Status status = checkBlobs(contents); !status)
    return status;
  auto whole = [](std::string_view bytes) { return std::vector<PackageBlob>{{0, bytes.data(), bytes.size()}}; };
  return Writer(std::move(sink))
      .write({{"manifest", whole(contents.manifest), contents.manifest.size()},
              {"host", whole(contents.hostObject), contents.hostObject.size()},
              {"constants", contents.constants, contents.constantsBytes}});
}

} // namespace

io::Status writePackage(const std::string &path, const PackageContents &contents) {
  io::FileReplacer file(path);
  if (io::Status status = file.open(); !status)
    return status;
  Sink sink{[&](const void *data, size_t size) { return file.append(data, size); },
            [&](const void *data, size_t size) { return file.writeAt(0, data, size); }};
  if (io::Status status = write(contents, sink); !status)
    return status;
  return file.commit();
}

io::Result<std::string> packageBytes(const PackageContents &contents) {
  std::string bytes;
  auto append = [&](const void *data, size_t size) {
    bytes.append(static_cast<const char *>(data), size);
    return io::Status();
  };
  auto writeStart = [&](const void *data, size_t size) {
    std::memcpy(bytes.data(), data, size);
    return io::Status();
  };
  if (io::Status status = write(contents, Sink{append, writeStart}); !status)
    return status.error();
  return bytes;
}

} // namespace heddle
