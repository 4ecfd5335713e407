// Random lives of a batch's rows: calls of some rows and some tokens, calls that fail, are cancelled in the middle or
// are taken back, rows that begin anew or become copies of others, states that are saved, restored and forked. In the
// end each row lives again with nothing but the calls that count, beside rows of NaN: its outputs and its state are the
// same, bit for bit. usage: Histories PACKAGE COUNT (of lives) [MOST (tokens of a call)]
#include "StepModel.h"
#include <utility>

namespace {

constexpr int64_t kRows = 3, kRewind = 3, kMostTokens = 5;
constexpr int64_t kLongCalls = 19; // for which a row has room
constexpr int kActions = 120;

/// Ends a call before its kernel of some number, from its own thread.
struct Canceller {
  heddle_session_t *session = nullptr;
  int64_t left = -1; // kernels; -1: never

  static void run(void *self, heddle_task_t task, void *arguments, int64_t count, int64_t) {
    auto &canceller = *static_cast<Canceller *>(self);
    if (canceller.left == 0)
      heddle_session_cancel(canceller.session);
    canceller.left -= canceller.left >= 0;
    task(arguments, 0, count);
  }
  heddle_session_options_t options() {
    heddle_session_options_t options;
    heddle_session_options_init(&options);
    options.executor = run;
    options.executor_user = this;
    return options;
  }
};

/// A call as one row has seen it. Copies keep the row that their calls had: in another place of a batch a product may
/// round otherwise.
struct Call {
  int64_t row;
  Tensor input, output; // [1, tokens, ..]
};

class Life {
public:
  Life(const char *path, unsigned seed, int64_t mostTokens)
      : mostTokens(mostTokens), capacity(kLongCalls * mostTokens + 1), options(canceller.options()),
        model(path, &options), state(newState()), random(seed), calls(kRows) {
    canceller.session = model.session.get();
    good = heddle::State::plan(model.step, kRows, capacity * heddle_entry_block(model.step), kRewind) ==
           heddle_state_bytes(state.get());
  }

  bool run() {
    for (int action = 0; action < kActions && good; ++action)
      act();
    for (int64_t row = 0; row < kRows && good; ++row)
      good = livesAgain(row);
    return good;
  }

private:
  State newState() const { return State(model.step, kRows, capacity, kRewind); }
  int64_t below(int64_t count) { return std::uniform_int_distribution<int64_t>(0, count - 1)(random); }

  void act() {
    switch (below(10)) {
    case 0:
      return rewind();
    case 1:
      return cancel();
    case 2:
      return fail();
    case 3:
      return below(3) ? rewind() : reset();
    case 4:
      return below(3) ? step() : copyRow();
    case 5:
      return below(2) ? saveAndRestore() : fork();
    default:
      return step();
    }
  }

  /// Random tokens for the rows that take part, all bits set (NaN) for the others; ids have no NaN and are random.
  Tensor makeInput(int64_t tokens, const bool *active) {
    Tensor input = model.makeInput(kRows, tokens);
    for (int64_t row = 0; row < kRows; ++row)
      if (active[row] || input.dtype.code == 0)
        input.fillRow(row, model.input(), random);
      else
        std::memset(input.at(row, 0), 0xff, static_cast<size_t>(tokens) * input.tokenBytes());
    return input;
  }

  /// Some rows with room for as many tokens.
  bool chooseRows(int64_t tokens, bool *active) {
    bool any = false;
    for (int64_t row = 0; row < kRows; ++row)
      any |= active[row] = below(4) != 0 && state.position(row) + tokens <= capacity;
    return any;
  }

  void step() {
    int64_t tokens = 1 + below(mostTokens);
    bool active[kRows];
    if (!chooseRows(tokens, active))
      return;
    Tensor input = makeInput(tokens, active), output = model.makeOutput(kRows, tokens);
    state.step(model.session, model.step, {input.view()}, {output.view()}, active);
    for (int64_t row = 0; row < kRows; ++row) {
      if (!active[row])
        continue;
      Call call{row, model.makeInput(1, tokens), model.makeOutput(1, tokens)};
      call.input.copy(0, 0, input, row, 0, tokens);
      call.output.copy(0, 0, output, row, 0, tokens);
      calls[static_cast<size_t>(row)].push_back(call);
    }
  }

  /// What a call that does not succeed leaves: nothing.
  template <typename Body> void leavesNothing(Body body) {
    std::vector<char> before = state.save();
    try {
      body();
      good = false;
    } catch (const heddle::Error &) {
      good = state.save() == before;
    }
  }

