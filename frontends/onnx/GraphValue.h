// What a name of the graph stands for while importing: a tensor, a sequence of values, or an optional that holds
// nothing. An optional that holds something is that thing.
//
// Invariant: how many elements a sequence has is known while importing, so sequences leave nothing in the IR. A stack
// is a sequence for which it is not: its elements are the rows of a tensor.
#ifndef HEDDLE_FRONTENDS_ONNX_GRAPHVALUE_H
#define HEDDLE_FRONTENDS_ONNX_GRAPHVALUE_H

#include "frontends/onnx/TensorData.h"

namespace heddle::onnx {

enum class ValueKind { Unknown, Tensor, Sequence, Stack, Nothing }; // Unknown: an operator before it failed

struct GraphValue {
  ValueKind kind = ValueKind::Unknown;
  Shape shape;
  mlir::Type elementType;
  std::optional<ConstantData> constant;
  std::optional<Literal> literal;
  Tensor tensor; // empty until an operator needs it; of a stack, its rows
  mlir::Location location;
  std::vector<GraphValue> elements; // of a sequence

  static GraphValue unknown(mlir::Location location) { return GraphValue{{}, {}, {}, {}, {}, {}, location, {}}; }
  static GraphValue ofTensor(Tensor tensor, mlir::Location location) {
    return GraphValue{ValueKind::Tensor, tensor.shape, tensor.elementType, {}, {}, tensor, location, {}};
  }
  static GraphValue ofConstant(Shape shape, const ConstantData &data, mlir::Location location) {
    return GraphValue{ValueKind::Tensor, shape, data.elementType, data, {}, {}, location, {}};
  }
  static GraphValue ofLiteral(Shape shape, Literal literal, mlir::Location location) {
    mlir::Type type = literal.elementType;
    return GraphValue{ValueKind::Tensor, shape, type, {}, std::move(literal), {}, location, {}};
  }
  static GraphValue ofSequence(std::vector<GraphValue> elements, mlir::Location location) {
    return GraphValue{ValueKind::Sequence, {}, {}, {}, {}, {}, location, std::move(elements)};
  }
  static GraphValue ofStack(Tensor rows, mlir::Location location) {
    GraphValue value = ofTensor(rows, location);
    value.kind = ValueKind::Stack;
    return value;
  }
  static GraphValue nothing(mlir::Location location) {
    GraphValue value = unknown(location);
    value.kind = ValueKind::Nothing;
    return value;
  }
  bool isTensor() const { return kind == ValueKind::Tensor; }
  // For errors, where it is no tensor.
  const char *describe() const {
    return kind == ValueKind::Sequence ? "a sequence"
           : kind == ValueKind::Stack  ? "a sequence of as many elements as a loop has iterations"
                                       : "an optional that holds nothing";
  }
};

using Values = std::vector<GraphValue>; // one for each output; empty after a reported mistake

} // namespace heddle::onnx
#endif
