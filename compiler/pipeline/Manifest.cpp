#include "compiler/pipeline/Manifest.h"

#include "compiler/pipeline/CostModel.h"
#include "compiler/pipeline/ManifestEntry.h"
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
}

/// Those over tokens that are no mixers; a step that is derived later has loops of its own.
void ManifestBuilder::countLoops(ModuleOp module) {
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
    countLoops(module);
  if (phase == "raise" || phase == "stream")
    readEntries(module); // loops have become mixers and lengths symbols; steps have been added
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
