// The order of the nodes of each graph: every value is defined once and before it is read. Files should already be in
// such an order, not all are. A graph inside of an attribute may read the values of the graphs around it.
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

class GraphSorter {
public:
  GraphSorter(Model &model, Graph &graph, ArrayRef<const Definitions *> around, MLIRContext *context)
      : model(model), graph(graph), around(around.begin(), around.end()), context(context) {}

  bool sort();

private:
  bool define(StringRef value, int node, Location loc);
  bool collectDefinitions();
  bool isDefined(StringRef value) const;
  bool checkReads();
  void reportCycle(const llvm::BitVector &placed);
  std::optional<int> definingNode(StringRef value) const;
  std::vector<int> definitionsReadBy(int node) const;
  bool sortSubgraphs();

  Model &model;
  Graph &graph;
  SmallVector<const Definitions *> around; // of the graphs outside
  MLIRContext *context;
  Definitions definitions;
  std::vector<std::vector<int>> reads; // per node: the nodes that it reads from
};
} // namespace

bool GraphSorter::define(StringRef value, int node, Location loc) {
  if (definitions.insert({value, node}).second)
    return true;
  emitError(loc) << "value '" << value << "' is defined twice, expected distinct names";
  return false;
}

// Names of the model's inputs and outputs enter the manifest: text, and each once.
static bool checkBoundaryNames(const Model &model, MLIRContext *context) {
  for (auto [kind, list] : {std::pair("input", &model.graph.inputs), std::pair("output", &model.graph.outputs)}) {
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

bool GraphSorter::collectDefinitions() {
  bool ok = true;
  for (const auto &initializer : graph.initializers)
    definitions.insert({initializer.first(), outside});
  for (const ValueInfoProto *input : graph.inputs)
    ok &= define(input->name(), outside, model.location(input->name(), context));
  for (auto [index, node] : llvm::enumerate(graph.proto->node()))
    for (const std::string &output : node.output())
      if (!output.empty())
        ok &= define(output, index, model.location(node, context));
  return ok;
}

bool GraphSorter::isDefined(StringRef value) const {
  return definitions.contains(value) ||
         llvm::any_of(around, [&](const Definitions *outer) { return outer->contains(value); });
}

bool GraphSorter::checkReads() {
  bool ok = true;
  for (const NodeProto &node : graph.proto->node())
    for (auto [index, input] : llvm::enumerate(node.input()))
      if (!input.empty() && !isDefined(input)) {
        emitError(model.location(node, context)) << node.op_type() << ": input " << index << " is value '" << input
                                                 << "', which no node, input or initialiser defines";
        ok = false;
      }
  for (const ValueInfoProto *output : graph.outputs)
    if (!isDefined(output->name())) {
      emitError(model.location(output->name(), context))
          << "output '" << output->name() << "', which no node, input or initialiser defines";
      ok = false;
    }
  return ok;
}

// Names of the nodes around one cycle among those that are left: following a definition that is left ends in a cycle.
void GraphSorter::reportCycle(const llvm::BitVector &placed) {
  const auto &nodes = graph.proto->node();
  std::vector<int> path;
  int current = placed.find_first_unset();
  while (!llvm::is_contained(path, current)) {
    path.push_back(current);
    current = *llvm::find_if(reads[current], [&](int definition) { return !placed.test(definition); });
  }
  path.erase(path.begin(), llvm::find(path, current));
  std::vector<std::string> names;
  for (int node : path)
    names.push_back("'" + (nodes[node].name().empty() ? nodes[node].output(0) : nodes[node].name()) + "'");
  emitError(model.location(nodes[current], context))
      << "nodes form a cycle, expected none: " << llvm::join(llvm::reverse(names), " -> ");
}

std::optional<int> GraphSorter::definingNode(StringRef value) const {
  auto found = definitions.find(value);
  if (found == definitions.end() || found->second == outside)
    return std::nullopt;
  return found->second;
}

// Names that the graph reads and does not define itself.
static void collectFreeNames(const GraphProto &graph, llvm::StringSet<> &names) {
  llvm::StringSet<> read, defined;
  for (const NodeProto &node : graph.node()) {
    for (const std::string &input : node.input())
      read.insert(input);
    for (const std::string &output : node.output())
      defined.insert(output);
    for (const GraphProto *inner : attributeGraphs(node))
      collectFreeNames(*inner, read);
  }
  for (const ValueInfoProto &output : graph.output())
    read.insert(output.name());
  for (const ValueInfoProto &input : graph.input())
    defined.insert(input.name());
  for (const TensorProto &initializer : graph.initializer())
    defined.insert(initializer.name());
  for (const auto &name : read)
    if (!defined.contains(name.getKey()))
      names.insert(name.getKey());
}

std::vector<int> GraphSorter::definitionsReadBy(int index) const {
  const NodeProto &node = graph.proto->node(index);
  std::vector<int> result;
  for (const std::string &input : node.input())
    if (std::optional<int> definition = definingNode(input))
      result.push_back(*definition);
  llvm::StringSet<> captured;
  for (const GraphProto *inner : attributeGraphs(node))
    collectFreeNames(*inner, captured);
  for (const auto &name : captured)
    if (std::optional<int> definition = definingNode(name.getKey()))
      result.push_back(*definition);
  return result;
}

bool GraphSorter::sortSubgraphs() {
  SmallVector<const Definitions *> inner = around;
  inner.push_back(&definitions);
  for (const NodeProto &node : graph.proto->node())
    for (const GraphProto *subgraph : attributeGraphs(node))
      if (!GraphSorter(model, model.subgraphs.at(subgraph), inner, context).sort())
        return false;
  return true;
}

bool GraphSorter::sort() {
  if (!collectDefinitions() || !checkReads())
    return false;
  int count = graph.proto->node_size();
  std::vector<int> missing(count, 0); // reads whose definition is not placed yet
  std::vector<std::vector<int>> readers(count);
  for (int index = 0; index < count; ++index) {
    reads.push_back(definitionsReadBy(index));
    missing[index] = reads[index].size();
    for (int definition : reads[index])
      readers[definition].push_back(index);
  }
  // The file's order is kept where it is one: the ready node with the smallest index comes first.
  std::priority_queue<int, std::vector<int>, std::greater<int>> ready;
  for (int index = 0; index < count; ++index)
    if (missing[index] == 0)
      ready.push(index);
  llvm::BitVector placed(count);
  while (!ready.empty()) {
    int index = ready.top();
    ready.pop();
    placed.set(index);
    graph.nodes.push_back(&graph.proto->node(index));
    for (int reader : readers[index])
      if (--missing[reader] == 0)
        ready.push(reader);
  }
  if (placed.all())
    return sortSubgraphs();
  reportCycle(placed);
  return false;
}

bool orderNodes(Model &model, MLIRContext *context) {
  return checkBoundaryNames(model, context) && GraphSorter(model, model.graph, {}, context).sort();
}

} // namespace heddle::onnx
