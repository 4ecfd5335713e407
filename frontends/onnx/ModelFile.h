// A parsed model file with everything that can be checked before a node is looked at.
#ifndef HEDDLE_FRONTENDS_ONNX_MODELFILE_H
#define HEDDLE_FRONTENDS_ONNX_MODELFILE_H

#include "frontends/onnx/TensorData.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringRef.h"
#include <memory>
#include <vector>

namespace heddle::onnx {

class ModelProto;
class NodeProto;
class ValueInfoProto;

struct Model {
  std::string path;
  std::string name; // of the file: the first part of every location
  std::shared_ptr<ModelProto> proto;
  int64_t opset = 0;                          // of the default operator set
  std::vector<const ValueInfoProto *> inputs; // without the initialisers
  std::vector<const ValueInfoProto *> outputs;
  std::vector<const NodeProto *> nodes; // each after the nodes that it reads
  llvm::StringMap<ConstantData> initializers;

  // "model.onnx:name" as a location.
  mlir::Location location(llvm::StringRef name, mlir::MLIRContext *context) const;
  mlir::Location location(const NodeProto &node, mlir::MLIRContext *context) const;
};

// Reads, checks and orders the model; nothing after a reported mistake.
std::optional<Model> readModel(llvm::StringRef path, mlir::MLIRContext *context);

// Puts the nodes in order; false, and an error, for a value that is defined twice or not at all, or a cycle
// (GraphOrder.cpp).
bool orderNodes(Model &model, mlir::MLIRContext *context);

} // namespace heddle::onnx
#endif
