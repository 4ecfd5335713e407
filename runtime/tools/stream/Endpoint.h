// Where tokens come from and go to, as the command line says it, and the bytes behind it.
//
//   @x.npy   npy:FILE   raw:FILE   text:FILE   lines:FILE      FILE may be a pipe, and - is standard input or output
#ifndef HEDDLE_RUNTIME_TOOLS_STREAM_ENDPOINT_H
#define HEDDLE_RUNTIME_TOOLS_STREAM_ENDPOINT_H

#include "runtime/io/Files.h"

#include <cstdio>
#include <memory>
#include <optional>

namespace heddle {

/// Npy: a tensor with its header. Raw: elements in the machine's order of bytes. Text: a line of numbers for each
/// token. Lines: a line of numbers for each sequence.
enum class TokenFormat { Npy, Raw, Text, Lines };

struct Endpoint {
  TokenFormat format;
  std::string path;
};

/// Nothing where the text is no endpoint.
std::optional<Endpoint> parseEndpoint(const std::string &text);

struct CloseFile {
  void operator()(FILE *file) const {
    if (file != stdin && file != stdout)
      fclose(file);
  }
};
using FilePtr = std::unique_ptr<FILE, CloseFile>;

/// Bytes that are read when they are needed: a slow reader of the results keeps the writer of the tokens waiting.
class ByteSource {
public:
  static io::Result<ByteSource> open(const std::string &path);

  /// Up to `size` bytes; fewer are the last.
  io::Result<size_t> read(void *data, size_t size);
  /// All of `size` bytes.
  io::Status fill(void *data, size_t size);
  /// The next byte; -1 behind the last.
  int next() { return getc_unlocked(file.get()); }
  const std::string &name() const { return name_; }

private:
  FilePtr file;
  std::string name_;
};

/// Bytes that have left when write() returns. A regular file appears under its name, whole, when it is closed.
class ByteSink {
public:
  io::Status open(const std::string &path);
  io::Status write(const void *data, size_t size);
  /// Whether bytes can be replaced until close().
  bool canReplace() const { return replacer != nullptr; }
  io::Status replace(size_t offset, const void *data, size_t size) { return replacer->writeAt(offset, data, size); }
  io::Status close();

private:
  io::Error failure() const;
  std::unique_ptr<io::FileReplacer> replacer; // of a regular file
  FilePtr file;                               // of a pipe or a device
  std::string name;
};

} // namespace heddle

#endif
