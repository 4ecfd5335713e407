// The tensors of a state from outside, and where they lie.
#include "test/unit/runtime/StateFixture.h"

using namespace heddle::test;

namespace {

/// The sum over all tokens, which are appended to.
class StateValues : public StateFixture {
protected:
  StateValues() : StateFixture("sum") {}

  heddle_status_t set(const StatePtr &state, int64_t row, int64_t position, Floats seen, int64_t rows = 1) {
    int64_t shape[2] = {rows, static_cast<int64_t>(seen.size()) / rows};
    heddle_tensor_view_t view = heddle_tensor_view(seen.data(), HEDDLE_F32, 2, shape);
    return heddle_state_set(state.get(), row, position, &view, 1);
  }
};

TEST_F(StateValues, are_set_of_one_row_alone) {
  StatePtr state = make(3, 4);
  step(state, {1, 2, 3}, 3);
  expectOk(set(state, 1, 2, {10, 20}));
  EXPECT_EQ(heddle_state_position(state.get(), 0), 1);
  EXPECT_EQ(heddle_state_position(state.get(), 1), 2);
  EXPECT_EQ(step(state, {1, 1, 1}, 3), Floats({2, 31, 4}));
  expectOk(set(state, -1, 0, {}, 3));
  EXPECT_EQ(step(state, {1, 1, 1}, 3), Floats({1, 1, 1}));
}

TEST_F(StateValues, are_read_as_they_count) {
  StatePtr state = make(2, 4);
  EXPECT_EQ(heddle_state_tensor_count(state.get()), 2u);
  EXPECT_EQ(heddle_state_tensor(state.get(), 0)->name, std::string("position"));
  EXPECT_EQ(heddle_state_tensor(state.get(), 1)->name, std::string("seen"));
  EXPECT_EQ(heddle_state_tensor(state.get(), 2), nullptr);
  step(state, {1, 2, 3, 4}, 2);
  int64_t dims[2] = {}, positions[2] = {}, rows[1] = {2};
  expectOk(heddle_state_dims(state.get(), 1, -1, dims));
  EXPECT_EQ(dims[0], 2);
  EXPECT_EQ(dims[1], 2);
  Floats seen(4);
  heddle_tensor_view_t view = heddle_tensor_view(seen.data(), HEDDLE_F32, 2, dims),
                       into = heddle_tensor_view(positions, HEDDLE_I64, 1, rows);
  expectOk(heddle_state_get(state.get(), 1, -1, &view));
  EXPECT_EQ(seen, Floats({1, 2, 3, 4}));
  expectOk(heddle_state_get(state.get(), 0, -1, &into));
  EXPECT_EQ(positions[1], 2);
  expectOk(heddle_state_reset(state.get(), 1));
  expectError(heddle_state_dims(state.get(), 1, -1, dims), HEDDLE_INVALID_ARGUMENT,
              "rows of state 'seen', expected all at position 2 but got 0 of row 1: take one row");
  expectError(heddle_state_dims(state.get(), 2, -1, dims), HEDDLE_INVALID_ARGUMENT,
              "tensor of the state, expected 0 to 1 but got 2");
}

TEST_F(StateValues, that_do_not_fit_leave_the_state_as_it_was) {
  StatePtr state = make(1, 4);
  step(state, {5}, 1);
  expectError(set(state, 0, 2, {1, 2, 3}), HEDDLE_INVALID_ARGUMENT, "state 'seen' dim 1, expected 2 but got 3");
  expectError(set(state, 0, -1, {}), HEDDLE_INVALID_ARGUMENT, "position of the rows, expected at least 0 but got -1");
  expectError(set(state, 0, 5, Floats(5)), HEDDLE_OUT_OF_RANGE, "tokens of row 0, expected at most 4 in all but got 5");
  expectError(set(state, 1, 1, {1}), HEDDLE_INVALID_ARGUMENT, "row, expected 0 to 0 but got 1");
  expectError(heddle_state_set(state.get(), 0, 1, nullptr, 0), HEDDLE_INVALID_ARGUMENT,
              "number of state tensors behind the positions, expected 1 but got 0");
  EXPECT_EQ(step(state, {1}, 1), Floats({6}));
}

TEST_F(StateValues, lie_on_the_cpu) {
  StatePtr state = make(1, 4);
  step(state, {5}, 1);
  int32_t type = 0, id = -1;
  heddle_state_device(state.get(), &type, &id);
  EXPECT_EQ(type, 1);
  EXPECT_EQ(id, 0);
  expectOk(heddle_state_move(state.get(), 1, 0));
  expectError(heddle_state_move(state.get(), 2, 1), HEDDLE_INCOMPATIBLE,
              "device of the state, expected one that this runtime has (cpu:0) but got cuda:1");
  expectError(heddle_state_move(state.get(), 77, 0), HEDDLE_INCOMPATIBLE,
              "device of the state, expected one that this runtime has (cpu:0) but got device type 77:0");
  EXPECT_EQ(step(state, {1}, 1), Floats({6}));
}

} // namespace
