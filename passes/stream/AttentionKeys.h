// Which keys new queries see, and how long they wait for them.
//
//   window of 4 behind, 2 ahead      keys [p - 6, p + C), queries [p - 2, p + C - 2)
//   the whole past                   all keys, each at its position
#ifndef HEDDLE_PASSES_STREAM_ATTENTIONKEYS_H
#define HEDDLE_PASSES_STREAM_ATTENTIONKEYS_H

#include "passes/stream/StreamDemand.h"

#include "dialects/mixer/Mixer.h"

namespace heddle {

bool hasKeysFromElsewhere(mixer::MixOp mix, const TokenFlow &flow);

/// Whether an operand is the same for all tokens.
bool isRepeated(mlir::Value operand);

/// How many keys in front of a query's own one are enough; empty where all are kept, each at its position. The last few
/// keys have no place of their own: a support or a region that asks for it is answered by a bias, which a softmax has.
/// Without one, keys that do not exist are 0 and weigh nothing, unless there is one key for all of them.
std::optional<int64_t> windowOf(mixer::MixOp mix);

/// The keys that new queries of a window see.
Span keysOf(mixer::MixOp mix, const StreamDemand &demand);

/// Why a query cannot wait for the last key that it sees; empty where it can.
std::string whyNotAwaited(mixer::MixOp mix);

} // namespace heddle

#endif
