// The functions of the gates of RNN, GRU and LSTM, by the names that ONNX gives them.
#ifndef HEDDLE_FRONTENDS_ONNX_OPERATORS_CELLACTIVATION_H
#define HEDDLE_FRONTENDS_ONNX_OPERATORS_CELLACTIVATION_H

#include "frontends/onnx/NodeReader.h"

namespace heddle::onnx {

struct CellActivation {
  std::string name; // in lower case: ONNX ignores the case
  double alpha = 0, beta = 0;
};

// Those of all directions, one after the other: `standard` where the node names none.
std::vector<CellActivation> readCellActivations(NodeReader &node, const std::vector<std::string> &standard,
                                                int64_t directions);

// Empty, and an error, for a function that is not known.
Tensor applyCellActivation(NodeReader &node, const CellActivation &f, Tensor x);

} // namespace heddle::onnx
#endif
