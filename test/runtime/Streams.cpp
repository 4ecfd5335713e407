// A hundred streams, one of them poisoned with NaN: as states of their own served in turns, and as the rows of one
// batch. All others are what they are alone, bit for bit, and so is a row that is full. usage: Streams PACKAGE, for an
// input of floats.
#include "StepModel.h"
#include <limits>

namespace {

constexpr int64_t kStreams = 100, kTokens = 24, kPoisoned = 41, kPoisonedAt = 5;

/// The streams' tokens; that of the poisoned one is NaN from some token on.
Tensor makeInput(const Model &model, bool poisoned) {
  Tensor input = model.randomInput(kStreams, kTokens, 3);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (char *at = input.at(kPoisoned, kPoisonedAt); poisoned && at < input.at(kPoisoned + 1, 0); at += sizeof nan)
    std::memcpy(at, &nan, sizeof nan);
  return input;
}

Tensor rowOf(const Model &model, Tensor &input, int64_t row) {
  Tensor one = model.makeInput(1, kTokens);
  one.copy(0, 0, input, row, 0, kTokens);
  return one;
}

/// Each stream from its first to its last token with nothing beside it.
Tensor runAlone(const Model &model) {
  Tensor input = makeInput(model, /*poisoned=*/false), all = model.makeOutput(kStreams, kTokens);
  for (int64_t stream = 0; stream < kStreams; ++stream) {
    State state(model.step, 1, kTokens);
    Tensor own = rowOf(model, input, stream), output = model.makeOutput(1, kTokens);
    model.advance(state, own, output, 0, kTokens, 1);
    all.copy(stream, 0, output, 0, 0, kTokens);
  }
  return all;
}

/// All streams as rows that never sit out.
Tensor runInStep(const Model &model) {
  Tensor input = makeInput(model, /*poisoned=*/false), all = model.makeOutput(kStreams, kTokens);
  State state(model.step, kStreams, kTokens);
  model.advance(state, input, all, 0, kTokens, 1);
  return all;
}

bool sameButPoisoned(Tensor &alone, Tensor &together) {
  bool same = true;
  for (int64_t stream = 0; stream < kStreams; ++stream)
    same = same && (stream == kPoisoned || sameTokens(alone, stream, together, stream, 0, kTokens));
  return same && sameTokens(alone, kPoisoned, together, kPoisoned, 0, kPoisonedAt) &&
         !sameTokens(alone, kPoisoned, together, kPoisoned, kPoisonedAt, kTokens);
}

/// One session serves the streams in a random order, a token at a time.
bool interleavedStates(const Model &model, Tensor &alone) {
  Tensor input = makeInput(model, /*poisoned=*/true), all = model.makeOutput(kStreams, kTokens);
  std::vector<State> states;
  std::vector<Tensor> inputs, outputs;
  std::vector<int64_t> turns;
  for (int64_t stream = 0; stream < kStreams; ++stream) {
    states.emplace_back(model.step, 1, kTokens);
    inputs.push_back(rowOf(model, input, stream));
    outputs.push_back(model.makeOutput(1, kTokens));
    turns.insert(turns.end(), kTokens, stream);
  }
  std::mt19937 random(4);
  std::shuffle(turns.begin(), turns.end(), random);
  for (int64_t stream : turns) {
    auto at = static_cast<size_t>(stream);
    int64_t token = states[at].position();
    model.advance(states[at], inputs[at], outputs[at], token, token + 1, 1);
  }
  for (int64_t stream = 0; stream < kStreams; ++stream)
    all.copy(stream, 0, outputs[static_cast<size_t>(stream)], 0, 0, kTokens);
  return sameButPoisoned(alone, all);
}

/// The streams are rows; in each call a random part of them gets its next token, and all others NaN.
bool rowsOfOneBatch(const Model &model, Tensor &inStep) {
  Tensor input = makeInput(model, /*poisoned=*/true), all = model.makeOutput(kStreams, kTokens);
  Tensor in = model.makeInput(kStreams, 1), out = model.makeOutput(kStreams, 1);
  State state(model.step, kStreams, kTokens);
  std::mt19937 random(5);
  bool active[kStreams];
  for (bool anyLeft = true; anyLeft;) {
    anyLeft = false;
    std::memset(in.bytes.data(), 0xff, in.bytes.size()); // NaN
    for (int64_t row = 0; row < kStreams; ++row) {
      int64_t token = state.position(row);
      active[row] = token < kTokens && random() % 3 != 0;
      anyLeft |= active[row];
      if (active[row])
        in.copy(row, 0, input, row, token, 1);
    }
    if (!anyLeft)
      break;
    state.step(model.session, model.step, {in.view()}, {out.view()}, active);
    for (int64_t row = 0; row < kStreams; ++row)
      if (active[row])
        all.copy(row, state.position(row) - 1, out, row, 0, 1);
  }
  for (int64_t row = 0; row < kStreams; ++row) { // those that a random mask left behind
    std::fill(active, active + kStreams, false);
    active[row] = true;
    while (state.position(row) < kTokens) {
      in.copy(row, 0, input, row, state.position(row), 1);
      state.step(model.session, model.step, {in.view()}, {out.view()}, active);
      all.copy(row, state.position(row) - 1, out, row, 0, 1);
    }
  }
  return sameButPoisoned(inStep, all);
}

/// A row that is full sits out while another one goes on, and continues in a state with more room.
bool fullRowSitsOut(const Model &model) {
  constexpr int64_t rows = 2, room = 6, more = 4;
  Tensor input = model.randomInput(rows, room + more, 7), expected = model.makeOutput(rows, room + more);
  State straight(model.step, rows, room + more), narrow(model.step, rows, room), wide(model.step, rows, room + more);
  model.advance(straight, input, expected, 0, room + more, 1);
  Tensor output = expected;
  const bool first[rows] = {true, false}, second[rows] = {false, true};
  model.advance(narrow, input, output, 0, room, 1, first);
  model.advance(narrow, input, output, 0, room, more, second);
  wide.copyRow(0, narrow, 0);
  model.advance(wide, input, output, room, room + more, 1, first);
  return sameTokens(expected, 0, output, 0, room, room + more);
}

} // namespace

int main(int argc, char **argv) try {
  if (argc != 2)
    return 2;
  Model model(argv[1]);
  Tensor alone = runAlone(model);
  bool good = expect(interleavedStates(model, alone), "100 states in turns, one poisoned: the others as alone");
  Tensor inStep = runInStep(model);
  good &=
      expect(rowsOfOneBatch(model, inStep), "100 rows that wait for each other, one poisoned: the others as in step");
  good &= expect(fullRowSitsOut(model), "a full row that sits out continues where there is room: as in step");
  return good ? 0 : 1;
} catch (const std::exception &error) {
  std::printf("error: %s\n", error.what());
  return 1;
}
