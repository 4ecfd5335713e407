#include "frontends/onnx/operators/StateWindow.h"

using namespace mlir;

namespace heddle::onnx {

std::optional<int64_t> readStateWindow(NodeReader &node) {
  int64_t window = node.integer("state_window", 0);
  if (window >= 0 && window <= 8)
    return window;
  return node.fail("attribute 'state_window' " + Twine(window) + ", expected 0 to 8"), std::nullopt;
}

Tensor latestState(NodeReader &node, Tensor states, int64_t window) {
  if (!states || window == 0)
    return states;
  if (states.rank() < 1)
    return node.fail("state of rank 0, expected states stacked along the first axis"), Tensor();
  if (!node.unify(states.shape[0], node.g.dim(window)))
    return {};
  return node.g.squeeze(node.g.slice(states, 0, node.g.dim(window - 1), node.g.dim(window)), 0);
}

Tensor stackStates(GraphBuilder &g, ArrayRef<Tensor> states) {
  SmallVector<Tensor> slots;
  for (const Tensor &state : states)
    slots.push_back(g.unsqueeze(state, 0));
  return g.concat(slots, 0);
}

} // namespace heddle::onnx
