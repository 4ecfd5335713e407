#include "runtime/io/Files.h"
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace heddle::io {

namespace {

Error systemError(const std::string &path, const char *action) {
  return Error{path, std::string("cannot ") + action, "", std::strerror(errno)};
}

std::string folderOf(const std::string &path) {
  size_t slash = path.find_last_of('/');
  if (slash == std::string::npos)
    return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

/// The rename itself is made durable by flushing the folder. Some file systems refuse that; the file is complete
/// anyway.
void flushFolder(const std::string &path) {
  int folder = ::open(folderOf(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0)
    return;
  (void)::fsync(folder);
  ::close(folder);
}

} // namespace

Result<MappedFile> mapFile(const std::string &path) {
  // Without O_NONBLOCK, opening a pipe would wait for its writer.
  int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0)
    return systemError(path, "open");
  struct stat info = {};
  if (::fstat(descriptor, &info) != 0) {
    Error error = systemError(path, "stat");
    ::close(descriptor);
    return error;
  }
  if (!S_ISREG(info.st_mode)) {
    ::close(descriptor);
    return Error{path, "file type", "a regular file", S_ISDIR(info.st_mode) ? "a folder" : "a special file"};
  }
  MappedFile file;
  file.size = static_cast<size_t>(info.st_size);
  if (file.size != 0) {
    void *memory = ::mmap(nullptr, file.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, descriptor, 0);
    if (memory == MAP_FAILED) {
      Error error = systemError(path, "map");
      ::close(descriptor);
      return error;
    }
    size_t size = file.size;
    file.bytes.reset(static_cast<std::byte *>(memory), [size](std::byte *bytes) { ::munmap(bytes, size); });
  }
  ::close(descriptor);
  return file;
}

FileReplacer::FileReplacer(std::string path) : path(std::move(path)) {}

FileReplacer::~FileReplacer() {
  if (descriptor >= 0)
    ::close(descriptor);
  if (!temporary.empty())
    ::unlink(temporary.c_str());
}

Error FileReplacer::failure(const char *action) const { return systemError(path, action); }

Status FileReplacer::open() {
  std::string name = path + ".tmp.XXXXXX"; // the same folder: rename does not cross file systems
  descriptor = ::mkostemp(name.data(), O_CLOEXEC);
  if (descriptor < 0)
    return failure("create");
  temporary = name;
  mode_t mask = ::umask(0); // mkostemp makes the file private; give it the usual mode
  ::umask(mask);
  if (::fchmod(descriptor, 0666 & ~mask) != 0)
    return failure("set the mode of");
  return {};
}

Status FileReplacer::append(const void *data, size_t size) {
  const char *next = static_cast<const char *>(data);
  while (size != 0) {
    ssize_t written = ::write(descriptor, next, size);
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      return failure("write");
    next += written;
    size -= static_cast<size_t>(written);
  }
  return {};
}

Status FileReplacer::writeAt(size_t offset, const void *data, size_t size) {
  const char *next = static_cast<const char *>(data);
  while (size != 0) {
    ssize_t written = ::pwrite(descriptor, next, size, static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      return failure("write");
    next += written;
    offset += static_cast<size_t>(written);
    size -= static_cast<size_t>(written);
  }
  return {};
}

Status FileReplacer::commit() {
  if (::fsync(descriptor) != 0)
    return failure("flush");
  int closing = descriptor;
  descriptor = -1;
  if (::close(closing) != 0)
    return failure("close");
  if (::rename(temporary.c_str(), path.c_str()) != 0)
    return failure("rename into place");
  temporary.clear();
  flushFolder(path);
  return {};
}

} // namespace heddle::io
