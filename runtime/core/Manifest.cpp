#include "runtime/core/Manifest.h"
#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

namespace heddle::runtime {

namespace {

using nlohmann::json;

constexpr int kManifestFormat = 1;
constexpr size_t kMaxRank = 32;

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

/// A text or a list of texts; anything else, also nothing, leaves `list` as it is.
void readOptionalTexts(const json &values, std::vector<std::string> &list) {
  if (!values.is_array())
    return;
  for (const json &value : values)
    if (value.is_string())
      list.push_back(value.get<std::string>());
}

Status readInteger(const json &value, const std::string &path, int64_t &integer) {
  if (!value.is_number_integer() || (value.is_number_unsigned() && value.get<uint64_t>() > uint64_t(INT64_MAX)))
    return bad(path, "an integer", value);
  integer = value.get<int64_t>();
  return {};
}

class EntryReader {
public:
  EntryReader(const json &object, std::string path, EntryInfo &entry)
      : object(object), path(std::move(path)), entry(entry) {}

  Status read() {
    for (auto [key, text] : {std::pair<const char *, std::string *>{"name", &entry.name},
                             {"symbol", &entry.symbol},
                             {"plan", &entry.plan}})
      if (Status status = readText(object, key, path, *text); !status)
        return status;
    const json &formula = member(member(object, "memory"), "arena");
    if (formula.is_string())
      entry.memoryFormula = formula.get<std::string>();
    if (Status status = readSymbols(); !status)
      return status;
    if (Status status = readTensors("inputs", entry.inputs); !status)
      return status;
    if (Status status = readTensors("outputs", entry.outputs); !status)
      return status;
    return readStream();
  }

private:
  Status readSymbols() {
    const json &list = member(object, "symbols");
    if (!list.is_array())
      return bad(path + "/symbols", "a list", list);
    for (size_t i = 0; i < list.size(); ++i) {
      Symbol symbol;
      std::string at = path + "/symbols/" + std::to_string(i);
      if (Status status = readText(list[i], "name", at, symbol.name); !status)
        return status;
      for (auto [key, bound] : {std::pair<const char *, int64_t *>{"min", &symbol.minimum}, {"max", &symbol.maximum}})
        if (const json &value = member(list[i], key); !value.is_null())
          if (Status status = readInteger(value, at + "/" + key, *bound); !status)
            return status;
      if (symbol.minimum < 0 || symbol.maximum < symbol.minimum)
        return bad(at, "0 <= min <= max", list[i]);
      names.push_back(symbol.name);
      entry.symbols.push_back(std::move(symbol));
    }
    return {};
  }

  Status readSymbolName(const char *key, int &index) {
    const json &name = member(object, key);
    if (name.is_null())
      return {};
    auto found = name.is_string() ? std::find(names.begin(), names.end(), name.get<std::string>()) : names.end();
    if (found == names.end())
      return bad(path + "/" + key, "a symbol of the entry", name);
    index = static_cast<int>(found - names.begin());
    return {};
  }

  /// What only a step has. The states are the last inputs and the last outputs, of equal names and types.
  Status readStream() {
    for (auto [key, index] : {std::pair<const char *, int *>{"tokens", &entry.tokens}, {"capacity", &entry.capacity}})
      if (Status status = readSymbolName(key, *index); !status)
        return status;
    if (const json &limit = member(object, "positions"); !limit.is_null())
      if (Status status = readInteger(limit, path + "/positions", entry.positions); !status)
        return status;
    size_t count = entry.stateCount(), inputs = entry.inputs.size(), outputs = entry.outputs.size();
    bool fits = count <= outputs && (count == 0 || entry.tokens >= 0);
    for (size_t i = 1; fits && i <= count; ++i) {
      const TensorInfo &in = entry.inputs[inputs - i], &out = entry.outputs[outputs - i];
      fits = in.isState && in.name == out.name && in.dtype == out.dtype && in.dimensions == out.dimensions;
    }
    return fits ? Status() : bad(path, "the states as the last inputs and outputs, and the symbol 'tokens'", object);
  }

  Status readTensors(const char *key, std::vector<TensorInfo> &tensors) {
    const json &list = member(object, key);
    if (!list.is_array())
      return bad(path + "/" + key, "a list", list);
    for (size_t i = 0; i < list.size(); ++i) {
      tensors.emplace_back();
      if (Status status = readTensor(list[i], path + "/" + key + "/" + std::to_string(i), tensors.back()); !status)
        return status;
    }
    return {};
  }

  Status readTensor(const json &value, const std::string &at, TensorInfo &tensor) {
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
      if (Status status = readDimension(shape[i], at + "/shape/" + std::to_string(i), tensor); !status)
        return status;
    if (Status status = readInitial(member(value, "initial"), at + "/initial", tensor); !status)
      return status;
    return readRange(member(value, "range"), at + "/range", tensor);
  }

  /// JSON has no infinities. Values other than 0 are read for the types in which states are computed.
  Status readInitial(const json &initial, const std::string &at, TensorInfo &tensor) {
    if (initial.is_null())
      return {};
    tensor.isState = true;
    bool isInfinite = initial == "-inf" || initial == "inf";
    if (!initial.is_number() && !isInfinite)
      return bad(at, "a number, \"-inf\" or \"inf\"", initial);
    double infinity = std::numeric_limits<double>::infinity();
    tensor.initial = !isInfinite ? initial.get<double>() : initial == "inf" ? infinity : -infinity;
    bool anyValue = tensor.dtype == io::DType::F32 || tensor.dtype == io::DType::F64;
    return tensor.initial == 0 || anyValue ? Status() : bad(at, "0 for this type", initial);
  }

  Status readDimension(const json &value, const std::string &at, TensorInfo &tensor) {
    if (value.is_string()) {
      DimExpr expr;
      std::string problem;
      if (!DimExpr::parse(value.get_ref<const std::string &>(), names, expr, problem))
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

  Status readRange(const json &range, const std::string &at, TensorInfo &tensor) {
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

  const json &object;
  std::string path;
  EntryInfo &entry;
  std::vector<std::string> names;
};

} // namespace

size_t EntryInfo::stateCount() const {
  return static_cast<size_t>(
      std::count_if(inputs.begin(), inputs.end(), [](const TensorInfo &t) { return t.isState; }));
}

Status Manifest::parse(std::string_view text, Manifest &manifest) {
  json root = json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
  if (!root.is_object())
    return Status(HEDDLE_CORRUPT, "manifest, expected a JSON object but got malformed JSON");
  if (member(root, "format") != kManifestFormat)
    return mismatch(HEDDLE_INCOMPATIBLE, "manifest format", std::to_string(kManifestFormat),
                    member(root, "format").dump());
  const json &target = member(root, "target");
  if (member(target, "triple").is_string())
    manifest.targetTriple = target["triple"].get<std::string>();
  readOptionalTexts(member(target, "features"), manifest.targetFeatures);
  const json &kernels = member(root, "kernels");
  for (size_t i = 0; kernels.is_array() && i < kernels.size(); ++i) {
    const json &name = member(kernels[i], "name");
    manifest.kernels.push_back(name.is_string() ? name.get<std::string>() : "kernel " + std::to_string(i));
  }
  const json &entries = member(root, "entries");
  if (!entries.is_array())
    return bad("/entries", "a list", entries);
  manifest.entries.resize(entries.size());
  for (size_t i = 0; i < entries.size(); ++i)
    if (Status status = EntryReader(entries[i], "/entries/" + std::to_string(i), manifest.entries[i]).read(); !status)
      return status;
  return {};
}

} // namespace heddle::runtime
