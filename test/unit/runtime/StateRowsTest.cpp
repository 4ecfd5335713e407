// Rows that sit out calls: they keep every bit, and the others notice nothing.
#include "test/unit/runtime/StateFixture.h"
#include <limits>

using namespace heddle::test;

namespace {

/// States that every call writes anew.
class StateRows : public StateFixture {
protected:
  StateRows() : StateFixture("step") {}
};

/// States that calls append to.
class AppendedRows : public StateFixture {
protected:
  AppendedRows() : StateFixture("sum") {}
};

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

TEST_F(StateRows, sit_out_and_come_back) {
  StatePtr state = make(3);
  step(state, {1, 2, 3}, 3);
  const bool active[3] = {true, false, true};
  Floats y = step(state, {5, 9, 1}, 3, active);
  EXPECT_EQ(y[0], 5);
  EXPECT_EQ(y[2], 3);
  EXPECT_EQ(heddle_state_position(state.get(), 0), 2);
  EXPECT_EQ(heddle_state_position(state.get(), 1), 1);
  EXPECT_EQ(step(state, {0, 0, 0}, 3), (Floats{5, 2, 3}));
}

TEST_F(StateRows, keep_every_bit_whatever_their_input_holds) {
  StatePtr state = make(2), alone = make(2);
  const bool active[2] = {true, false};
  step(state, {1, 2}, 2);
  step(alone, {1, 2}, 2);
  for (float poison : {kNaN, std::numeric_limits<float>::infinity(), 1e30f})
    step(state, {3, poison}, 2, active);
  for (int call = 0; call < 3; ++call)
    step(alone, {3, 0}, 2, active);
  EXPECT_EQ(save(state), save(alone));
}

TEST_F(StateRows, that_are_full_let_the_others_go_on) {
  StatePtr state = make(2);
  const bool first[2] = {true, false}, second[2] = {false, true};
  step(state, Floats(2 * 98, 4), 2, first);
  Floats y;
  expectError(call(state, Floats(2 * 3, 7), 2, y), HEDDLE_OUT_OF_RANGE,
              "tokens of row 0, expected at most 100 in all but got 98 and 3 more");
  EXPECT_EQ(step(state, {0, 0, 0, 7, 7, 7}, 2, second)[5], 7);
  EXPECT_EQ(heddle_state_position(state.get(), 0), 98);
  EXPECT_EQ(heddle_state_position(state.get(), 1), 3);
}

TEST_F(StateRows, a_cancelled_call_changes_none) {
  StatePtr state = make(2);
  step(state, {5, 6}, 2);
  std::vector<char> before = save(state);
  const bool active[2] = {false, true};
  Floats y;
  expectError(call(state, {-1, 100}, 2, y, active), HEDDLE_CANCELLED, "run of entry 'step' was cancelled");
  EXPECT_EQ(save(state), before);
}

TEST_F(StateRows, none_is_refused) {
  StatePtr state = make(2);
  const bool active[2] = {false, false};
  Floats y;
  expectError(call(state, {1, 1}, 2, y, active), HEDDLE_INVALID_ARGUMENT, "active rows, expected at least 1 but got 0");
}

TEST_F(StateRows, go_back_over_calls_that_they_sat_out) {
  StatePtr state = make(2, /*capacity=*/0, /*rewind=*/2);
  const bool first[2] = {true, false};
  step(state, {1, 2}, 2);
  step(state, {3, 4}, 2, first);
  expectOk(heddle_state_rewind(state.get(), 1, 0));
  expectOk(heddle_state_rewind(state.get(), 0, 1));
  EXPECT_EQ(step(state, {0, 0}, 2), (Floats{1, 0}));
}

TEST_F(AppendedRows, sit_out_wherever_they_stand) {
  constexpr int64_t capacity = 6;
  const bool first[2] = {true, false}, second[2] = {false, true};
  for (int64_t seen = 0; seen <= capacity; ++seen) {
    StatePtr state = make(2, capacity);
    for (int64_t token = 0; token < seen; ++token)
      step(state, {static_cast<float>(token), 9}, 2, first);
    EXPECT_EQ(step(state, {kNaN, kNaN, kNaN, 1, 2, 3}, 2, second)[5], 6);
    EXPECT_EQ(heddle_state_position(state.get(), 0), seen);
    float sum = static_cast<float>(seen * (seen - 1) / 2);
    if (seen < capacity)
      EXPECT_EQ(step(state, {5, 4}, 2), (Floats{sum + 5, 10})) << seen;
    StatePtr other = make(2, capacity);
    expectOk(heddle_state_copy_row(other.get(), 1, state.get(), 0));
    EXPECT_EQ(heddle_state_position(other.get(), 1), std::min(seen + 1, capacity));
  }
}

TEST_F(AppendedRows, that_are_full_are_as_before_after_a_call_that_was_cancelled) {
  StatePtr state = make(2, 3);
  const bool first[2] = {true, false}, second[2] = {false, true};
  step(state, {1, 2, 3, 0, 0, 0}, 2, first);
  std::vector<char> before = save(state);
  Floats y;
  expectError(call(state, {-1, 100, 200, 300}, 2, y, second), HEDDLE_CANCELLED, "run of entry 'sum' was cancelled");
  EXPECT_EQ(save(state), before);
}

} // namespace
