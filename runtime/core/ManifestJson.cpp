#include "runtime/core/ManifestJson.h"
#include <limits>

namespace heddle::runtime {

Status bad(const std::string &path, const char *expected, const json &got) {
  return mismatch(HEDDLE_CORRUPT, "manifest " + path, expected,
                  got.is_null() ? "nothing" : got.dump(-1, ' ', false, json::error_handler_t::replace).substr(0, 60));
}

const json &member(const json &object, const char *key) {
  static const json none;
  auto found = object.is_object() ? object.find(key) : object.end();
  return found == object.end() ? none : *found;
}

Status readText(const json &object, const char *key, const std::string &path, std::string &text) {
  const json &value = member(object, key);
  if (!value.is_string())
    return bad(path + "/" + key, "a text", value);
  text = value.get<std::string>();
  return {};
}

Status readInteger(const json &value, const std::string &path, int64_t &integer) {
  if (!value.is_number_integer() || (value.is_number_unsigned() && value.get<uint64_t>() > uint64_t(INT64_MAX)))
    return bad(path, "an integer", value);
  integer = value.get<int64_t>();
  return {};
}

Status readFlag(const json &value, const std::string &path, bool &flag) {
  if (!value.is_null() && !value.is_boolean())
    return bad(path, "true or false", value);
  flag = value.is_null() ? flag : value == true;
  return {};
}

Status readLatency(const json &value, const std::string &path, int64_t &latency) {
  if (value.is_null())
    return {};
  if (Status status = readInteger(value, path, latency); !status)
    return status;
  return latency >= 0 && latency <= kMostTokens ? Status() : bad(path, "0 to 2^40 tokens", value);
}

namespace {

constexpr size_t kMaxRank = 32;

class TensorReader {
public:
  TensorReader(const std::vector<std::string> &symbols, TensorInfo &tensor) : symbols(symbols), tensor(tensor) {}

  Status read(const json &value, const std::string &at) {
    std::string type;
    if (Status status = readText(value, "name", at, tensor.name); !status)
      return status;
    if (Status status = readText(value, "type", at, type); !status)
      return status;
    if (!io::parseDType(type, tensor.dtype))
      return bad(at + "/type", "one of f32 f64 f16 bf16 i64 i32 i8 u8 bool", value["type"]);
    const json &shape = member(value, "shape");
    if (!shape.is_array() || shape.size() > kMaxRank)
      return bad(at + "/shape", "a list of at most 32 dimensions", shape);
    for (size_t i = 0; i < shape.size(); ++i)
      if (Status status = readDimension(shape[i], at + "/shape/" + std::to_string(i)); !status)
        return status;
    if (Status status = readInitial(member(value, "initial"), at + "/initial"); !status)
      return status;
    for (auto [key, flag] :
         {std::pair<const char *, bool *>{"append", &tensor.appends}, {"grows", &tensor.grows}, {"end", &tensor.isEnd}})
      if (Status status = readFlag(member(value, key), at + "/" + key, *flag); !status)
        return status;
    if (Status status = readLatency(member(value, "latency"), at + "/latency", tensor.latency); !status)
      return status;
    return readRange(member(value, "range"), at + "/range");
  }

private:
  /// JSON has no infinities. Values other than 0 are read for the types in which states are computed.
  Status readInitial(const json &initial, const std::string &at) {
    if (initial.is_null())
      return {};
    tensor.isState = true;
    bool isInfinite = initial == "-inf" || initial == "inf";
    if (!initial.is_number() && !isInfinite)
      return bad(at, "a number, \"-inf\" or \"inf\"", initial);
    double infinity = std::numeric_limits<double>::infinity();
    tensor.initial = !isInfinite ? initial.get<double>() : initial == "inf" ? infinity : -infinity;
    bool isCount = tensor.dtype == io::DType::I64 && initial.is_number_integer();
    bool anyValue = tensor.dtype == io::DType::F32 || tensor.dtype == io::DType::F64 || isCount;
    return tensor.initial == 0 || anyValue ? Status() : bad(at, "0 for this type", initial);
  }

  Status readDimension(const json &value, const std::string &at) {
    if (value.is_string()) {
      DimExpr expr;
      std::string problem;
      if (!DimExpr::parse(value.get_ref<const std::string &>(), symbols, expr, problem))
        return mismatch(HEDDLE_CORRUPT, "manifest " + at, "an expression over the entry's symbols", problem);
      tensor.dimensions.push_back(value.get<std::string>());
      tensor.exprs.push_back(std::move(expr));
      return {};
    }
    int64_t size = 0;
    if (Status status = readInteger(value, at, size); !status)
      return status;
    if (size < 0)
      return bad(at, "at least 0", value);
    tensor.dimensions.push_back(std::to_string(size));
    tensor.exprs.push_back(DimExpr::constant(size));
    return {};
  }

  Status readRange(const json &range, const std::string &at) {
    if (range.is_null())
      return {};
    if (!range.is_array() || range.size() != 2)
      return bad(at, "[low, high]", range);
    if (Status status = readInteger(range[0], at + "/0", tensor.low); !status)
      return status;
    if (Status status = readInteger(range[1], at + "/1", tensor.high); !status)
      return status;
    bool integer = !io::dtypeIsFloat(tensor.dtype) && tensor.dtype != io::DType::Bool;
    if (!integer)
      return bad(at, "an integer tensor", range);
    tensor.hasRange = true;
    return {};
  }

  const std::vector<std::string> &symbols;
  TensorInfo &tensor;
};

} // namespace

Status readTensor(const json &value, const std::string &at, const std::vector<std::string> &symbols,
                  TensorInfo &tensor) {
  return TensorReader(symbols, tensor).read(value, at);
}

} // namespace heddle::runtime
