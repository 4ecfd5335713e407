// After a first run with the same sizes, a run allocates nothing: every allocation of the process is counted here.
#include "test/unit/runtime/StateFixture.h"
#include <atomic>

using namespace heddle::test;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HEDDLE_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HEDDLE_SANITIZED 1
#endif
#endif

#ifndef HEDDLE_SANITIZED // the sanitizers have allocators of their own

namespace {
std::atomic<int64_t> allocations{0};
} // namespace

// The executable's definitions come before glibc's, for all libraries of the process.
extern "C" {
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

__attribute__((visibility("default"))) void *malloc(size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  return __libc_malloc(size);
}
__attribute__((visibility("default"))) void *calloc(size_t count, size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  return __libc_calloc(count, size);
}
__attribute__((visibility("default"))) void *realloc(void *memory, size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  return __libc_realloc(memory, size);
}
__attribute__((visibility("default"))) int posix_memalign(void **memory, size_t alignment, size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  *memory = __libc_memalign(alignment, size);
  return *memory ? 0 : 12;
}
}

namespace {

TEST(Allocation, counter_works) {
  int64_t before = allocations;
  std::vector<int> *kept = new std::vector<int>(10);
  EXPECT_GE(allocations - before, 2);
  delete kept;
}

TEST(Allocation, none_in_repeated_runs) {
  std::string bytes = makePackage();
  PackagePtr package = load(bytes);
  SessionPtr session = makeSession(package, 3);
  ForwardCall large(3, 4000), small(2, 50);
  expectOk(large.run(session, package));
  int64_t before = allocations;
  for (int round = 0; round < 200; ++round) {
    heddle_status_t a = large.run(session, package), b = small.run(session, package);
    ASSERT_TRUE(a == nullptr && b == nullptr);
  }
  EXPECT_EQ(allocations - before, 0);
  EXPECT_TRUE(large.outputsAreRight() && small.outputsAreRight());
}

class StepAllocation : public StateFixture {
protected:
  StepAllocation() : StateFixture("sum") {}
};

TEST_F(StepAllocation, none_in_repeated_steps) {
  StatePtr state = make(2, /*capacity=*/100, /*rewind=*/3);
  float x[2] = {1, 2}, y[2];
  int64_t shape[2] = {2, 1};
  const bool active[2] = {true, false};
  heddle_tensor_view_t in = heddle_tensor_view(x, HEDDLE_F32, 2, shape),
                       out = heddle_tensor_view(y, HEDDLE_F32, 2, shape);
  auto step = [&](const bool *mask) {
    return heddle_session_step(session.get(), entry, state.get(), mask, &in, 1, &out, 1);
  };
  expectOk(step(nullptr));
  int64_t before = allocations;
  for (int round = 0; round < 30; ++round) {
    heddle_status_t all = step(nullptr), some = step(active), back = heddle_state_rewind(state.get(), 1, 1);
    ASSERT_TRUE(all == nullptr && some == nullptr && back == nullptr);
  }
  EXPECT_EQ(allocations - before, 0);
}

} // namespace

#endif
