#include "runtime/tools/stream/Endpoint.h"

#include <cerrno>
#include <cstring>
#include <sys/stat.h>

namespace heddle {

std::optional<Endpoint> parseEndpoint(const std::string &text) {
  constexpr std::pair<const char *, TokenFormat> prefixes[] = {{"npy:", TokenFormat::Npy},
                                                               {"raw:", TokenFormat::Raw},
                                                               {"text:", TokenFormat::Text},
                                                               {"lines:", TokenFormat::Lines}};
  for (auto [prefix, format] : prefixes)
    if (size_t length = strlen(prefix); text.compare(0, length, prefix) == 0 && text.size() > length)
      return Endpoint{format, text.substr(length)};
  bool isNpy = text.size() > 5 && text[0] == '@' && text.compare(text.size() - 4, 4, ".npy") == 0;
  return isNpy ? std::optional(Endpoint{TokenFormat::Npy, text.substr(1)}) : std::nullopt;
}

io::Result<ByteSource> ByteSource::open(const std::string &path) {
  ByteSource source;
  source.name_ = path == "-" ? "standard input" : path;
  source.file.reset(path == "-" ? stdin : fopen(path.c_str(), "rbe"));
  if (!source.file)
    return io::Error{path, "cannot open", "", strerror(errno)};
  return source;
}

io::Result<size_t> ByteSource::read(void *data, size_t size) {
  size_t got = fread(data, 1, size, file.get());
  if (got < size && ferror(file.get()))
    return io::Error{name_, "cannot read", "", strerror(errno)};
  return got;
}

io::Status ByteSource::fill(void *data, size_t size) {
  io::Result<size_t> got = read(data, size);
  if (!got)
    return got.error();
  return *got == size ? io::Status() : io::Error{name_, "bytes", std::to_string(size) + " more", std::to_string(*got)};
}

io::Error ByteSink::failure() const { return {name, "cannot write", "", strerror(errno)}; }

io::Status ByteSink::open(const std::string &path) {
  name = path == "-" ? "standard output" : path;
  struct stat info = {};
  bool isSpecial = path == "-" || (stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode));
  if (!isSpecial) {
    replacer = std::make_unique<io::FileReplacer>(path);
    return replacer->open();
  }
  file.reset(path == "-" ? stdout : fopen(path.c_str(), "wbe"));
  return file ? io::Status() : failure();
}

io::Status ByteSink::write(const void *data, size_t size) {
  if (replacer)
    return replacer->append(data, size);
  bool written = fwrite(data, 1, size, file.get()) == size && fflush(file.get()) == 0;
  return written ? io::Status() : failure();
}

io::Status ByteSink::close() { return replacer ? replacer->commit() : io::Status(); }

} // namespace heddle
