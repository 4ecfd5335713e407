#include "runtime/tools/AllocationCount.h"

#include <atomic>
#include <cerrno>
#include <cstddef>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HEDDLE_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HEDDLE_SANITIZED 1
#endif
#endif

#ifdef HEDDLE_SANITIZED

std::optional<int64_t> heddle::allocationCount() { return std::nullopt; }

#else

namespace {
std::atomic<int64_t> allocations{0};
void count() { allocations.fetch_add(1, std::memory_order_relaxed); }
} // namespace

std::optional<int64_t> heddle::allocationCount() { return allocations; }

// The executable's definitions come before glibc's, for all libraries of the process.
extern "C" {
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

__attribute__((visibility("default"))) void *malloc(size_t size) {
  count();
  return __libc_malloc(size);
}
__attribute__((visibility("default"))) void *calloc(size_t elements, size_t size) {
  count();
  return __libc_calloc(elements, size);
}
__attribute__((visibility("default"))) void *realloc(void *memory, size_t size) {
  count();
  return __libc_realloc(memory, size);
}
__attribute__((visibility("default"))) int posix_memalign(void **memory, size_t alignment, size_t size) {
  count();
  *memory = __libc_memalign(alignment, size);
  return *memory ? 0 : ENOMEM;
}
}

#endif
