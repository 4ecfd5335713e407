// Attributes of a node, by name and kind.
#include "frontends/onnx/GraphImporter.h"
#include "frontends/onnx/NodeReader.h"
#include "frontends/onnx/onnx_model.pb.h"

using namespace mlir;

namespace heddle::onnx {

// AttributeProto.AttributeType.
enum : int32_t {
  FloatKind = 1,
  IntKind,
  StringKind,
  TensorKind,
  GraphKind,
  FloatsKind,
  IntsKind,
  StringsKind,
  TypeKind = 13
};

static StringRef kindName(int32_t kind) {
  static constexpr StringRef names[] = {
      "UNDEFINED", "FLOAT",   "INT",    "STRING",        "TENSOR",         "GRAPH",      "FLOATS",     "INTS",
      "STRINGS",   "TENSORS", "GRAPHS", "SPARSE_TENSOR", "SPARSE_TENSORS", "TYPE_PROTO", "TYPE_PROTOS"};
  return kind >= 0 && kind < static_cast<int32_t>(std::size(names)) ? names[kind] : "an unknown kind";
}

bool NodeReader::hasAttribute(StringRef name) const {
  return llvm::any_of(node.attribute(), [&](const AttributeProto &attribute) { return attribute.name() == name; });
}

const AttributeProto *NodeReader::attribute(StringRef name, int32_t kind) {
  readAttributes.insert(name);
  for (const AttributeProto &attribute : node.attribute()) {
    if (attribute.name() != name)
      continue;
    if (!attribute.ref_attr_name().empty()) {
      error() << "attribute '" << name << "' refers to '" << attribute.ref_attr_name()
              << "' of an enclosing function, expected a value";
      return nullptr;
    }
    if (attribute.has_type() && attribute.type() != 0 && attribute.type() != kind) {
      error() << "attribute '" << name << "', expected kind " << kindName(kind) << " but got "
              << kindName(attribute.type());
      return nullptr;
    }
    return &attribute;
  }
  return nullptr;
}

int64_t NodeReader::integer(StringRef name, int64_t otherwise) {
  const AttributeProto *found = attribute(name, IntKind);
  return found ? found->i() : otherwise;
}

double NodeReader::real(StringRef name, double otherwise) {
  const AttributeProto *found = attribute(name, FloatKind);
  return found ? found->f() : otherwise;
}

std::string NodeReader::string(StringRef name, StringRef otherwise) {
  const AttributeProto *found = attribute(name, StringKind);
  return found ? found->s() : otherwise.str();
}

std::optional<SmallVector<int64_t>> NodeReader::integers(StringRef name) {
  const AttributeProto *found = attribute(name, IntsKind);
  if (!found)
    return std::nullopt;
  return SmallVector<int64_t>(found->ints().begin(), found->ints().end());
}

std::optional<SmallVector<float>> NodeReader::reals(StringRef name) {
  const AttributeProto *found = attribute(name, FloatsKind);
  if (!found)
    return std::nullopt;
  return SmallVector<float>(found->floats().begin(), found->floats().end());
}

std::optional<SmallVector<std::string>> NodeReader::strings(StringRef name) {
  const AttributeProto *found = attribute(name, StringsKind);
  if (!found)
    return std::nullopt;
  return SmallVector<std::string>(found->strings().begin(), found->strings().end());
}

const TypeProto *NodeReader::type(StringRef name) {
  const AttributeProto *found = attribute(name, TypeKind);
  return found ? &found->tp() : nullptr;
}

const GraphProto *NodeReader::graph(StringRef name) {
  const AttributeProto *found = attribute(name, GraphKind);
  if (!found && !hasFailed)
    error() << "attribute '" << name << "' is missing, expected a graph";
  return found ? &found->g() : nullptr;
}

std::optional<ConstantData> NodeReader::tensorAttribute(StringRef name) {
  const AttributeProto *found = attribute(name, TensorKind);
  if (!found)
    return std::nullopt;
  return readTensor(found->t(), ("attribute '" + name + "'").str(), importer.modelPath(), g.context(),
                    [&] { return error(); });
}

void NodeReader::ignore(ArrayRef<StringRef> names) {
  for (StringRef name : names)
    readAttributes.insert(name);
}

} // namespace heddle::onnx
