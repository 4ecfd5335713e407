// Calls of the model's own functions become the functions' nodes. Done on the file's messages before anything is read
// from them, so that the importer knows operators only.
//
// A value v of a call of f with first output o is named `o/f/v`; inputs and outputs take the names at the call. Such a
// name is new: calls that make the same output are nested, and no function calls itself.
#include "frontends/onnx/ModelFile.h"
#include "frontends/onnx/onnx_model.pb.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace heddle::onnx {

namespace {

// Of calls inside of calls, and of all graphs together: a file of a few kilobytes could double its nodes at each level.
constexpr size_t maxDepth = 64;
constexpr int64_t maxNodes = 1 << 20;

using Key = std::tuple<std::string, std::string, std::string>; // domain, name, overload

class FunctionInliner {
public:
  FunctionInliner(Model &model, MLIRContext *context) : model(model), context(context) {
    for (const FunctionProto &function : model.proto->functions())
      functions[{function.domain(), function.name(), function.overload()}] = &function;
  }

  bool run() { return functions.empty() || inlineInto(*model.proto->mutable_graph(), model.opsets); }

private:
  using Nodes = google::protobuf::RepeatedPtrField<NodeProto>;

  bool inlineInto(GraphProto &graph, const OpsetImports &opsets) {
    Nodes original;
    original.Swap(graph.mutable_node());
    for (NodeProto &node : original)
      if (!append(std::move(node), opsets, *graph.mutable_node()))
        return false;
    return true;
  }

  bool append(NodeProto &&node, const OpsetImports &opsets, Nodes &into) {
    auto function = functions.find({node.domain(), node.op_type(), node.overload()});
    if (function != functions.end())
      return appendBody(node, *function->second, into);
    if (++nodeCount > maxNodes) {
      emitError(model.location(node, context)) << "functions make more than " << maxNodes << " nodes, expected fewer";
      return false;
    }
    NodeProto &added = *into.Add();
    added = std::move(node);
    if (opsets != model.opsets)
      model.functionOpsets[&added] = opsets;
    for (AttributeProto &attribute : *added.mutable_attribute()) {
      if (attribute.has_g() && !inlineInto(*attribute.mutable_g(), opsets))
        return false;
      for (GraphProto &graph : *attribute.mutable_graphs())
        if (!inlineInto(graph, opsets))
          return false;
    }
    return true;
  }

  bool checkCall(const NodeProto &call, const FunctionProto &function) {
    InFlightDiagnostic diagnostic = emitError(model.location(call, context)) << call.op_type() << ": ";
    if (llvm::is_contained(active, &function))
      diagnostic << "function '" << function.name() << "' calls itself, expected none that does";
    else if (active.size() == maxDepth)
      diagnostic << "functions are nested more than " << maxDepth << " deep, expected fewer";
    else if (call.input_size() > function.input_size() || call.output_size() > function.output_size())
      diagnostic << call.input_size() << " inputs and " << call.output_size() << " outputs, expected at most "
                 << function.input_size() << " and " << function.output_size();
    else
      return diagnostic.abandon(), true;
    return false;
  }

  bool appendBody(const NodeProto &call, const FunctionProto &function, Nodes &into) {
    if (!checkCall(call, function))
      return false;
    active.push_back(&function);
    Renaming names = bindNames(call, function);
    OpsetImports opsets;
    for (const OperatorSetIdProto &import : function.opset_import())
      opsets[import.domain() == "ai.onnx" ? "" : import.domain()] = import.version();
    bool ok = true;
    for (const NodeProto &node : function.node()) {
      NodeProto copy = node;
      rename(copy, names);
      bindAttributes(copy, call, function);
      ok = ok && append(std::move(copy), opsets, into);
    }
    for (const auto &[output, atCall] : names.outputs)
      if (ok && !atCall.empty() && llvm::is_contained(function.input(), output))
        ok = append(copyOf(names.at(output), atCall), model.opsets, into);
    active.pop_back();
    return ok;
  }

