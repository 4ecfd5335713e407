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

// Of the operators whose heads of queries share heads of keys: attributes 'num_heads' and 'kv_num_heads'; inputs 0 to 2
// [.., heads * D] of the given rank, or the first alone with all three side by side. Sets query, key and value to
// [.., heads, D].
bool readGroupedHeads(NodeReader &node, SoftmaxAttention &attention, int64_t rank);

// Inputs `index` and `index + 1`, both or neither: root-mean-square norms of each head of queries and of keys.
bool normalizeHeads(NodeReader &node, SoftmaxAttention &attention, int64_t index);

// Of a cache in which each sample has a past of its own: input `lengths` [B], plus `more`, counts the keys of each
// sample, of which the new tokens are the last. Sets `valid` and `offset`; a prompt that is filled up begins at 0.
void readPlaces(SoftmaxAttention &attention, GraphBuilder &g, Tensor lengths, int64_t more);

// Attribute 'do_rotary': turns query and key [B, T, H, D] by the tables of inputs `index` and `index + 1`, at the
// places i64 [B, T].
bool rotateHeads(NodeReader &node, Tensor &query, Tensor &key, Tensor places, int64_t index);

// The places of the new tokens, i64 [B, T]; after readPlaces().
Tensor newPlaces(GraphBuilder &g, const SoftmaxAttention &attention);

// Attribute 'local_window_size', which counts the token itself.
void readLocalWindow(NodeReader &node, SoftmaxAttention &attention);

// Input `index` [H]: a score of each head that counts in the sum and has no value.
bool readSink(NodeReader &node, SoftmaxAttention &attention, int64_t index);

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
