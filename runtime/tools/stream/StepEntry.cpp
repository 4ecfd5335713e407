#include "runtime/tools/stream/StepEntry.h"

#include "runtime/io/DlpackType.h"
#include "runtime/tools/stream/StreamOptions.h"
#include <algorithm>
#include <nlohmann/json.hpp>

namespace heddle {

using Json = nlohmann::json;

std::vector<int64_t> StepTensor::shapeAt(int64_t tokens, int64_t before) const {
  std::vector<int64_t> sizes = shape;
  if (hasTokens())
    sizes[static_cast<size_t>(tokensAt)] = tokens;
  if (allAt >= 0)
    sizes[static_cast<size_t>(allAt)] = before + tokens;
  return sizes;
}

int64_t StepTensor::elements() const {
  int64_t count = 1;
  for (int64_t size : shape)
    count *= size;
  return count;
}

TokenSpan existingTokens(const StepTensor &output, int64_t position, int64_t blocks, int64_t end) {
  int64_t token = position * output.rate - output.info->latency, count = blocks * output.rate; // the first, all
  int64_t first = std::clamp<int64_t>(-token, 0, count);
  return {first, std::clamp(std::min(end, position + blocks) * output.rate - token, first, count)};
}

std::vector<std::byte> tokensBehindEnd(const StepTensor &input, int64_t count) {
  io::HostTensor tensor;
  tensor.dtype = input.dtype;
  std::vector<std::byte> bytes(static_cast<size_t>(count) * input.rowBytes());
  tensor.bytes = std::shared_ptr<std::byte>(bytes.data(), [](std::byte *) {});
  tensor.byteSize = bytes.size();
  for (int64_t i = 0; input.info->has_range && i < tensor.numElements(); ++i)
    tensor.set(i, static_cast<double>(input.info->low));
  return bytes;
}

std::string namesOf(const std::vector<StepTensor> &tensors) {
  std::string names;
  for (const StepTensor &tensor : tensors)
    names += (names.empty() ? "" : ", ") + tensor.name();
  return names;
}

io::Status checkTokens(const StepTensor &tensor) {
  if (tensor.problem.empty())
    return {};
  return io::Error{"", "dimensions of '" + tensor.name() + "' in front of its tokens", "size 1 at one row",
                   tensor.problem};
}

io::Result<size_t> findTensor(const char *option, const std::vector<StepTensor> &tensors, const std::string &name) {
  for (size_t i = 0; i < tensors.size(); ++i)
    if (tensors[i].name() == name)
      return i;
  return io::Error{"", option, "one of " + namesOf(tensors), "'" + name + "'"};
}

io::Result<std::vector<std::string>> orderSpecs(const char *option, const std::vector<std::string> &given,
                                                const std::vector<StepTensor> &tensors) {
  std::vector<std::string> specs(tensors.size());
  for (const std::string &text : given) {
    io::Result<std::pair<std::string, std::string>> split = splitName(option, text);
    if (!split)
      return split.error();
    io::Result<size_t> at = findTensor(option, tensors, split->first);
    if (!at)
      return at.error();
    if (!specs[*at].empty())
      return io::Error{"", std::string(option) + " " + split->first, "one", "a second"};
    specs[*at] = split->second;
  }
  return specs;
}

std::string describeMemory(const std::string &formula, int64_t bytes, const SymbolValues &symbols) {
  std::string values;
  for (auto &[name, value] : symbols)
    values += (values.empty() ? "" : ", ") + name + " = " + std::to_string(value);
  return formula + " = " + std::to_string(bytes) + " bytes (" + values + ")";
}

SymbolValues StepEntry::symbolsAt(int64_t blocks, int64_t capacityValue) const {
  SymbolValues values = symbols;
  values[tokens] = blocks;
  if (hasCapacity)
    values[capacity] = capacityValue / block;
  return values;
}

io::Status StepEntry::bind(const StepTensor &input, const std::vector<int64_t> &shape) {
  if (input.info->rank != static_cast<int32_t>(shape.size()))
    return io::Error{"", "rank of input '" + input.name() + "'", std::to_string(input.info->rank),
                     std::to_string(shape.size())};
  for (int32_t dim = 0; dim < input.info->rank; ++dim)
    if (auto symbol = symbols.find(input.info->dimensions[dim]); symbol != symbols.end())
      symbol->second = shape[static_cast<size_t>(dim)];
  return readTensors();
}

/// Why what a token of a row consists of does not lie together.
static std::string layoutProblem(const StepTensor &tensor) {
  std::string text = "[";
  for (int32_t dim = 0; dim < tensor.info->rank; ++dim)
    text += (dim ? ", " : "") + std::string(tensor.info->dimensions[dim]);
  int behind = std::max(tensor.tokensAt, tensor.rows() > 1 ? tensor.rowsAt : -1);
  for (int dim = 0; dim < behind; ++dim)
    if (dim != tensor.tokensAt && dim != tensor.rowsAt && tensor.shape[static_cast<size_t>(dim)] != 1)
      return text + "]";
  return tensor.allAt >= 0 && !tensor.isOfAll() ? text + "]" : "";
}

/// Whether a size is the tokens seen and those of a call.
bool StepEntry::countsAll(const char *size) const {
  auto at = [&](int64_t count, int64_t seen) {
    io::Result<int64_t> value = evaluate(size, symbolsAt(count, seen));
    return value ? *value : -1;
  };
  return grows && at(1, 0) == 1 && at(3, 0) == 3 && at(1, 5) == 6;
}

io::Status StepEntry::readSizes(const heddle_tensor_info_t *info, StepTensor &tensor) const {
  for (int32_t dim = 0; dim < info->rank; ++dim) {
    if (!rowSymbol.empty() && info->dimensions[dim] == rowSymbol)
      tensor.rowsAt = dim;
    bool isAll = countsAll(info->dimensions[dim]) && info->dimensions[dim] != tokens;
    if (isAll)
      tensor.allAt = dim;
    int64_t room = grows ? 0 : block;
    io::Result<int64_t> size = evaluate(info->dimensions[dim], symbolsAt(/*blocks=*/1, room)),
                        none = evaluate(info->dimensions[dim], symbolsAt(/*blocks=*/0, room));
    for (io::Result<int64_t> *each : {&size, &none})
      if (!*each)
        return each->error();
    bool isTokens = !isAll && *size != *none;
    tensor.shape.push_back(isTokens ? 1 : *size);
    if (!isTokens)
      continue;
    tensor.tokensAt = dim;
    tensor.rate = *size;
  }
  if (!tensor.hasTokens())
    tensor.tokensAt = tensor.allAt;
  return {};
}

io::Result<StepTensor> StepEntry::readTensor(const heddle_tensor_info_t *info) const {
  StepTensor tensor;
  tensor.info = info;
  std::optional<io::DType> dtype = io::fromDlpack(info->dtype);
  if (!dtype)
    return io::Error{"", "type of '" + tensor.name() + "'", "one that the tools know",
                     "DLPack code " + std::to_string(info->dtype.code)};
  tensor.dtype = *dtype;
  if (io::Status status = readSizes(info, tensor); !status)
    return status.error();
  if (tensor.hasTokens() && tensor.elements() == 0)
    return io::Error{"", "elements of a token of '" + tensor.name() + "'", "at least 1", "0"};
  tensor.problem = layoutProblem(tensor);
  return tensor;
}

io::Status StepEntry::readTensors() {
  inputs.clear();
  outputs.clear();
  auto append = [&](const heddle_tensor_info_t *info, std::vector<StepTensor> &tensors) -> io::Status {
    io::Result<StepTensor> tensor = readTensor(info);
    if (!tensor)
      return tensor.error();
    tensors.push_back(std::move(*tensor));
    return {};
  };
  for (size_t i = 0; i + states < heddle_entry_input_count(entry); ++i)
    if (io::Status status = append(heddle_entry_input(entry, i), inputs); !status)
      return status;
  for (size_t i = 0; i + states < heddle_entry_output_count(entry); ++i)
    if (io::Status status = append(heddle_entry_output(entry, i), outputs); !status)
      return status;
  return {};
}

io::Result<StepEntry> StepEntry::of(const RunTarget &target, const Runner &runner, int64_t rows) {
  io::Result<const heddle_entry_t *> found = runner.entry(target.entry);
  Json manifest = Json::parse(runner.manifest()), description;
  for (const Json &entry : manifest["entries"])
    if (entry["name"] == target.entry && entry.contains("tokens"))
      description = entry;
  if (!found || description.is_null())
    return io::Error{target.model, "entry '" + target.entry + "'", "a step (heddle compile --entries=forward,step)",
                     "none"};
  StepEntry step;
  step.entry = *found;
  step.tokens = description["tokens"];
  step.hasCapacity = description.contains("capacity");
  step.capacity = description.value("capacity", "");
  step.block = description.value("block", int64_t(1));
  step.peakFormula = description["memory"].value("peak", "");
  for (size_t i = 0; i < heddle_entry_symbol_count(step.entry); ++i)
    if (std::string symbol = heddle_entry_symbol(step.entry, i)->name; symbol != step.tokens && symbol != step.capacity)
      step.symbols[symbol] = heddle_entry_symbol(step.entry, i)->minimum;
  auto isState = [](const Json &tensor) { return tensor.contains("initial"); };
  const Json &inputs = description["inputs"];
  for (const Json &input : inputs)
    step.grows |= input.value("grows", false);
  step.states = static_cast<size_t>(std::count_if(inputs.begin(), inputs.end(), isState));
  const heddle_tensor_info_t *positions =
      heddle_entry_input(step.entry, heddle_entry_input_count(step.entry) - step.states);
  if (positions->sizes[0] < 0)
    step.symbols[step.rowSymbol = positions->dimensions[0]] = rows;
  else if (rows > 1)
    return io::Error{target.model, "--rows", "1, since the step has no symbol of rows", std::to_string(rows)};
  if (io::Status status = step.readTensors(); !status)
    return status.error();
  return step;
}

} // namespace heddle
