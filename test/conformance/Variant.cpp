#include "test/conformance/Variant.h"

namespace heddle::test {

std::string name(Kind kind) { return kind == Kind::Static ? "static" : kind == Kind::Dynamic ? "dynamic" : "constant"; }

std::string describe(const Variant &variant) {
  static constexpr const char *frozen[] = {"", "small integers frozen", "small inputs frozen", ""};
  static constexpr const char *symbolic[] = {
      "", "", "equal sizes", "sizes of the first input", "leading sizes", "leading size of the first input"};
  std::string text = frozen[static_cast<int>(variant.freeze)], sizes = symbolic[static_cast<int>(variant.symbols)];
  return text + (text.empty() || sizes.empty() ? "" : ", ") + sizes;
}

std::vector<Variant> variantsOf(Kind kind) {
  if (kind == Kind::Constant)
    return {{Freeze::All, Symbols::None}};
  std::vector<Variant> variants;
  std::vector<Symbols> sizes = {Symbols::None};
  if (kind == Kind::Dynamic)
    sizes = {Symbols::All, Symbols::Equal, Symbols::FirstInput, Symbols::Leading, Symbols::LeadingOfFirst};
  for (Symbols symbols : sizes)
    for (Freeze freeze : {Freeze::Nothing, Freeze::SmallIntegers, Freeze::Small})
      variants.push_back({freeze, symbols});
  return variants;
}

namespace {

constexpr int32_t kInt32 = 6, kInt64 = 7;
constexpr int kIntAttribute = 2, kTypeAttribute = 13, kTensorAttribute = 4;

bool isFrozen(const onnx::TensorProto &tensor, Freeze freeze) {
  int64_t count = 1;
  for (int64_t size : tensor.dims())
    count *= size;
  bool isSmall = tensor.dims_size() <= 1 && count <= 64;
  bool isInteger = tensor.data_type() == kInt32 || tensor.data_type() == kInt64;
  return freeze == Freeze::All || (isSmall && freeze == Freeze::Small) ||
         (isSmall && isInteger && freeze == Freeze::SmallIntegers);
}

class VariantBuilder {
public:
  VariantBuilder(const Case &source, const DataSet &data, const Variant &variant)
      : source(source), data(data), variant(variant) {}

  VariantModel build() {
    result.model = source.model;
    graph().clear_input();
    graph().clear_output();
    graph().clear_value_info();
    graph().clear_node();
    std::vector<const onnx::ValueInfoProto *> inputs = feedableInputs(source.model.graph());
    for (size_t index = 0; index < inputs.size(); ++index)
      addInput(inputs[index]->name(), data.inputs[index]);
    graph().mutable_node()->MergeFrom(source.model.graph().node());
    for (size_t index = 0; index < data.outputs.size(); ++index)
      addOutput(source.model.graph().output(index).name(), data.outputs[index]);
    return std::move(result);
  }

private:
  onnx::GraphProto &graph() { return *result.model.mutable_graph(); }

  onnx::NodeProto &node(const std::string &type, std::vector<std::string> inputs, const std::string &output) {
    onnx::NodeProto &node = *graph().add_node();
    node.set_op_type(type);
    node.set_name(type + "_" + output);
    for (const std::string &input : inputs)
      node.add_input(input);
    node.add_output(output);
    return node;
  }

  static onnx::AttributeProto &attribute(onnx::NodeProto &node, const std::string &name, int kind) {
    onnx::AttributeProto &attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(kind);
    return attribute;
  }

  void addInput(const std::string &name, const CaseValue &value) {
    if (!value.isSequence && !value.isOptional)
      return addTensor(name, value.tensors.front());
    std::string held = value.isOptional ? name + ".held" : name;
    if (value.isPresent && value.isSequence)
      addSequence(held, value);
    else if (value.isPresent)
      addTensor(held, value.tensors.front());
    if (!value.isOptional)
      return;
    onnx::NodeProto &optional = node("Optional", {}, name);
    if (value.isPresent)
      return optional.add_input(held);
    onnx::TypeProto &type = *attribute(optional, "type", kTypeAttribute).mutable_tp();
    (value.isSequence ? *type.mutable_sequence_type()->mutable_elem_type() : type)
        .mutable_tensor_type()
        ->set_elem_type(value.elementType);
  }

