// States: steps, rows, forks, saved forms, and calls that fail.
#include "test/unit/runtime/StateFixture.h"

using namespace heddle::test;

namespace {

class State : public StateFixture {
protected:
  State() : StateFixture("step") {}
};

TEST_F(State, carries_from_call_to_call) {
  StatePtr state = make(2);
  EXPECT_EQ(heddle_state_bytes(state.get()), 2 * 2 * (8 + 4));
  EXPECT_EQ(step(state, {-3, -5, 7, 2}, 2), (Floats{-3, -3, 7, 7}));
  EXPECT_EQ(heddle_state_position(state.get(), 1), 2);
  EXPECT_EQ(step(state, {-4, 9}, 2), (Floats{-3, 9}));
  EXPECT_EQ(heddle_state_position(state.get(), 0), 3);
  EXPECT_EQ(heddle_state_position(state.get(), 2), -1);
}

TEST_F(State, is_as_before_after_a_call_that_was_cancelled) {
  StatePtr state = make(2);
  step(state, {5, 6}, 2);
  std::vector<char> before = save(state);
  Floats y;
  expectError(call(state, {-1, 100}, 2, y), HEDDLE_CANCELLED, "run of entry 'step' was cancelled");
  EXPECT_EQ(save(state), before);
  EXPECT_EQ(step(state, {1, 1}, 2), (Floats{5, 6}));
}

TEST_F(State, resets_and_copies_single_rows) {
  StatePtr state = make(3);
  step(state, {1, 2, 3}, 3);
  expectOk(heddle_state_reset(state.get(), 1));
  EXPECT_EQ(heddle_state_position(state.get(), 1), 0);
  EXPECT_EQ(step(state, {0, -7, 0}, 3), (Floats{1, -7, 3}));
  expectOk(heddle_state_copy_row(state.get(), 0, state.get(), 2));
  EXPECT_EQ(step(state, {0, 0, 0}, 3), (Floats{3, 0, 3}));
  expectOk(heddle_state_reset(state.get(), -1));
  EXPECT_EQ(step(state, {-1.5, -2, -3}, 3), (Floats{-1.5, -2, -3}));
  expectError(heddle_state_reset(state.get(), 3), HEDDLE_INVALID_ARGUMENT, "row, expected 0 to 2 but got 3");
}

TEST_F(State, forks_are_independent) {
  StatePtr state = make(1);
  step(state, {4}, 1);
  heddle_state_t *made = nullptr;
  expectOk(heddle_state_fork(state.get(), &made));
  StatePtr fork(made);
  EXPECT_EQ(step(fork, {8}, 1), (Floats{8}));
  EXPECT_EQ(step(state, {1}, 1), (Floats{4}));
  EXPECT_EQ(step(fork, {1}, 1), (Floats{8}));
}

TEST_F(State, is_restored_bit_for_bit) {
  StatePtr state = make(2), other = make(2);
  step(state, {4, 0.1f}, 2);
  std::vector<char> saved = save(state);
  heddle_state_options_t options;
  heddle_state_options_init(&options);
  expectOk(heddle_state_saved_options(saved.data(), saved.size(), &options));
  EXPECT_EQ(options.rows, 2);
  expectOk(heddle_state_restore(other.get(), saved.data(), saved.size()));
  EXPECT_EQ(save(other), saved);
  EXPECT_EQ(step(other, {1, 0}, 2), (Floats{4, 0.1f}));
}

TEST_F(State, refuses_saved_states_that_do_not_fit) {
  StatePtr state = make(2), other = make(3);
  std::vector<char> saved = save(state), before = save(other);
  expectError(heddle_state_restore(other.get(), saved.data(), saved.size()), HEDDLE_INCOMPATIBLE,
              "rows of the saved state, expected 3 but got 2");
  EXPECT_EQ(save(other), before);
  saved.back() ^= 1;
  heddle_status_t changed = heddle_state_restore(state.get(), saved.data(), saved.size());
  EXPECT_EQ(codeOf(changed), HEDDLE_CORRUPT);
  expectError(heddle_state_restore(state.get(), saved.data(), 10), HEDDLE_CORRUPT,
              "saved state, expected one of Heddle but got other bytes");
  std::string text = kManifest;
  text.replace(text.find("hand-made"), 9, "hand-mode");
  std::string otherBytes = makePackage(text);
  PackagePtr otherPackage = load(otherBytes);
  heddle_state_t *made = nullptr;
  expectOk(heddle_state_create(heddle_package_find_entry(otherPackage.get(), "step"), nullptr, &made));
  StatePtr foreign(made), one = make(1);
  std::vector<char> ours = save(one);
  heddle_status_t refused = heddle_state_restore(foreign.get(), ours.data(), ours.size());
  EXPECT_NE(std::string(heddle_status_message(refused)).find("fingerprint of the saved state's package, expected "),
            std::string::npos);
  EXPECT_EQ(codeOf(refused), HEDDLE_INCOMPATIBLE);
}

TEST_F(State, takes_no_more_tokens_than_the_model) {
  StatePtr state = make(1);
  step(state, Floats(99, 1), 1);
  Floats y;
  expectError(call(state, {1, 1}, 1, y), HEDDLE_OUT_OF_RANGE,
              "tokens of row 0, expected at most 100 in all but got 99 and 2 more");
  EXPECT_EQ(step(state, {1}, 1), (Floats{1}));
}

TEST_F(State, refuses_what_is_no_step) {
  heddle_state_t *made = nullptr;
  expectError(heddle_state_create(heddle_package_find_entry(package.get(), "forward"), nullptr, &made),
              HEDDLE_INVALID_ARGUMENT, "entry 'forward', expected a step but got an entry without states");
  heddle_state_options_t options;
  heddle_state_options_init(&options);
  options.rows = 0;
  expectError(heddle_state_create(entry, &options, &made), HEDDLE_INVALID_ARGUMENT,
              "rows, expected at least 1 but got 0");
  StatePtr state = make(1);
  float x = 0;
  int64_t shape[2] = {1, 1};
  heddle_tensor_view_t view = heddle_tensor_view(&x, HEDDLE_F32, 2, shape);
  expectError(heddle_session_step(session.get(), entry, state.get(), nullptr, &view, 1, nullptr, 0),
              HEDDLE_INVALID_ARGUMENT, "number of outputs beside the state, expected 1 but got 0");
  StatePtr wide = make(2);
  Floats y;
  expectError(call(wide, {1}, 1, y), HEDDLE_INVALID_ARGUMENT,
              "dim 'B', expected 1 (from input 'x' dim 0) but got 2 (input 'position' dim 0)");
}

} // namespace
