// Speed of every row at its largest sizes, in every admitted form.
#include "test/numeric/Runners.h"
#include "test/property/MixAgreement.h"
#include <algorithm>
#include <cstdio>

using namespace mlir;

namespace heddle::test {

static int benchRow(const Case &row, const RunnerOptions &options) {
  std::unique_ptr<MLIRContext> context = makeCompilerContext();
  auto largest = [](const Sizes &sizes) { return *std::max_element(sizes.begin(), sizes.end()); };
  int64_t batch = largest(row.batches), length = largest(row.lengths), width = largest(row.widths);
  MixCase point(row.at(context.get(), batch, length, width, row.types.front()), 1);
  SmallVector<ReferenceTensor> outputs;
  for (const MixArgument &result : argumentsOf(point.spec).results)
    outputs.push_back(ReferenceTensor::zeros(result.elementType, result.shape));
  int failures = 0;
  for (mixer::FormKind form : point.mix().admittedForms()) {
    std::string error, name = mixer::stringifyFormKind(form).str();
    auto compiled = CompiledModule::compile(*point.module, forcing(form), options.threads, error);
    if (!compiled) {
      ++failures;
      std::printf("FAIL %s %s: %s\n", row.name, name.c_str(), error.empty() ? "compilation failed" : error.c_str());
      continue;
    }
    double seconds = compiled->time(point.inputs, outputs, /*repetitions=*/20);
    mixer::FormCost cost = point.mix().formCost(mixer::FormAttr::get(context.get(), form, 64),
                                                point.mix().getSizes().withDefaults(batch, length));
    std::printf("%-28s %-10s %s B%lld T%lld D%lld  %9.1f us  %7.2f Mtokens/s  %7.2f Gflop/s\n", row.name, name.c_str(),
                nameOf(row.types.front()), (long long)batch, (long long)length, (long long)width, seconds * 1e6,
                double(batch * length) / seconds * 1e-6, cost.flops / seconds * 1e-9);
    std::fflush(stdout);
  }
  return failures;
}

int runBench(const RunnerOptions &options) {
  int failures = 0;
  for (const Case &row : cases())
    if (options.selects(row))
      failures += benchRow(row, options);
  return failures;
}

} // namespace heddle::test
