// A step whose outputs come late: rows of different lengths in one batch, forks, rewinds and saved states in front of
// and behind the end, rows that sit out. usage: LookAhead PACKAGE, for an input of floats.
#include "StepModel.h"
#include <cmath>

namespace {

constexpr int64_t kRows = 3, kMost = 21, kLengths[kRows] = {21, 1, 13};

struct Late : Model {
  using Model::Model;
  int64_t late() const { return heddle_entry_latency(step); }

  /// The entry on one row of so many tokens.
  Tensor forward(Tensor &input, int64_t row, int64_t tokens) const {
    Tensor in(this->input(), 1, tokens), out = makeOutput(1, tokens);
    in.copy(0, 0, input, row, 0, tokens);
    session.run(package.entry("forward"), {in.view()}, {out.view()});
    return out;
  }
  // Sessions run from const models, as a state's calls do.
  mutable heddle::Session session{package};
};

bool isClose(Tensor &left, int64_t first, Tensor &right, int64_t row, int64_t late, int64_t count) {
  size_t features = left.tokenBytes() / sizeof(float);
  float largest = 0;
  for (int64_t token = 0; token < count; ++token)
    for (size_t i = 0; i < features; ++i) {
      float a, b;
      std::memcpy(&a, left.at(0, first + token) + i * sizeof a, sizeof a);
      std::memcpy(&b, right.at(row, late + first + token) + i * sizeof b, sizeof b);
      largest = std::max(largest, std::isfinite(b) ? std::abs(a - b) : INFINITY);
    }
  return largest < 1e-4f;
}

/// All rows in one batch, padded behind their ends with NaN.
bool ownLengths(const Late &model, Tensor &input, int64_t chunk, bool endsAtOnce) {
  int64_t late = model.late(), fed = kMost + late;
  Tensor padded(model.input(), kRows, fed), output = model.makeOutput(kRows, fed);
  std::memset(padded.bytes.data(), 0xff, padded.bytes.size());
  heddle::State state(model.step, kRows, fed);
  for (int64_t row = 0; row < kRows; ++row) {
    padded.copy(row, 0, input, row, 0, kLengths[row]);
    if (endsAtOnce)
      state.end(row, kLengths[row]);
  }
  for (int64_t first = 0; first < fed; first += chunk) {
    int64_t last = std::min(first + chunk, fed);
    for (int64_t row = 0; row < kRows; ++row)
      if (!endsAtOnce && first <= kLengths[row] && kLengths[row] < last)
        state.end(row, kLengths[row]);
    model.advance(state, padded, output, first, last, chunk);
  }
  bool same = true;
  for (int64_t row = 0; row < kRows; ++row) {
    Tensor whole = model.forward(input, row, kLengths[row]);
    same = same && isClose(whole, 0, output, row, late, kLengths[row]);
  }
  return same;
}

/// Behind the end a saved state goes on as the state itself; a rewind in front of it goes on as if it had not been.
bool savedAndRewound(const Late &model, Tensor &input) {
  int64_t late = model.late(), fed = kMost + late;
  heddle::State state(model.step, kRows, fed, /*rewind=*/2);
  Tensor straight = model.makeOutput(kRows, fed), again = straight, ended = straight;
  Tensor padded(model.input(), kRows, fed);
  for (int64_t row = 0; row < kRows; ++row)
    padded.copy(row, 0, input, row, 0, kMost);
  model.advance(state, padded, straight, 0, 12, 12);
  heddle::State other(state);
  model.advance(other, padded, straight, 12, kMost, kMost);
  other.end();
  model.advance(other, padded, straight, kMost, fed, fed);
  // The same after a detour: three tokens, an end, a call behind it, and back.
  model.advance(state, padded, ended, 12, 15, 3);
  state.end();
  model.advance(state, padded, ended, 15, 15 + late, late);
  state.rewind(12);
  model.advance(state, padded, again, 12, kMost, kMost);
  state.end();
  std::vector<char> bytes = state.save();
  heddle::State restored(model.step, kRows, fed);
  restored.restore(bytes);
  model.advance(restored, padded, again, kMost, fed, fed);
  return sameTokens(straight, again, 12, fed);
}

/// A row that sits out while others go on keeps what it has been given late.
bool sittingOut(const Late &model, Tensor &input) {
  int64_t fed = kMost + model.late();
  heddle::State state(model.step, kRows, fed), plain(model.step, kRows, fed);
  Tensor padded(model.input(), kRows, fed), output = model.makeOutput(kRows, fed), expected = output;
  for (int64_t row = 0; row < kRows; ++row)
    padded.copy(row, 0, input, row, 0, kMost);
  model.advance(plain, padded, expected, 0, kMost, 1);
  const bool first[kRows] = {true, false, true}, second[kRows] = {false, true, false};
  for (int64_t token = 0; token < kMost; ++token) {
    model.advance(state, padded, output, token, token + 1, 1, first);
    Tensor kept = output;
    model.advance(state, padded, output, token, token + 1, 1, second);
    for (int64_t row : {0, 2})
      output.copy(row, token, kept, row, token, 1);
  }
  return sameTokens(expected, output, model.late(), kMost);
}

bool refuses(heddle::State &state, int64_t row, int64_t tokens, const char *message) {
  try {
    state.end(row, tokens);
  } catch (const heddle::Error &error) {
    return std::string(error.what()).find(message) != std::string::npos;
  }
  return false;
}

bool ends(const Late &model, Tensor &input) {
  heddle::State state(model.step, kRows, kMost);
  Tensor output = model.makeOutput(kRows, kMost);
  model.advance(state, input, output, 0, 5, 5);
  bool good = refuses(state, 0, 4, "tokens of row 0, expected at least the 5 that it has seen but got 4");
  state.end(0);
  state.end(0, 6); // nothing was fed behind the end
  state.end(0, 5);
  model.advance(state, input, output, 5, 6, 1);
  return good && refuses(state, 0, 6, "expected 5, behind which it was fed more but got 6") &&
         refuses(state, kRows, 6, "row, expected 0 to 2 but got 3");
}

} // namespace

int main(int argc, char **argv) try {
  if (argc != 2)
    return 2;
  Late model(argv[1]);
  std::printf("%lld tokens late\n", (long long)model.late());
  Tensor input = model.randomInput(kRows, kMost, 3);
  bool good = true;
  for (int64_t chunk : {1, 3, 8, 9, 64})
    for (bool endsAtOnce : {false, true})
      good = good && ownLengths(model, input, chunk, endsAtOnce);
  expect(good, "rows of 21, 1 and 13 tokens give what the entry gives of each");
  good &= expect(savedAndRewound(model, input), "saved behind the end, rewound in front of it: as if straight on");
  good &= expect(sittingOut(model, input), "rows that wait for each other: as in step");
  good &= expect(ends(model, input), "an end that has been passed stays");
  return good ? 0 : 1;
} catch (const std::exception &error) {
  std::printf("error: %s\n", error.what());
  return 1;
}
