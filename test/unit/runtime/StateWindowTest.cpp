// Rewinding states: which positions can be reached, and that nothing of the calls since is left.
#include "test/unit/runtime/StateFixture.h"

using namespace heddle::test;

namespace {

/// States that every call writes anew.
class StateWindow : public StateFixture {
protected:
  StateWindow() : StateFixture("step") {}
  StatePtr make(int64_t rows, int64_t rewind = 0) { return StateFixture::make(rows, /*capacity=*/0, rewind); }
};

/// States that calls append to.
class AppendedWindow : public StateFixture {
protected:
  AppendedWindow() : StateFixture("sum") {}
};

TEST_F(StateWindow, goes_back_as_if_the_calls_had_never_been) {
  StatePtr state = make(1, 2);
  step(state, {1}, 1);
  std::vector<char> afterOne = save(state);
  step(state, {5, 2}, 1);
  std::vector<char> afterThree = save(state);
  step(state, {9}, 1);
  expectOk(heddle_state_rewind(state.get(), 0, 3));
  EXPECT_EQ(save(state), afterThree);
  expectOk(heddle_state_rewind(state.get(), -1, 1));
  EXPECT_EQ(save(state), afterOne);
  EXPECT_EQ(heddle_state_position(state.get(), 0), 1);
  EXPECT_EQ(step(state, {0}, 1), (Floats{1}));
}

TEST_F(StateWindow, names_what_can_be_reached) {
  StatePtr state = make(1, 2);
  for (int call = 0; call < 4; ++call)
    step(state, {1, 1}, 1);
  std::vector<char> before = save(state);
  const char *window = "position to take row 0 back to, expected one that the last 2 calls began or ended at (8, 6, 4) "
                       "but got ";
  for (int64_t position : {-1, 0, 2, 5, 10})
    expectError(heddle_state_rewind(state.get(), 0, position), HEDDLE_OUT_OF_RANGE, window + std::to_string(position));
  EXPECT_EQ(save(state), before);
  expectOk(heddle_state_rewind(state.get(), 0, 8));
  expectOk(heddle_state_rewind(state.get(), 0, 4));
  expectError(heddle_state_rewind(state.get(), 1, 4), HEDDLE_INVALID_ARGUMENT, "row, expected 0 to 0 but got 1");
}

TEST_F(StateWindow, no_window_unless_asked_for) {
  StatePtr state = make(1);
  step(state, {1}, 1);
  step(state, {1}, 1);
  expectOk(heddle_state_rewind(state.get(), 0, 2));
  expectError(heddle_state_rewind(state.get(), 0, 1), HEDDLE_OUT_OF_RANGE,
              "position to take row 0 back to, expected one that the last 0 calls began or ended at (2) but got 1");
}

TEST_F(StateWindow, what_was_undone_is_out_of_reach) {
  StatePtr state = make(1, 4);
  step(state, {1}, 1);
  step(state, {7, 7}, 1); // undone: nobody stands at position 3 with a 7 again
  expectOk(heddle_state_rewind(state.get(), 0, 1));
  step(state, {2, 2, 2}, 1);
  expectError(heddle_state_rewind(state.get(), 0, 3), HEDDLE_OUT_OF_RANGE,
              "position to take row 0 back to, expected one that the last 4 calls began or ended at (4, 1, 1, 0) "
              "but got 3");
  expectOk(heddle_state_rewind(state.get(), 0, 1));
  EXPECT_EQ(step(state, {0}, 1), (Floats{1}));
}

TEST_F(StateWindow, rows_go_back_alone) {
  StatePtr state = make(3, 2);
  step(state, {1, 2, 3}, 3);
  step(state, {4, 5, 6}, 3);
  expectOk(heddle_state_rewind(state.get(), 1, 1));
  EXPECT_EQ(heddle_state_position(state.get(), 0), 2);
  EXPECT_EQ(heddle_state_position(state.get(), 1), 1);
  EXPECT_EQ(step(state, {0, 0, 0}, 3), (Floats{4, 2, 6}));
  // Position 2 is within the window of every row, 3 is not.
  std::vector<char> before = save(state);
  expectError(heddle_state_rewind(state.get(), -1, 3), HEDDLE_OUT_OF_RANGE,
              "position to take row 1 back to, expected one that the last 2 calls began or ended at (2, 1, 1) "
              "but got 3");
  EXPECT_EQ(save(state), before);
  expectOk(heddle_state_rewind(state.get(), -1, 2));
  EXPECT_EQ(step(state, {0, 0, 0}, 3), (Floats{4, 2, 6}));
}

TEST_F(StateWindow, failed_calls_do_not_count) {
  StatePtr state = make(1, 1);
  step(state, {1}, 1);
  step(state, {2}, 1);
  Floats y;
  for (int time = 0; time < 3; ++time)
    expectError(call(state, {-1}, 1, y), HEDDLE_CANCELLED, "run of entry 'step' was cancelled");
  expectOk(heddle_state_rewind(state.get(), 0, 1));
  EXPECT_EQ(step(state, {0}, 1), (Floats{1}));
}

TEST_F(StateWindow, begins_anew_where_values_come_from_elsewhere) {
  StatePtr state = make(2, 3);
  step(state, {1, 2}, 2);
  step(state, {3, 4}, 2);
  expectOk(heddle_state_reset(state.get(), 0));
  EXPECT_EQ(codeOf(heddle_state_rewind(state.get(), 0, 1)), HEDDLE_OUT_OF_RANGE);
  expectOk(heddle_state_rewind(state.get(), 1, 1));
  step(state, {1, 2}, 2);
  expectOk(heddle_state_copy_row(state.get(), 1, state.get(), 0));
  EXPECT_EQ(codeOf(heddle_state_rewind(state.get(), 1, 0)), HEDDLE_OUT_OF_RANGE);
  expectOk(heddle_state_rewind(state.get(), 0, 0));
  std::vector<char> saved = save(state);
  expectOk(heddle_state_restore(state.get(), saved.data(), saved.size()));
  expectError(heddle_state_rewind(state.get(), 1, 2), HEDDLE_OUT_OF_RANGE,
              "position to take row 1 back to, expected one that the last 3 calls began or ended at (1) but got 2");
}

TEST_F(StateWindow, bytes_are_known_before) {
  heddle_state_options_t options;
  heddle_state_options_init(&options);
  options.rows = 5;
  options.rewind = 3;
  int64_t bytes = 0;
  expectOk(heddle_state_plan(entry, &options, &bytes));
  EXPECT_EQ(bytes, 5 * 5 * (8 + 4));
  EXPECT_EQ(bytes, heddle_state_bytes(make(5, 3).get()));
  options.rewind = -1;
  expectError(heddle_state_plan(entry, &options, &bytes), HEDDLE_INVALID_ARGUMENT,
              "rewind, expected 0 to 1048576 calls but got -1");
  options.rewind = 1 << 20;
  options.rows = INT64_MAX / 16;
  expectError(heddle_state_plan(entry, &options, &bytes), HEDDLE_OUT_OF_RANGE,
              "state 'position', expected less than 2^63 bytes but got more");
}

TEST_F(AppendedWindow, goes_back_by_position) {
  StatePtr state = make(2, /*capacity=*/8, /*rewind=*/2);
  EXPECT_EQ(heddle_state_bytes(state.get()), 2 * (4 * 8 + 8 * 4));
  step(state, {1, 2, 5, 6}, 2);
  std::vector<char> before = save(state);
  step(state, {100, 200, 300, 400, 500, 600}, 2);
  step(state, {7, 7}, 2);
  expectOk(heddle_state_rewind(state.get(), -1, 2));
  EXPECT_EQ(save(state), before);
  EXPECT_EQ(step(state, {1, 1}, 2), (Floats{4, 12}));
}

} // namespace
