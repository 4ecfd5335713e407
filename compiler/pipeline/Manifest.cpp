#include "compiler/pipeline/Manifest.h"

#include "compiler/pipeline/CostModel.h"
#include "compiler/target/cpu/EmitObject.h"
#include "dialects/mixer/Mixer.h"
#include "passes/lower/MemoryFormula.h"
#include "passes/lower/Names.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/TargetParser/Host.h"

using namespace mlir;
namespace json = llvm::json;

namespace heddle {
namespace {

llvm::SmallVector<llvm::StringRef> readSymbols(Operation *func) {
  llvm::SmallVector<llvm::StringRef> names;
  if (auto symbols = func->getAttrOfType<ArrayAttr>(kSymbolsAttr))
    for (Attribute name : symbols)
      names.push_back(cast<StringAttr>(name).getValue());
  return names;
}

/// Element type as the runtime names it.
std::string typeName(Type type) {
  if (type.isInteger(1))
    return "bool";
  // Elements narrower than a byte have one each.
  if (isa<Float4E2M1FNType>(type))
    return "u8";
  if (auto integer = dyn_cast<IntegerType>(type))
    return (integer.isUnsigned() ? "u" : "i") + std::to_string(std::max(8u, integer.getWidth()));
  std::string text;
  llvm::raw_string_ostream(text) << type;
  return text;
}

json::Array shapeToJson(ShapedType type, AffineMap map, llvm::ArrayRef<llvm::StringRef> symbols) {
  json::Array shape;
  for (auto [index, size] : llvm::enumerate(type.getShape())) {
    if (!ShapedType::isDynamic(size))
      shape.push_back(size);
    else
      shape.push_back(printSize(map.getResult(index), symbols));
  }
  return shape;
}

json::Object tensorToJson(Type type, DictionaryAttr attrs, llvm::StringRef fallback,
                          llvm::ArrayRef<llvm::StringRef> symbols) {
  auto shaped = cast<ShapedType>(type);
  auto name = attrs ? attrs.getAs<StringAttr>("heddle.name") : nullptr;
  auto map = attrs ? attrs.getAs<AffineMapAttr>(kShapeAttr) : nullptr;
  Type element = shaped.getElementType();
  if (auto declared = attrs ? attrs.getAs<TypeAttr>("heddle.type") : nullptr)
    element = declared.getValue();
  json::Object tensor{{"name", name ? name.getValue().str() : fallback.str()},
                      {"type", typeName(element)},
                      {"shape", shapeToJson(shaped, map ? map.getValue() : AffineMap(), symbols)}};
  if (auto range = attrs ? attrs.getAs<DenseI64ArrayAttr>("heddle.range") : nullptr)
    tensor["range"] = json::Array{range[0], range[1]};
  return tensor;
}

AffineExpr tensorBytes(Type type, DictionaryAttr attrs) {
  auto shaped = cast<ShapedType>(type);
  auto map = attrs ? attrs.getAs<AffineMapAttr>(kShapeAttr) : nullptr;
  AffineExpr bytes = getAffineConstantExpr(llvm::divideCeil(shaped.getElementTypeBitWidth(), 8), type.getContext());
  for (auto [index, size] : llvm::enumerate(shaped.getShape()))
    bytes = bytes * (ShapedType::isDynamic(size) ? map.getValue().getResult(index)
                                                 : getAffineConstantExpr(size, type.getContext()));
  return bytes;
}

/// Bytes of all inputs and outputs.
AffineExpr tensorBytes(func::FuncOp func) {
  AffineExpr bytes = getAffineConstantExpr(0, func.getContext());
  for (auto [index, input] : llvm::enumerate(func.getArgumentTypes()))
    bytes = bytes + tensorBytes(input, func.getArgAttrDict(index));
  for (auto [index, output] : llvm::enumerate(func.getResultTypes()))
    bytes = bytes + tensorBytes(output, func.getResultAttrDict(index));
  return bytes;
}

/// Lengths that a trace has frozen, and nodes that only make sense at them.
json::Array frozenToJson(ArrayAttr frozen) {
  json::Array lengths;
  for (auto length : frozen.getAsRange<DictionaryAttr>()) {
    json::Array nodes;
    for (auto node : length.getAs<ArrayAttr>("locations").getAsRange<StringAttr>())
      nodes.push_back(node.getValue());
    lengths.push_back(json::Object{{"size", length.getAs<IntegerAttr>("size").getInt()}, {"nodes", std::move(nodes)}});
  }
  return lengths;
}

json::Object entryToJson(func::FuncOp func) {
  llvm::SmallVector<llvm::StringRef> symbols = readSymbols(func);
  json::Array symbolList, inputs, outputs;
  auto ranges = func->getAttrOfType<DenseI64ArrayAttr>("heddle.symbol_ranges");
  for (auto [index, name] : llvm::enumerate(symbols)) {
    json::Object symbol{{"name", name.str()}, {"min", ranges ? ranges[2 * index] : 1}};
    if (ranges && ranges[2 * index + 1] != std::numeric_limits<int64_t>::max())
      symbol["max"] = ranges[2 * index + 1];
    symbolList.push_back(std::move(symbol));
  }
  FunctionType type = func.getFunctionType();
  for (auto [index, input] : llvm::enumerate(type.getInputs()))
    inputs.push_back(tensorToJson(input, func.getArgAttrDict(index), "input" + std::to_string(index), symbols));
  for (auto [index, output] : llvm::enumerate(type.getResults()))
    outputs.push_back(tensorToJson(output, func.getResultAttrDict(index), "output" + std::to_string(index), symbols));
  json::Object entry{{"name", func.getName().str()},
                     {"symbol", "heddle_entry_" + func.getName().str()},
                     {"plan", "heddle_plan_" + func.getName().str()},
                     {"symbols", std::move(symbolList)},
                     {"inputs", std::move(inputs)},
                     {"outputs", std::move(outputs)},
                     {"memory", json::Object{{"tensors", printSize(tensorBytes(func), symbols)}}}};
  if (auto defaults = func->getAttrOfType<DenseI64ArrayAttr>("heddle.defaults"))
    entry["defaults"] = json::Array(llvm::ArrayRef<int64_t>(defaults));
  if (auto frozen = func->getAttrOfType<ArrayAttr>("heddle.frozen_length"))
    entry["frozen"] = frozenToJson(frozen);
  return entry;
}

/// `#mixer.window<left = 4, right = 0>` as `window<left = 4, right = 0>`.
std::string slotText(Attribute attr) {
  std::string text;
  llvm::raw_string_ostream(text) << attr;
  llvm::StringRef trimmed(text);
  trimmed.consume_front("#mixer.");
  return trimmed.str();
}

std::string locationText(Location location) {
  if (auto file = location->findInstanceOf<FileLineColLoc>()) {
    std::string text = file.getFilename().str();
    return file.getLine() ? text + ":" + std::to_string(file.getLine()) : text;
  }
  std::string text;
  llvm::raw_string_ostream(text) << location;
  return text;
}

json::Object mixerToJson(mixer::MixOp mix) {
  return json::Object{
      {"location", locationText(mix.getLoc())},    {"entry", mix->getParentOfType<func::FuncOp>().getName().str()},
      {"layout", slotText(mix.getLayoutAttr())},   {"support", slotText(mix.getSupport())},
      {"transport", slotText(mix.getTransport())}, {"score", slotText(mix.getScore())},
      {"norm", slotText(mix.getNorm())},           {"form", slotText(mix.getFormAttr())}};
}

} // namespace

ManifestBuilder::ManifestBuilder(ModuleOp module) : modelName(module.getName().value_or("model").str()) {
  readEntries(module);
  llvm::SetVector<llvm::StringRef> names;
  module.walk([&](mixer::UnsupportedOp kept) { names.insert(kept.getOperatorName()); });
  for (llvm::StringRef name : names)
    unsupported.push_back(name.str());
}

void ManifestBuilder::readEntries(ModuleOp module) {
  entries.clear();
  for (auto func : module.getOps<func::FuncOp>())
    if (func.isPublic())
      entries.push_back(entryToJson(func));
  loops = 0;
  module.walk([&](Operation *op) { loops += isa<scf::ForOp, scf::WhileOp>(op); });
}

json::Object &ManifestBuilder::entry(llvm::StringRef name) {
  for (json::Value &value : entries)
    if (value.getAsObject()->getString("name") == name)
      return *value.getAsObject();
  llvm_unreachable("an entry neither appears nor disappears after import");
}

void ManifestBuilder::observe(ModuleOp module, llvm::StringRef phase) {
  if (phase == "raise")
    readEntries(module); // loops have become mixers, and lengths symbols
  else if (phase == "form")
    readMixers(module);
  else if (phase == "bufferize")
    readCosts(module);
  else if (phase == "lower")
    readMemory(module), readKernels(module);
}

void ManifestBuilder::readMixers(ModuleOp module) {
  module.walk([&](mixer::MixOp mix) { mixers.push_back(mixerToJson(mix)); });
}

void ManifestBuilder::readCosts(ModuleOp module) {
  for (auto func : module.getOps<func::FuncOp>()) {
    if (!func.isPublic())
      continue;
    EntryCost cost = costOf(func);
    llvm::SmallVector<llvm::StringRef> symbols = readSymbols(func);
    entry(func.getName())["cost"] =
        json::Object{{"flops", printSize(cost.flops, symbols)}, {"bytes", printSize(cost.bytes, symbols)}};
  }
}

void ManifestBuilder::readKernels(ModuleOp module) {
  auto names = module->getAttrOfType<ArrayAttr>(kKernelsAttr);
  for (Attribute name : names ? names.getValue() : llvm::ArrayRef<Attribute>())
    kernels.push_back(json::Object{{"name", cast<StringAttr>(name).getValue().str()}});
}

void ManifestBuilder::readMemory(ModuleOp module) {
  for (json::Value &value : entries) {
    json::Object &object = *value.getAsObject();
    Operation *symbol = module.lookupSymbol(*object.getString("symbol"));
    if (auto formula = symbol ? symbol->getAttrOfType<StringAttr>(kMemoryAttr) : nullptr)
      (*object.getObject("memory"))["arena"] = formula.getValue().str();
  }
}

/// All that a run keeps in memory: arena, inputs and outputs, constants.
static void addPeak(json::Object &memory, uint64_t constantBytes) {
  if (!memory.get("arena"))
    return;
  std::string peak;
  for (llvm::StringRef part : {"arena", "tensors"})
    if (auto formula = memory.getString(part).value_or("0"); formula != "0")
      peak += (formula + " + ").str();
  memory["peak"] = peak + std::to_string(constantBytes);
}

std::string ManifestBuilder::finish(const CompileOptions &options, uint64_t constantBytes) {
  bool native = options.cpu == "native";
  for (json::Value &entry : entries)
    addPeak(*entry.getAsObject()->getObject("memory"), constantBytes);
  json::Object manifest{{"format", 1},
                        {"producer", "heddle " HEDDLE_VERSION},
                        {"model", modelName},
                        {"target", json::Object{{"triple", llvm::sys::getDefaultTargetTriple()},
                                                {"cpu", native ? llvm::sys::getHostCPUName().str() : options.cpu},
                                                {"features", json::Array(cpuFeatures(options.cpu))}}},
                        {"entries", std::move(entries)},
                        {"mixers", std::move(mixers)},
                        {"kernels", std::move(kernels)},
                        {"loops", loops},
                        {"unsupported", std::move(unsupported)},
                        {"constants", json::Object{{"bytes", int64_t(constantBytes)}}}};
  return llvm::formatv("{0}", json::Value(std::move(manifest))).str();
}

} // namespace heddle
