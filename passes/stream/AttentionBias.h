// Which of the kept keys exist, and what the positions of a pair add to its score, as a dense bias.
//
//   keys of row b     j = position[b] - depth + s, for s in [0, depth + C)      those with j < 0 were never seen
//   queries           i = position[b] + c
//
// The bias is -inf where there is no key. A support that looks at i - j alone stays with the mixer, whose queries are
// the last of the keys whatever their positions are; any other one is evaluated here, at the positions of each row.
#ifndef HEDDLE_PASSES_STREAM_ATTENTIONBIAS_H
#define HEDDLE_PASSES_STREAM_ATTENTIONBIAS_H

#include "dialects/mixer/Mixer.h"
#include "passes/stream/StreamEmitter.h"

namespace heddle {

/// The bias [rows, heads or 1, tokens or 1, depth + tokens] of the new queries with `depth` keys in front of the new
/// ones, in the compute type.
mlir::Value buildAttentionBias(StreamEmitter &e, mixer::MixOp mix, mlir::OpFoldResult depth);

} // namespace heddle

#endif
