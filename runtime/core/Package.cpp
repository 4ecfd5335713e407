#include "runtime/core/Package.h"
#include "runtime/core/Checked.h"
#include "runtime/core/Cpu.h"
#include "runtime/io/DlpackType.h"

using namespace heddle;
using namespace heddle::runtime;

namespace {

heddle_tensor_arrays describe(const TensorInfo &tensor) {
  heddle_tensor_arrays arrays;
  for (size_t i = 0; i < tensor.exprs.size(); ++i) {
    int64_t size = -1;
    if (tensor.exprs[i].isConstant() && !tensor.exprs[i].evaluate(nullptr, size))
      size = -1;
    arrays.dimensions.push_back(tensor.dimensions[i].c_str());
    arrays.sizes.push_back(size);
  }
  arrays.info = {tensor.name.c_str(),
                 io::toDlpack(tensor.dtype),
                 static_cast<int32_t>(tensor.exprs.size()),
                 nullptr,
                 nullptr,
                 tensor.hasRange,
                 tensor.low,
                 tensor.high,
                 tensor.latency};
  return arrays;
}

std::vector<heddle_tensor_arrays> describeAll(const std::vector<TensorInfo> &tensors) {
  std::vector<heddle_tensor_arrays> all;
  for (const TensorInfo &tensor : tensors)
    all.push_back(describe(tensor));
  for (heddle_tensor_arrays &arrays : all) { // only now do the arrays stay where they are
    arrays.info.dimensions = arrays.dimensions.data();
    arrays.info.sizes = arrays.sizes.data();
  }
  return all;
}

template <typename Function>
Status findFunction(const HostModule &host, const EntryInfo &info, const std::string &symbol, Function &function) {
  function = reinterpret_cast<Function>(host.find(symbol.c_str()));
  if (function)
    return {};
  return mismatch(HEDDLE_CORRUPT, "host object", "symbol '" + symbol + "' for entry '" + info.name + "'", "none");
}

} // namespace

Status heddle_package::bind() {
  manifestText.assign(image.manifest);
  Manifest manifest;
  if (Status status = Manifest::parse(image.manifest, manifest); !status)
    return status;
  if (Status status = checkTarget(manifest.targetTriple, manifest.targetFeatures); !status)
    return status;
  if (Status status = host.load(image.host); !status)
    return status;
  kernels = std::move(manifest.kernels);
  for (EntryInfo &info : manifest.entries) {
    auto entry = std::make_unique<heddle_entry>();
    entry->package = this;
    entry->info = std::move(info);
    if (Status status = findFunction(host, entry->info, entry->info.symbol, entry->run); !status)
      return status;
    if (Status status = findFunction(host, entry->info, entry->info.plan, entry->plan); !status)
      return status;
    for (const Symbol &symbol : entry->info.symbols)
      entry->symbols.push_back({symbol.name.c_str(), symbol.minimum, symbol.maximum});
    entry->inputs = describeAll(entry->info.inputs);
    entry->outputs = describeAll(entry->info.outputs);
    for (const heddle_tensor_arrays &output : entry->outputs)
      entry->outputDims += output.sizes.size();
    entries.push_back(std::move(entry));
  }
  return {};
}

Status heddle_entry::checkSymbols(const int64_t *values) const {
  for (size_t i = 0; i < info.symbols.size(); ++i) {
    const Symbol &symbol = info.symbols[i];
    if (values[i] < symbol.minimum)
      return mismatch(HEDDLE_OUT_OF_RANGE, "dim '" + symbol.name + "'", "at least " + std::to_string(symbol.minimum),
                      std::to_string(values[i]));
    if (values[i] > symbol.maximum)
      return mismatch(HEDDLE_OUT_OF_RANGE, "dim '" + symbol.name + "'", "at most " + std::to_string(symbol.maximum),
                      std::to_string(values[i]));
  }
  return {};
}

Status heddle_entry::planFor(const int64_t *values, int64_t &arenaBytes, int64_t *outputDimensions) const {
  if (Status status = checkSymbols(values); !status)
    return status;
  arenaBytes = 0;
  plan(values, &arenaBytes, outputDimensions);
  if (arenaBytes < 0)
    return Status(HEDDLE_OUT_OF_RANGE,
                  "arena of entry '" + info.name + "', expected less than 2^63 bytes but got more");
  const int64_t *dims = outputDimensions;
  for (const TensorInfo &output : info.outputs) {
    int64_t bytes = 0, width = static_cast<int64_t>(io::dtypeSize(output.dtype));
    if (byteSizeOverflows(dims, output.exprs.size(), width, bytes))
      return Status(HEDDLE_OUT_OF_RANGE, "output '" + output.name + "', expected less than 2^63 bytes but got more");
    dims += output.exprs.size();
  }
  return {};
}
