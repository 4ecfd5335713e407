// Whether this machine can run a package's code, and how many CPUs the process may use.
#ifndef HEDDLE_RUNTIME_CORE_CPU_H
#define HEDDLE_RUNTIME_CORE_CPU_H

#include "runtime/core/Status.h"
#include <string>
#include <vector>

namespace heddle::runtime {

/// Features are LLVM's names, with or without '+'; "-x" and names that this runtime does not know are passed over.
Status checkTarget(const std::string &triple, const std::vector<std::string> &features);

/// CPUs in the process's affinity mask, at least 1.
int32_t usableCpus();

} // namespace heddle::runtime
#endif
