#include "runtime/tools/Runner.h"

#include "runtime/io/DlpackType.h"
#include "runtime/io/TensorSpec.h"

namespace heddle {

heddle_tensor_view_t viewOf(io::HostTensor &tensor) {
  return heddle_tensor_view(tensor.data(), io::toDlpack(tensor.dtype), int32_t(tensor.shape.size()),
                            tensor.shape.data());
}

namespace {

/// Turns a status of the runtime into one of ours and releases it.
io::Status take(heddle_status_t status) {
  if (!status)
    return {};
  io::Error error{"", heddle_status_message(status), "", ""};
  for (heddle_status_t cause = heddle_status_cause(status); cause; cause = heddle_status_cause(cause))
    error.what += std::string("; ") + heddle_status_message(cause);
  heddle_status_release(status);
  return error;
}

std::vector<heddle_tensor_view_t> viewsOf(std::vector<io::HostTensor> &tensors) {
  std::vector<heddle_tensor_view_t> views;
  for (io::HostTensor &tensor : tensors)
    views.push_back(viewOf(tensor));
  return views;
}

io::Result<std::vector<int64_t>> bindSymbols(const heddle_entry_t *entry, std::vector<io::HostTensor> &inputs) {
  std::vector<int64_t> symbols(heddle_entry_symbol_count(entry));
  std::vector<heddle_tensor_view_t> views = viewsOf(inputs);
  io::Status status = take(heddle_entry_bind(entry, views.data(), views.size(), symbols.data()));
  if (!status)
    return status.error();
  return symbols;
}

} // namespace

/// A tensor for a description of the package, whose types all have a name.
static io::Result<io::HostTensor> makeTensor(const heddle_tensor_info_t *info, std::vector<int64_t> shape) {
  std::optional<io::DType> dtype = io::fromDlpack(info->dtype);
  if (!dtype)
    return io::Error{"", "element type of '" + std::string(info->name) + "'", "one that the tools know",
                     "DLPack code " + std::to_string(info->dtype.code)};
  return io::makeTensor(*dtype, std::move(shape));
}

io::Result<io::HostTensor> makeTensor(const heddle_tensor_info_t *info, const SymbolValues &symbols) {
  std::vector<int64_t> shape;
  for (int32_t dim = 0; dim < info->rank; ++dim) {
    io::Result<int64_t> size = evaluate(info->dimensions[dim], symbols);
    if (!size)
      return size.error();
    shape.push_back(*size);
  }
  return makeTensor(info, std::move(shape));
}

io::Result<std::unique_ptr<Runner>> Runner::open(const std::string &path, int threads) {
  std::unique_ptr<Runner> runner(new Runner);
  if (io::Status status = take(heddle_package_load_file(path.c_str(), nullptr, &runner->package)); !status)
    return status.error();
  heddle_session_options_t options;
  heddle_session_options_init(&options);
  options.threads = threads;
  if (io::Status status = take(heddle_session_create(runner->package, &options, &runner->session_)); !status)
    return status.error();
  return runner;
}

Runner::~Runner() {
  if (session_)
    heddle_session_release(session_);
  if (package)
    heddle_package_release(package);
}

std::string Runner::manifest() const {
  size_t size = 0;
  const char *text = heddle_package_manifest(package, &size);
  return std::string(text, size);
}

io::Result<const heddle_entry_t *> Runner::entry(const std::string &name) const {
  if (const heddle_entry_t *found = heddle_package_find_entry(package, name.c_str()))
    return found;
  std::string known;
  for (size_t i = 0; i < heddle_package_entry_count(package); ++i)
    known += (i ? ", " : "") + std::string(heddle_entry_name(heddle_package_entry(package, i)));
  return io::Error{"", "entry", "one of " + known, "'" + name + "'"};
}

io::Result<std::vector<io::HostTensor>> Runner::orderInputs(const heddle_entry_t *entry,
                                                            std::vector<io::NamedTensor> named) {
  std::vector<io::HostTensor> ordered;
  for (size_t i = 0; i < heddle_entry_input_count(entry); ++i) {
    const char *name = heddle_entry_input(entry, i)->name;
    io::NamedTensor *found = nullptr;
    for (io::NamedTensor &candidate : named)
      if (candidate.name == name)
        found = &candidate;
    if (!found)
      return io::Error{"", "input '" + std::string(name) + "' is missing", "--input " + std::string(name) + "=...",
                       "none"};
    ordered.push_back(std::move(found->tensor));
  }
  return ordered;
}

io::Result<std::vector<io::NamedTensor>> Runner::makeOutputs(const heddle_entry_t *entry,
                                                             std::vector<io::HostTensor> &inputs) {
  io::Result<std::vector<int64_t>> symbols = bindSymbols(entry, inputs);
  if (!symbols)
    return symbols.error();
  std::vector<int64_t> dims(heddle_entry_output_dims_count(entry));
  if (io::Status status = take(heddle_entry_plan(entry, symbols->data(), symbols->size(), nullptr, dims.data()));
      !status)
    return status.error();
  std::vector<io::NamedTensor> outputs;
  auto next = dims.begin();
  for (size_t i = 0; i < heddle_entry_output_count(entry); ++i) {
    const heddle_tensor_info_t *info = heddle_entry_output(entry, i);
    io::Result<io::HostTensor> tensor = makeTensor(info, std::vector<int64_t>(next, next + info->rank));
    if (!tensor)
      return tensor.error();
    next += info->rank;
    outputs.push_back({info->name, std::move(*tensor)});
  }
  return outputs;
}

io::Status Runner::run(const heddle_entry_t *entry, std::vector<io::HostTensor> &inputs,
                       std::vector<io::NamedTensor> &outputs) {
  std::vector<heddle_tensor_view_t> inputViews = viewsOf(inputs), outputViews;
  for (io::NamedTensor &output : outputs)
    outputViews.push_back(viewOf(output.tensor));
  return take(heddle_session_run(session_, entry, inputViews.data(), inputViews.size(), outputViews.data(),
                                 outputViews.size()));
}

SymbolValues defaultDims(const heddle_entry_t *entry, int64_t first, int64_t others) {
  SymbolValues values;
  for (size_t i = 0; i < heddle_entry_symbol_count(entry); ++i)
    values[heddle_entry_symbol(entry, i)->name] = i == 0 ? first : others;
  return values;
}

io::Result<SymbolValues> chooseDims(SymbolValues values, const std::vector<std::string> &dims) {
  std::string known;
  for (auto &[name, value] : values)
    known += (known.empty() ? "" : ", ") + name;
  for (const std::string &text : dims) {
    size_t split = text.find('=');
    std::string name = text.substr(0, split);
    if (split == std::string::npos || !values.count(name))
      return io::Error{"--dim", "symbolic dimension", "NAME=SIZE with a name of " + (known.empty() ? "none" : known),
                       "'" + text + "'"};
    io::Result<int64_t> size = evaluate(text.substr(split + 1), {});
    if (!size)
      return size.error();
    values[name] = *size;
  }
  return values;
}

io::Result<std::vector<io::NamedTensor>> randomInputs(const heddle_entry_t *entry, const SymbolValues &symbols,
                                                      uint64_t seed) {
  std::vector<io::NamedTensor> inputs;
  for (size_t i = 0; i < heddle_entry_input_count(entry); ++i) {
    const heddle_tensor_info_t *info = heddle_entry_input(entry, i);
    io::Result<io::HostTensor> tensor = makeTensor(info, symbols);
    if (!tensor)
      return tensor.error();
    bool isFloat = io::dtypeIsFloat(tensor->dtype);
    double low = info->has_range ? double(info->low) : isFloat ? -1.0 : 0.0;
    double high = info->has_range ? double(info->high) : isFloat ? 1.0 : 2.0;
    io::fillRandom(*tensor, seed + i, low, high);
    inputs.push_back({info->name, std::move(*tensor)});
  }
  return inputs;
}

} // namespace heddle
