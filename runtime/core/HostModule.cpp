#include "runtime/core/HostModule.h"
#include <cerrno>
#include <cstring>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

namespace heddle::runtime {

namespace {

Status systemFailure(const char *action) {
  return Status(HEDDLE_IO_ERROR, std::string("host object, cannot ") + action + ": " + std::strerror(errno));
}

int createFile() {
  // Kernels since 6.3 want executable files to say so; older ones do not know the flag.
  int descriptor = memfd_create("heddle-host", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);
  if (descriptor < 0 && errno == EINVAL)
    descriptor = memfd_create("heddle-host", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  return descriptor;
}

bool writeAll(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      return false;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

} // namespace

HostModule::~HostModule() {
  if (library)
    ::dlclose(library);
  if (descriptor >= 0)
    ::close(descriptor);
}

Status HostModule::load(std::string_view elf) {
  if (elf.size() < 4 || std::memcmp(elf.data(),
                                    "\x7f"
                                    "ELF",
                                    4) != 0)
    return Status(HEDDLE_CORRUPT, "host object, expected an ELF library but got other bytes");
  descriptor = createFile();
  if (descriptor < 0)
    return systemFailure("create an anonymous file");
  if (!writeAll(descriptor, elf))
    return systemFailure("write");
  if (::fcntl(descriptor, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0)
    return systemFailure("seal");
  // The loader takes two libraries of the same path for one. The descriptor stays open as long as the library lives,
  // hence no other module gets this path meanwhile.
  std::string path = "/proc/self/fd/" + std::to_string(descriptor);
  library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library)
    return Status(HEDDLE_INCOMPATIBLE, "host object, cannot load", Status(HEDDLE_INCOMPATIBLE, ::dlerror()));
  return {};
}

void *HostModule::find(const char *symbol) const { return ::dlsym(library, symbol); }

} // namespace heddle::runtime
