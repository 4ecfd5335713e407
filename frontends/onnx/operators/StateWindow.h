// States of com.microsoft that keep what stood behind each of the last tokens, so that a decoder can go back to one of
// them: [window, ..] with the latest last, which is the one that is read. Attribute 'state_window'; 0: one state, not
// stacked.
#ifndef HEDDLE_FRONTENDS_ONNX_OPERATORS_STATEWINDOW_H
#define HEDDLE_FRONTENDS_ONNX_OPERATORS_STATEWINDOW_H

#include "frontends/onnx/NodeReader.h"

namespace heddle::onnx {

// The attribute; nothing after a reported mistake.
std::optional<int64_t> readStateWindow(NodeReader &node);

// The state that is read; empty after a reported mistake.
Tensor latestState(NodeReader &node, Tensor states, int64_t window);

Tensor stackStates(GraphBuilder &g, llvm::ArrayRef<Tensor> states);

} // namespace heddle::onnx
#endif
