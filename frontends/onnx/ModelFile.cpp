#include "frontends/onnx/ModelFile.h"
#include "frontends/onnx/OpTable.h"
#include "frontends/onnx/onnx_model.pb.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include <google/protobuf/io/coded_stream.h>

using namespace mlir;

namespace heddle::onnx {

// IR versions of the format; older ones lack opset imports, newer ones may change fields.
static constexpr int64_t minIrVersion = 3, maxIrVersion = 13;
// Depth of messages inside of messages: subgraphs in attributes take four levels each.
static constexpr int maxMessageDepth = 100;

Location Model::location(StringRef valueName, MLIRContext *context) const {
  return FileLineColLoc::get(context, (Twine(name) + ":" + valueName).str(), 0, 0);
}

Location Model::location(const NodeProto &node, MLIRContext *context) const {
  if (!node.name().empty())
    return location(node.name(), context);
  return location(node.output_size() ? node.output(0) : node.op_type(), context);
}

static bool parse(Model &model, Location loc) {
  auto buffer = llvm::MemoryBuffer::getFile(model.path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!buffer) {
    emitError(loc) << "model file cannot be read: " << buffer.getError().message();
    return false;
  }
  size_t size = (*buffer)->getBufferSize();
  if (size > static_cast<size_t>(std::numeric_limits<int>::max())) {
    emitError(loc) << "model file has " << size
                   << " bytes, expected at most 2 GiB (larger weights are stored as external data)";
    return false;
  }
  google::protobuf::io::CodedInputStream stream(reinterpret_cast<const uint8_t *>((*buffer)->getBufferStart()),
                                                static_cast<int>(size));
  stream.SetRecursionLimit(maxMessageDepth);
  model.proto = std::make_shared<ModelProto>();
  if (model.proto->ParseFromCodedStream(&stream) && stream.ConsumedEntireMessage())
    return true;
  emitError(loc) << "model file of " << size
                 << " bytes, expected an ONNX model but it is truncated or not in this format";
  return false;
}

static bool checkVersions(Model &model, Location loc) {
  const ModelProto &proto = *model.proto;
  if (!proto.has_ir_version() || proto.ir_version() < minIrVersion || proto.ir_version() > maxIrVersion) {
    emitError(loc) << "IR version " << proto.ir_version() << ", expected one in [" << minIrVersion << ", "
                   << maxIrVersion << "]";
    return false;
  }
  for (const OperatorSetIdProto &import : proto.opset_import())
    if (import.domain().empty() || import.domain() == "ai.onnx")
      model.opset = import.version();
  if (model.opset >= minOpset && model.opset <= maxOpset)
    return true;
  InFlightDiagnostic diagnostic = emitError(loc)
                                  << "opset " << model.opset << " of the default operator set, expected one in ["
                                  << minOpset << ", " << maxOpset << "]";
  if (proto.opset_import().empty())
    diagnostic << " (the model imports none)";
  return false;
}

static bool readInitializers(Model &model, MLIRContext *context) {
  const GraphProto &graph = model.proto->graph();
  if (graph.sparse_initializer_size()) {
    const std::string &name = graph.sparse_initializer(0).values().name();
    emitError(model.location(name, context)) << "initialiser '" << name << "' is sparse, expected a dense tensor";
    return false;
  }
  bool ok = true;
  for (TensorProto &tensor : *model.proto->mutable_graph()->mutable_initializer()) {
    Location loc = model.location(tensor.name(), context);
    if (model.initializers.contains(tensor.name())) {
      emitError(loc) << "initialiser '" << tensor.name() << "' is defined twice, expected distinct names";
      ok = false;
      continue;
    }
    std::optional<ConstantData> data =
        readTensor(tensor, "initialiser '" + tensor.name() + "'", model.path, context, [&] { return emitError(loc); });
    if (data)
      model.initializers.insert({tensor.name(), std::move(*data)});
    ok &= data.has_value();
    tensor.clear_raw_data(); // weights are kept once
  }
  return ok;
}

static void collectBoundary(Model &model) {
  const GraphProto &graph = model.proto->graph();
  for (const ValueInfoProto &input : graph.input())
    if (!model.initializers.contains(input.name()))
      model.inputs.push_back(&input);
  for (const ValueInfoProto &output : graph.output())
    model.outputs.push_back(&output);
}

std::optional<Model> readModel(StringRef path, MLIRContext *context) {
  Model model;
  model.path = path.str();
  model.name = llvm::sys::path::filename(path).str();
  Location loc = FileLineColLoc::get(context, model.name, 0, 0);
  if (!parse(model, loc) || !checkVersions(model, loc))
    return std::nullopt;
  if (!model.proto->has_graph()) {
    emitError(loc) << "model has no graph, expected one";
    return std::nullopt;
  }
  if (!readInitializers(model, context))
    return std::nullopt;
  collectBoundary(model);
  if (!orderNodes(model, context))
    return std::nullopt;
  return model;
}

} // namespace heddle::onnx
