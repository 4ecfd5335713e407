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

/// Whether dimension 0 of an operand with tokens has the rows, where there are any.
bool hasRows(mlir::Value operand, TokenFlow &flow);

/// How many keys in front of a query's own one are enough where the last ones are kept, newest last; empty where others
/// have to be. The last few keys have no place of their own: a support or a region that asks for it is answered by a
/// bias, which a softmax has. Without one, keys that do not exist are 0 and weigh nothing, unless there is one key for
/// all of them.
std::optional<int64_t> windowOf(mixer::MixOp mix);

/// Where the keys and values of earlier tokens are kept. A ring takes those of any support of some reach, since its
/// keys have positions, but no table of pairs and no ids of segments; its queries are the tokens of the call, not
/// of another rate, and see none that follow.
Tail::Room roomOf(mixer::MixOp mix, const StreamDemand &demand);

/// How many tokens a ring keeps. A token that sees itself alone has one too: its keys stand at positions there.
int64_t ringTokensOf(mixer::MixOp mix);

/// The keys that new queries of a window see.
Span keysOf(mixer::MixOp mix, const StreamDemand &demand);

/// Why a query cannot wait for the last key that it sees; empty where it can.
std::string whyNotAwaited(mixer::MixOp mix);

} // namespace heddle

#endif
