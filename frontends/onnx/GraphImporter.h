// One walk over the nodes of a graph: every value becomes a constant, a literal or a tensor of the entry.
//
// Invariant: a value that is known while importing is only emitted when an operator needs it as a tensor, so chains of
// size arithmetic leave nothing behind.
#ifndef HEDDLE_FRONTENDS_ONNX_GRAPHIMPORTER_H
#define HEDDLE_FRONTENDS_ONNX_GRAPHIMPORTER_H

#include "frontends/GraphBuilder.h"
#include "frontends/Importer.h"
#include "frontends/onnx/Dimensions.h"
#include "frontends/onnx/ModelFile.h"
#include "frontends/onnx/OpTable.h"
#include "frontends/onnx/TensorData.h"
#include "llvm/ADT/StringMap.h"

namespace heddle::onnx {

class NodeProto;

struct GraphValue {
  Shape shape;
  mlir::Type elementType; // null: the value is not known because an operator before it failed
  std::optional<ConstantData> constant;
  std::optional<Literal> literal;
  Tensor tensor; // empty until an operator needs it
  mlir::Location location;
};

class GraphImporter {
public:
  GraphImporter(const Model &model, const ImportOptions &options, const FixedSymbols &fixed, InputSizes sizes,
                mlir::MLIRContext *context);

  // The module; null after mistakes, and when a symbol was fixed (see newlyFixed).
  mlir::OwningOpRef<mlir::ModuleOp> run();

  // The symbol that has to be fixed before the import can succeed, with its value.
  const std::optional<std::pair<std::string, FixedSymbol>> &newlyFixed() const { return pending; }

  //--- for NodeReader ---
  GraphBuilder &builder() { return g; }
  llvm::StringRef modelPath() const { return model.path; }
  GraphValue *find(llvm::StringRef name);
  Tensor materialise(GraphValue &value);
  // Notes that one of the sizes is a symbol that must be the other; false when neither is a free symbol.
  bool fixSymbol(Dim a, Dim b);
  // Sees to it that a >= b for all sizes that the module accepts, by narrowing the range of a symbol where that is
  // needed.
  bool requireAtLeast(Dim a, Dim b);

private:
  void bindInputs();
  void importNode(const NodeProto &node);
  bool readsUnknown(const NodeProto &node);
  void convertNode(const NodeProto &node, const OpRow &row);
  void keepUnsupported(const NodeProto &node);
  void bindResults(const NodeProto &node, const Results &results);
  void bindLiterals(const NodeProto &node, Literals literals);
  void bindUnknown(const NodeProto &node);
  bool checkOutputCount(const NodeProto &node, size_t count);
  void checkDeclaredType(const ValueInfoProto &output, mlir::Type computed);
  void emitOutputs();
  void attachSymbolRanges(mlir::ModuleOp module);

  const Model &model;
  const ImportOptions &options;
  const FixedSymbols &fixed;
  InputSizes sizes;
  GraphBuilder g;
  llvm::StringMap<GraphValue> values;
  std::vector<Interval> symbolRanges;
  std::optional<std::pair<std::string, FixedSymbol>> pending;
};

// The row of the node's operator; null when it is not supported (Unsupported.cpp).
const OpRow *findRow(const Model &model, const NodeProto &node);

// Reports all operators of the model that have no row, with their places; false when there is none.
bool reportUnsupported(const Model &model, mlir::MLIRContext *context);

} // namespace heddle::onnx
#endif
