// The C functions of packages and entries.
#include "runtime/core/Options.h"
#include "runtime/core/Package.h"
#include <algorithm>

using namespace heddle::runtime;

namespace {

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

int64_t heddle_entry_block(const heddle_entry_t *entry) { return entry->info.block; }
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

int64_t heddle_entry_latency(const heddle_entry_t *entry) { return entry->info.latency; }

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
