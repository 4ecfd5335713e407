#include "runtime/core/Checked.h"
#include "runtime/core/ManifestJson.h"
#include <algorithm>

namespace heddle::runtime {

namespace {

constexpr int kManifestFormat = 1;

/// A text or a list of texts; anything else, also nothing, leaves `list` as it is.
void readOptionalTexts(const json &values, std::vector<std::string> &list) {
  if (!values.is_array())
    return;
  for (const json &value : values)
    if (value.is_string())
      list.push_back(value.get<std::string>());
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

  /// What only a step has. The states are the last inputs and the last outputs, of equal names and types; the positions
  /// of the rows are the first of them.
  Status readStream() {
    for (auto [key, index] : {std::pair<const char *, int *>{"tokens", &entry.tokens},
                              {"capacity", &entry.capacity},
                              {"ring", &entry.ring}})
      if (Status status = readSymbolName(key, *index); !status)
        return status;
    for (auto [key, number] : {std::pair<const char *, int64_t *>{"positions", &entry.positions},
                               {"block", &entry.block},
                               {"ring_tokens", &entry.ringTokens}})
      if (const json &value = member(object, key); !value.is_null())
        if (Status status = readInteger(value, path + "/" + key, *number); !status)
          return status;
    if (entry.block < 1)
      return bad(path + "/block", "at least 1", member(object, "block"));
    if (Status status = readFlag(member(object, "caller_places"), path + "/caller_places", entry.callerPlaces); !status)
      return status;
    if (Status status = readLatency(member(object, "latency"), path + "/latency", entry.latency); !status)
      return status;
    size_t count = entry.stateCount(), inputs = entry.inputs.size(), outputs = entry.outputs.size();
    bool fits = count <= outputs && (count == 0 || (entry.tokens >= 0 && isPositions(entry.inputs[inputs - count])));
    for (size_t i = 1; fits && i <= count; ++i) {
      const TensorInfo &in = entry.inputs[inputs - i], &out = entry.outputs[outputs - i];
      fits = in.isState && in.name == out.name && in.dtype == out.dtype &&
             (in.grows ? in.exprs.size() == out.exprs.size() : in.dimensions == out.dimensions);
    }
    if (!fits)
      return bad(path, "the states as the last inputs and outputs, and the symbol 'tokens'", object);
    if (Status status = checkRing(inputs - count, count); !status)
      return status;
    if (Status status = checkEnd(inputs - count); !status)
      return status;
    if (Status status = checkAppends(inputs - count); !status)
      return status;
    return checkGrowth();
  }

  /// A step with rings has a symbol of its own for their places, and counts them in its second state.
  Status checkRing(size_t positions, size_t count) {
    bool hasPlaces = count >= 2 && isPositions(entry.inputs[positions + 1]) && !entry.inputs[positions + 1].isEnd &&
                     entry.inputs[positions + 1].dimensions == entry.inputs[positions].dimensions;
    bool isOwn = entry.ring != entry.tokens && entry.ring != entry.capacity &&
                 (count == 0 || entry.ring != entry.inputs[positions].exprs[0].plainSymbol());
    if (entry.ring < 0 || (isOwn && hasPlaces && entry.ringTokens >= 1))
      return {};
    return bad(path + "/ring", "a symbol of its own, 'ring_tokens' of at least 1, and places as the second state",
               object);
  }

  /// A step whose outputs come late has one state with the ends of the rows, like the positions.
  Status checkEnd(size_t positions) {
    int64_t ends = 0;
    for (const TensorInfo &in : entry.inputs)
      if (in.isEnd && isPositions(in) && in.dimensions == entry.inputs[positions].dimensions)
        ++ends;
      else if (in.isEnd)
        ends = 2;
    bool fits = ends == (entry.latency > 0 ? 1 : 0) && entry.latency % entry.block == 0;
    for (const TensorInfo &out : entry.outputs)
      fits = fits && out.latency <= mostLate(out);
    return fits ? Status() : bad(path, "a latency, the largest of an output, and one state of ends", object);
  }

  /// The elements of an output that the entry's latency is, or its tokens where the output has none.
  int64_t mostLate(const TensorInfo &out) const {
    int64_t most = entry.latency;
    for (const DimExpr &size : out.exprs)
      if (int64_t rate = size.multipleOf(entry.tokens); rate && mulOverflows(entry.latency / entry.block, rate, most))
        return INT64_MAX;
    return most;
  }

  static bool isPositions(const TensorInfo &tensor) {
    return tensor.isState && tensor.dtype == io::DType::I64 && tensor.exprs.size() == 1;
  }

  /// Whether a capacity limits the positions.
  bool isLimited() const { return entry.capacity >= 0 && !entry.callerPlaces; }

  /// What is appended to has the rows and the capacity in front, or the places of a ring.
  Status checkAppends(size_t positions) {
    for (size_t i = 0; i < entry.inputs.size(); ++i) {
      TensorInfo &in = entry.inputs[i];
      bool isRing = in.exprs.size() >= 2 && entry.ring >= 0 && in.exprs[1].plainSymbol() == entry.ring;
      bool isCapacity = in.exprs.size() >= 2 && isLimited() && in.exprs[1].multipleOf(entry.capacity) > 0;
      bool fits = in.isState && (isCapacity || isRing) &&
                  in.exprs[0].plainSymbol() == entry.inputs[positions].exprs[0].plainSymbol();
      if (in.appends && !fits)
        return bad(path + "/inputs/" + std::to_string(i) + "/append", "a state of rows and places",
                   member(object, "inputs")[i]);
      if (in.appends && isRing)
        in.ring = entry.ringTokens;
    }
    return {};
  }

  /// What grows has one dimension for its tokens, the capacity, behind the first state.
  Status checkGrowth() {
    for (size_t i = 0; i < entry.inputs.size(); ++i) {
      const TensorInfo &in = entry.inputs[i];
      auto isCapacity = [&](const DimExpr &size) { return size.plainSymbol() == entry.capacity; };
      bool fits =
          in.isState && !in.appends && isLimited() && std::count_if(in.exprs.begin(), in.exprs.end(), isCapacity) == 1;
      if (in.grows && !fits)
        return bad(path + "/inputs/" + std::to_string(i) + "/grows", "a state with one dimension of the capacity",
                   member(object, "inputs")[i]);
    }
    return {};
  }

  Status readTensors(const char *key, std::vector<TensorInfo> &tensors) {
    const json &list = member(object, key);
    if (!list.is_array())
      return bad(path + "/" + key, "a list", list);
    for (size_t i = 0; i < list.size(); ++i) {
      tensors.emplace_back();
      if (Status status = readTensor(list[i], path + "/" + key + "/" + std::to_string(i), names, tensors.back());
          !status)
        return status;
    }
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
