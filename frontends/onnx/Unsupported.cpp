// Operators without a row in the table: reported all at once, or kept for tools that list them.
#include "dialects/mixer/Mixer.h"
#include "frontends/onnx/GraphImporter.h"
#include "frontends/onnx/onnx_model.pb.h"

using namespace mlir;

namespace heddle::onnx {

static bool isDefaultDomain(const NodeProto &node) { return node.domain().empty() || node.domain() == "ai.onnx"; }

// The operator's name, with its domain where that is not the default one.
static std::string qualifiedName(const NodeProto &node) {
  return isDefaultDomain(node) ? node.op_type() : node.domain() + "." + node.op_type();
}

const OpRow *findRow(const Model &model, const NodeProto &node) {
  return OpTable::get().find(node.domain(), node.op_type(), model.opsetOf(node));
}

bool reportUnsupported(const Model &model, MLIRContext *context) {
  std::map<std::string, SmallVector<const NodeProto *>> missing;
  auto collect = [&](const Graph &graph) {
    for (const NodeProto *node : graph.nodes)
      if (!findRow(model, *node))
        missing[qualifiedName(*node)].push_back(node);
  };
  collect(model.graph);
  for (const auto &[proto, graph] : model.subgraphs)
    collect(graph);
  for (const auto &[name, nodes] : missing) {
    const NodeProto &first = *nodes.front();
    InFlightDiagnostic diagnostic = emitError(model.location(first, context));
    diagnostic << "operator '" << name << "' "
               << OpTable::get().explainMissing(first.domain(), first.op_type(), model.opsetOf(first));
    if (nodes.size() > 1)
      diagnostic << " (" << nodes.size() << " nodes)";
    for (const NodeProto *other : ArrayRef(nodes).drop_front().take_front(3))
      diagnostic.attachNote(model.location(*other, context)) << "also used here";
  }
  return !missing.empty();
}

static DictionaryAttr attributesOf(const NodeProto &node, Builder &b) {
  NamedAttrList attributes; // a name that comes twice is set twice
  for (const AttributeProto &attribute : node.attribute()) {
    Attribute value = b.getUnitAttr(); // tensors and graphs: only their presence
    if (attribute.has_i())
      value = b.getI64IntegerAttr(attribute.i());
    else if (attribute.has_f())
      value = b.getF32FloatAttr(attribute.f());
    else if (attribute.has_s())
      value = b.getStringAttr(attribute.s());
    else if (attribute.ints_size())
      value = b.getDenseI64ArrayAttr(ArrayRef<int64_t>(attribute.ints().data(), attribute.ints_size()));
    if (!attribute.name().empty())
      attributes.set(attribute.name(), value);
  }
  return attributes.getDictionary(b.getContext());
}

// Shape and element type that the file declares for a value, without a value; no element type when it declares none
// that can be read.
static Tensor declaredTensor(const Graph &scope, StringRef name, MLIRContext *context) {
  const GraphProto &graph = *scope.proto;
  auto inList = [&](const auto &list) -> const ValueInfoProto * {
    for (const ValueInfoProto &info : list)
      if (info.name() == name && info.type().tensor_type().has_shape())
        return &info;
    return nullptr;
  };
  const ValueInfoProto *info = inList(graph.value_info());
  info = info ? info : inList(graph.output());
  if (!info)
    return {};
  Shape shape;
  for (const auto &dimension : info->type().tensor_type().shape().dim()) {
    if (!dimension.has_dim_value() || dimension.dim_value() < 0)
      return {};
    shape.push_back(getAffineConstantExpr(dimension.dim_value(), context));
  }
  ScopedDiagnosticHandler quiet(context, [](Diagnostic &) { return success(); });
  Type type = convertElementType(info->type().tensor_type().elem_type(), name, context,
                                 [&] { return mlir::emitError(UnknownLoc::get(context)); });
  return {nullptr, shape, type};
}

// Unsigned integers are stored in signless ones.
static RankedTensorType storedType(const Tensor &declared) {
  SmallVector<int64_t> sizes;
  for (Dim size : declared.shape)
    sizes.push_back(cast<AffineConstantExpr>(size).getValue());
  Type type = declared.elementType;
  bool isUnsigned = type.isUnsignedInteger();
  return RankedTensorType::get(sizes,
                               isUnsigned ? IntegerType::get(type.getContext(), type.getIntOrFloatBitWidth()) : type);
}

// Kept with its operands, so that tools can list it. Results whose type the file does not declare stay unknown.
void GraphImporter::keepUnsupported(const NodeProto &node) {
  bindUnknown(node);
  SmallVector<Value> operands;
  for (const std::string &input : node.input())
    if (!input.empty() && find(input)->isTensor())
      operands.push_back(materialise(*find(input)).value);
  SmallVector<Type> types;
  SmallVector<std::pair<std::string, Tensor>> known;
  for (const std::string &output : node.output()) {
    Tensor declared = declaredTensor(*scopes.back().graph, output, g.context());
    if (!declared.elementType)
      continue;
    types.push_back(storedType(declared));
    known.push_back({output, declared});
  }
  OpBuilder &b = g.builder();
  auto op = mixer::UnsupportedOp::create(b, g.location(), types, b.getStringAttr(qualifiedName(node)),
                                         attributesOf(node, b), operands);
  for (auto [entry, result] : llvm::zip_equal(known, op.getResults())) {
    Tensor tensor = g.wrap(result, entry.second.shape, entry.second.elementType);
    scopes.back().values.insert_or_assign(entry.first, GraphValue::ofTensor(tensor, g.location()));
  }
}

} // namespace heddle::onnx
