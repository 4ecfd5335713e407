// After a first run with the same sizes, a run allocates nothing: every allocation of the process is counted here.
#include "runtime/tools/AllocationCount.h"
#include "test/unit/runtime/StateFixture.h"

using namespace heddle::test;

namespace {

class Allocation : public testing::Test {
protected:
  void SetUp() override {
    if (!heddle::allocationCount())
      GTEST_SKIP() << "a sanitizer has an allocator of its own";
  }
};

TEST_F(Allocation, counter_works) {
  int64_t before = *heddle::allocationCount();
  std::vector<int> *kept = new std::vector<int>(10);
  EXPECT_GE(*heddle::allocationCount() - before, 2);
  delete kept;
}

TEST_F(Allocation, none_in_repeated_runs) {
  std::string bytes = makePackage();
  PackagePtr package = load(bytes);
  SessionPtr session = makeSession(package, 3);
  ForwardCall large(3, 4000), small(2, 50);
  expectOk(large.run(session, package));
  int64_t before = *heddle::allocationCount();
  for (int round = 0; round < 200; ++round) {
    heddle_status_t a = large.run(session, package), b = small.run(session, package);
    ASSERT_TRUE(a == nullptr && b == nullptr);
  }
  EXPECT_EQ(*heddle::allocationCount() - before, 0);
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
  int64_t before = *heddle::allocationCount();
  for (int round = 0; round < 30; ++round) {
    heddle_status_t all = step(nullptr), some = step(active), back = heddle_state_rewind(state.get(), 1, 1);
    ASSERT_TRUE(all == nullptr && some == nullptr && back == nullptr);
  }
  EXPECT_EQ(*heddle::allocationCount() - before, 0);
}

} // namespace
