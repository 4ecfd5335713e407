// States that calls append to: one buffer, of which a row's places in front of its position count.
#include "test/unit/runtime/StateFixture.h"

using namespace heddle::test;

namespace {

constexpr int64_t kCapacity = 6;

class AppendedState : public StateFixture {
protected:
  AppendedState() : StateFixture("sum") {}
  StatePtr make(int64_t rows) { return StateFixture::make(rows, kCapacity); }

  /// A state whose row 1 is two tokens behind row 0.
  StatePtr makeUneven() {
    StatePtr state = make(2);
    step(state, {1, 2, 5, 6}, 2);
    expectOk(heddle_state_reset(state.get(), 1));
    step(state, {4, 7}, 2);
    return state;
  }
};

TEST_F(AppendedState, is_one_buffer) {
  StatePtr state = make(2);
  EXPECT_EQ(heddle_state_bytes(state.get()), 2 * (2 * 8 + kCapacity * 4)); // positions twice
  EXPECT_EQ(step(state, {1, 2, 5, 6}, 2), (Floats{1, 3, 5, 11}));
  EXPECT_EQ(step(state, {4, 7}, 2), (Floats{7, 18}));
}

TEST_F(AppendedState, is_as_before_after_a_call_that_was_cancelled) {
  StatePtr state = makeUneven();
  std::vector<char> before = save(state);
  Floats y;
  expectError(call(state, {-1, 100, 200, 300}, 2, y), HEDDLE_CANCELLED, "run of entry 'sum' was cancelled");
  EXPECT_EQ(save(state), before);
  EXPECT_EQ(step(state, {1, 1}, 2), (Floats{8, 8}));
}

TEST_F(AppendedState, resets_and_copies_single_rows) {
  StatePtr state = makeUneven();
  EXPECT_EQ(heddle_state_position(state.get(), 0), 3);
  EXPECT_EQ(heddle_state_position(state.get(), 1), 1);
  StatePtr other = make(1);
  step(other, {100, 200, 300, 400, 500, 600}, 1);
  expectOk(heddle_state_copy_row(other.get(), 0, state.get(), 0));
  EXPECT_EQ(step(other, {1}, 1), (Floats{8}));
  expectOk(heddle_state_reset(other.get(), -1));
  EXPECT_EQ(step(other, {1}, 1), (Floats{1}));
}

TEST_F(AppendedState, forks_are_independent) {
  StatePtr state = makeUneven();
  heddle_state_t *made = nullptr;
  expectOk(heddle_state_fork(state.get(), &made));
  StatePtr fork(made);
  EXPECT_EQ(step(fork, {10, 10}, 2), (Floats{17, 17}));
  EXPECT_EQ(step(state, {1, 2}, 2), (Floats{8, 9}));
  EXPECT_EQ(step(fork, {0, 0}, 2), (Floats{17, 17}));
}

TEST_F(AppendedState, saves_the_tokens_seen) {
  StatePtr state = makeUneven(), other = make(2);
  std::vector<char> saved = save(state);
  EXPECT_EQ(saved.size(), 64u + 2 * 8 + (3 + 1) * 4);
  step(other, {9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9}, 2);
  expectOk(heddle_state_restore(other.get(), saved.data(), saved.size()));
  EXPECT_EQ(save(other), saved);
  EXPECT_EQ(step(other, {1, 2}, 2), (Floats{8, 9}));
  expectError(heddle_state_restore(state.get(), saved.data(), saved.size() - 4), HEDDLE_CORRUPT,
              "size of the saved state, expected 96 but got 92");
}

TEST_F(AppendedState, takes_no_more_tokens_than_its_capacity) {
  StatePtr state = make(1);
  step(state, {1, 1, 1, 1}, 1);
  Floats y;
  expectError(call(state, {1, 1, 1}, 1, y), HEDDLE_OUT_OF_RANGE,
              "tokens of row 0, expected at most 6 in all (the state's capacity) but got 4 and 3 more");
  EXPECT_EQ(step(state, {1, 1}, 1), (Floats{5, 6}));
}

TEST_F(AppendedState, moves_to_a_larger_one) {
  StatePtr state = makeUneven(), larger = StateFixture::make(2, 20), smaller = StateFixture::make(2, 2);
  std::vector<char> saved = save(state);
  expectOk(heddle_state_restore(larger.get(), saved.data(), saved.size()));
  EXPECT_EQ(step(larger, {1, 2}, 2), (Floats{8, 9}));
  expectOk(heddle_state_copy_row(larger.get(), 1, state.get(), 0));
  EXPECT_EQ(step(larger, {1, 2}, 2), (Floats{9, 9}));
  step(larger, Floats(2 * 10, 0), 2);
  expectError(heddle_state_copy_row(state.get(), 0, larger.get(), 1), HEDDLE_OUT_OF_RANGE,
              "tokens of row 1, expected at most 6 in all but got 14");
  expectError(heddle_state_restore(smaller.get(), saved.data(), saved.size()), HEDDLE_OUT_OF_RANGE,
              "tokens of row 0 of the saved state, expected at most 2 in all but got 3");
  EXPECT_EQ(save(state), saved);
}

TEST_F(AppendedState, may_be_an_output_of_its_own) {
  float x[1] = {3}, y[1], seen[kCapacity] = {1, 2}, then[kCapacity];
  int64_t position[1] = {2}, next[1], tokens[2] = {1, 1}, rows[1] = {1}, cache[2] = {1, kCapacity};
  heddle_tensor_view_t inputs[] = {heddle_tensor_view(x, HEDDLE_F32, 2, tokens),
                                   heddle_tensor_view(position, HEDDLE_I64, 1, rows),
                                   heddle_tensor_view(seen, HEDDLE_F32, 2, cache)};
  heddle_tensor_view_t outputs[] = {heddle_tensor_view(y, HEDDLE_F32, 2, tokens),
                                    heddle_tensor_view(next, HEDDLE_I64, 1, rows),
                                    heddle_tensor_view(then, HEDDLE_F32, 2, cache)};
  expectOk(heddle_session_run(session.get(), entry, inputs, 3, outputs, 3));
  EXPECT_EQ(y[0], 6);
  EXPECT_EQ(seen[2], 0);
  EXPECT_EQ(then[2], 3);
  outputs[2].data = seen;
  expectOk(heddle_session_run(session.get(), entry, inputs, 3, outputs, 3));
  EXPECT_EQ(seen[2], 3);
  outputs[1].data = position; // other states are not appended to
  expectError(heddle_session_run(session.get(), entry, inputs, 3, outputs, 3), HEDDLE_INVALID_ARGUMENT,
              "output 'position', expected memory of its own but got that of input 'position'");
}

TEST_F(AppendedState, is_refused_without_rows_and_places_in_front) {
  std::string text = kManifest, right = "[\"B\", \"C\"]", wrong = "[\"C\", \"B\"]";
  for (size_t at = text.find(right); at != std::string::npos; at = text.find(right))
    text.replace(at, right.size(), wrong);
  std::string other = makePackage(text);
  heddle_status_t status = nullptr;
  load(other, &status);
  EXPECT_NE(std::string(heddle_status_message(status))
                .find("manifest /entries/3/inputs/2/append, expected a state of rows and places but got "),
            std::string::npos)
      << heddle_status_message(status);
  EXPECT_EQ(codeOf(status), HEDDLE_CORRUPT);
}

} // namespace
