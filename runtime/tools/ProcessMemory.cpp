#include "runtime/tools/ProcessMemory.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace heddle {

/// A line "KEY:  1234 kB" of /proc/self/status. Not getrusage: its peak begins with that of the process that made this
/// one.
static int64_t statusBytes(const char *key) {
  FILE *file = fopen("/proc/self/status", "re");
  char line[256];
  int64_t kilobytes = 0;
  while (file && fgets(line, sizeof line, file))
    if (strncmp(line, key, strlen(key)) == 0)
      kilobytes = atoll(line + strlen(key));
  if (file)
    fclose(file);
  return kilobytes * 1024;
}

int64_t residentBytes() { return statusBytes("VmRSS:"); }
int64_t residentPeakBytes() { return statusBytes("VmHWM:"); }

} // namespace heddle
