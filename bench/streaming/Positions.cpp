// What a step of one token costs at positions of a growing past: time, bytes, allocations.
//
//   heddle-positions PACKAGE [--positions 1024,4096] [--chunk N] [--repeats N] [--threads N]
//
// Each position is reached with random tokens, some at a time; a state that grows has room for just so many. A line of
// JSON for each: step_s is the median and longest_s the longest, bytes what the plan says that a step touches,
// allocations those of all repeats (null under a sanitizer).
#include "runtime/tools/AllocationCount.h"
#include "runtime/tools/Expression.h"
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <heddle/runtime.hpp>
#include <nlohmann/json.hpp>
#include <random>

namespace {

using Json = nlohmann::json;

struct Arguments {
  std::string package;
  std::vector<int64_t> positions = {1024, 4096, 16384, 65536, 262144, 1048576};
  int64_t chunk = 1024;
  int32_t threads = 0;
  int repeats = 100;
};

heddle_session_options_t withThreads(int32_t threads) {
  heddle_session_options_t options;
  heddle_session_options_init(&options);
  options.threads = threads;
  return options;
}

/// A step at one row from one input of f32 to one output.
class Step {
public:
  explicit Step(const Arguments &arguments)
      : options(withThreads(arguments.threads)), package(arguments.package), session(package, &options),
        entry(package.entry("step")) {
    Json manifest = Json::parse(heddle_package_manifest(package.get(), nullptr));
    for (const Json &each : manifest["entries"])
      if (each["name"] == "step")
        description = each;
    input = room(heddle_entry_input(entry, 0), arguments.chunk);
    output = room(heddle_entry_output(entry, 0), arguments.chunk);
    std::mt19937 random(1);
    for (float &element : input)
      element = std::uniform_real_distribution<float>(-1, 1)(random);
  }

  bool grows() const { return description.contains("capacity"); }

  /// A formula of the manifest for a call of one token.
  int64_t formula(const char *group, const char *key, int64_t capacity) const {
    heddle::SymbolValues symbols;
    for (size_t i = 0; i < heddle_entry_symbol_count(entry); ++i)
      symbols[heddle_entry_symbol(entry, i)->name] = heddle_entry_symbol(entry, i)->minimum;
    if (grows())
      symbols[description["capacity"]] = capacity;
    heddle::io::Result<int64_t> value = heddle::evaluate(description[group][key], symbols);
    return value ? *value : throw std::runtime_error(value.message());
  }

  void run(heddle::State &state, int64_t tokens) {
    heddle_tensor_view_t in = view(heddle_entry_input(entry, 0), input, inputShape, tokens);
    heddle_tensor_view_t out = view(heddle_entry_output(entry, 0), output, outputShape, tokens);
    heddle::check(heddle_session_step(session.get(), entry, state.get(), nullptr, &in, 1, &out, 1));
  }

  heddle_session_options_t options;
  heddle::Package package;
  heddle::Session session;
  const heddle_entry_t *entry;

private:
  static std::vector<float> room(const heddle_tensor_info_t *info, int64_t tokens) {
    if (info->rank < 2 || info->dtype.code != 2 || info->dtype.bits != 32)
      throw std::runtime_error(std::string("type of '") + info->name + "', expected f32 [B, T, ..] but got another");
    for (int32_t dim = 2; dim < info->rank; ++dim)
      tokens *= info->sizes[dim];
    return std::vector<float>(static_cast<size_t>(tokens));
  }
  static heddle_tensor_view_t view(const heddle_tensor_info_t *info, std::vector<float> &data, int64_t *shape,
                                   int64_t tokens) {
    std::copy(info->sizes, info->sizes + info->rank, shape);
    shape[0] = 1;
    shape[1] = tokens;
    return heddle_tensor_view(data.data(), info->dtype, info->rank, shape);
  }

  Json description;
  std::vector<float> input, output;
  int64_t inputShape[32], outputShape[32];
};

Json measure(Step &step, heddle::State &state, int repeats, int64_t capacity) {
  step.run(state, 1); // the first of its size may allocate
  int64_t position = state.position();
  std::vector<double> seconds(static_cast<size_t>(repeats));
  std::optional<int64_t> before = heddle::allocationCount();
  for (double &time : seconds) {
    auto start = std::chrono::steady_clock::now();
    step.run(state, 1);
    time = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }
  Json made = before ? Json(*heddle::allocationCount() - *before) : Json();
  std::sort(seconds.begin(), seconds.end());
  return {{"position", position},
          {"step_s", seconds[seconds.size() / 2]},
          {"longest_s", seconds.back()},
          {"bytes", step.formula("cost", "bytes", capacity)},
          {"arena_bytes", step.formula("memory", "arena", capacity)},
          {"state_bytes", heddle_state_bytes(state.get())},
          {"state_formula_bytes", step.formula("memory", "states", capacity)},
          {"allocations", made}};
}

void run(const Arguments &arguments) {
  Step step(arguments);
  std::unique_ptr<heddle::State> state;
  for (int64_t position : arguments.positions) {
    int64_t capacity = position + arguments.repeats + 1;
    if (!state || step.grows())
      state = std::make_unique<heddle::State>(step.entry, 1, capacity);
    while (state->position() < position)
      step.run(*state, std::min(arguments.chunk, position - state->position()));
    std::printf("%s\n", measure(step, *state, arguments.repeats, capacity).dump().c_str());
    std::fflush(stdout);
  }
}

} // namespace

int main(int argc, char **argv) {
  CLI::App app("What a step costs at positions of a growing past", "heddle-positions");
  Arguments arguments;
  app.add_option("PACKAGE", arguments.package, "package with an entry step (.heddle)")->required();
  app.add_option("--positions", arguments.positions, "tokens in front of the step, increasing")->delimiter(',');
  app.add_option("--chunk", arguments.chunk, "tokens of a call on the way there")->check(CLI::PositiveNumber);
  app.add_option("--repeats", arguments.repeats, "steps to measure at each position")->check(CLI::PositiveNumber);
  app.add_option("--threads", arguments.threads, "threads of a run (0: one per CPU)")->check(CLI::NonNegativeNumber);
  CLI11_PARSE(app, argc, argv);
  try {
    run(arguments);
  } catch (const std::exception &error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
  return 0;
}
