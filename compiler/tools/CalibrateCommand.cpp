// heddle calibrate: what this machine can do, for `heddle compile --machine`.
#include "bench/kernels/Peak.h"
#include "compiler/tools/Commands.h"
#include "compiler/tools/Console.h"
#include "passes/form/MachineModel.h"
#include "runtime/io/Files.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/TargetParser/Host.h"

#include <CLI/CLI.hpp>
#include <thread>
#include <unistd.h>

namespace heddle {
namespace {

constexpr size_t kBeyondCaches = size_t(64) << 20;

/// Bytes of a core's second level; one MiB where the system does not say.
size_t cacheOfCore() {
  long bytes = sysconf(_SC_LEVEL2_CACHE_SIZE);
  return bytes > 0 ? size_t(bytes) : size_t(1) << 20;
}

MachineModel measureMachine(int threads) {
  MachineModel machine;
  machine.cores = threads;
  machine.gflops = measureGflops(Number::f32, 1);
  machine.gexps = measureGexps(1);
  machine.cacheBytes = double(cacheOfCore());
  machine.cacheBandwidth = measureCopy(cacheOfCore() / 4, 1); // from and to, and room for all else
  machine.memoryBandwidth = measureCopy(kBeyondCaches, 1);
  machine.memoryBandwidthAll = measureCopy(kBeyondCaches, threads);
  machine.forkJoin = measureForkJoin(threads, /*asleep=*/false) * 1e6;
  return machine;
}

/// What the choice of forms does not look at, and people and benchmarks do.
void addFurtherRates(llvm::json::Object &object, int threads) {
  object["cpu"] = llvm::sys::getHostCPUName();
  object["gflops_f64"] = measureGflops(Number::f64, 1);
  object["gflops_bf16"] = measureGflops(Number::bf16, 1);
  object["gflops_all"] = measureGflops(Number::f32, threads);
  object["wake_up_us"] = measureForkJoin(threads, /*asleep=*/true) * 1e6;
}

int calibrate(const std::string &output, int threads) {
  llvm::json::Object object = toJson(measureMachine(threads));
  addFurtherRates(object, threads);
  std::string text = llvm::formatv("{0:2}\n", llvm::json::Value(std::move(object)));
  if (output.empty()) {
    llvm::outs() << text;
    return 0;
  }
  io::FileReplacer file(output);
  io::Status status = file.open();
  if (status)
    status = file.append(text.data(), text.size());
  if (status)
    status = file.commit();
  return status ? 0 : Console(Verbosity::Normal).error(status.message());
}

} // namespace

void addCalibrateCommand(CLI::App &app, int &exitCode) {
  auto output = std::make_shared<std::string>();
  auto threads = std::make_shared<int>(std::max(1u, std::thread::hardware_concurrency()));
  CLI::App *command = app.add_subcommand("calibrate", "measure this machine, for compile --machine");
  command->add_option("-o,--output", *output, "file to write (default: standard output)");
  command->add_option("--threads", *threads, "threads that models will run on")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->callback([=, &exitCode] { exitCode = calibrate(*output, *threads); });
}

} // namespace heddle
