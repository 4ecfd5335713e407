// Steps that the attention operators of ONNX and of com.microsoft share: each reports what does not fit at the node.
#ifndef HEDDLE_FRONTENDS_ONNX_OPERATORS_ATTENTIONOPERANDS_H
#define HEDDLE_FRONTENDS_ONNX_OPERATORS_ATTENTIONOPERANDS_H

#include "frontends/onnx/NodeReader.h"
#include "frontends/onnx/operators/SoftmaxAttention.h"

namespace heddle::onnx {

// [B, T, H, D] <-> [B, H, T, D]
Tensor swapHeads(GraphBuilder &g, Tensor x);

// Query, key and value have one type, and sizes that fit each other.
bool unifyOperands(NodeReader &node, const SoftmaxAttention &attention);

// Attribute 'scale', or 1 / sqrt(features) where it is absent or, with `zeroIsAbsent`, 0.
bool readScale(NodeReader &node, SoftmaxAttention &attention, bool zeroIsAbsent);

// Keys and values [B, H, P, D] in front of those of this call.
bool appendPast(NodeReader &node, SoftmaxAttention &attention, Tensor pastKey, Tensor pastValue);

// Adds [B|1, H|1, T|1, S] to the scores.
bool addBias(NodeReader &node, SoftmaxAttention &attention, Tensor bias);

// Keys that a mask of com.microsoft names: lengths [B], or flags [B, S] or [B, T, S]. The others get `filler` added.
bool addPadding(NodeReader &node, SoftmaxAttention &attention, Tensor mask, double filler);

// The output [B, T, H * D], and where the node has more outputs the keys and values [B, H, S, D].
Results mixWithCaches(NodeReader &node, SoftmaxAttention &attention);

} // namespace heddle::onnx
#endif
