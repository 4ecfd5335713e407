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
  copy.copyRow(0, 0, seen, 0, 0, /*position=*/2);
  for (int64_t sequence : {0, 1})
    for (int64_t at : {0, 1, 2, 3})
      EXPECT_EQ(place(copy, sequence, at), at < 2 ? float(10 * sequence + at + 1) : -1);
}

} // namespace