  void addSequence(const std::string &name, const CaseValue &value) {
    std::vector<std::string> elements;
    for (size_t index = 0; index < value.tensors.size(); ++index) {
      elements.push_back(name + "." + std::to_string(index));
      addTensor(elements.back(), value.tensors[index]);
    }
    onnx::NodeProto &made = node(elements.empty() ? "SequenceEmpty" : "SequenceConstruct", elements, name);
    if (elements.empty())
      attribute(made, "dtype", kIntAttribute).set_i(value.elementType);
  }

  void addTensor(const std::string &name, const onnx::TensorProto &tensor) {
    if (isFrozen(tensor, variant.freeze)) {
      onnx::TensorProto &initializer = *graph().add_initializer();
      initializer = tensor;
      initializer.set_name(name);
      return;
    }
    bool isFirst = result.inputs.empty();
    result.inputs.push_back(tensor);
    auto &info = *graph().add_input();
    info.set_name(name);
    auto &type = *info.mutable_type()->mutable_tensor_type();
    type.set_elem_type(tensor.data_type());
    type.mutable_shape();
    for (int axis = 0; axis < tensor.dims_size(); ++axis) {
      auto &dim = *type.mutable_shape()->add_dim();
      if (tensor.dims(axis) > 1 && isSymbolic(isFirst, axis))
        dim.set_dim_param(variant.symbols == Symbols::Equal
                              ? "n" + std::to_string(tensor.dims(axis))
                              : "d" + std::to_string(result.inputs.size() - 1) + "_" + std::to_string(axis));
      else
        dim.set_dim_value(tensor.dims(axis));
    }
  }

  bool isSymbolic(bool isFirst, int axis) const {
    switch (variant.symbols) {
    case Symbols::None:
      return false;
    case Symbols::All:
    case Symbols::Equal:
      return true;
    case Symbols::FirstInput:
      return isFirst;
    case Symbols::Leading:
      return axis == 0;
    case Symbols::LeadingOfFirst:
      return isFirst && axis == 0;
    }
    return false;
  }

  void addOutput(const std::string &name, const CaseValue &value) {
    std::string held = name;
    if (value.isOptional && value.isPresent)
      node("OptionalGetElement", {name}, held = name + ".held");
    if (!value.isPresent)
      return addExpected("OptionalHasElement", name, scalar(0, /*type bool*/ 9));
    if (!value.isSequence)
      return addOutputTensor(held, value.tensors.front());
    addExpected("SequenceLength", held, scalar(value.tensors.size(), kInt64));
    for (size_t index = 0; index < value.tensors.size(); ++index) {
      std::string place = held + ".place" + std::to_string(index), element = held + "." + std::to_string(index);
      onnx::NodeProto &constant = node("Constant", {}, place);
      *attribute(constant, "value", kTensorAttribute).mutable_t() = scalar(index, kInt64);
      node("SequenceAt", {held, place}, element);
      addOutputTensor(element, value.tensors[index]);
    }
  }

  void addExpected(const std::string &query, const std::string &of, const onnx::TensorProto &expected) {
    std::string output = of + "." + query;
    node(query, {of}, output);
    addOutputTensor(output, expected);
  }

  static onnx::TensorProto scalar(int64_t number, int32_t type) {
    onnx::TensorProto tensor;
    tensor.set_data_type(type);
    if (type == kInt64)
      tensor.add_int64_data(number);
    else
      tensor.add_int32_data(static_cast<int32_t>(number));
    return tensor;
  }

  void addOutputTensor(const std::string &name, const onnx::TensorProto &expected) {
    result.outputs.push_back(expected);
    auto &info = *graph().add_output();
    info.set_name(name);
    info.mutable_type()->mutable_tensor_type()->set_elem_type(expected.data_type());
  }

  const Case &source;
  const DataSet &data;
  const Variant &variant;
  VariantModel result;
};

} // namespace

VariantModel makeVariant(const Case &source, const DataSet &data, const Variant &variant) {
  return VariantBuilder(source, data, variant).build();
}

} // namespace heddle::test
