// Where the rows and the places of a state's tensors lie.
#include "runtime/core/StateTensor.h"
#include "test/unit/runtime/TestPackage.h"

using namespace heddle::runtime;

namespace {

/// A step on tokens of a batch that is a number: two sequences which stand at one position.
constexpr const char *kFixedBatch = R"({"format": 1, "entries": [
  {"name": "step", "symbol": "s", "plan": "p", "tokens": "T", "capacity": "C",
   "symbols": [{"name": "T", "min": 1}, {"name": "C", "min": 1}],
   "inputs": [{"name": "x", "type": "f32", "shape": [2, "T"]},
              {"name": "position", "type": "i64", "shape": [1], "initial": 0},
              {"name": "seen", "type": "f32", "shape": [2, "C", 3], "initial": 0, "append": true}],
   "outputs": [{"name": "position", "type": "i64", "shape": [1]},
               {"name": "seen", "type": "f32", "shape": [2, "C", 3]}]}]})";

TEST(StateTensor, of_a_fixed_batch_is_appended_to_in_every_sequence) {
  Manifest manifest;
  Status parsed = Manifest::parse(kFixedBatch, manifest);
  ASSERT_TRUE(parsed.ok());
  heddle_entry entry;
  entry.info = manifest.entries.front();
  std::vector<StateTensor> first, second;
  for (std::vector<StateTensor> *tensors : {&first, &second})
    ASSERT_TRUE(layOutStates(entry, /*rows=*/1, /*capacity=*/4, /*versions=*/3, *tensors).ok());
  EXPECT_EQ(first[0].versions.size(), 3u);
  EXPECT_EQ(first[1].versions.size(), 1u);
  StateTensor &seen = first[1], &copy = second[1];
  EXPECT_EQ(seen.bytes(), 2 * 4 * 3 * 4);
  EXPECT_EQ(seen.used(/*position=*/2), 2 * 3 * 4);
  seen.allocate();
  copy.allocate();
  auto place = [](StateTensor &tensor, int64_t sequence, int64_t at) -> float & {
    return reinterpret_cast<float *>(tensor.base(0))[(sequence * 4 + at) * 3];
  };
  for (int64_t sequence : {0, 1})
    for (int64_t at : {0, 1, 2, 3}) {
      place(seen, sequence, at) = float(10 * sequence + at + 1);
      place(copy, sequence, at) = -1;
    }
  copy.copyRow(0, 0, seen, 0, 0, /*position=*/2, /*place=*/0);
  for (int64_t sequence : {0, 1})
    for (int64_t at : {0, 1, 2, 3})
      EXPECT_EQ(place(copy, sequence, at), at < 2 ? float(10 * sequence + at + 1) : -1);
}

/// A window of four tokens: rings keep three, for as many versions as a state has.
constexpr const char *kWindow = R"({"format": 1, "entries": [
  {"name": "step", "symbol": "s", "plan": "p", "tokens": "T", "ring": "R", "ring_tokens": 3,
   "symbols": [{"name": "B", "min": 1}, {"name": "T", "min": 1}, {"name": "R", "min": 6}],
   "inputs": [{"name": "x", "type": "f32", "shape": ["B", "T"]},
              {"name": "position", "type": "i64", "shape": ["B"], "initial": 0},
              {"name": "place", "type": "i64", "shape": ["B"], "initial": 0},
              {"name": "key", "type": "f32", "shape": ["B", "R", 1], "initial": 0, "append": true}],
   "outputs": [{"name": "position", "type": "i64", "shape": ["B"]},
               {"name": "place", "type": "i64", "shape": ["B"]},
               {"name": "key", "type": "f32", "shape": ["B", "R", 1]}]}]})";

