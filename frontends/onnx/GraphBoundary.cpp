// The inputs and outputs of the model: what the caller feeds and reads, and for which sizes.
#include "frontends/onnx/GraphImporter.h"
#include "frontends/onnx/onnx_model.pb.h"

using namespace mlir;

namespace heddle::onnx {

//===--- inputs ---------------------------------------------------------------------------===//

// Rows of a constant table that an input selects directly: the values that the input may have.
static std::optional<std::pair<int64_t, int64_t>> indexRange(const Model &model, StringRef input) {
  std::optional<int64_t> rows;
  for (const NodeProto *node : model.graph.nodes) {
    if (node->op_type() != "Gather" || node->input_size() != 2 || node->input(1) != input)
      continue;
    auto table = model.graph.initializers.find(node->input(0));
    if (table == model.graph.initializers.end())
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
  for (auto [input, shape] : llvm::zip_equal(model.graph.inputs, sizes.shapes)) {
    Location loc = model.location(input->name(), g.context());
    g.setLocation(loc);
    Type type = convertElementType(input->type().tensor_type().elem_type(), "input '" + input->name() + "'",
                                   g.context(), [&] { return g.emitError(); });
    if (!type)
      continue;
    std::optional<std::pair<int64_t, int64_t>> range =
        isa<IntegerType>(type) ? indexRange(model, input->name()) : std::nullopt;
    Tensor tensor = g.input(input->name(), shape, type, range);
    tensor.shape = shape;
    scopes.front().values.insert({input->name(), GraphValue::ofTensor(tensor, loc)});
  }
}

//===--- outputs --------------------------------------------------------------------------===//

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
  for (const ValueInfoProto *output : model.graph.outputs) {
    g.setLocation(model.location(output->name(), g.context()));
    GraphValue *value = find(output->name());
    if (value && value->kind != ValueKind::Unknown && !value->isTensor()) {
      g.emitError() << "output '" << output->name() << "' is " << value->describe() << ", expected a tensor";
    } else if (value && value->isTensor()) {
      checkDeclaredType(*output, value->elementType);
      fixTracedLength(*output, value->shape);
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
  for (auto [symbol, location] : limitedAt)
    emitRemark(location) << "dimension '" << sizes.symbols[symbol] << "' is taken to be from "
                         << symbolRanges[symbol].low << " to " << symbolRanges[symbol].high
                         << ": other sizes do not fit here";
  if (isNarrow)
    (*module.getOps<func::FuncOp>().begin())->setAttr("heddle.symbol_ranges", g.builder().getDenseI64ArrayAttr(flat));
}

} // namespace heddle::onnx
