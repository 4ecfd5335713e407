#include "frontends/onnx/NodeReader.h"
#include "frontends/onnx/GraphImporter.h"
#include "frontends/onnx/onnx_model.pb.h"

using namespace mlir;

namespace heddle::onnx {

NodeReader::NodeReader(const NodeProto &node, GraphImporter &importer, int64_t opset)
    : g(importer.builder()), opset(opset), node(node), importer(importer), readInputs(node.input_size()) {}

//===--- inputs ---------------------------------------------------------------------------===//

int64_t NodeReader::inputCount() const { return node.input_size(); }
int64_t NodeReader::outputCount() const { return node.output_size(); }

bool NodeReader::has(int64_t index) {
  if (index >= inputCount())
    return false;
  readInputs.set(index);
  return !node.input(index).empty();
}

GraphValue *NodeReader::value(int64_t index) {
  if (has(index))
    return importer.find(node.input(index));
  if (!hasFailed)
    error() << "input " << index << " is missing, expected at least " << index + 1 << " inputs but got "
            << inputCount();
  return nullptr;
}

bool NodeReader::isTensor(const GraphValue &input) {
  if (!input.isTensor() && !hasFailed)
    error() << "value is " << input.describe() << ", expected a tensor";
  return input.isTensor();
}

Tensor NodeReader::materialise(GraphValue &input) { return isTensor(input) ? importer.materialise(input) : Tensor(); }

Tensor NodeReader::tensor(int64_t index) {
  GraphValue *input = value(index);
  return input ? materialise(*input) : Tensor();
}

const Values *NodeReader::sequence(int64_t index) {
  GraphValue *input = value(index);
  if (input && input->kind == ValueKind::Sequence)
    return &input->elements;
  if (input)
    error() << "input " << index << " is " << (input->isTensor() ? "a tensor" : input->describe())
            << ", expected a sequence of a known number of elements";
  return nullptr;
}

SmallVector<Tensor> NodeReader::tensors() {
  SmallVector<Tensor> all;
  for (int64_t index = 0; index < inputCount(); ++index)
    all.push_back(tensor(index));
  return all;
}

Shape NodeReader::shape(int64_t index) {
  GraphValue *input = value(index);
  return input && isTensor(*input) ? input->shape : Shape();
}

Type NodeReader::elementType(int64_t index) {
  GraphValue *input = value(index);
  return input && isTensor(*input) ? input->elementType : g.builder().getF32Type();
}

std::optional<Literal> NodeReader::literal(int64_t index) {
  GraphValue *input = has(index) ? importer.find(node.input(index)) : nullptr;
  if (!input)
    return std::nullopt;
  if (!input->isTensor())
    return std::nullopt;
  if (!input->literal && input->constant)
    input->literal = decode(*input->constant);
  return input->literal;
}

std::optional<SmallVector<Dim>> NodeReader::dims(int64_t index, StringRef what) {
  if (!value(index))
    return std::nullopt;
  std::optional<Literal> known = literal(index);
  if (!known || known->isFloat() || known->rank() > 1) {
    error() << "input '" << what << "' (value '" << node.input(index)
            << "'), expected integers computed from constants and sizes but got "
            << (known ? "another constant" : "values that depend on the model's data");
    return std::nullopt;
  }
  SmallVector<Dim> result;
  for (const Element &element : known->elements)
    result.push_back(element.dim);
  return result;
}

std::optional<SmallVector<int64_t>> NodeReader::integers(int64_t index, StringRef what) {
  std::optional<SmallVector<Dim>> known = dims(index, what);
  if (!known)
    return std::nullopt;
  SmallVector<int64_t> result;
  for (Dim dim : *known) {
    auto constant = dyn_cast<AffineConstantExpr>(dim);
    if (!constant) {
      error() << "input '" << what << "' (value '" << node.input(index) << "'), expected constants but got "
              << g.describe(dim);
      return std::nullopt;
    }
    result.push_back(constant.getValue());
  }
  return result;
}

std::optional<double> NodeReader::number(int64_t index, StringRef what) {
  if (!value(index))
    return std::nullopt;
  std::optional<Literal> known = literal(index);
  std::optional<double> result;
  if (known && known->elements.size() == 1)
    result = known->number(0);
  if (!result)
    error() << "input '" << what << "' (value '" << node.input(index) << "'), expected one constant number";
  return result;
}

//===--- graphs ---------------------------------------------------------------------------===//

std::optional<Values> NodeReader::importBody(const GraphProto &graph, ArrayRef<GraphValue> arguments) {
  if (argumentCount(graph) != static_cast<int64_t>(arguments.size())) {
    error() << "graph '" << graph.name() << "' has " << argumentCount(graph) << " inputs, expected "
            << arguments.size();
    return std::nullopt;
  }
  std::optional<Values> results = importer.importBody(graph, arguments);
  hasFailed |= !results;
  return results;
}

int64_t NodeReader::argumentCount(const GraphProto &graph) const { return importer.inputCount(graph); }

const ImportOptions &NodeReader::options() const { return importer.importOptions(); }

StringRef NodeReader::inputName(int64_t index) const { return node.input(index); }

ArrayRef<const NodeProto *> NodeReader::nodesAround() const { return importer.nodesAround(); }

Tensor NodeReader::namedTensor(StringRef name) {
  GraphValue *found = importer.find(name);
  if (found && found->kind != ValueKind::Unknown)
    return materialise(*found);
  if (!hasFailed)
    error() << "value '" << name << "', expected one of the graph";
  return {};
}

//===--- mistakes -------------------------------------------------------------------------===//

InFlightDiagnostic NodeReader::error() {
  hasFailed = true;
  InFlightDiagnostic diagnostic = g.emitError();
  diagnostic << node.op_type() << ": ";
  return diagnostic;
}

Results NodeReader::fail(const Twine &message) {
  error() << message;
  return {};
}

bool NodeReader::checkAllRead() {
  for (int64_t index = 0; index < inputCount(); ++index)
    if (!readInputs.test(index) && !node.input(index).empty()) {
      error() << "input " << index << " ('" << node.input(index) << "') is more than opset " << opset << " defines";
      return false;
    }
  for (const AttributeProto &attribute : node.attribute())
    if (!readAttributes.contains(attribute.name())) {
      error() << "attribute '" << attribute.name() << "' is not one that opset " << opset << " defines";
      return false;
    }
  return true;
}

} // namespace heddle::onnx
