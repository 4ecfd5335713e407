#include "runtime/io/SafeTensors.h"
#include "runtime/io/Files.h"
#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

namespace heddle::io {

namespace {

using nlohmann::json;

constexpr uint64_t kMaxHeader = 100'000'000;

struct Name {
  DType dtype;
  const char *text;
};
constexpr Name kNames[] = {
    {DType::F32, "F32"},   {DType::F64, "F64"},          {DType::F16, "F16"},       {DType::BF16, "BF16"},
    {DType::I64, "I64"},   {DType::I32, "I32"},          {DType::I16, "I16"},       {DType::I8, "I8"},
    {DType::U64, "U64"},   {DType::U32, "U32"},          {DType::U16, "U16"},       {DType::U8, "U8"},
    {DType::Bool, "BOOL"}, {DType::F8E4M3FN, "F8_E4M3"}, {DType::F8E5M2, "F8_E5M2"}};

/// Null for the types that the format has no name for.
const char *findName(DType dtype) {
  for (const Name &known : kNames)
    if (known.dtype == dtype)
      return known.text;
  return nullptr;
}

/// Parses the header; a second value for a key is an error, not the last one wins. Depth is bounded by the format.
Result<json> parseHeader(std::string_view text, const std::string &where) {
  std::vector<std::vector<std::string>> keys;
  std::string problem;
  auto callback = [&](int depth, json::parse_event_t event, json &parsed) {
    if (depth > 4)
      problem = "nested too deep";
    if (event == json::parse_event_t::object_start)
      keys.emplace_back();
    if (event == json::parse_event_t::object_end) {
      std::sort(keys.back().begin(), keys.back().end());
      auto twice = std::adjacent_find(keys.back().begin(), keys.back().end());
      if (twice != keys.back().end())
        problem = "'" + *twice + "' twice";
      keys.pop_back();
    }
    if (event == json::parse_event_t::key)
      keys.back().push_back(parsed.get<std::string>());
    return true;
  };
  json header = json::parse(text.begin(), text.end(), callback, /*allow_exceptions=*/false);
  if (header.is_discarded() || !header.is_object())
    return Error{where, "header", "a JSON object", "malformed JSON"};
  if (!problem.empty())
    return Error{where, "header", "each name once, at depth 3 at most", problem};
  return header;
}

struct Range {
  uint64_t begin, end;
  std::string name;
};

/// One entry `{"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}`.
Result<Range> parseEntry(const std::string &name, const json &entry, const std::string &where, HostTensor &tensor) {
  if (!entry.is_object() || entry.size() != 3 || !entry.contains("dtype") || !entry.contains("shape") ||
      !entry.contains("data_offsets"))
    return Error{where, "tensor entry", "exactly dtype, shape and data_offsets", entry.dump().substr(0, 80)};
  const json &dtype = entry["dtype"], &shape = entry["shape"], &offsets = entry["data_offsets"];
  const Name *known = std::find_if(std::begin(kNames), std::end(kNames),
                                   [&](const Name &candidate) { return dtype == candidate.text; });
  if (known == std::end(kNames))
    return Error{where, "dtype", "one of F32 F64 F16 BF16 I64 I32 I16 I8 U64 U32 U16 U8 BOOL F8_E4M3 F8_E5M2",
                 dtype.dump()};
  tensor.dtype = known->dtype;
  if (!shape.is_array() || !std::all_of(shape.begin(), shape.end(), [](const json &dim) {
        return dim.is_number_unsigned() && dim.get<uint64_t>() <= uint64_t(INT64_MAX);
      }))
    return Error{where, "shape", "a list of sizes", shape.dump().substr(0, 80)};
  tensor.shape = shape.get<std::vector<int64_t>>();
  if (!offsets.is_array() || offsets.size() != 2 || !offsets[0].is_number_unsigned() ||
      !offsets[1].is_number_unsigned())
    return Error{where, "data_offsets", "two offsets", offsets.dump().substr(0, 80)};
  Range range{offsets[0].get<uint64_t>(), offsets[1].get<uint64_t>(), name};
  Result<size_t> size = tensorByteSize(tensor.dtype, tensor.shape);
  if (!size)
    return Error{where, size.error().what, size.error().expected, size.error().got};
  tensor.byteSize = *size;
  if (range.end < range.begin || range.end - range.begin != *size)
    return Error{where, "data_offsets of " + describeTensor(tensor.dtype, tensor.shape),
                 "a range of " + std::to_string(*size) + " bytes", offsets.dump()};
  return range;
}

/// The ranges must tile [0, dataSize) exactly.
Status checkTiling(std::vector<Range> ranges, uint64_t dataSize, const std::string &path) {
  std::sort(ranges.begin(), ranges.end(), [](const Range &a, const Range &b) {
    return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
  });
  uint64_t at = 0;
  for (const Range &range : ranges) {
    if (range.begin != at)
      return Error{path + ":" + range.name, "data begin (no holes, no overlaps)", std::to_string(at),
                   std::to_string(range.begin)};
    at = range.end;
  }
  if (at != dataSize)
    return Error{path, "data size", std::to_string(at) + " bytes", std::to_string(dataSize)};
  return {};
}

Status bindEntries(const json &header, const MappedFile &file, uint64_t dataStart, const std::string &path,
                   SafeTensors &result) {
  std::vector<Range> ranges;
  for (const auto &[name, entry] : header.items()) {
    if (name == "__metadata__") {
      if (!entry.is_object() || !std::all_of(entry.begin(), entry.end(), [](const json &v) { return v.is_string(); }))
        return Error{path, "__metadata__", "an object of texts", entry.dump().substr(0, 80)};
      result.metadata = entry.get<std::map<std::string, std::string>>();
      continue;
    }
    HostTensor tensor;
    Result<Range> range = parseEntry(name, entry, path + ":" + name, tensor);
    if (!range)
      return range.error();
    ranges.push_back(*range);
    if (range->end > file.size - dataStart)
      return Error{path + ":" + name, "data end", "at most " + std::to_string(file.size - dataStart),
                   std::to_string(range->end)};
    if (tensor.byteSize != 0) {
      std::byte *first = file.bytes.get() + dataStart + range->begin;
      tensor.bytes = std::shared_ptr<std::byte>(file.bytes, first);
    }
    result.tensors.emplace(name, std::move(tensor));
  }
  return checkTiling(std::move(ranges), file.size - dataStart, path);
}

/// A view whose bytes are not a multiple of the element size is replaced by a copy (odd headers, mixed types).
Status alignTensors(SafeTensors &result) {
  for (auto &[name, tensor] : result.tensors) {
    if (reinterpret_cast<uintptr_t>(tensor.data()) % dtypeSize(tensor.dtype) == 0)
      continue;
    Result<HostTensor> copy = makeTensor(tensor.dtype, tensor.shape);
    if (!copy)
      return copy.error();
    std::memcpy(copy->data(), tensor.data(), tensor.byteSize);
    tensor = *copy;
  }
  return {};
}

} // namespace

Result<SafeTensors> readSafeTensors(const std::string &path) {
  Result<MappedFile> file = mapFile(path);
  if (!file)
    return file.error();
  if (file->size < 8)
    return Error{path, "file size", "at least 8 bytes", std::to_string(file->size)};
  uint64_t length = 0;
  std::memcpy(&length, file->bytes.get(), 8);
  if (length > kMaxHeader || length > file->size - 8)
    return Error{path, "header size", "at most " + std::to_string(std::min<uint64_t>(kMaxHeader, file->size - 8)),
                 std::to_string(length)};
  std::string_view text = file->view().substr(8, length);
  if (text.empty() || text[0] != '{')
    return Error{path, "header", "'{' as its first byte", "something else"};
  Result<json> header = parseHeader(text, path);
  if (!header)
    return header.error();
  SafeTensors result;
  if (Status status = bindEntries(*header, *file, 8 + length, path, result); !status)
    return status.error();
  if (Status status = alignTensors(result); !status)
    return status.error();
  return result;
}

Status writeSafeTensors(const std::string &path, const std::map<std::string, HostTensor> &tensors,
                        const std::map<std::string, std::string> &metadata) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty())
    header["__metadata__"] = metadata;
  uint64_t offset = 0;
  for (const auto &[name, tensor] : tensors) {
    const char *dtype = findName(tensor.dtype);
    if (!dtype)
      return Error{path + ":" + name, "type of the tensor", "one that safetensors has", dtypeName(tensor.dtype)};
    header[name] = {{"dtype", dtype}, {"shape", tensor.shape}, {"data_offsets", {offset, offset + tensor.byteSize}}};
    offset += tensor.byteSize;
  }
  std::string text = header.dump(-1, ' ', false, json::error_handler_t::replace);
  text.append((8 - text.size() % 8) % 8, ' ');
  uint64_t length = text.size();
  FileReplacer file(path);
  if (Status status = file.open(); !status)
    return status;
  if (Status status = file.append(&length, sizeof length); !status)
    return status;
  if (Status status = file.append(text.data(), text.size()); !status)
    return status;
  for (const auto &[name, tensor] : tensors)
    if (Status status = file.append(tensor.data(), tensor.byteSize); !status)
      return status;
  return file.commit();
}

} // namespace heddle::io
