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

// The default operator set has two spellings.
static std::string domainName(const std::string &domain) { return domain == "ai.onnx" ? "" : domain; }

static bool checkVersions(Model &model, Location loc) {
  const ModelProto &proto = *model.proto;
  if (!proto.has_ir_version() || proto.ir_version() < minIrVersion || proto.ir_version() > maxIrVersion) {
    emitError(loc) << "IR version " << proto.ir_version() << ", expected one in [" << minIrVersion << ", "
                   << maxIrVersion << "]";
    return false;
  }
  for (const OperatorSetIdProto &import : proto.opset_import())
    model.opsets[domainName(import.domain())] = import.version();
  // A model of other operator sets alone need not import the default one.
  if (proto.opset_import_size() && !model.opsets.count(""))
    return true;
  int64_t opset = model.opsets[""];
  if (opset >= minOpset && opset <= maxOpset)
    return true;
  InFlightDiagnostic diagnostic = emitError(loc)
                                  << "opset " << opset << " of the default operator set, expected one in [" << minOpset
                                  << ", " << maxOpset << "]";
  if (proto.opset_import().empty())
    diagnostic << " (the model imports none)";
  return false;
}

int64_t Model::opsetOf(const NodeProto &node) const {
  auto own = functionOpsets.find(&node);
  const OpsetImports &imports = own == functionOpsets.end() ? opsets : own->second;
  auto found = imports.find(domainName(node.domain()));
  return found == imports.end() ? 0 : found->second;
}

SmallVector<const GraphProto *> attributeGraphs(const NodeProto &node) {
  SmallVector<const GraphProto *> graphs;
  for (const AttributeProto &attribute : node.attribute()) {
    if (attribute.has_g())
      graphs.push_back(&attribute.g());
    for (const GraphProto &graph : attribute.graphs())
      graphs.push_back(&graph);
  }
  return graphs;
}

// Reads what stands in the graph beside its nodes. Weights are kept once: `proto` loses its copies.
static bool readInitializers(Model &model, GraphProto &proto, Graph &graph, MLIRContext *context) {
  if (proto.sparse_initializer_size()) {
    const std::string &name = proto.sparse_initializer(0).values().name();
    emitError(model.location(name, context)) << "initialiser '" << name << "' is sparse, expected a dense tensor";
    return false;
  }
  bool ok = true;
  for (TensorProto &tensor : *proto.mutable_initializer()) {
    Location loc = model.location(tensor.name(), context);
    if (graph.initializers.contains(tensor.name())) {
      emitError(loc) << "initialiser '" << tensor.name() << "' is defined twice, expected distinct names";
      ok = false;
      continue;
    }
    std::optional<ConstantData> data =
        readTensor(tensor, "initialiser '" + tensor.name() + "'", model.path, context, [&] { return emitError(loc); });
    if (data)
      graph.initializers.insert({tensor.name(), std::move(*data)});
    ok &= data.has_value();
    tensor.clear_raw_data();
  }
  return ok;
}

static bool readGraph(Model &model, GraphProto &proto, Graph &graph, MLIRContext *context) {
  graph.proto = &proto;
  if (!readInitializers(model, proto, graph, context))
    return false;
  for (const ValueInfoProto &input : proto.input())
    if (!graph.initializers.contains(input.name()))
      graph.inputs.push_back(&input);
  for (const ValueInfoProto &output : proto.output())
    graph.outputs.push_back(&output);
  bool ok = true;
  auto readInner = [&](GraphProto &inner) { ok = ok && readGraph(model, inner, model.subgraphs[&inner], context); };
  for (NodeProto &node : *proto.mutable_node())
    for (AttributeProto &attribute : *node.mutable_attribute()) {
      if (attribute.has_g())
        readInner(*attribute.mutable_g());
      for (GraphProto &inner : *attribute.mutable_graphs())
        readInner(inner);
    }
  return ok;
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
  if (!inlineFunctions(model, context) || !readGraph(model, *model.proto->mutable_graph(), model.graph, context) ||
      !orderNodes(model, context))
    return std::nullopt;
  return model;
}

} // namespace heddle::onnx
