// What an operator's function sees of its node: inputs by index, attributes by name, and the builder to emit into.
//
//   Results convertSoftmax(NodeReader &node) {
//     Tensor x = node.tensor(0);
//     return {node.g.softmax(x, node.integer("axis", -1))};
//   }
//
// A wrong attribute or a missing input is reported at the node, and the reader remembers it: the function may go on
// with the default, its results are then thrown away. Inputs and attributes that the function never asks for are errors
// too, so a newer meaning of an operator is never taken for an older one.
#ifndef HEDDLE_FRONTENDS_ONNX_NODEREADER_H
#define HEDDLE_FRONTENDS_ONNX_NODEREADER_H

#include "frontends/GraphBuilder.h"
#include "frontends/Importer.h"
#include "frontends/onnx/OpTable.h"
#include "frontends/onnx/TensorData.h"
#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/StringSet.h"

namespace heddle::onnx {

class AttributeProto;
class GraphProto;
class TypeProto;
class GraphImporter;
class NodeProto;

class NodeReader {
public:
  NodeReader(const NodeProto &node, GraphImporter &importer, int64_t opset);

  GraphBuilder &g;
  const int64_t opset;

  //--- inputs ---
  int64_t inputCount() const;
  int64_t outputCount() const;
  bool has(int64_t index);      // present and not the empty name
  Tensor tensor(int64_t index); // emitted on first use when it is a constant
  Tensor optionalTensor(int64_t index) { return has(index) ? tensor(index) : Tensor(); }
  llvm::SmallVector<Tensor> tensors(); // all inputs
  Shape shape(int64_t index);
  mlir::Type elementType(int64_t index);
  int64_t rank(int64_t index) { return shape(index).size(); }
  // The input's elements where they are known while importing.
  std::optional<Literal> literal(int64_t index);
  // The input as it is: tensor, sequence or optional; null after a reported mistake.
  const GraphValue *graphValue(int64_t index) { return value(index); }
  // Elements of a sequence; null, and an error, where the input is none.
  const Values *sequence(int64_t index);
  // What the name of a value in an enclosing graph or of an input stands for, as a tensor.
  Tensor materialise(GraphValue &value);
  // The same, required; `what` names the input in the error.
  std::optional<llvm::SmallVector<Dim>> dims(int64_t index, llvm::StringRef what);
  std::optional<llvm::SmallVector<int64_t>> integers(int64_t index, llvm::StringRef what);
  std::optional<double> number(int64_t index, llvm::StringRef what);

  //--- attributes ---
  int64_t integer(llvm::StringRef name, int64_t otherwise);
  double real(llvm::StringRef name, double otherwise);
  bool flag(llvm::StringRef name, bool otherwise) { return integer(name, otherwise) != 0; }
  std::string string(llvm::StringRef name, llvm::StringRef otherwise);
  std::optional<llvm::SmallVector<int64_t>> integers(llvm::StringRef name);
  std::optional<llvm::SmallVector<float>> reals(llvm::StringRef name);
  std::optional<ConstantData> tensorAttribute(llvm::StringRef name);
  std::optional<llvm::SmallVector<std::string>> strings(llvm::StringRef name);
  const TypeProto *type(llvm::StringRef name);
  const GraphProto *graph(llvm::StringRef name); // required
  bool hasAttribute(llvm::StringRef name) const;
  void ignore(llvm::ArrayRef<llvm::StringRef> names); // attributes without effect on the result

  //--- checks ---
  // `axis` made non-negative, or an error.
  std::optional<int64_t> axis(int64_t axis, int64_t rank);
  std::optional<llvm::SmallVector<int64_t>> axes(llvm::ArrayRef<int64_t> axes, int64_t rank); // sorted, distinct
  // Makes two sizes one: proves them equal, or fixes a free symbol of the model so that they are.
  // The shapes are named in the error.
  bool unify(Dim a, Dim b, llvm::ArrayRef<Shape> shapes = {});
  // Fixes a symbol to multiples of n where the size contains its n-th part, rounded; false where it contains none. The
  // import then starts over.
  bool fixMultiple(Dim size);
  // The same where a symbol, or a multiple of it, must be divisible by n; false where the size is anything else.
  bool fixDivisible(Dim size, int64_t divisor);
  bool unifyBroadcast(llvm::ArrayRef<Shape> shapes);
  // No negative size and not more elements than an address can hold; symbols count as 1.
  bool checkSizes(llvm::ArrayRef<Dim> sizes);
  // Sees to it that a >= b, by a narrower range of a symbol where it depends on one.
  bool requireAtLeast(Dim a, Dim b, llvm::StringRef what);

  //--- graphs ---
  // See GraphImporter::importBody; counts a mistake inside as one of this node.
  std::optional<Values> importBody(const GraphProto &graph, llvm::ArrayRef<GraphValue> arguments);
  // The number of inputs of a graph that are no initialisers.
  int64_t argumentCount(const GraphProto &graph) const;

  //--- what the node stands in ---
  const ImportOptions &options() const;
  const NodeProto &proto() const { return node; }
  llvm::StringRef inputName(int64_t index) const;
  llvm::ArrayRef<const NodeProto *> nodesAround() const; // each after those that it reads
  Tensor namedTensor(llvm::StringRef name);              // empty, and an error, where nothing has that name

  //--- mistakes ---
  mlir::InFlightDiagnostic error();
  Results fail(const llvm::Twine &message);
  bool failed() const { return hasFailed; }
  // Reports inputs and attributes that nobody asked for.
  bool checkAllRead();

private:
  const AttributeProto *attribute(llvm::StringRef name, int32_t type);
  GraphValue *value(int64_t index);
  bool isTensor(const GraphValue &input); // reports where it is none

  const NodeProto &node;
  GraphImporter &importer;
  llvm::BitVector readInputs;
  llvm::StringSet<> readAttributes;
  bool hasFailed = false;
};

} // namespace heddle::onnx
#endif
