// What this process has in memory, as the system counts it.
#ifndef HEDDLE_RUNTIME_TOOLS_PROCESSMEMORY_H
#define HEDDLE_RUNTIME_TOOLS_PROCESSMEMORY_H

#include <cstdint>

namespace heddle {

/// Bytes of resident memory now, and at their largest; 0 where the system does not say.
int64_t residentBytes();
int64_t residentPeakBytes();

} // namespace heddle

#endif
