// Conversions that the default operator set and com.microsoft share.
#ifndef HEDDLE_FRONTENDS_ONNX_OPERATORS_TOKENS_H
#define HEDDLE_FRONTENDS_ONNX_OPERATORS_TOKENS_H

#include "frontends/onnx/NodeReader.h"

namespace heddle::onnx {

Results convertLinearAttention(NodeReader &node);
Results convertGatedDeltaNet(NodeReader &node); // com.microsoft only

// x [B, T, H * D] or [B, H, T, D]; tables [B|1, T, dim / 2], or [positions, dim / 2] with positions [B|1, T].
Results rotaryEmbedding(NodeReader &node, Tensor x, Tensor cosines, Tensor sines, Tensor positions);

} // namespace heddle::onnx
#endif
