// The order of the nodes: every value is defined once and before it is read. Files should already be in such an order,
// not all are.
#include "frontends/onnx/ModelFile.h"
#include "frontends/onnx/onnx_model.pb.h"
#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/JSON.h"
#include <queue>

using namespace mlir;

namespace heddle::onnx {

namespace {
// Index of the node that defines a value, or `outside` for inputs and initialisers.
constexpr int outside = -1;
using Definitions = llvm::StringMap<int>;
} // namespace

static bool define(Definitions &definitions, StringRef value, int node, Location loc) {
  if (definitions.insert({value, node}).second)
    return true;
  emitError(loc) << "value '" << value << "' is defined twice, expected distinct names";
  return false;
}

// Names of inputs and outputs enter the manifest: text, and each once.
static bool checkBoundaryNames(const Model &model, MLIRContext *context) {
  for (auto [kind, list] : {std::pair("input", &model.inputs), std::pair("output", &model.outputs)}) {
    llvm::StringSet<> seen;
    for (const ValueInfoProto *value : *list) {
      if (!value->name().empty() && llvm::json::isUTF8(value->name()) && seen.insert(value->name()).second)
        continue;
      emitError(model.location(llvm::json::fixUTF8(value->name()), context))
          << kind << " name '" << llvm::json::fixUTF8(value->name())
          << "', expected UTF-8 text that is not empty and names one " << kind;
      return false;
    }
  }
  return true;
}

static std::optional<Definitions> collectDefinitions(const Model &model, MLIRContext *context) {
  Definitions definitions;
  bool ok = true;
  for (const auto &initializer : model.initializers)
    definitions.insert({initializer.first(), outside});
  for (const ValueInfoProto *input : model.inputs)
    ok &= define(definitions, input->name(), outside, model.location(input->name(), context));
  for (auto [index, node] : llvm::enumerate(model.proto->graph().node()))
    for (const std::string &output : node.output())
      if (!output.empty())
        ok &= define(definitions, output, index, model.location(node, context));
  if (!ok)
    return std::nullopt;
  return definitions;
}

static bool checkReads(const Model &model, const Definitions &definitions, MLIRContext *context) {
  bool ok = true;
  for (const NodeProto &node : model.proto->graph().node())
    for (auto [index, input] : llvm::enumerate(node.input()))
      if (!input.empty() && !definitions.contains(input)) {
        emitError(model.location(node, context)) << node.op_type() << ": input " << index << " is value '" << input
                                                 << "', which no node, input or initialiser defines";
        ok = false;
      }
  for (const ValueInfoProto *output : model.outputs)
    if (!definitions.contains(output->name())) {
      emitError(model.location(output->name(), context))
          << "output '" << output->name() << "', which no node, input or initialiser defines";
      ok = false;
    }
  return ok;
}

// Names of the nodes around one cycle among those that are left: following a definition that is left ends in a cycle.
static void reportCycle(const Model &model, const Definitions &definitions, const llvm::BitVector &placed,
                        MLIRContext *context) {
  const auto &nodes = model.proto->graph().node();
  std::vector<int> path;
  int current = placed.find_first_unset();
  while (!llvm::is_contained(path, current)) {
    path.push_back(current);
    for (const std::string &input : nodes[current].input()) {
      int definition = input.empty() ? outside : definitions.lookup(input);
      if (definition != outside && !placed.test(definition)) {
        current = definition;
        break;
      }
    }
  }
  path.erase(path.begin(), llvm::find(path, current));
  std::vector<std::string> names;
  for (int node : path)
    names.push_back("'" + (nodes[node].name().empty() ? nodes[node].output(0) : nodes[node].name()) + "'");
  emitError(model.location(nodes[current], context))
      << "nodes form a cycle, expected none: " << llvm::join(llvm::reverse(names), " -> ");
}

bool orderNodes(Model &model, MLIRContext *context) {
  if (!checkBoundaryNames(model, context))
    return false;
  std::optional<Definitions> definitions = collectDefinitions(model, context);
  if (!definitions || !checkReads(model, *definitions, context))
    return false;
  const auto &nodes = model.proto->graph().node();
  std::vector<int> missing(nodes.size(), 0); // inputs whose definition is not placed yet
  std::vector<std::vector<int>> readers(nodes.size());
  for (auto [index, node] : llvm::enumerate(nodes))
    for (const std::string &input : node.input()) {
      int definition = input.empty() ? outside : definitions->lookup(input);
      if (definition == outside)
        continue;
      readers[definition].push_back(index);
      ++missing[index];
    }
  // The file's order is kept where it is one: the ready node with the smallest index comes first.
  std::priority_queue<int, std::vector<int>, std::greater<int>> ready;
  for (int index = 0; index < nodes.size(); ++index)
    if (missing[index] == 0)
      ready.push(index);
  llvm::BitVector placed(nodes.size());
  while (!ready.empty()) {
    int index = ready.top();
    ready.pop();
    placed.set(index);
    model.nodes.push_back(&nodes[index]);
    for (int reader : readers[index])
      if (--missing[reader] == 0)
        ready.push(reader);
  }
  if (placed.all())
    return true;
  reportCycle(model, *definitions, placed, context);
  return false;
}

} // namespace heddle::onnx