  struct Renaming {
    std::string prefix;
    std::map<std::string, std::string> known;   // inputs first, then outputs that are no inputs
    std::map<std::string, std::string> outputs; // names at the call
    std::string at(const std::string &name) const {
      if (name.empty())
        return name;
      auto found = known.find(name);
      return found == known.end() ? prefix + name : found->second;
    }
  };

  static Renaming bindNames(const NodeProto &call, const FunctionProto &function) {
    Renaming names;
    for (const std::string &output : call.output())
      if (names.prefix.empty() && !output.empty())
        names.prefix = output + "/" + function.name() + "/";
    for (int index = 0; index < function.input_size(); ++index)
      names.known[function.input(index)] = index < call.input_size() ? call.input(index) : "";
    for (int index = 0; index < call.output_size(); ++index) {
      names.outputs[function.output(index)] = call.output(index);
      if (!call.output(index).empty())
        names.known.insert({function.output(index), call.output(index)});
    }
    return names;
  }

  // A function may hand an input through.
  static NodeProto copyOf(const std::string &from, const std::string &to) {
    NodeProto copy;
    copy.set_op_type("Identity");
    copy.set_name(to);
    copy.add_input(from);
    copy.add_output(to);
    return copy;
  }

  static void rename(NodeProto &node, const Renaming &names) {
    if (!node.name().empty())
      node.set_name(names.prefix + node.name());
    for (std::string &input : *node.mutable_input())
      input = names.at(input);
    for (std::string &output : *node.mutable_output())
      output = names.at(output);
    for (AttributeProto &attribute : *node.mutable_attribute()) {
      if (attribute.has_g())
        rename(*attribute.mutable_g(), names);
      for (GraphProto &graph : *attribute.mutable_graphs())
        rename(graph, names);
    }
  }

  static void rename(GraphProto &graph, const Renaming &names) {
    for (ValueInfoProto &input : *graph.mutable_input())
      input.set_name(names.at(input.name()));
    for (ValueInfoProto &output : *graph.mutable_output())
      output.set_name(names.at(output.name()));
    for (TensorProto &initializer : *graph.mutable_initializer())
      initializer.set_name(names.at(initializer.name()));
    for (NodeProto &node : *graph.mutable_node())
      rename(node, names);
  }

  static const AttributeProto *findAttribute(const google::protobuf::RepeatedPtrField<AttributeProto> &list,
                                             const std::string &name) {
    for (const AttributeProto &attribute : list)
      if (attribute.name() == name)
        return &attribute;
    return nullptr;
  }

  // Attributes that refer to those of the function get the call's value or the default; without either they are absent.
  static void bindAttributes(NodeProto &node, const NodeProto &call, const FunctionProto &function) {
    google::protobuf::RepeatedPtrField<AttributeProto> original;
    original.Swap(node.mutable_attribute());
    for (AttributeProto &attribute : original) {
      if (attribute.ref_attr_name().empty()) {
        bindAttributesOfGraphs(attribute, call, function);
        *node.add_attribute() = std::move(attribute);
        continue;
      }
      const AttributeProto *value = findAttribute(call.attribute(), attribute.ref_attr_name());
      value = value ? value : findAttribute(function.attribute_proto(), attribute.ref_attr_name());
      if (!value)
        continue;
      AttributeProto &bound = *node.add_attribute();
      bound = *value;
      bound.set_name(attribute.name());
    }
  }

  static void bindAttributesOfGraphs(AttributeProto &attribute, const NodeProto &call, const FunctionProto &function) {
    if (attribute.has_g())
      for (NodeProto &inner : *attribute.mutable_g()->mutable_node())
        bindAttributes(inner, call, function);
    for (GraphProto &graph : *attribute.mutable_graphs())
      for (NodeProto &inner : *graph.mutable_node())
        bindAttributes(inner, call, function);
  }

  Model &model;
  MLIRContext *context;
  std::map<Key, const FunctionProto *> functions;
  std::vector<const FunctionProto *> active;
  int64_t nodeCount = 0;
};

} // namespace

bool inlineFunctions(Model &model, MLIRContext *context) { return FunctionInliner(model, context).run(); }

} // namespace heddle::onnx
