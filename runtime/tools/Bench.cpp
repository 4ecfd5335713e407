// The verb `bench`: how fast a model runs, beside what the machine could do.
#include "bench/kernels/Peak.h"
#include "runtime/tools/ProcessMemory.h"
#include "runtime/tools/Verbs.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace heddle {
namespace {

using Json = nlohmann::json;

struct BenchArguments {
  std::vector<std::string> dims;
  int warmUp = 2, repeats = 0;
  double seconds = 2;
  uint64_t seed = 1;
  bool asJson = false;
};

struct Measured {
  std::vector<double> seconds; // sorted
  double median() const { return seconds[seconds.size() / 2]; }
  double p95() const { return seconds[std::min(seconds.size() - 1, seconds.size() * 95 / 100)]; }
};

io::Result<Measured> measure(Runner &runner, const heddle_entry_t *entry, std::vector<io::HostTensor> &inputs,
                             const BenchArguments &arguments) {
  io::Result<std::vector<io::NamedTensor>> outputs = runner.makeOutputs(entry, inputs);
  if (!outputs)
    return outputs.error();
  Measured measured;
  double total = 0;
  for (int run = -arguments.warmUp; arguments.repeats ? run < arguments.repeats : run < 3 || total < arguments.seconds;
       ++run) {
    auto start = std::chrono::steady_clock::now();
    if (io::Status status = runner.run(entry, inputs, *outputs); !status)
      return status.error();
    double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (run >= 0)
      measured.seconds.push_back(seconds), total += seconds;
  }
  std::sort(measured.seconds.begin(), measured.seconds.end());
  return measured;
}

/// A formula of an entry's manifest at these symbol values; 0 when the manifest has none.
int64_t formulaValue(const Json &manifest, const std::string &entryName, const char *group, const char *key,
                     const SymbolValues &symbols) {
  for (const Json &entry : manifest["entries"]) {
    if (entry["name"] != entryName || !entry.contains(group))
      continue;
    if (io::Result<int64_t> number = evaluate(entry[group].value(key, "0"), symbols))
      return *number;
  }
  return 0;
}

Json report(const RunTarget &target, const LoadedModel &model, const SymbolValues &symbols, const Measured &measured) {
  // Before the machine is measured: that takes memory of its own.
  int64_t resident = residentPeakBytes();
  Json manifest = Json::parse(model.runner->manifest());
  auto formula = [&](const char *group, const char *key) {
    return formulaValue(manifest, target.entry, group, key, symbols);
  };
  double flops = formula("cost", "flops"), bytes = formula("cost", "bytes");
  int threads = heddle_session_threads(model.runner->session());
  Peak peak = measurePeak(threads);
  Json result{{"model", target.model},
              {"dims", symbols},
              {"runs", measured.seconds.size()},
              {"median_s", measured.median()},
              {"p95_s", measured.p95()},
              {"flops", flops},
              {"bytes", bytes},
              {"gflops", flops / measured.median() * 1e-9},
              {"gbytes_per_s", bytes / measured.median() * 1e-9},
              {"peak_gflops", peak.gflops},
              {"peak_gbytes_per_s", peak.gbytesPerSecond},
              {"share_of_peak", flops / measured.median() * 1e-9 / peak.gflops},
              {"threads", threads},
              {"arena_bytes", heddle_session_peak_arena_bytes(model.runner->session())},
              {"arena_formula_bytes", formula("memory", "arena")},
              {"peak_formula_bytes", formula("memory", "peak")},
              {"resident_bytes", resident}};
  if (model.compileSeconds > 0)
    result["compile_s"] = model.compileSeconds;
  return result;
}

void print(const Json &result) {
  auto number = [&](const char *key) { return result[key].get<double>(); };
  printf("%d runs: median %.3f ms, p95 %.3f ms\n", result["runs"].get<int>(), number("median_s") * 1e3,
         number("p95_s") * 1e3);
  printf("%.3f Gflop, %.1f Gflop/s: %.1f%% of the %.1f Gflop/s that %d threads reach here\n", number("flops") * 1e-9,
         number("gflops"), number("share_of_peak") * 100, number("peak_gflops"), result["threads"].get<int>());
  printf("memory: arena %.0f bytes (formula %.0f), process %.0f (formula %.0f)\n", number("arena_bytes"),
         number("arena_formula_bytes"), number("resident_bytes"), number("peak_formula_bytes"));
}

io::Result<Json> bench(const RunTarget &target, const BenchArguments &arguments, const LoadedModel &model) {
  auto entry = model.runner->entry(target.entry);
  if (!entry)
    return entry.error();
  auto symbols = chooseDims(defaultDims(*entry, 1, 1024), arguments.dims);
  if (!symbols)
    return symbols.error();
  auto named = randomInputs(*entry, *symbols, arguments.seed);
  if (!named)
    return named.error();
  auto inputs = Runner::orderInputs(*entry, std::move(*named));
  if (!inputs)
    return inputs.error();
  auto measured = measure(*model.runner, *entry, *inputs, arguments);
  if (!measured)
    return measured.error();
  return report(target, model, *symbols, *measured);
}

int benchTarget(const RunTarget &target, const BenchArguments &arguments, const Loader &load) {
  std::optional<LoadedModel> model = load();
  if (!model)
    return 1;
  io::Result<Json> result = bench(target, arguments, *model);
  if (!result)
    return printError(result.message());
  if (arguments.asJson)
    puts(result->dump().c_str());
  else
    print(*result);
  return 0;
}

} // namespace

void addBenchVerb(CLI::App &command, const RunTarget &target, Loader load, int &exitCode) {
  auto arguments = std::make_shared<BenchArguments>();
  command.add_option("--dim", arguments->dims, "NAME=SIZE of a symbolic dimension");
  command.add_option("--warm-up", arguments->warmUp, "runs before measuring")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  command.add_option("--repeats", arguments->repeats, "runs to measure (0: as many as fit)")
      ->check(CLI::NonNegativeNumber);
  command.add_option("--seconds", arguments->seconds, "how long to measure")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  command.add_option("--seed", arguments->seed, "seed of the random inputs")->capture_default_str();
  command.add_flag("--json", arguments->asJson, "print JSON");
  command.callback([=, &target, &exitCode] { exitCode = benchTarget(target, *arguments, load); });
}

} // namespace heddle
