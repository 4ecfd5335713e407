// A run of 512 steps that saves its state at every step, and another process that continues from each of them: with
// another number of threads, and in another row of a wider batch.
// usage: SavedStates save PACKAGE FILE, then SavedStates continue PACKAGE FILE
#include "StepModel.h"
#include <fstream>

namespace {

constexpr int64_t kSteps = 512, kAhead = 8, kFar = 64, kWide = 3;

heddle_session_options_t withThreads(int32_t threads) {
  heddle_session_options_t options;
  heddle_session_options_init(&options);
  options.threads = threads;
  return options;
}

void writeBytes(std::ofstream &file, const std::vector<char> &bytes) {
  uint64_t size = bytes.size();
  file.write(reinterpret_cast<const char *>(&size), sizeof size);
  file.write(bytes.data(), static_cast<std::streamsize>(size));
}

std::vector<char> readBytes(std::ifstream &file) {
  uint64_t size = 0;
  file.read(reinterpret_cast<char *>(&size), sizeof size);
  std::vector<char> bytes(file ? size : 0);
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!file)
    throw std::runtime_error("file of saved states, expected more bytes but got none");
  return bytes;
}

/// The states in front of each step and behind the last, then all outputs.
void save(const Model &model, const char *path) {
  std::ofstream file(path, std::ios::binary);
  Tensor input = model.randomInput(1, kSteps, 1), output = model.makeOutput(1, kSteps);
  State state(model.step, 1, kSteps);
  writeBytes(file, state.save());
  for (int64_t token = 0; token < kSteps; ++token) {
    model.advance(state, input, output, token, token + 1, 1);
    writeBytes(file, state.save());
  }
  writeBytes(file, output.bytes);
}

struct Saved {
  std::vector<std::vector<char>> states;
  Tensor output;

  Saved(const Model &model, const char *path) : output(model.makeOutput(1, kSteps)) {
    std::ifstream file(path, std::ios::binary);
    for (int64_t token = 0; token <= kSteps; ++token)
      states.push_back(readBytes(file));
    output.bytes = readBytes(file);
  }
};

/// Some tokens from every state, and from some of them all: outputs and states as in the process that saved.
bool continueAll(const Model &model, Saved &saved) {
  Tensor input = model.randomInput(1, kSteps, 1), output = model.makeOutput(1, kSteps);
  bool same = true;
  for (int64_t begin = 0; begin < kSteps; ++begin) {
    int64_t end = begin % kFar == 0 ? kSteps : std::min(kSteps, begin + kAhead);
    State state(model.step, 1, kSteps);
    state.restore(saved.states[static_cast<size_t>(begin)]);
    model.advance(state, input, output, begin, end, 1);
    same =
        same && sameTokens(saved.output, output, begin, end) && state.save() == saved.states[static_cast<size_t>(end)];
  }
  return same;
}

/// The same beside rows of other tokens.
bool continueInAnotherRow(const Model &model, Saved &saved) {
  Tensor input = model.randomInput(kWide, kSteps, 2), output = model.makeOutput(kWide, kSteps);
  Tensor own = model.randomInput(1, kSteps, 1);
  bool same = true;
  for (int64_t begin = 0; begin < kSteps; begin += kFar / 4) {
    int64_t row = begin % kWide, end = std::min(kSteps, begin + kFar / 4);
    State narrow(model.step, 1, kSteps), state(model.step, kWide, kSteps);
    narrow.restore(saved.states[static_cast<size_t>(begin)]);
    state.copyRow(row, narrow, 0);
    Tensor mixed = input;
    mixed.copy(row, 0, own, 0, 0, kSteps);
    model.advance(state, mixed, output, begin, end, 1);
    narrow.copyRow(0, state, row);
    same = same && sameTokens(output, row, saved.output, 0, begin, end) &&
           narrow.save() == saved.states[static_cast<size_t>(end)];
  }
  return same;
}

} // namespace

int main(int argc, char **argv) try {
  if (argc != 4)
    return 2;
  bool saves = std::string(argv[1]) == "save";
  heddle_session_options_t options = withThreads(saves ? 2 : 1);
  Model model(argv[2], &options);
  if (saves) {
    save(model, argv[3]);
    return 0;
  }
  Saved saved(model, argv[3]);
  bool good = expect(continueAll(model, saved), "each of 512 saved states continues bit for bit in another process");
  good &= expect(continueInAnotherRow(model, saved), "also in another row of a wider batch");
  return good ? 0 : 1;
} catch (const std::exception &error) {
  std::printf("error: %s\n", error.what());
  return 1;
}
