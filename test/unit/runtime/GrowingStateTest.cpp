// States that leave longer than they have come in: all rows stand at one position.
#include "test/unit/runtime/StateFixture.h"

using namespace heddle::test;

namespace {

class GrowingState : public StateFixture {
protected:
  GrowingState() : StateFixture("grow") {}

  Floats valuesOf(const StatePtr &state, size_t tensor, int64_t row, std::vector<int64_t> shape) {
    std::vector<int64_t> dims(shape.size());
    expectOk(heddle_state_dims(state.get(), tensor, row, dims.data()));
    EXPECT_EQ(dims, shape);
    Floats values(static_cast<size_t>(shape[0] * shape[1]), -7);
    heddle_tensor_view_t view = heddle_tensor_view(values.data(), HEDDLE_F32, 2, shape.data());
    expectOk(heddle_state_get(state.get(), tensor, row, &view));
    return values;
  }

  heddle_status_t set(const StatePtr &state, int64_t row, int64_t position, int64_t rows, Floats past, Floats turned) {
    int64_t shape[2] = {rows, position}, turnedShape[2] = {position, rows};
    heddle_tensor_view_t views[2] = {heddle_tensor_view(past.data(), HEDDLE_F32, 2, shape),
                                     heddle_tensor_view(turned.data(), HEDDLE_F32, 2, turnedShape)};
    return heddle_state_set(state.get(), row, position, views, 2);
  }
};

TEST_F(GrowingState, leaves_with_the_tokens_of_the_call) {
  StatePtr state = make(2, 5);
  EXPECT_EQ(step(state, {1, 2, 10, 20}, 2), Floats({2, 6, 20, 60}));
  EXPECT_EQ(step(state, {3, 30}, 2), Floats({12, 120}));
  EXPECT_EQ(valuesOf(state, 1, -1, {2, 3}), Floats({1, 2, 3, 10, 20, 30}));
  EXPECT_EQ(valuesOf(state, 2, -1, {3, 2}), Floats({1, 10, 2, 20, 3, 30}));
  EXPECT_EQ(valuesOf(state, 2, 1, {3, 1}), Floats({10, 20, 30}));
  Floats y;
  expectError(call(state, {1, 1, 1, 1, 1, 1}, 2, y), HEDDLE_OUT_OF_RANGE,
              "tokens of row 0, expected at most 5 in all (the state's capacity) but got 3 and 3 more");
}

TEST_F(GrowingState, is_as_before_a_call_that_fails) {
  StatePtr state = make(1, 5);
  step(state, {1, 2}, 1);
  Floats y;
  EXPECT_EQ(codeOf(call(state, {-1, 5}, 1, y)), HEDDLE_CANCELLED);
  EXPECT_EQ(step(state, {4}, 1), Floats({14}));
}

TEST_F(GrowingState, goes_back_and_is_forked_and_restored) {
  StatePtr state = make(2, 8, /*rewind=*/2);
  step(state, {1, 10}, 2);
  step(state, {2, 3, 20, 30}, 2);
  heddle_state_t *copy = nullptr;
  expectOk(heddle_state_fork(state.get(), &copy));
  StatePtr fork(copy);
  std::vector<char> saved = save(state);
  expectOk(heddle_state_rewind(state.get(), -1, 1));
  EXPECT_EQ(valuesOf(state, 1, -1, {2, 1}), Floats({1, 10}));
  EXPECT_EQ(step(state, {5, 50}, 2), Floats({12, 120}));
  EXPECT_EQ(step(fork, {4, 40}, 2), Floats({20, 200}));
  StatePtr larger = make(2, 16);
  expectOk(heddle_state_restore(larger.get(), saved.data(), saved.size()));
  EXPECT_EQ(step(larger, {4, 40}, 2), Floats({20, 200}));
  expectOk(heddle_state_reset(larger.get(), -1));
  EXPECT_EQ(step(larger, {4, 40}, 2), Floats({8, 80}));
}

TEST_F(GrowingState, is_set_to_a_past_from_elsewhere) {
  StatePtr state = make(2, 4);
  expectOk(set(state, -1, 2, 2, {1, 2, 10, 20}, {1, 10, 2, 20}));
  EXPECT_EQ(heddle_state_position(state.get(), 1), 2);
  EXPECT_EQ(step(state, {3, 30}, 2), Floats({12, 120}));
  expectOk(set(state, 1, 3, 1, {7, 8, 9}, {7, 8, 9}));
  EXPECT_EQ(step(state, {4, 10}, 2), Floats({20, 68}));
  expectError(set(state, 1, 3, 1, {7, 8, 9}, {7, 8, 9}), HEDDLE_INVALID_ARGUMENT,
              "row, expected -1, all 2, whose caches grow together but got 1");
  expectError(set(state, -1, 5, 2, Floats(10), Floats(10)), HEDDLE_OUT_OF_RANGE,
              "tokens of all rows, expected at most 4 in all but got 5");
  EXPECT_EQ(valuesOf(state, 1, 1, {1, 4}), Floats({7, 8, 9, 10}));
}

TEST_F(GrowingState, refuses_what_would_part_its_rows) {
  StatePtr state = make(2, 4), one = make(1, 4);
  step(state, {1, 10}, 2);
  const char *together = "row, expected -1, all 2, whose caches grow together but got 0";
  expectError(heddle_state_reset(state.get(), 0), HEDDLE_INVALID_ARGUMENT, together);
  expectError(heddle_state_copy_row(state.get(), 0, one.get(), 0), HEDDLE_INVALID_ARGUMENT, together);
  step(one, {5}, 1);
  expectOk(heddle_state_copy_row(state.get(), 0, one.get(), 0));
  bool active[2] = {true, false};
  Floats y;
  expectError(call(state, {1, 1}, 2, y, active), HEDDLE_INVALID_ARGUMENT,
              "active rows, expected all 2, whose caches grow together but got fewer");
  EXPECT_EQ(step(state, {1, 1}, 2), Floats({12, 22}));
}

} // namespace