TEST(StateTensor, rings_of_other_sizes_hold_the_same_last_tokens) {
  Manifest manifest;
  Status parsed = Manifest::parse(kWindow, manifest);
  ASSERT_TRUE(parsed.ok());
  heddle_entry entry;
  entry.info = manifest.entries.front();
  std::vector<StateTensor> narrow, wide;
  ASSERT_TRUE(layOutStates(entry, /*rows=*/1, /*capacity=*/0, /*versions=*/2, narrow).ok());
  ASSERT_TRUE(layOutStates(entry, /*rows=*/2, /*capacity=*/0, /*versions=*/3, wide).ok());
  StateTensor &from = narrow[2], &to = wide[2];
  EXPECT_EQ(from.bytes(), 6 * 4);
  EXPECT_EQ(to.bytes(), 2 * 9 * 4);
  EXPECT_EQ(from.used(/*position=*/2), 2 * 4);
  EXPECT_EQ(from.used(/*position=*/100), 3 * 4);
  EXPECT_EQ(to.shapeAt(/*count=*/1, /*position=*/100), (std::vector<int64_t>{1, 3, 1}));
  from.allocate();
  to.allocate();
  auto numbers = [](StateTensor &tensor) { return reinterpret_cast<float *>(tensor.base(0)); };
  for (int place = 0; place < 6; ++place)
    numbers(from)[place] = float(place);
  for (int place = 0; place < 18; ++place)
    numbers(to)[place] = -1;
  // The last three tokens in front of place 7 are at 4, 5 and 0 of six places, and at 4, 5 and 6 of nine.
  to.copyRow(0, 1, from, 0, 0, /*position=*/50, /*place=*/7);
  for (int place = 0; place < 18; ++place)
    EXPECT_EQ(numbers(to)[place], place == 13 ? 4 : place == 14 ? 5 : place == 15 ? 0 : -1);
  std::vector<float> saved;
  to.eachUsed(to.piece(0, 0, 1), /*position=*/2, /*place=*/7, [&](const char *part, size_t size) {
    saved.insert(saved.end(), reinterpret_cast<const float *>(part), reinterpret_cast<const float *>(part + size));
  });
  EXPECT_EQ(saved, (std::vector<float>{5, 0}));
}

std::string messageOf(Status status) {
  heddle_status_t handle = status.take();
  std::string message = handle ? heddle_status_message(handle) : "";
  heddle_status_release(handle);
  return message;
}

/// The error of the manifest above, changed in one place.
std::string refusal(const std::string &right, const std::string &wrong) {
  std::string text = kWindow;
  text.replace(text.find(right), right.size(), wrong);
  Manifest manifest;
  Status parsed = Manifest::parse(text, manifest);
  return messageOf(std::move(parsed));
}

TEST(StateTensor, rings_have_places_of_their_own) {
  const char *ring =
      "manifest /entries/0/ring, expected a symbol of its own, 'ring_tokens' of at least 1, and places as "
      "the second state but got ";
  EXPECT_EQ(refusal("\"ring\": \"R\"", "\"ring\": \"B\"").find(ring), 0u);
  EXPECT_EQ(refusal("\"ring\": \"R\"", "\"ring\": \"T\"").find(ring), 0u);
  EXPECT_EQ(refusal("\"ring_tokens\": 3", "\"ring_tokens\": 0").find(ring), 0u);
  EXPECT_EQ(refusal(", \"ring_tokens\": 3", "").find(ring), 0u);
  EXPECT_EQ(refusal("\"ring\": \"R\", ", "")
                .find("manifest /entries/0/inputs/3/append, expected a state of rows and "
                      "places but got "),
            0u);
}

TEST(StateTensor, rings_have_less_than_2_to_63_places) {
  Manifest manifest;
  Status parsed = Manifest::parse(kWindow, manifest);
  ASSERT_TRUE(parsed.ok());
  heddle_entry entry;
  entry.info = manifest.entries.front();
  entry.info.ringTokens = INT64_MAX / 2;
  std::vector<StateTensor> tensors;
  Status status = layOutStates(entry, /*rows=*/1, /*capacity=*/0, /*versions=*/3, tensors);
  EXPECT_EQ(messageOf(std::move(status)), "places of rings, expected less than 2^63 but got more");
}

} // namespace
