#include "test/conformance/Case.h"
#include "test/conformance/test_data.pb.h"
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace fs = std::filesystem;

namespace heddle::test {

static io::Result<std::string> readBytes(const fs::path &path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream bytes;
  if (!file || !(bytes << file.rdbuf()))
    return io::Error{path.string(), "file", "one that can be read", "none"};
  return bytes.str();
}

template <typename Message> static io::Result<Message> readMessage(const fs::path &path) {
  io::Result<std::string> bytes = readBytes(path);
  if (!bytes)
    return bytes.error();
  Message message;
  if (!message.ParseFromString(*bytes))
    return io::Error{path.string(), "file", "a protobuf message of its kind", "another"};
  return message;
}

static CaseValue sequenceValue(const onnx::SequenceProto &sequence, const onnx::TypeProto &type) {
  CaseValue value;
  value.isSequence = true;
  value.elementType = type.sequence_type().elem_type().tensor_type().elem_type();
  value.tensors.assign(sequence.tensor_values().begin(), sequence.tensor_values().end());
  return value;
}

static CaseValue optionalValue(const onnx::OptionalProto &optional, const onnx::TypeProto &type) {
  const onnx::TypeProto &inner = type.optional_type().elem_type();
  CaseValue value;
  value.isSequence = inner.has_sequence_type();
  value.isPresent = optional.has_tensor_value() || optional.has_sequence_value();
  if (optional.has_sequence_value())
    value = sequenceValue(optional.sequence_value(), inner);
  else if (optional.has_tensor_value())
    value.tensors = {optional.tensor_value()};
  value.elementType = (value.isSequence ? inner.sequence_type().elem_type() : inner).tensor_type().elem_type();
  value.isOptional = true;
  return value;
}

static io::Result<CaseValue> readValue(const fs::path &path, const onnx::TypeProto &type) {
  if (type.has_sequence_type()) {
    io::Result<onnx::SequenceProto> sequence = readMessage<onnx::SequenceProto>(path);
    return sequence ? io::Result<CaseValue>(sequenceValue(*sequence, type)) : sequence.error();
  }
  if (type.has_optional_type()) {
    io::Result<onnx::OptionalProto> optional = readMessage<onnx::OptionalProto>(path);
    return optional ? io::Result<CaseValue>(optionalValue(*optional, type)) : optional.error();
  }
  io::Result<onnx::TensorProto> tensor = readMessage<onnx::TensorProto>(path);
  if (!tensor)
    return tensor.error();
  // Suites of before 2022 store bfloat16 as the numbers of its bit patterns: what the model declares is meant.
  constexpr int32_t uint16 = 4, bfloat16 = 16;
  if (tensor->data_type() == uint16 && type.tensor_type().elem_type() == bfloat16)
    tensor->set_data_type(bfloat16);
  CaseValue value;
  value.elementType = tensor->data_type();
  value.tensors = {*tensor};
  return value;
}

template <typename Infos>
static io::Result<std::vector<CaseValue>> readValues(const fs::path &folder, const char *kind, const Infos &infos) {
  std::vector<CaseValue> values;
  for (size_t index = 0; index < infos.size(); ++index) {
    fs::path path = folder / (std::string(kind) + "_" + std::to_string(index) + ".pb");
    io::Result<CaseValue> value = readValue(path, infos[index]->type());
    if (!value)
      return value.error();
    values.push_back(std::move(*value));
  }
  return values;
}

std::vector<const onnx::ValueInfoProto *> feedableInputs(const onnx::GraphProto &graph) {
  std::vector<const onnx::ValueInfoProto *> inputs;
  for (const onnx::ValueInfoProto &input : graph.input())
    if (std::none_of(graph.initializer().begin(), graph.initializer().end(),
                     [&](const onnx::TensorProto &tensor) { return tensor.name() == input.name(); }))
      inputs.push_back(&input);
  return inputs;
}

static std::vector<fs::path> foldersIn(const fs::path &parent, const std::string &prefix) {
  std::vector<fs::path> folders;
  std::error_code missing; // a folder that is not there holds nothing
  for (const fs::directory_entry &entry : fs::directory_iterator(parent, missing))
    if (entry.is_directory() && entry.path().filename().string().rfind(prefix, 0) == 0)
      folders.push_back(entry.path());
  std::sort(folders.begin(), folders.end());
  return folders;
}

std::vector<std::string> listCases(const std::string &suite) {
  std::vector<std::string> cases;
  for (const fs::path &folder : foldersIn(suite, "test_"))
    if (fs::exists(folder / "model.onnx"))
      cases.push_back(folder.string());
  return cases;
}

io::Result<Case> readCase(const std::string &suite, const std::string &folder) {
  Case result;
  result.suite = suite;
  result.name = fs::path(folder).filename().string();
  io::Result<onnx::ModelProto> model = readMessage<onnx::ModelProto>(fs::path(folder) / "model.onnx");
  if (!model)
    return model.error();
  result.model = std::move(*model);
  std::vector<const onnx::ValueInfoProto *> outputs;
  for (const onnx::ValueInfoProto &output : result.model.graph().output())
    outputs.push_back(&output);
  for (const fs::path &data : foldersIn(folder, "test_data_set_")) {
    auto inputs = readValues(data, "input", feedableInputs(result.model.graph()));
    if (!inputs)
      return inputs.error();
    auto expected = readValues(data, "output", outputs);
    if (!expected)
      return expected.error();
    result.dataSets.push_back({std::move(*inputs), std::move(*expected)});
  }
  if (result.dataSets.empty())
    return io::Error{folder, "data sets", "at least one", "none"};
  return result;
}

} // namespace heddle::test
