// A compiled step, driven through the runtime's states, against the entry on whole sequences and
// against itself. What continues from a saved, forked or reset state is compared bit by bit.
// usage: States PACKAGE, with entries `forward` and `step` from one input to one output of f32, rows and tokens first.
#include "StepModel.h"
#include <cmath>

namespace {

constexpr int64_t kRows = 2, kTokens = 128;

State newState(const Model &model) { return State(model.step, kRows, kTokens); }
Tensor newOutput(const Model &model) { return model.makeOutput(kRows, kTokens); }

/// The largest difference, relative to the largest element.
double distance(const Tensor &expected, const Tensor &actual) {
  double difference = 0, magnitude = 0;
  for (size_t at = 0; at < expected.bytes.size(); at += sizeof(float)) {
    float left, right;
    std::memcpy(&left, &expected.bytes[at], sizeof left);
    std::memcpy(&right, &actual.bytes[at], sizeof right);
    if (!std::isfinite(left) || !std::isfinite(right))
      return INFINITY;
    difference = std::max(difference, std::fabs(double(left) - right));
    magnitude = std::max(magnitude, std::fabs(double(left)));
  }
  return difference / magnitude;
}

bool stepsEqualForward(Model &model, Tensor &input) {
  Tensor whole = newOutput(model);
  model.session.run(model.package.entry("forward"), {input.view()}, {whole.view()});
  double largest = 0;
  for (int64_t prefill : {1, 37, 100})
    for (int64_t count : {1, 3, 16}) {
      State state = newState(model);
      Tensor parts = newOutput(model);
      model.advance(state, input, parts, 0, prefill, prefill);
      model.advance(state, input, parts, prefill, kTokens, count);
      largest = std::max(largest, distance(whole, parts));
    }
  std::fprintf(stderr, "largest difference: %g\n", largest);
  return expect(largest < 1e-5, "a prefill and steps of 1, 3 and 16 tokens equal forward");
}

/// The saved bytes are all that another copy of the package gets.
bool savedStatesContinue(const Model &model, const std::string &path, Tensor &input) {
  Tensor whole = newOutput(model);
  State state = newState(model);
  std::vector<std::vector<char>> saved;
  for (int64_t token = 0; token < kTokens; ++token) {
    if (token % 16 == 0)
      saved.push_back(state.save());
    model.advance(state, input, whole, token, token + 1, 1);
  }
  bool same = true;
  for (size_t number = 0; number < saved.size(); ++number) {
    Model other(path);
    State restored = newState(other);
    restored.restore(saved[number]);
    Tensor rest = newOutput(other);
    int64_t begin = static_cast<int64_t>(number) * 16;
    other.advance(restored, input, rest, begin, kTokens, 1);
    same = same && sameTokens(whole, rest, begin, kTokens) && restored.save() == state.save();
  }
  return expect(same, "a state saved at every 16th token continues bit for bit");
}

/// Both branches, taken in turns, against each taken alone.
bool forksAreIndependent(const Model &model, Tensor &input, Tensor &otherInput) {
  constexpr int64_t shared = 40;
  Tensor *inputs[2] = {&input, &otherInput}, alone[2] = {newOutput(model), newOutput(model)};
  for (int branch : {0, 1}) {
    State state = newState(model);
    model.advance(state, input, alone[branch], 0, shared, shared);
    model.advance(state, *inputs[branch], alone[branch], shared, kTokens, 4);
  }
  Tensor together[2] = {newOutput(model), newOutput(model)};
  State first = newState(model);
  model.advance(first, input, together[0], 0, shared, shared);
  State second(first), *states[2] = {&first, &second};
  for (int64_t token = shared; token < kTokens; token += 4)
    for (int branch : {0, 1})
      model.advance(*states[branch], *inputs[branch], together[branch], token, token + 4, 4);
  bool same = sameTokens(alone[0], together[0], 0, kTokens) && sameTokens(alone[1], together[1], shared, kTokens);
  bool differ = !sameTokens(alone[0], alone[1], shared, kTokens);
  return expect(same && differ, "the branches of a fork are as if alone, bit for bit");
}

bool resetsOneRow(const Model &model, Tensor &input) {
  constexpr int64_t before = 40;
  Tensor undisturbed = newOutput(model), fresh = newOutput(model), mixed = newOutput(model);
  State state = newState(model), untouched = newState(model), started = newState(model);
  model.advance(state, input, mixed, 0, before, before);
  model.advance(untouched, input, undisturbed, 0, before, before);
  state.reset(1);
  model.advance(state, input, mixed, before, kTokens, 3);
  model.advance(untouched, input, undisturbed, before, kTokens, 3);
  model.advance(started, input, fresh, before, kTokens, 3);
  bool same = sameTokens(undisturbed, 0, mixed, 0, before, kTokens) &&
              sameTokens(fresh, 1, mixed, 1, before, kTokens) && state.position(0) == kTokens &&
              state.position(1) == kTokens - before;
  bool differ = !sameTokens(undisturbed, 1, mixed, 1, before, kTokens);
  return expect(same && differ, "a reset row begins anew and the other goes on, bit for bit");
}

/// The tensors behind the positions, as a caller gets them.
class Values {
public:
  explicit Values(const heddle::State &state) : shapes(state.tensorCount() - 1), bytes(shapes.size()) {
    for (size_t at = 0; at < shapes.size(); ++at) {
      heddle_dtype_t dtype = state.tensor(at + 1)->dtype;
      shapes[at] = state.dims(at + 1);
      size_t size = dtype.bits / 8;
      for (int64_t count : shapes[at])
        size *= static_cast<size_t>(count);
      bytes[at].resize(size);
      views.push_back(
          heddle_tensor_view(bytes[at].data(), dtype, static_cast<int32_t>(shapes[at].size()), shapes[at].data()));
      state.get(at + 1, views.back());
    }
  }
  std::vector<heddle_tensor_view_t> views;

private:
  std::vector<std::vector<int64_t>> shapes;
  std::vector<std::vector<char>> bytes;
};

/// Its values and copies of its rows, in states that keep more calls and were in use.
bool movesElsewhere(const Model &model, Tensor &input, Tensor &otherInput) {
  constexpr int64_t taken = 40;
  bool same = true;
  for (bool copies : {false, true}) {
    Tensor whole = newOutput(model), rest = newOutput(model);
    State state = newState(model), other(model.step, kRows, kTokens, /*rewind=*/2);
    model.advance(state, input, whole, 0, taken, 3);
    model.advance(other, otherInput, rest, 0, 25, 2);
    for (int64_t row = 0; copies && row < kRows; ++row)
      other.copyRow(row, state, row);
    if (!copies)
      other.set(taken * heddle_entry_block(model.step), Values(state).views);
    model.advance(state, input, whole, taken, kTokens, 1);
    model.advance(other, input, rest, taken, kTokens, 1);
    same = same && sameTokens(whole, rest, taken, kTokens) && other.save() == state.save();
  }
  return expect(same, "its values and its rows continue in another state, bit for bit");
}

} // namespace

int main(int argc, char **argv) try {
  if (argc != 2)
    return 2;
  Model model(argv[1]);
  Tensor input = model.randomInput(kRows, kTokens, 1), otherInput = model.randomInput(kRows, kTokens, 2);
  bool good = stepsEqualForward(model, input);
  good &= savedStatesContinue(model, argv[1], input);
  good &= forksAreIndependent(model, input, otherInput);
  good &= resetsOneRow(model, input);
  good &= movesElsewhere(model, input, otherInput);
  return good ? 0 : 1;
} catch (const std::exception &error) {
  std::printf("error: %s\n", error.what());
  return 1;
}
