// One walk over the nodes of a graph: every value becomes a constant, a literal or a tensor of the entry.
//
// Invariant: a value that is known while importing is only emitted when an operator needs it as a tensor, so chains of
// size arithmetic leave nothing behind.
#ifndef HEDDLE_FRONTENDS_ONNX_GRAPHIMPORTER_H
#define HEDDLE_FRONTENDS_ONNX_GRAPHIMPORTER_H

#include "frontends/GraphBuilder.h"
#include "frontends/Importer.h"
#include "frontends/onnx/Dimensions.h"
#include "frontends/onnx/GraphValue.h"
#include "frontends/onnx/ModelFile.h"
#include "frontends/onnx/OpTable.h"
#include "frontends/onnx/TensorData.h"
#include "llvm/ADT/StringMap.h"
#include <list>

namespace heddle::onnx {

class NodeProto;

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
  const ImportOptions &importOptions() const { return options; }
  GraphValue *find(llvm::StringRef name);
  Tensor materialise(GraphValue &value);
  // Imports a graph of an attribute at the builder's insertion point, with these values for its inputs. The values of
  // its outputs, in which what is known while importing is kept; nothing after a mistake.
  std::optional<Values> importBody(const GraphProto &graph, llvm::ArrayRef<GraphValue> arguments);
  int64_t inputCount(const GraphProto &graph) const { return model.subgraphs.at(&graph).inputs.size(); }
  // The nodes of the innermost graph that is being imported.
  llvm::ArrayRef<const NodeProto *> nodesAround() const { return scopes.back().graph->nodes; }
  bool isPending() const { return pending.has_value(); }
  // Notes that one of the sizes is a symbol that must be the other; false when neither is a free symbol.
  bool fixSymbol(Dim a, Dim b);
  // Notes that a symbol whose n-th part, rounded down, occurs in the size must be a multiple of n.
  bool fixMultiple(Dim size);
  // Notes that a symbol, or a multiple of one, must be divisible by n; false where the size is anything else.
  bool fixDivisible(Dim size, int64_t divisor);
  // Sees to it that a rounded quotient of a symbol is what the other size is, by narrowing the range of the symbol;
  // false for all other sizes, and where none is left.
  bool limitToEqual(Dim a, Dim b);
  // Sees to it that a >= b for all sizes that the module accepts, by narrowing the range of a symbol where that is
  // needed.
  bool requireAtLeast(Dim a, Dim b);

private:
  void bindInputs();
  void importNode(const NodeProto &node);
  bool readsUnknown(const NodeProto &node);
  void convertNode(const NodeProto &node, const OpRow &row);
  void keepUnsupported(const NodeProto &node);
  void bind(const NodeProto &node, Values results);
  Values valuesOf(const Results &results);
  Values valuesOf(Literals literals);
  void bindUnknown(const NodeProto &node);
  bool checkOutputCount(const NodeProto &node, size_t count);
  void checkDeclaredType(const ValueInfoProto &output, mlir::Type computed);
  void fixTracedLength(const ValueInfoProto &output, llvm::ArrayRef<Dim> computed);
  void emitOutputs();
  void attachSymbolRanges(mlir::ModuleOp module);
  bool raiseToNonNegative(Dim difference, unsigned symbol);

  const Model &model;
  const ImportOptions &options;
  const FixedSymbols &fixed;
  InputSizes sizes;
  GraphBuilder g;
  // The graphs that are being imported, from the model's inwards. A value is found in the innermost that has it.
  struct Scope {
    const Graph *graph;
    llvm::StringMap<GraphValue> values;
  };
  std::list<Scope> scopes;
  std::vector<Interval> symbolRanges;
  std::map<unsigned, mlir::Location> limitedAt; // symbols whose range a rounded quotient has narrowed
  std::optional<std::pair<std::string, FixedSymbol>> pending;
};

// The row of the node's operator; null when it is not supported (Unsupported.cpp).
const OpRow *findRow(const Model &model, const NodeProto &node);

// Reports all operators of the model that have no row, with their places; false when there is none.
bool reportUnsupported(const Model &model, mlir::MLIRContext *context);

} // namespace heddle::onnx
#endif
