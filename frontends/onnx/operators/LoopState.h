// What a Loop carries: tensors, and sequences.
//
//   state {h, ys}, ys = SequenceInsert(ys, h1) in the body     carried {h}, rows {h1, then the body's scan outputs}
//
// A sequence to which each iteration appends an element is no state of a rolled loop: its elements are rows.
#ifndef HEDDLE_FRONTENDS_ONNX_OPERATORS_LOOPSTATE_H
#define HEDDLE_FRONTENDS_ONNX_OPERATORS_LOOPSTATE_H

#include "frontends/onnx/operators/Bodies.h"

namespace heddle::onnx {

class LoopState {
public:
  explicit LoopState(NodeReader &node) : node(node) {}

  Values values; // in front of the first iteration

  bool hasSequences() const {
    return !llvm::all_of(values, [](const GraphValue &value) { return value.isTensor(); });
  }
  // Whether all sequences are empty in front of the loop and grow by one element in each iteration.
  bool onlyGrows(const GraphProto &body) const;
  // Whether the node wants a value of every iteration.
  bool makesRows() const { return hasSequences() || node.outputCount() > static_cast<int64_t>(values.size()); }

  //--- of a rolled loop ---
  // The first carried tensors; nothing after a reported mistake.
  std::optional<llvm::SmallVector<Tensor>> tensors();
  // The state of an iteration, whose sequences start empty.
  Values arguments(llvm::ArrayRef<Tensor> carried) const;
  // What an iteration makes, without the condition: carried tensors, then rows.
  std::optional<llvm::SmallVector<Tensor>> tensorsOfStep(const Values &results) const;
  // The node's outputs.
  Values outputs(llvm::ArrayRef<Tensor> carried, llvm::ArrayRef<Tensor> rows) const;

private:
  NodeReader &node;
};

} // namespace heddle::onnx
#endif
