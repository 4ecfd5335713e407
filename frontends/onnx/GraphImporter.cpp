#include "frontends/onnx/GraphImporter.h"
#include "frontends/onnx/NodeReader.h"
#include "frontends/onnx/onnx_model.pb.h"

using namespace mlir;

namespace heddle::onnx {

GraphImporter::GraphImporter(const Model &model, const ImportOptions &options, const FixedSymbols &fixed,
                             InputSizes sizes, MLIRContext *context)
    : model(model), options(options), fixed(fixed), sizes(std::move(sizes)), g(context, "forward", this->sizes.symbols),
      symbolRanges(this->sizes.symbols.size(), Interval{1, std::numeric_limits<int64_t>::max()}) {}

//===--- values ---------------------------------------------------------------------------===//

GraphValue *GraphImporter::find(StringRef name) {
  for (Scope &scope : llvm::reverse(scopes)) {
    auto found = scope.values.find(name);
    if (found != scope.values.end())
      return &found->second;
    // Initialisers become values when a node reads them.
    auto initializer = scope.graph->initializers.find(name);
    if (initializer == scope.graph->initializers.end())
      continue;
    const ConstantData &data = initializer->second;
    GraphValue value = GraphValue::ofConstant(g.shape(data.shape), data, model.location(name, g.context()));
    return &scope.values.insert({name, std::move(value)}).first->second;
  }
  return nullptr;
}

// What is known while importing is emitted outside of all loops and branches: whoever reads it later may stand there.
Tensor GraphImporter::materialise(GraphValue &value) {
  if (value.tensor || !value.elementType)
    return value.tensor;
  Location here = g.location();
  OpBuilder::InsertionGuard guard(g.builder());
  if (Operation *around = g.function().front().findAncestorOpInBlock(*g.builder().getInsertionBlock()->getParentOp());
      around && g.builder().getInsertionBlock() != &g.function().front())
    g.builder().setInsertionPoint(around);
  g.setLocation(value.location);
  value.tensor = value.constant ? g.constant(*value.constant->bytes, value.elementType, value.constant->shape)
                                : emitLiteral(g, *value.literal);
  g.setLocation(here);
  return value.tensor;
}

//===--- nodes ----------------------------------------------------------------------------===//

bool GraphImporter::readsUnknown(const NodeProto &node) {
  return llvm::any_of(node.input(), [&](const std::string &input) {
    GraphValue *value = input.empty() ? nullptr : find(input);
    return !input.empty() && (!value || value->kind == ValueKind::Unknown);
  });
}

void GraphImporter::importNode(const NodeProto &node) {
  g.setLocation(model.location(node, g.context()));
  if (readsUnknown(node))
    return bindUnknown(node);
  if (const OpRow *row = findRow(model, node))
    return convertNode(node, *row);
  keepUnsupported(node);
}

void GraphImporter::convertNode(const NodeProto &node, const OpRow &row) {
  NodeReader reader(node, *this, model.opsetOf(node));
  Values results;
  if (row.bind) {
    results = row.bind(reader);
  } else {
    Literals literals = row.fold ? row.fold(reader) : Literals();
    if (!literals.empty())
      results = valuesOf(std::move(literals));
    else if (!reader.failed())
      results = valuesOf(row.convert(reader));
  }
  bool ok = !reader.failed() && !results.empty() && reader.checkAllRead() && checkOutputCount(node, results.size());
  for (const GraphValue &result : results)
    ok = ok && (!result.isTensor() || reader.checkSizes(result.shape));
  ok ? bind(node, std::move(results)) : bindUnknown(node);
}

bool GraphImporter::checkOutputCount(const NodeProto &node, size_t count) {
  for (size_t index = count; index < static_cast<size_t>(node.output_size()); ++index)
    if (!node.output(index).empty()) {
      g.emitError() << node.op_type() << ": output " << index << " ('" << node.output(index) << "'), expected at most "
                    << count << " outputs";
      return false;
    }
  return true;
}

Values GraphImporter::valuesOf(const Results &results) {
  Values values;
  for (const Tensor &tensor : results)
    values.push_back(tensor ? GraphValue::ofTensor(tensor, g.location()) : GraphValue::unknown(g.location()));
  return values;
}

Values GraphImporter::valuesOf(Literals literals) {
  Values values;
  for (Literal &literal : literals) {
    for (Element &element : literal.elements)
      element.dim = element.dim ? g.simplify(element.dim) : element.dim;
    Shape shape = g.shape(literal.shape);
    values.push_back(GraphValue::ofLiteral(shape, std::move(literal), g.location()));
  }
  return values;
}

void GraphImporter::bind(const NodeProto &node, Values results) {
  for (auto [name, value] : llvm::zip(node.output(), results))
    if (!name.empty())
      scopes.back().values.insert_or_assign(name, std::move(value));
}

void GraphImporter::bindUnknown(const NodeProto &node) {
  for (const std::string &name : node.output())
    if (!name.empty())
      scopes.back().values.insert_or_assign(name, GraphValue::unknown(g.location()));
}

std::optional<Values> GraphImporter::importBody(const GraphProto &proto, ArrayRef<GraphValue> arguments) {
  const Graph &graph = model.subgraphs.at(&proto);
  scopes.push_back(Scope{&graph, {}});
  for (auto [input, argument] : llvm::zip_equal(graph.inputs, arguments))
    scopes.back().values.insert({input->name(), argument});
  Location here = g.location();
  for (const NodeProto *node : graph.nodes)
    if (!pending)
      importNode(*node);
  g.setLocation(here);
  Values results;
  for (const ValueInfoProto *output : graph.outputs)
    if (GraphValue *value = find(output->name()); value && value->kind != ValueKind::Unknown)
      results.push_back(*value);
  scopes.pop_back();
  if (pending || results.size() != graph.outputs.size())
    return std::nullopt;
  return results;
}

//===--- the whole ------------------------------------------------------------------------===//

OwningOpRef<ModuleOp> GraphImporter::run() {
  scopes.push_back(Scope{&model.graph, {}});
  bindInputs();
  for (const NodeProto *node : model.graph.nodes) {
    if (pending)
      return nullptr;
    importNode(*node);
  }
  if (pending)
    return nullptr;
  emitOutputs();
  if (pending)
    return nullptr;
  g.setLocation(FileLineColLoc::get(g.context(), model.name, 0, 0));
  OwningOpRef<ModuleOp> module = g.finish();
  if (!module)
    return nullptr;
  for (const auto &[symbol, value] : fixed)
    emitRemark(value.location) << "dimension '" << symbol << "' is taken to be " << value.expression
                               << ": other sizes do not fit here";
  attachSymbolRanges(*module);
  return module;
}

} // namespace heddle::onnx
