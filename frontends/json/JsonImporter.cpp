#include "frontends/json/JsonImporter.h"
#include "dialects/mixer/Mixer.h"
#include "frontends/json/Blocks.h"
#include "frontends/json/Text.h"
#include "llvm/Support/Path.h"
#include <nlohmann/json.hpp>

using namespace mlir;

namespace heddle {
namespace json {
namespace {

constexpr int64_t kFormatVersion = 1;

struct InputDescription {
  std::string name, pointer;
  std::vector<std::pair<std::string, int64_t>> shape; // a symbol, or "" and a size
  std::string dtype;
  std::optional<std::pair<int64_t, int64_t>> range;
};

// The whole file, checked but not yet built.
struct Description {
  std::string name, output, dtype;
  std::vector<std::string> symbols;
  std::vector<int64_t> defaults;  // of each symbol; empty without the key
  std::vector<int64_t> multiples; // of each symbol: what blocks want it to be divisible by
  std::vector<InputDescription> inputs;
  Build blocks;

  // The symbols of the entry: a quarter of T takes its place where T must be divisible by 4.
  std::vector<std::string> entrySymbols() const {
    std::vector<std::string> names;
    for (auto [symbol, multiple] : llvm::zip_equal(symbols, multiples))
      names.push_back(multiple == 1 ? symbol : symbol + "_by_" + std::to_string(multiple));
    return names;
  }
};

const std::vector<std::string> kFloatTypes = {"bf16", "f16", "f32"};
const std::vector<std::string> kInputTypes = {"bf16", "f16", "f32", "i32", "i64"};

Type parseType(MLIRContext *ctx, StringRef name) {
  Builder b(ctx);
  return name == "bf16"  ? Type(b.getBF16Type())
         : name == "f16" ? Type(b.getF16Type())
         : name == "i32" ? Type(b.getI32Type())
         : name == "i64" ? Type(b.getI64Type())
                         : Type(b.getF32Type());
}

std::vector<std::string> readSymbols(ObjectReader &r) {
  std::vector<std::string> symbols;
  const nlohmann::json *list = r.array("symbols", false);
  for (size_t i = 0; list && i < list->size(); ++i) {
    const nlohmann::json &value = (*list)[i];
    std::string place = r.at("symbols") + "/" + std::to_string(i);
    if (!value.is_string() || !isIdentifier(value.get<std::string>()))
      r.reporter.error(place, "expected a name of letters, digits and '_' but got " + describeValue(value));
    else if (llvm::is_contained(symbols, value.get<std::string>()))
      r.reporter.error(place, "symbol " + describeValue(value) + " is listed twice, expected it once");
    else
      symbols.push_back(value.get<std::string>());
  }
  return symbols;
}

void readShape(ObjectReader &r, const Description &model, InputDescription &input) {
  const nlohmann::json *list = r.array("shape", true);
  for (size_t i = 0; list && i < list->size(); ++i) {
    const nlohmann::json &value = (*list)[i];
    bool isSymbol = value.is_string() && llvm::is_contained(model.symbols, value.get<std::string>());
    bool isSize = value.is_number_unsigned() && value.get<uint64_t>() >= 1 &&
                  value.get<uint64_t>() <= static_cast<uint64_t>(kSize.high);
    if (isSymbol)
      input.shape.push_back({value.get<std::string>(), 0});
    else if (isSize)
      input.shape.push_back({"", value.get<int64_t>()});
    else
      r.reporter.error(r.at("shape") + "/" + std::to_string(i),
                       "expected one of the symbols (" + listNames(model.symbols) + ") or an integer from 1 to " +
                           Twine(kSize.high) + " but got " + describeValue(value) +
                           (value.is_string() ? didYouMean(value.get<std::string>(), model.symbols) : ""));
  }
  if (list && (list->empty() || list->size() > 8))
    r.error("shape", "expected 1 to 8 dimensions but got " + Twine(list->size()));
}

void readInputs(ObjectReader &model, Description &description) {
  const nlohmann::json *list = model.array("inputs", true);
  if (list && list->empty())
    model.error("inputs", "expected at least one input but got none");
  for (size_t i = 0; list && i < list->size(); ++i) {
    InputDescription input;
    input.pointer = model.at("inputs") + "/" + std::to_string(i);
    ObjectReader r(model.reporter, (*list)[i], input.pointer);
    if (!r.valid())
      continue;
    input.name = r.text("name");
    if (!input.name.empty() && !isIdentifier(input.name))
      r.error("name", "expected a name of letters, digits and '_' but got '" + input.name + "'");
    for (const InputDescription &other : description.inputs)
      if (other.name == input.name)
        r.error("name", "input '" + input.name + "' is listed twice, expected it once");
    readShape(r, description, input);
    input.dtype = r.choice("dtype", kInputTypes, description.dtype);
    std::vector<int64_t> range = r.integers("range", {INT64_MIN, INT64_MAX}, false);
    bool isRange = range.size() == 2 && range[0] < range[1];
    if (isRange)
      input.range = {range[0], range[1]};
    else if (r.has("range"))
      r.error("range", "expected [low, high) with low below high, as in [0, 50257]");
    if (input.range && input.dtype[0] != 'i')
      r.error("range", "expected no range for floats; it bounds integers");
    r.finish();
    description.inputs.push_back(input);
  }
}

// Sizes at which tools run the model when nobody names others; they do not bind it.
void readDefaults(ObjectReader &model, Description &description) {
  const nlohmann::json *value = model.value("defaults");
  if (!value)
    return;
  ObjectReader r(model.reporter, *value, model.at("defaults"));
  if (!r.valid())
    return;
  for (const std::string &symbol : description.symbols)
    description.defaults.push_back(r.integer(symbol, kSize));
  r.finish();
}

Description readModel(ObjectReader &r) {
  Description d;
  int64_t version = r.integer("heddle", {1, 1000000});
  if (version != kFormatVersion)
    r.error("heddle", "expected format version " + Twine(kFormatVersion) + " but got " + Twine(version));
  r.text("description", "");
  d.name = r.text("name", "model");
  d.dtype = r.choice("dtype", kFloatTypes, "f32");
  d.output = r.text("output", "y");
  d.symbols = readSymbols(r);
  d.multiples.assign(d.symbols.size(), 1);
  readInputs(r, d);
  readDefaults(r, d);
  d.blocks = readBlockList(r, "blocks");
  return d;
}

// What passes and tools know of the entry: that its mixers are named (recognition has nothing to look for), the sizes
// that it is run at, and the bounds that blocks set.
void annotateEntry(Model &m, const Description &d) {
  Builder b(m.g.context());
  m.g.function()->setAttr("heddle.named_mixers", b.getUnitAttr());
  std::vector<int64_t> defaults;
  for (size_t symbol = 0; symbol < d.defaults.size(); ++symbol) {
    defaults.push_back(d.defaults[symbol] / d.multiples[symbol]);
    if (d.defaults[symbol] % d.multiples[symbol] != 0)
      m.failAt("/defaults/" + d.symbols[symbol], "expected a multiple of " + Twine(d.multiples[symbol]) +
                                                     ", as blocks want, but got " + Twine(d.defaults[symbol]));
  }
  if (!defaults.empty())
    m.g.function()->setAttr("heddle.defaults", b.getDenseI64ArrayAttr(defaults));
  if (m.symbolLimits().empty())
    return;
  SmallVector<int64_t> ranges;
  for (size_t symbol = 0; symbol < d.symbols.size(); ++symbol)
    ranges.append({1, std::numeric_limits<int64_t>::max()});
  for (auto [symbol, limit] : m.symbolLimits()) {
    ranges[2 * symbol + 1] = limit;
    if (!defaults.empty() && defaults[symbol] > limit)
      m.failAt("/defaults/" + d.symbols[symbol], "expected at most " + Twine(limit * d.multiples[symbol]) +
                                                     " tokens, as blocks allow, but got " + Twine(d.defaults[symbol]));
  }
  m.g.function()->setAttr("heddle.symbol_ranges", b.getDenseI64ArrayAttr(ranges));
}

// Adds inputs, blocks and output to the graph; the same for the trial run and the real one.
void build(Model &m, const Description &d) {
  GraphBuilder &g = m.g;
  Tensor x;
  std::vector<std::string> symbols = d.entrySymbols();
  auto dimOf = [&](const std::string &symbol) {
    size_t number = llvm::find(d.symbols, symbol) - d.symbols.begin();
    return g.dim(symbols[number]) * d.multiples[number];
  };
  for (const InputDescription &input : d.inputs) {
    m.enter(input.pointer);
    Shape shape;
    for (const auto &[symbol, size] : input.shape)
      shape.push_back(symbol.empty() ? g.dim(size) : dimOf(symbol));
    Tensor tensor = g.input(input.name, shape, parseType(g.context(), input.dtype), input.range);
    m.inputs[input.name] = tensor;
    if (!x)
      x = tensor;
  }
  m.outputs.push_back({d.output, {}});
  m.outputs.front().second = m.scoped("blocks", "/blocks", [&] { return d.blocks(m, x); });
  if (m.indivisible())
    return;
  m.enter("/output");
  for (const auto &[name, tensor] : m.outputs)
    g.output(name, tensor);
  annotateEntry(m, d);
}

} // namespace
} // namespace json

OwningOpRef<ModuleOp> importJson(StringRef path, MLIRContext *context, const ImportOptions &) {
  using namespace json;
  context->loadDialect<mixer::MixerDialect>();
  std::string file = llvm::sys::path::filename(path).str();
  Reporter reporter(context, file);
  nlohmann::json tree;
  if (!loadJson(path, reporter, tree))
    return nullptr;
  ObjectReader reader(reporter, tree, "");
  if (!reader.valid())
    return nullptr;
  Description description = readModel(reader);
  std::unique_ptr<WeightSource> weights = readWeightSource(reader, path);
  reader.finish();
  if (reporter.count() || !weights)
    return nullptr;
  // Trial runs make one symbol after the other divisible by what blocks want; the last one finds nothing wrong.
  for (bool isTrial = true;;) {
    GraphBuilder g(context, "forward", description.entrySymbols());
    Model model(g, *weights, parseType(context, description.dtype), file, isTrial);
    build(model, description);
    if (model.indivisible() && !g.hasErrors()) {
      auto [symbol, factor] = *model.indivisible();
      description.multiples[symbol] *= factor;
      continue;
    }
    OwningOpRef<ModuleOp> module = g.finish();
    if (!module)
      return nullptr;
    if (!isTrial) {
      module->setSymName(description.name);
      return module;
    }
    isTrial = false;
  }
}

} // namespace heddle
