// Sequences of different lengths packed one behind the other: [tokens, ..], with the place where each begins.
//
//   starts 0 2 5:  packed rows a b | c d e     unpacked [2, 5, ..]  a b 0 0 0
//                                                                   c d e 0 0
//
// Unpacked, each sequence is a sample of a batch. How long the longest is, only the data says, so every sample has room
// for all tokens: the result is right for any lengths, at the cost of as many rows as tokens for each sequence.
#ifndef HEDDLE_FRONTENDS_ONNX_OPERATORS_PACKEDTOKENS_H
#define HEDDLE_FRONTENDS_ONNX_OPERATORS_PACKEDTOKENS_H

#include "frontends/onnx/NodeReader.h"

namespace heddle::onnx {

struct PackedTokens {
  Dim tokens;     // of all sequences
  Tensor starts;  // i64 [sequences]: the first row of each
  Tensor lengths; // i64 [sequences]
  Tensor owner;   // i64 [tokens]: the sequence of each row

  Dim sequences() const { return starts.shape[0]; }
  Tensor unpack(GraphBuilder &g, Tensor packed) const; // [sequences, tokens, ..], zeros behind the end of each
  Tensor pack(GraphBuilder &g, Tensor unpacked) const; // [tokens, ..] of [sequences, tokens, ..]
  Tensor isToken(GraphBuilder &g) const;               // i1 [sequences, tokens]
};

// Input `index` holds where sequences begin and the last ends: sequences + 1 numbers that do not decrease, the first 0
// and the last `tokens`. Nothing after a reported mistake. Other numbers give other results, and no access outside.
std::optional<PackedTokens> readPackedTokens(NodeReader &node, int64_t index, Dim tokens);

} // namespace heddle::onnx
#endif
