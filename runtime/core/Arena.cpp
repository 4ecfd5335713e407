#include "runtime/core/Arena.h"
#include <sys/mman.h>

namespace heddle::runtime {

namespace {

constexpr size_t kPage = 4096;
constexpr size_t kHugePage = size_t(2) << 20;

} // namespace

bool Arena::reserve(int64_t bytes) {
  size_t needed = bytes > 0 ? static_cast<size_t>(bytes) : 1; // entries get an address even for nothing
  if (needed <= mapped)
    return true;
  release(); // before the new block: both together may not fit
  size_t rounding = needed >= kHugePage ? kHugePage : kPage;
  if (needed > SIZE_MAX / 2)
    return false;
  size_t size = (needed + rounding - 1) / rounding * rounding;
  void *block = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (block == MAP_FAILED)
    return false;
  // Huge pages save address translation, and only whole ones: behind the last one a huge page would be memory that
  // nobody has asked for. Advice: systems without huge pages refuse it.
  size_t huge = needed / kHugePage * kHugePage;
  if (size >= kHugePage) {
    (void)::madvise(block, huge, MADV_HUGEPAGE);
    (void)::madvise(static_cast<char *>(block) + huge, size - huge, MADV_NOHUGEPAGE);
  }
  memory = block;
  mapped = size;
  return true;
}

void Arena::release() {
  if (memory)
    ::munmap(memory, mapped);
  memory = nullptr;
  mapped = 0;
}

} // namespace heddle::runtime
