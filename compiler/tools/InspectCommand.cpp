// heddle inspect: what a model or a package consists of.
#include "compiler/pipeline/Contracts.h"
#include "compiler/pipeline/ImportModel.h"
#include "compiler/tools/Commands.h"
#include "compiler/tools/Options.h"
#include "compiler/tools/StatePairText.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

#include <CLI/CLI.hpp>
#include <map>

namespace json = llvm::json;

namespace heddle {
namespace {

std::string text(const json::Object &object, llvm::StringRef key) { return object.getString(key).value_or("").str(); }

std::string shapeText(const json::Object &tensor) {
  std::string result;
  for (const json::Value &dim : *tensor.getArray("shape"))
    result += (dim.getAsString() ? dim.getAsString()->str() : std::to_string(*dim.getAsInteger())) + " x ";
  return result + text(tensor, "type");
}

/// How late an output of a step comes, where some of them do.
std::string latencyText(const json::Object &tensor) {
  std::optional<int64_t> latency = tensor.getInteger("latency");
  return latency ? llvm::formatv(", {0} token{1} late", *latency, *latency == 1 ? "" : "s").str() : "";
}

void printTensors(llvm::StringRef title, const json::Array &tensors) {
  for (const json::Value &value : tensors) {
    const json::Object &tensor = *value.getAsObject();
    llvm::outs() << llvm::formatv("  {0,-8}{1}: {2}{3}\n", title, text(tensor, "name"), shapeText(tensor),
                                  latencyText(tensor));
  }
}

void printEntries(const json::Object &manifest) {
  for (const json::Value &value : *manifest.getArray("entries")) {
    const json::Object &entry = *value.getAsObject();
    llvm::outs() << "entry " << text(entry, "name") << "\n";
    if (std::optional<int64_t> block = entry.getInteger("block"))
      llvm::outs() << "  block   " << *block << " tokens come together\n";
    printTensors("input", *entry.getArray("inputs"));
    printTensors("output", *entry.getArray("outputs"));
    for (const std::string &line : statePairLines(entry))
      llvm::outs() << "  " << line << "\n";
    if (const json::Object *memory = entry.getObject("memory"); memory->get("peak"))
      llvm::outs() << "  memory  " << text(*memory, "peak") << " bytes\n";
    if (const json::Object *memory = entry.getObject("memory"); memory->get("states"))
      llvm::outs() << "  states  " << text(*memory, "states") << " bytes of it\n";
    if (const json::Object *cost = entry.getObject("cost"))
      llvm::outs() << "  flops   " << text(*cost, "flops") << "\n";
  }
}

/// Equal mixers (the layers of a stack) are one line with a count.
void printMixers(const json::Object &manifest) {
  using Found = std::pair<int, std::string>;
  llvm::MapVector<std::string, Found, std::map<std::string, unsigned>> kinds;
  for (const json::Value &value : *manifest.getArray("mixers")) {
    const json::Object &mixer = *value.getAsObject();
    std::string kind =
        llvm::formatv("support {0}, transport {1}, score {2}, {3}, {4}", text(mixer, "support"),
                      text(mixer, "transport"), text(mixer, "score"), text(mixer, "norm"), text(mixer, "form"));
    auto &[count, first] = kinds[kind];
    if (count++ == 0)
      first = text(mixer, "location");
  }
  for (auto &[kind, found] : kinds)
    llvm::outs() << llvm::formatv("mixer {0} x {1}\n      first at {2}\n", found.first, kind, found.second);
}

void printManifest(const json::Object &manifest) {
  const json::Object &target = *manifest.getObject("target");
  llvm::outs() << llvm::formatv("model {0}, made by {1} for {2}\n", text(manifest, "model"), text(manifest, "producer"),
                                text(target, "cpu"));
  printEntries(manifest);
  printMixers(manifest);
  llvm::outs() << llvm::formatv("loops left {0}, unsupported operators {1}, kernels {2}, constants {3} bytes\n",
                                *manifest.getInteger("loops"), manifest.getArray("unsupported")->size(),
                                manifest.getArray("kernels")->size(),
                                *manifest.getObject("constants")->getInteger("bytes"));
}

/// What there is to say about a model, and whether it compiles.
struct Description {
  std::string manifest;
  bool compiles = true;
};

std::optional<Description> describe(const ToolOptions &options, ToolContext &tool) {
  if (llvm::StringRef(options.model).ends_with(".heddle")) {
    std::optional<LoadedModel> package = loadPackage(options);
    return package ? std::optional(Description{package->runner->manifest()}) : std::nullopt;
  }
  ImportOptions keep = options.import;
  keep.keepUnsupported = true;
  auto module = importModel(options.model, &tool.mlir(), keep);
  if (!module)
    return std::nullopt;
  Description description;
  description.compiles = succeeded(checkImport(*module));
  if (!description.compiles)
    return succeeded(describeModule(*module, options.compile, description.manifest)) ? std::optional(description)
                                                                                     : std::nullopt;
  CompiledModel compiled;
  if (!tool.compile(*module, compiled))
    return std::nullopt;
  description.manifest = std::move(compiled.manifest);
  return description;
}

int inspect(const ToolOptions &options, bool asJson) {
  ToolContext tool(options);
  std::optional<Description> description = describe(options, tool);
  if (!description)
    return 1;
  int exitCode = description->compiles ? 0 : 1;
  if (asJson) {
    llvm::outs() << description->manifest << "\n";
    return exitCode;
  }
  llvm::Expected<json::Value> parsed = json::parse(description->manifest);
  if (!parsed)
    return tool.console.error("manifest: " + llvm::toString(parsed.takeError()));
  printManifest(*parsed->getAsObject());
  return exitCode;
}

} // namespace

void addInspectCommand(CLI::App &app, int &exitCode) {
  auto options = std::make_shared<ToolOptions>();
  auto asJson = std::make_shared<bool>(false);
  CLI::App *command = app.add_subcommand("inspect", "show mixers, entries, memory and kernels of a model or a package");
  addModelOptions(*command, *options);
  command->add_flag("--json", *asJson, "print JSON");
  command->callback([=, &exitCode] { exitCode = inspect(*options, *asJson); });
}

} // namespace heddle