  /// Before each kernel of a call in turn, until it has fewer.
  void cancel() {
    const bool active[kRows] = {true, true, true};
    State kept(state);
    for (int64_t kernel = 0; good && kernel < 1000; ++kernel) {
      canceller.left = kernel;
      Tensor input = makeInput(1, active), output = model.makeOutput(kRows, 1);
      std::vector<char> before = kept.save();
      try {
        kept.step(model.session, model.step, {input.view()}, {output.view()});
        canceller.left = -1;
        good = kernel > 0 && kept.save() != before;
        return;
      } catch (const heddle::Error &error) {
        if (error.code == HEDDLE_OUT_OF_RANGE) { // a row is full
          canceller.left = -1;
          return;
        }
        good = error.code == HEDDLE_CANCELLED && kept.save() == before;
      }
    }
  }

  void fail() {
    leavesNothing([&] {
      Tensor input = model.makeInput(kRows + 1, 1), output = model.makeOutput(kRows + 1, 1);
      state.step(model.session, model.step, {input.view()}, {output.view()});
    });
    leavesNothing([&] {
      Tensor input = model.makeInput(kRows, capacity + 1), output = model.makeOutput(kRows, capacity);
      state.step(model.session, model.step, {input.view()}, {output.view()});
    });
    leavesNothing([&] { state.rewind(-1); });
  }

  /// To where one of the last calls that counts began, if it is within the window.
  void rewind() {
    auto row = static_cast<size_t>(below(kRows));
    int64_t position = state.position(static_cast<int64_t>(row));
    size_t count = calls[row].size(), undone = 0;
    while (undone < count && below(3) != 0)
      position -= calls[row][count - ++undone].input.tokens();
    try {
      state.rewind(position, static_cast<int64_t>(row));
    } catch (const heddle::Error &) {
      good = undone > 0; // beyond the window, which calls of the others use up too
      return;
    }
    calls[row].erase(calls[row].end() - static_cast<std::ptrdiff_t>(undone), calls[row].end());
    rewound += undone > 0;
  }

  void reset() {
    int64_t row = below(kRows);
    state.reset(row);
    calls[static_cast<size_t>(row)].clear();
  }

  void copyRow() {
    int64_t to = below(kRows), from = below(kRows);
    state.copyRow(to, state, from);
    calls[static_cast<size_t>(to)] = calls[static_cast<size_t>(from)];
  }

  void saveAndRestore() {
    State restored = newState();
    restored.restore(state.save());
    state = std::move(restored);
  }

  void fork() {
    State fork(state);
    step(); // of the state that is given up, and its outputs with it
    for (int64_t row = 0; row < kRows; ++row)
      while (state.position(row) > fork.position(row)) {
        std::vector<Call> &own = calls[static_cast<size_t>(row)];
        state.rewind(state.position(row) - own.back().input.tokens(), row);
        own.pop_back();
      }
    good = good && state.save() == fork.save();
    state = std::move(fork);
  }

  /// The calls that count of one row of a new state, whose other rows never take part.
  bool livesAgain(int64_t row) {
    State again = newState(), own(model.step, 1, capacity), other(model.step, 1, capacity);
    int64_t place = row;
    for (Call &call : calls[static_cast<size_t>(row)]) {
      int64_t tokens = call.input.tokens();
      bool active[kRows] = {};
      active[call.row] = true;
      again.copyRow(call.row, again, std::exchange(place, call.row));
      Tensor input = makeInput(tokens, active), output = model.makeOutput(kRows, tokens);
      input.copy(place, 0, call.input, 0, 0, tokens);
      again.step(model.session, model.step, {input.view()}, {output.view()}, active);
      if (!sameTokens(output, place, call.output, 0, 0, tokens))
        return false;
    }
    own.copyRow(0, state, row);
    other.copyRow(0, again, place);
    return own.save() == other.save();
  }

  const int64_t mostTokens, capacity;
  Canceller canceller;
  heddle_session_options_t options;
  Model model;
  State state;
  std::mt19937 random;
  std::vector<std::vector<Call>> calls; // of each row, those that count
  bool good = true;

public:
  int rewound = 0;
};

} // namespace

int main(int argc, char **argv) try {
  if (argc != 3 && argc != 4)
    return 2;
  int64_t mostTokens = argc == 4 ? std::stoi(argv[3]) : kMostTokens;
  bool good = true;
  int rewound = 0;
  for (unsigned seed = 0; seed < static_cast<unsigned>(std::stoi(argv[2])); ++seed) {
    Life life(argv[1], seed, mostTokens);
    good = good && life.run();
    rewound += life.rewound;
  }
  std::fprintf(stderr, "%d calls taken back\n", rewound);
  good = expect(good && rewound > 20, "rows are what the calls that count have made of them");
  return good ? 0 : 1;
} catch (const std::exception &error) {
  std::printf("error: %s\n", error.what());
  return 1;
}
