// A parsed model file with everything that can be checked before a node is looked at.
#ifndef HEDDLE_FRONTENDS_ONNX_MODELFILE_H
#define HEDDLE_FRONTENDS_ONNX_MODELFILE_H

#include "frontends/onnx/TensorData.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringRef.h"
#include <map>
#include <memory>
#include <vector>

namespace heddle::onnx {

class GraphProto;
class ModelProto;
class NodeProto;
class ValueInfoProto;

// The model's graph, or one inside of an attribute.
struct Graph {
  const GraphProto *proto = nullptr;
  std::vector<const ValueInfoProto *> inputs; // without the initialisers
  std::vector<const ValueInfoProto *> outputs;
  std::vector<const NodeProto *> nodes; // each after the nodes that it reads
  llvm::StringMap<ConstantData> initializers;
};

using OpsetImports = std::map<std::string, int64_t>; // domain ("" is the default one) -> version

struct Model {
  std::string path;
  std::string name; // of the file: the first part of every location
  std::shared_ptr<ModelProto> proto;
  OpsetImports opsets;
  std::map<const NodeProto *, OpsetImports> functionOpsets; // of nodes that come from functions, where they differ
  Graph graph;
  std::map<const GraphProto *, Graph> subgraphs; // those of all attributes

  // The version of the operator set that defines the node; 0 when the model does not import it.
  int64_t opsetOf(const NodeProto &node) const;

  // "model.onnx:name" as a location.
  mlir::Location location(llvm::StringRef name, mlir::MLIRContext *context) const;
  mlir::Location location(const NodeProto &node, mlir::MLIRContext *context) const;
};

// Reads, checks and orders the model; nothing after a reported mistake.
std::optional<Model> readModel(llvm::StringRef path, mlir::MLIRContext *context);

// Puts the nodes of all graphs in order; false, and an error, for a value that is defined twice or not at all, or a
// cycle (GraphOrder.cpp).
bool orderNodes(Model &model, mlir::MLIRContext *context);

// The graphs in the attributes of the node.
llvm::SmallVector<const GraphProto *> attributeGraphs(const NodeProto &node);

// Replaces calls of the model's own functions by their nodes, in all graphs; false, and an error, for functions that
// call themselves, are nested too deep or make too many nodes (Functions.cpp).
bool inlineFunctions(Model &model, mlir::MLIRContext *context);

} // namespace heddle::onnx
#endif
