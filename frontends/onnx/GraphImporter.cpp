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
  auto found = values.find(name);
  if (found != values.end())
    return &found->second;
  // Initialisers become values when a node reads them.
  auto initializer = model.initializers.find(name);
  if (initializer == model.initializers.end())
    return nullptr;
  const ConstantData &data = initializer->second;
  GraphValue value{g.shape(data.shape), data.elementType, data, std::nullopt, {}, model.location(name, g.context())};
  return &values.insert({name, std::move(value)}).first->second;
}

Tensor GraphImporter::materialise(GraphValue &value) {
  if (value.tensor || !value.elementType)
    return value.tensor;
  Location here = g.location();
  g.setLocation(value.location);
  value.tensor = value.constant ? g.constant(*value.constant->bytes, value.elementType, value.constant->shape)
                                : emitLiteral(g, *value.literal);
  g.setLocation(here);
  return value.tensor;
}

// Rows of a constant table that an input selects directly: the values that the input may have.
static std::optional<std::pair<int64_t, int64_t>> indexRange(const Model &model, StringRef input) {
  std::optional<int64_t> rows;
  for (const NodeProto *node : model.nodes) {
    if (node->op_type() != "Gather" || node->input_size() != 2 || node->input(1) != input)
      continue;
    auto table = model.initializers.find(node->input(0));
    if (table == model.initializers.end())
      continue;
    int64_t axis = 0, rank = table->second.shape.size();
    for (const AttributeProto &attribute : node->attribute())
      axis = attribute.name() == "axis" ? attribute.i() : axis;
    axis += axis < 0 ? rank : 0;
    if (axis >= 0 && axis < rank)
      rows = std::min(rows.value_or(table->second.shape[axis]), table->second.shape[axis]);
  }
  if (!rows)
    return std::nullopt;
  return std::make_pair(-*rows, *rows); // negative indices count from the end
}

void GraphImporter::bindInputs() {
  for (auto [input, shape] : llvm::zip_equal(model.inputs, sizes.shapes)) {
    Location loc = model.location(input->name(), g.context());
    g.setLocation(loc);
    Type type = convertElementType(input->type().tensor_type().elem_type(), "input '" + input->name() + "'",
                                   g.context(), [&] { return g.emitError(); });
    if (!type)
      continue;
    std::optional<std::pair<int64_t, int64_t>> range =
        isa<IntegerType>(type) ? indexRange(model, input->name()) : std::nullopt;
    Tensor tensor = g.input(input->name(), shape, type, range);
    values.insert({input->name(), GraphValue{shape, type, std::nullopt, std::nullopt, tensor, loc}});
  }
}

//===--- nodes ----------------------------------------------------------------------------===//

bool GraphImporter::readsUnknown(const NodeProto &node) {
  return llvm::any_of(node.input(), [&](const std::string &input) {
    GraphValue *value = input.empty() ? nullptr : find(input);
    return !input.empty() && (!value || !value->elementType);
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
  NodeReader reader(node, *this, model.opset);
  Literals literals = row.fold ? row.fold(reader) : Literals();
  Results results = literals.empty() && !reader.failed() ? row.convert(reader) : Results();
  size_t count = literals.empty() ? results.size() : literals.size();
  bool ok = !reader.failed() && count && reader.checkAllRead() && checkOutputCount(node, count);
  for (const Tensor &result : results)
    ok = ok && reader.checkSizes(result.shape);
  if (!ok)
    return bindUnknown(node);
  literals.empty() ? bindResults(node, results) : bindLiterals(node, std::move(literals));
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

void GraphImporter::bindResults(const NodeProto &node, const Results &results) {
  for (auto [name, tensor] : llvm::zip(node.output(), results))
    if (!name.empty())
      values.insert(
          {name, GraphValue{tensor.shape, tensor.elementType, std::nullopt, std::nullopt, tensor, g.location()}});
}

void GraphImporter::bindLiterals(const NodeProto &node, Literals literals) {
  for (auto [name, literal] : llvm::zip(node.output(), literals)) {
    if (name.empty())
      continue;
    for (Element &element : literal.elements)
      element.dim = element.dim ? g.simplify(element.dim) : element.dim;
    Shape shape = g.shape(literal.shape);
    Type type = literal.elementType;
    values.insert({name, GraphValue{shape, type, std::nullopt, std::move(literal), {}, g.location()}});
  }
}

void GraphImporter::bindUnknown(const NodeProto &node) {
  for (const std::string &name : node.output())
    if (!name.empty())
      values.insert({name, GraphValue{{}, Type(), std::nullopt, std::nullopt, {}, g.location()}});
}

//===--- the whole ------------------------------------------------------------------------===//

void GraphImporter::checkDeclaredType(const ValueInfoProto &output, Type computed) {
  int32_t declared = output.type().tensor_type().elem_type();
  Type type = declared ? convertElementType(declared, "output '" + output.name() + "'", g.context(),
                                            [&] { return g.emitError(); })
                       : computed;
  if (type && type != computed)
    g.emitError() << "output '" << output.name() << "' is declared as " << elementTypeName(declared)
                  << ", but the graph computes " << computed;
}

void GraphImporter::emitOutputs() {
  for (const ValueInfoProto *output : model.outputs) {
    g.setLocation(model.location(output->name(), g.context()));
    GraphValue *value = find(output->name());
    if (value && value->elementType) {
      checkDeclaredType(*output, value->elementType);
      g.output(output->name(), materialise(*value));
    } else if (options.keepUnsupported && !g.hasErrors()) {
      // It depends on an unsupported operator; a zero stands in, so that the module can be looked at.
      g.output(output->name(), g.scalar(0, g.builder().getF32Type()));
    }
  }
}

// [min, max] of every symbol, where the graph only makes sense within.
void GraphImporter::attachSymbolRanges(ModuleOp module) {
  SmallVector<int64_t> flat;
  bool isNarrow = false;
  for (Interval range : symbolRanges) {
    flat.append({range.low, range.high});
    isNarrow |= range.low != 1 || range.high != std::numeric_limits<int64_t>::max();
  }
  if (isNarrow)
    (*module.getOps<func::FuncOp>().begin())->setAttr("heddle.symbol_ranges", g.builder().getDenseI64ArrayAttr(flat));
}

OwningOpRef<ModuleOp> GraphImporter::run() {
  bindInputs();
  for (const NodeProto *node : model.nodes) {
    if (pending)
      return nullptr;
    importNode(*node);
  }
  if (pending)
    return nullptr;
  emitOutputs();
  g.setLocation(FileLineColLoc::get(g.context(), model.name, 0, 0));
  OwningOpRef<ModuleOp> module = g.finish();
  if (!module)
    return nullptr;
  for (const auto &[symbol, value] : fixed)
    emitRemark(value.location) << "dimension '" << symbol << "' is taken to be " << value.expression
                               << ": other sizes do not fit this node";
  attachSymbolRanges(*module);
  return module;
}

} // namespace heddle::onnx
