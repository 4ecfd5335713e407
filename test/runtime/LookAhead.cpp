// A step whose outputs come late: rows of different lengths in one batch, forks, rewinds and saved states in front of
// and behind the end, rows that sit out. usage: LookAhead PACKAGE, for an input of floats.
#include "StepModel.h"
#include <cmath>

namespace {

constexpr int64_t kRows = 3, kMost = 21, kLengths[kRows] = {21, 1, 13};

struct Late : Model {
  using Model::Model;
  int64_t block() const { return heddle_entry_block(step); }
  int64_t late() const { return heddle_entry_latency(step) / block(); }

  /// The entry on one row of so many tokens.
  Tensor forward(Tensor &input, int64_t row, int64_t tokens) const {
    Tensor in = makeInput(1, tokens), out = makeOutput(1, tokens);
    in.copy(0, 0, input, row, 0, tokens);
    session.run(package.entry("forward"), {in.view()}, {out.view()});
    return out;
  }
  // Sessions run from const models, as a state's calls do.
  mutable heddle::Session session{package};
};

/// Whether a row is the one of `left`, behind `late` elements.
bool isClose(Tensor &left, Tensor &right, int64_t row, int64_t late) {
  size_t size = left.tokenBytes() / static_cast<size_t>(left.block);
  const char *expected = left.at(0, 0), *actual = right.at(row, 0) + static_cast<size_t>(late) * size;
  float largest = 0;
  for (size_t at = 0; at < left.bytes.size(); at += sizeof(float)) {
    float a, b;
    std::memcpy(&a, expected + at, sizeof a);
    std::memcpy(&b, actual + at, sizeof b);
    largest = std::max(largest, std::isfinite(b) ? std::abs(a - b) : INFINITY);
  }
  return largest < 1e-4f;
}

/// All rows in one batch, padded behind their ends with NaN.
bool ownLengths(const Late &model, Tensor &input, int64_t chunk, bool endsAtOnce) {
  int64_t fed = kMost + model.late();
  Tensor padded = model.makeInput(kRows, fed), output = model.makeOutput(kRows, fed);
  std::memset(padded.bytes.data(), 0xff, padded.bytes.size());
  State state(model.step, kRows, fed);
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
    same = same && isClose(whole, output, row, model.output()->latency);
  }
  return same;
}

/// Behind the end a saved state goes on as the state itself; a rewind in front of it goes on as if it had not been.
bool savedAndRewound(const Late &model, Tensor &input) {
  int64_t late = model.late(), fed = kMost + late;
  State state(model.step, kRows, fed, /*rewind=*/2);
  Tensor straight = model.makeOutput(kRows, fed), again = straight, ended = straight;
  Tensor padded = model.makeInput(kRows, fed);
  for (int64_t row = 0; row < kRows; ++row)
    padded.copy(row, 0, input, row, 0, kMost);
  model.advance(state, padded, straight, 0, 12, 12);
  State other(state);
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
  State restored(model.step, kRows, fed);
  restored.restore(bytes);
  model.advance(restored, padded, again, kMost, fed, fed);
  return sameTokens(straight, again, 12, fed);
}

/// A row that sits out while others go on keeps what it has been given late.
bool sittingOut(const Late &model, Tensor &input) {
  int64_t fed = kMost + model.late();
  State state(model.step, kRows, fed), plain(model.step, kRows, fed);
  Tensor padded = model.makeInput(kRows, fed), output = model.makeOutput(kRows, fed), expected = output;
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

template <typename Call> bool refuses(Call call, const std::string &message) {
  try {
    call();
  } catch (const heddle::Error &error) {
    return std::string(error.what()).find(message) != std::string::npos;
  }
  return false;
}

bool ends(const Late &model, Tensor &input) {
  State state(model.step, kRows, kMost);
  Tensor output = model.makeOutput(kRows, kMost);
  model.advance(state, input, output, 0, 5, 5);
  auto tokens = [&](int64_t count) { return std::to_string(count * model.block()); };
  bool good = refuses([&] { state.end(0, 4); },
                      "tokens of row 0, expected at least the " + tokens(5) + " that it has seen but got " + tokens(4));
  state.end(0);
  state.end(0, 6); // nothing was fed behind the end
  state.end(0, 5);
  model.advance(state, input, output, 5, 6, 1);
  return good &&
         refuses([&] { state.end(0, 6); },
                 "expected " + tokens(5) + ", behind which it was fed more but got " + tokens(6)) &&
         refuses([&] { state.end(kRows, 6); }, "row, expected 0 to 2 but got 3");
}

/// Rows stand and end between blocks of tokens.
bool keepsBlocks(const Late &model, Tensor &input) {
  int64_t inside = model.block() + 1;
  heddle::State raw(model.step, kRows, kMost * model.block(), /*rewind=*/2);
  State state(model.step, kRows, kMost, /*rewind=*/2);
  Tensor output = model.makeOutput(kRows, kMost);
  model.advance(state, input, output, 0, 2, 1);
  raw.restore(state.save());
  std::string multiple = "expected a multiple of " + std::to_string(model.block()) + " but got ";
  return refuses([&] { raw.end(0, 2 * model.block() + 1); }, multiple + std::to_string(2 * model.block() + 1)) &&
         refuses([&] { static_cast<heddle::State &>(state).rewind(inside); },
                 "expected one that the last 2 calls began or ended at (" + std::to_string(2 * model.block()) + ", " +
                     std::to_string(model.block()) + ", 0) but got " + std::to_string(inside));
}

} // namespace

int main(int argc, char **argv) try {
  if (argc != 2)
    return 2;
  Late model(argv[1]);
  std::printf("%lld tokens late, %lld at a time\n", (long long)heddle_entry_latency(model.step),
              (long long)model.block());
  Tensor input = model.randomInput(kRows, kMost, 3);
  bool good = true;
  for (int64_t chunk : {1, 3, 8, 9, 64})
    for (bool endsAtOnce : {false, true})
      good = good && ownLengths(model, input, chunk, endsAtOnce);
  expect(good, "rows of 21, 1 and 13 tokens give what the entry gives of each");
  good &= expect(savedAndRewound(model, input), "saved behind the end, rewound in front of it: as if straight on");
  good &= expect(sittingOut(model, input), "rows that wait for each other: as in step");
  good &= expect(ends(model, input), "an end that has been passed stays");
  if (model.block() > 1)
    good &= expect(keepsBlocks(model, input), "no row stands or ends inside of a block");
  return good ? 0 : 1;
} catch (const std::exception &error) {
  std::printf("error: %s\n", error.what());
  return 1;
}
