// Which of the kept keys exist, and what the positions of a pair add to its score, as a dense bias.
//
//   keys of row b     j = position[b] + keys.low + s      those with j < 0 were never seen, nor those behind the end
//   queries           i = position[b] + queries.low + c
//
// The bias is -inf where there is no key. A support that looks at i - j alone stays with the mixer, whose queries stand
// at a fixed place among the keys whatever their positions are; any other one is evaluated here, at the positions of
// each row.
#ifndef HEDDLE_PASSES_STREAM_ATTENTIONBIAS_H
#define HEDDLE_PASSES_STREAM_ATTENTIONBIAS_H

#include "dialects/mixer/Mixer.h"
#include "passes/stream/PairTable.h"

namespace heddle {

/// The bias [rows, heads or 1, queries or 1, keys] of the given queries with the given keys, in the compute type.
mlir::Value buildAttentionBias(StreamEmitter &e, mixer::MixOp mix, Span queries, Span keys);

/// Whether the mixer has a bias with a number for each pair.
bool hasDenseBias(mixer::MixOp mix);
/// Whether those are numbers of the keys alone, one for each token of a row, as a mask of padding is.
bool hasKeyBias(mixer::MixOp mix, TokenFlow &flow);
/// Those numbers, where they are a constant for each pair of positions.
std::optional<PairTable> biasTable(mixer::MixOp mix, TokenFlow &flow);

/// The bias of the new queries on keys at their positions, or null: that of the mixer, a table's rows at the positions,
/// or -inf for keys of other segments [rows, 1, tokens, capacity].
mlir::Value buildBiasAtPositions(StreamEmitter &e, mixer::MixOp mix);

} // namespace heddle

#endif
