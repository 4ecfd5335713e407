#include "runtime/core/Package.h"
#include "runtime/core/Checked.h"
#include "runtime/core/Cpu.h"
#include "runtime/core/Options.h"
#include <algorithm>
#include <cstring>

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
                 toDlpack(tensor.dtype),
                 static_cast<int32_t>(tensor.exprs.size()),
                 nullptr,
                 nullptr,
                 tensor.hasRange,
                 tensor.low,
                 tensor.high};
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

template <typename Open> heddle_status_t load(heddle_package_t **out_package, Open open) {
  return guard([&]() -> Status {
    auto package = std::make_unique<heddle_package>();
    if (Status status = open(package->image); !status)
      return status;
    if (Status status = package->bind(); !status)
      return status;
    *out_package = package.release();
    return {};
  });
}

heddle_status_t nullArgument(const char *name) {
  return guard(
      [&] { return Status(HEDDLE_INVALID_ARGUMENT, std::string(name) + ", expected an address but got NULL"); });
}

} // namespace

heddle_dtype_t heddle::runtime::toDlpack(io::DType type) {
  constexpr uint8_t kInt = 0, kUInt = 1, kFloat = 2, kBfloat = 4, kBool = 6;
  uint8_t bits = static_cast<uint8_t>(8 * io::dtypeSize(type));
  switch (type) {
  case io::DType::F32:
  case io::DType::F64:
  case io::DType::F16:
    return {kFloat, bits, 1};
  case io::DType::BF16:
    return {kBfloat, bits, 1};
  case io::DType::I64:
  case io::DType::I32:
  case io::DType::I8:
    return {kInt, bits, 1};
  case io::DType::U8:
    return {kUInt, bits, 1};
  case io::DType::Bool:
    return {kBool, bits, 1};
  }
  return {kInt, 0, 0};
}

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

// --- C API
// ------------------------------------------------------------------------------------------------------------

const char *heddle_version(void) {
#define HEDDLE_TEXT_(x) #x
#define HEDDLE_TEXT(x) HEDDLE_TEXT_(x)
  return HEDDLE_TEXT(HEDDLE_VERSION_MAJOR) "." HEDDLE_TEXT(HEDDLE_VERSION_MINOR) "." HEDDLE_TEXT(HEDDLE_VERSION_PATCH);
}

void heddle_package_options_init(heddle_package_options_t *options) { *options = {sizeof *options, true}; }

heddle_status_t heddle_package_load_file(const char *path, const heddle_package_options_t *options,
                                         heddle_package_t **out_package) {
  if (!out_package)
    return nullArgument("out_package");
  *out_package = nullptr;
  if (!path)
    return nullArgument("path");
  bool verify = readOptions(options, heddle_package_options_init).verify_constants;
  return load(out_package, [&](Image &image) { return Image::openFile(path, verify, image); });
}

heddle_status_t heddle_package_load_memory(const void *bytes, size_t size, const heddle_package_options_t *options,
                                           heddle_package_t **out_package) {
  if (!out_package)
    return nullArgument("out_package");
  *out_package = nullptr;
  if (!bytes)
    return nullArgument("bytes");
  bool verify = readOptions(options, heddle_package_options_init).verify_constants;
  return load(out_package, [&](Image &image) { return Image::openMemory(bytes, size, verify, image); });
}

void heddle_package_retain(heddle_package_t *package) { package->references.fetch_add(1, std::memory_order_relaxed); }

void heddle_package_release(heddle_package_t *package) {
  if (package && package->references.fetch_sub(1, std::memory_order_acq_rel) == 1)
    delete package;
}

const char *heddle_package_manifest(const heddle_package_t *package, size_t *out_size) {
  if (out_size)
    *out_size = package->manifestText.size();
  return package->manifestText.c_str();
}

size_t heddle_package_constants_bytes(const heddle_package_t *package) { return package->image.constants.size(); }

size_t heddle_package_entry_count(const heddle_package_t *package) { return package->entries.size(); }

const heddle_entry_t *heddle_package_entry(const heddle_package_t *package, size_t index) {
  return index < package->entries.size() ? package->entries[index].get() : nullptr;
}

const heddle_entry_t *heddle_package_find_entry(const heddle_package_t *package, const char *name) {
  for (const auto &entry : package->entries)
    if (name && entry->info.name == name)
      return entry.get();
  return nullptr;
}

const char *heddle_entry_name(const heddle_entry_t *entry) { return entry->info.name.c_str(); }

size_t heddle_entry_symbol_count(const heddle_entry_t *entry) { return entry->symbols.size(); }

const heddle_symbol_t *heddle_entry_symbol(const heddle_entry_t *entry, size_t index) {
  return index < entry->symbols.size() ? &entry->symbols[index] : nullptr;
}

size_t heddle_entry_input_count(const heddle_entry_t *entry) { return entry->inputs.size(); }

const heddle_tensor_info_t *heddle_entry_input(const heddle_entry_t *entry, size_t index) {
  return index < entry->inputs.size() ? &entry->inputs[index].info : nullptr;
}

size_t heddle_entry_output_count(const heddle_entry_t *entry) { return entry->outputs.size(); }

const heddle_tensor_info_t *heddle_entry_output(const heddle_entry_t *entry, size_t index) {
  return index < entry->outputs.size() ? &entry->outputs[index].info : nullptr;
}

const char *heddle_entry_memory_formula(const heddle_entry_t *entry) { return entry->info.memoryFormula.c_str(); }

size_t heddle_entry_output_dims_count(const heddle_entry_t *entry) { return entry->outputDims; }

heddle_status_t heddle_entry_plan(const heddle_entry_t *entry, const int64_t *symbols, size_t symbol_count,
                                  int64_t *out_arena_bytes, int64_t *out_output_dims) {
  return guard([&]() -> Status {
    if (symbol_count != entry->symbols.size() || (symbol_count != 0 && !symbols))
      return mismatch(HEDDLE_INVALID_ARGUMENT, "number of symbol values", std::to_string(entry->symbols.size()),
                      std::to_string(symbols ? symbol_count : 0));
    int64_t bytes = 0;
    std::vector<int64_t> dims(entry->outputDims);
    if (Status status = entry->planFor(symbols, bytes, dims.data()); !status)
      return status;
    if (out_arena_bytes)
      *out_arena_bytes = bytes;
    if (out_output_dims)
      std::copy(dims.begin(), dims.end(), out_output_dims);
    return {};
  });
}
