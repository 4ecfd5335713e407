// heddle bench: how fast a model runs, beside what the machine could do.
#include "bench/kernels/Peak.h"
#include "compiler/tools/Commands.h"
#include "compiler/tools/Expression.h"
#include "compiler/tools/Options.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

#include <CLI/CLI.hpp>
#include <chrono>

#include <sys/resource.h>

namespace json = llvm::json;

namespace heddle {
namespace {

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

/// `T=4096` pairs of --dim; symbols without one take a value that is long enough to measure.
io::Result<SymbolValues> readDims(const std::vector<std::string> &dims, const heddle_entry_t *entry) {
  SymbolValues values;
  for (size_t i = 0; i < heddle_entry_symbol_count(entry); ++i)
    values[heddle_entry_symbol(entry, i)->name] = i == 0 ? 1 : 1024;
  for (const std::string &text : dims) {
    size_t split = text.find('=');
    std::string name = text.substr(0, split);
    if (split == std::string::npos || !values.count(name))
      return io::Error{"--dim", "symbolic dimension", "NAME=SIZE with a name that `heddle inspect` shows",
                       "'" + text + "'"};
    io::Result<int64_t> size = evaluate(text.substr(split + 1), {});
    if (!size)
      return size.error();
    values[name] = *size;
  }
  return values;
}

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
int64_t formulaValue(const json::Object &manifest, llvm::StringRef entryName, llvm::StringRef group,
                     llvm::StringRef key, const SymbolValues &symbols) {
  for (const json::Value &value : *manifest.getArray("entries")) {
    const json::Object &entry = *value.getAsObject();
    const json::Object *object = entry.getString("name") == entryName ? entry.getObject(group) : nullptr;
    if (!object)
      continue;
    if (io::Result<int64_t> number = evaluate(object->getString(key).value_or("0").str(), symbols))
      return *number;
  }
  return 0;
}

json::Object report(const ToolOptions &options, const OpenModel &model, const SymbolValues &symbols,
                    const Measured &measured) {
  llvm::Expected<json::Value> manifest = json::parse(model.runner->manifest());
  json::Object dims;
  for (auto &[name, value] : symbols)
    dims[name] = value;
  json::Object result{{"model", options.model},
                      {"dims", std::move(dims)},
                      {"runs", int64_t(measured.seconds.size())},
                      {"median_s", measured.median()},
                      {"p95_s", measured.p95()}};
  if (!manifest) {
    llvm::consumeError(manifest.takeError());
    return result;
  }
  const json::Object &object = *manifest->getAsObject();
  double flops = formulaValue(object, options.entry, "cost", "flops", symbols);
  double bytes = formulaValue(object, options.entry, "cost", "bytes", symbols);
  int threads = heddle_session_threads(model.runner->session());
  // Before the machine is measured: that takes memory of its own.
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  Peak peak = measurePeak(threads);
  result["flops"] = flops;
  result["bytes"] = bytes;
  result["gflops"] = flops / measured.median() * 1e-9;
  result["gbytes_per_s"] = bytes / measured.median() * 1e-9;
  result["peak_gflops"] = peak.gflops;
  result["peak_gbytes_per_s"] = peak.gbytesPerSecond;
  result["share_of_peak"] = flops / measured.median() * 1e-9 / peak.gflops;
  result["threads"] = threads;
  result["arena_bytes"] = heddle_session_peak_arena_bytes(model.runner->session());
  result["formula_bytes"] = formulaValue(object, options.entry, "memory", "formula", symbols);
  result["resident_bytes"] = int64_t(usage.ru_maxrss) * 1024;
  if (model.compileSeconds > 0)
    result["compile_s"] = model.compileSeconds;
  return result;
}

void print(const json::Object &result) {
  auto number = [&](llvm::StringRef key) { return result.getNumber(key).value_or(0); };
  llvm::outs() << llvm::formatv("{0} runs: median {1:f3} ms, p95 {2:f3} ms\n", *result.getInteger("runs"),
                                number("median_s") * 1e3, number("p95_s") * 1e3);
  llvm::outs() << llvm::formatv(
      "{0:f3} Gflop, {1:f1} Gflop/s: {2:P1} of the {3:f1} Gflop/s that {4} threads reach here\n",
      number("flops") * 1e-9, number("gflops"), number("share_of_peak"), number("peak_gflops"),
      int64_t(number("threads")));
  llvm::outs() << llvm::formatv("arena {0} bytes (formula {1})\n", int64_t(number("arena_bytes")),
                                int64_t(number("formula_bytes")));
}

int bench(const ToolOptions &options, const BenchArguments &arguments) {
  ToolContext tool(options);
  auto fail = [&](const io::Error &error) { return tool.console.error(error.message()); };
  std::optional<OpenModel> model = tool.open();
  if (!model)
    return 1;
  auto entry = model->runner->entry(options.entry);
  if (!entry)
    return fail(entry.error());
  auto symbols = readDims(arguments.dims, *entry);
  if (!symbols)
    return fail(symbols.error());
  auto named = randomInputs(*entry, *symbols, arguments.seed);
  if (!named)
    return fail(named.error());
  auto inputs = Runner::orderInputs(*entry, *named);
  if (!inputs)
    return fail(inputs.error());
  auto measured = measure(*model->runner, *entry, *inputs, arguments);
  if (!measured)
    return fail(measured.error());
  json::Object result = report(options, *model, *symbols, *measured);
  if (arguments.asJson)
    llvm::outs() << json::Value(std::move(result)) << "\n";
  else
    print(result);
  return 0;
}

} // namespace

void addBenchCommand(CLI::App &app, int &exitCode) {
  auto options = std::make_shared<ToolOptions>();
  auto arguments = std::make_shared<BenchArguments>();
  CLI::App *command = app.add_subcommand("bench", "measure a model or a package on random inputs");
  addModelOptions(*command, *options);
  addRunOptions(*command, *options);
  command->add_option("--dim", arguments->dims, "NAME=SIZE of a symbolic dimension");
  command->add_option("--warm-up", arguments->warmUp, "runs before measuring")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  command->add_option("--repeats", arguments->repeats, "runs to measure (0: as many as fit)")
      ->check(CLI::NonNegativeNumber);
  command->add_option("--seconds", arguments->seconds, "how long to measure")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  command->add_option("--seed", arguments->seed, "seed of the random inputs")->capture_default_str();
  command->add_flag("--json", arguments->asJson, "print JSON");
  command->callback([=, &exitCode] { exitCode = bench(*options, *arguments); });
}

} // namespace heddle
