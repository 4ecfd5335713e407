// States that leave longer than they have come in: all rows stand at one position.
#include "test/unit/runtime/StateFixture.h"
#include <cstring>

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

TEST_F(GrowingState, is_refused_where_a_saved_one_has_parted_rows) {
  StatePtr state = make(2, 4);
  step(state, {1, 10}, 2);
  std::vector<char> saved = save(state);
  int64_t other = 2; // the positions are the first tensor, behind the header
  std::memcpy(saved.data() + 64 + sizeof other, &other, sizeof other);
  EXPECT_EQ(codeOf(heddle_state_restore(state.get(), saved.data(), saved.size())), HEDDLE_CORRUPT); // its hash
  EXPECT_EQ(step(state, {1, 1}, 2), Floats({4, 22}));
}

/// The message of a manifest that has `wrong` for `right`, both once.
std::string messageWith(const std::string &right, const std::string &wrong) {
  std::string text = kManifest;
  EXPECT_NE(text.find(right), std::string::npos);
  text.replace(text.find(right), right.size(), wrong);
  heddle_status_t status = nullptr;
  load(makePackage(text), &status);
  std::string message = heddle_status_message(status);
  heddle_status_release(status);
  return message.substr(0, message.find(" but got"));
}

TEST(GrowingManifest, has_one_dimension_of_a_capacity_that_limits) {
  const char *expected = "manifest /entries/4/inputs/2/grows, expected a state with one dimension of the capacity";
  EXPECT_EQ(messageWith("\"shape\": [\"B\", \"P\"], \"initial\"", "\"shape\": [\"P\", \"P\"], \"initial\""), expected);
  EXPECT_EQ(messageWith("\"shape\": [\"B\", \"P\"], \"initial\"", "\"shape\": [\"B\", 3], \"initial\""), expected);
  EXPECT_EQ(messageWith("\"capacity\": \"P\",", "\"capacity\": \"P\", \"caller_places\": true,"), expected);
  EXPECT_EQ(messageWith("\"capacity\": \"P\",", "\"capacity\": \"P\", \"caller_places\": 1,"),
            "manifest /entries/4/caller_places, expected true or false");
}

} // namespace
