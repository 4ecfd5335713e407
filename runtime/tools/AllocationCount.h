// How often the process has allocated, all of its libraries together: a program that links this counts.
#ifndef HEDDLE_RUNTIME_TOOLS_ALLOCATIONCOUNT_H
#define HEDDLE_RUNTIME_TOOLS_ALLOCATIONCOUNT_H

#include <cstdint>
#include <optional>

namespace heddle {

/// Calls of malloc and its like so far. Nothing under a sanitizer, which has an allocator of its own.
std::optional<int64_t> allocationCount();

} // namespace heddle

#endif
