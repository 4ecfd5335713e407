#include "frontends/onnx/operators/LoopBody.h"

#include "frontends/onnx/onnx_model.pb.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSet.h"

namespace heddle::onnx {

bool placesDependOnIteration(const GraphProto &body) {
  static constexpr llvm::StringRef movers[] = {"ConstantOfShape", "Expand", "Pad",   "Range", "Reshape",
                                               "Resize",          "Slice",  "Split", "Tile",  "TopK"};
  llvm::StringSet<> dependent;
  if (body.input_size())
    dependent.insert(body.input(0).name());
  for (const NodeProto &node : body.node()) {
    bool reads = llvm::any_of(node.input(), [&](const std::string &input) { return dependent.contains(input); });
    bool isData =
        reads && dependent.contains(node.input(0)) && node.op_type() != "Range" && node.op_type() != "ConstantOfShape";
    bool isPlace = reads && (!isData || llvm::any_of(llvm::drop_begin(node.input()), [&](const std::string &input) {
                     return dependent.contains(input);
                   }));
    if (isPlace && llvm::is_contained(movers, node.op_type()))
      return true;
    for (const std::string &output : node.output())
      if (reads)
        dependent.insert(output);
  }
  return false;
}

// How often a graph, with those of its nodes, reads a name.
static int64_t countReads(const GraphProto &graph, const std::string &name) {
  int64_t count = 0;
  for (const NodeProto &node : graph.node()) {
    count += llvm::count(node.input(), name);
    for (const AttributeProto &attribute : node.attribute()) {
      if (attribute.has_g())
        count += countReads(attribute.g(), name);
      for (const GraphProto &nested : attribute.graphs())
        count += countReads(nested, name);
    }
  }
  return count + llvm::count_if(graph.output(), [&](const ValueInfoProto &output) { return output.name() == name; });
}

static const NodeProto *readerOf(const GraphProto &graph, const std::string &name) {
  auto reader =
      llvm::find_if(graph.node(), [&](const NodeProto &node) { return llvm::is_contained(node.input(), name); });
  return reader == graph.node().end() ? nullptr : &*reader;
}

bool appendsOneElement(const GraphProto &body, int64_t input, int64_t output) {
  std::string name = body.input(input).name();
  for (bool appended = false; countReads(body, name) == 1;) {
    if (name == body.output(output).name())
      return appended;
    const NodeProto *reader = readerOf(body, name);
    bool isInsert = reader && reader->op_type() == "SequenceInsert" && reader->input(0) == name;
    bool hasPosition = isInsert && reader->input_size() > 2 && !reader->input(2).empty();
    if (!reader || hasPosition || (isInsert ? appended : reader->op_type() != "Identity"))
      return false;
    appended |= isInsert;
    name = reader->output(0);
  }
  return false;
}

} // namespace heddle::onnx
