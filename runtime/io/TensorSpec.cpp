#include "runtime/io/TensorSpec.h"
#include "runtime/io/Npy.h"
#include "runtime/io/Npz.h"
#include "runtime/io/OnnxTensor.h"
#include "runtime/io/SafeTensors.h"
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <cstring>

namespace heddle::io {

namespace {

constexpr size_t kMaxSpecBytes = size_t(64) << 30;

/// SplitMix64: one multiply-xor chain per number, the same everywhere.
uint64_t nextRandom(uint64_t &state) {
  uint64_t z = (state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

bool endsWith(std::string_view text, std::string_view suffix) {
  return text.size() >= suffix.size() && text.substr(text.size() - suffix.size()) == suffix;
}

std::vector<std::string> split(const std::string &text, char separator) {
  std::vector<std::string> parts(1);
  for (char c : text) {
    if (c == separator)
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}

std::string trim(const std::string &text) {
  size_t begin = text.find_first_not_of(" \t"), end = text.find_last_not_of(" \t");
  return begin == std::string::npos ? std::string() : text.substr(begin, end - begin + 1);
}

bool parseInteger(const std::string &text, int64_t &value) {
  char *end = nullptr;
  errno = 0;
  value = std::strtoll(text.c_str(), &end, 10);
  return !text.empty() && end == text.c_str() + text.size() && errno == 0;
}

bool parseNumber(const std::string &text, double &value) {
  char *end = nullptr;
  value = std::strtod(text.c_str(), &end);
  return !text.empty() && end == text.c_str() + text.size();
}

/// "2x64xf32" -> zero tensor.
Result<HostTensor> parseType(const std::string &text, const std::string &spec) {
  std::vector<std::string> parts = split(text, 'x');
  DType dtype;
  if (!parseDType(parts.back(), dtype))
    return Error{spec, "element type", "one of f32 f64 f16 bf16 i64 i32 i8 u8 bool", "'" + parts.back() + "'"};
  std::vector<int64_t> shape;
  for (size_t i = 0; i + 1 < parts.size(); ++i) {
    int64_t dim = 0;
    if (!parseInteger(parts[i], dim) || dim < 0)
      return Error{spec, "dim " + std::to_string(i), "a size", "'" + parts[i] + "'"};
    shape.push_back(dim);
  }
  Result<size_t> size = tensorByteSize(dtype, shape);
  if (size && *size > kMaxSpecBytes)
    return Error{spec, "size", "at most " + std::to_string(kMaxSpecBytes) + " bytes", std::to_string(*size)};
  Result<HostTensor> tensor = makeTensor(dtype, shape);
  if (!tensor)
    return Error{spec, tensor.error().what, tensor.error().expected, tensor.error().got};
  return tensor;
}

/// Whether an integer fits the type.
bool fits(int64_t value, DType dtype) {
  switch (dtype) {
  case DType::I32:
    return value >= INT32_MIN && value <= INT32_MAX;
  case DType::I16:
    return value >= INT16_MIN && value <= INT16_MAX;
  case DType::U64:
    return value >= 0;
  case DType::U32:
    return value >= 0 && value <= UINT32_MAX;
  case DType::U16:
    return value >= 0 && value <= UINT16_MAX;
  case DType::I8:
    return value >= INT8_MIN && value <= INT8_MAX;
  case DType::U8:
    return value >= 0 && value <= UINT8_MAX;
  case DType::Bool:
    return value == 0 || value == 1;
  default:
    return true;
  }
}

/// `arguments` of "random(seed[,low,high])".
Status fillRandomSpec(const std::string &arguments, const std::string &spec, const TensorSpecOptions &options,
                      HostTensor &tensor) {
  std::vector<std::string> parts = split(arguments, ',');
  int64_t seed = 0;
  bool isFloat = dtypeIsFloat(tensor.dtype);
  double low = isFloat ? -1.0 : static_cast<double>(options.integerLow);
  double high = isFloat ? 1.0 : static_cast<double>(options.integerHigh);
  if (tensor.dtype == DType::Bool) {
    low = 0;
    high = 2;
  }
  bool good = (parts.size() == 1 || parts.size() == 3) && parseInteger(trim(parts[0]), seed);
  if (good && parts.size() == 3)
    good = parseNumber(trim(parts[1]), low) && parseNumber(trim(parts[2]), high) && low < high &&
           std::isfinite(high - low);
  if (!good)
    return Error{spec, "random", "random(seed) or random(seed,low,high) with low < high", "random(" + arguments + ")"};
  constexpr double kExact = 0x1p53; // beyond it, doubles are not integers one by one
  if (!isFloat && !(low >= -kExact && high <= kExact && fits(static_cast<int64_t>(low), tensor.dtype) &&
                    fits(static_cast<int64_t>(std::ceil(high)) - 1, tensor.dtype)))
    return Error{spec, "random", std::string("bounds that fit ") + dtypeName(tensor.dtype),
                 "random(" + arguments + ")"};
  fillRandom(tensor, static_cast<uint64_t>(seed), low, high);
  return {};
}

/// Writes one value; integers are parsed as such, so that all 64 bits survive.
Status setValue(HostTensor &tensor, int64_t index, const std::string &text, const std::string &spec) {
  std::string what = "value " + std::to_string(index), type = dtypeName(tensor.dtype);
  int64_t integer = 0;
  double number = 0;
  if (dtypeIsFloat(tensor.dtype)) {
    if (!parseNumber(text, number))
      return Error{spec, what, "a number of type " + type, "'" + text + "'"};
    tensor.set(index, number);
    return {};
  }
  bool isWord = tensor.dtype == DType::Bool && (text == "true" || text == "false");
  if (isWord)
    integer = text == "true";
  else if (!parseInteger(text, integer))
    return Error{spec, what, "a number of type " + type, "'" + text + "'"};
  if (!fits(integer, tensor.dtype))
    return Error{spec, what, "one that fits " + type, text};
  if (tensor.dtype == DType::I64)
    tensor.as<int64_t>()[index] = integer;
  else
    tensor.set(index, static_cast<double>(integer));
  return {};
}

Status fillValues(const std::string &text, const std::string &spec, HostTensor &tensor) {
  std::vector<std::string> values = split(text, ',');
  int64_t count = tensor.numElements();
  bool splat = values.size() == 1;
  if (!splat && static_cast<int64_t>(values.size()) != count)
    return Error{spec, "number of values", std::to_string(count) + ", or 1 for all", std::to_string(values.size())};
  for (int64_t i = 0; i < count; ++i)
    if (Status status = setValue(tensor, i, trim(values[splat ? 0 : static_cast<size_t>(i)]), spec); !status)
      return status;
  return {};
}

Result<HostTensor> readFile(const std::string &path) {
  if (endsWith(path, ".npy"))
    return readNpy(path);
  if (endsWith(path, ".pb")) {
    Result<NamedTensor> named = readOnnxTensor(path);
    if (!named)
      return named.error();
    return named->tensor;
  }
  // The array's name follows the last suffix: names may hold colons too ("@w.npz:a:b").
  for (std::string_view suffix : {".npz:", ".safetensors:"}) {
    size_t found = path.find(suffix);
    if (found == std::string::npos)
      continue;
    std::string file = path.substr(0, found + suffix.size() - 1), name = path.substr(found + suffix.size());
    if (suffix == ".npz:")
      return readNpzArray(file, name);
    Result<SafeTensors> tensors = readSafeTensors(file);
    if (!tensors)
      return tensors.error();
    auto tensor = tensors->tensors.find(name);
    if (tensor == tensors->tensors.end())
      return Error{file, "tensor", "one of the file's", "'" + name + "'"};
    return tensor->second;
  }
  return Error{"@" + path, "file name", ".npy, .pb, .npz:NAME or .safetensors:NAME", "'" + path + "'"};
}

} // namespace

void fillRandom(HostTensor &tensor, uint64_t seed, double low, double high) {
  uint64_t state = seed;
  bool isFloat = dtypeIsFloat(tensor.dtype);
  for (int64_t i = 0, e = tensor.numElements(); i < e; ++i) {
    double unit = static_cast<double>(nextRandom(state) >> 11) * 0x1p-53; // [0, 1)
    double value = low + (high - low) * unit;
    tensor.set(i, isFloat ? value : std::floor(value));
  }
}

Result<HostTensor> parseTensorSpec(const std::string &spec, const TensorSpecOptions &options) {
  if (!spec.empty() && spec[0] == '@')
    return readFile(spec.substr(1));
  size_t equals = spec.find('=');
  if (equals == std::string::npos)
    return Error{spec, "tensor", "TYPE=VALUES (2x3xf32=random(7)) or @FILE", "neither"};
  Result<HostTensor> tensor = parseType(trim(spec.substr(0, equals)), spec);
  if (!tensor)
    return tensor;
  std::string values = trim(spec.substr(equals + 1));
  Status status;
  if (values.rfind("random(", 0) == 0 && values.back() == ')')
    status = fillRandomSpec(values.substr(7, values.size() - 8), spec, options, *tensor);
  else if (values == "ones")
    status = fillValues("1", spec, *tensor);
  else if (values == "iota")
    for (int64_t i = 0, e = tensor->numElements(); i < e; ++i)
      tensor->set(i, static_cast<double>(i));
  else if (values != "zeros")
    status = fillValues(values, spec, *tensor);
  if (!status)
    return status.error();
  return tensor;
}

Result<NamedTensor> parseNamedTensorSpec(const std::string &text, const TensorSpecOptions &options) {
  size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    return Error{text, "input", "NAME=TENSOR, for example x=@x.npy or x=2x64xf32=zeros", "no name"};
  Result<HostTensor> tensor = parseTensorSpec(text.substr(equals + 1), options);
  if (!tensor)
    return tensor.error();
  return NamedTensor{text.substr(0, equals), *tensor};
}

} // namespace heddle::io
