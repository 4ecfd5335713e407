// The machine code of a package: an ELF shared library loaded from memory.
#ifndef HEDDLE_RUNTIME_CORE_HOSTMODULE_H
#define HEDDLE_RUNTIME_CORE_HOSTMODULE_H

#include "runtime/core/Status.h"
#include <string_view>

namespace heddle::runtime {

class HostModule {
public:
  HostModule() = default;
  ~HostModule();
  HostModule(const HostModule &) = delete;
  HostModule &operator=(const HostModule &) = delete;

  /// Copies `elf` into an anonymous file and loads that: nothing touches the disk, so nothing can replace it between
  /// the hash check and the load.
  Status load(std::string_view elf);
  /// Null when the symbol does not exist.
  void *find(const char *symbol) const;

private:
  int descriptor = -1;
  void *library = nullptr;
};

} // namespace heddle::runtime
#endif
