// Attributes by which a step says what its states are.
#ifndef HEDDLE_PASSES_STREAM_NAMES_H
#define HEDDLE_PASSES_STREAM_NAMES_H

#include "llvm/ADT/StringRef.h"

namespace heddle {

// On an argument: it is a state, and every element of it has this value in front of the first token. The states leave,
// in the same order, as the last results.
inline constexpr llvm::StringLiteral kStateAttr = "heddle.state";
// On a step: the number of the symbol that counts the tokens which growing states can keep, in the same blocks as the
// new ones.
inline constexpr llvm::StringLiteral kCapacityAttr = "heddle.capacity";
// On a state: its dimension of the capacity is the tokens seen, of all rows, and it leaves with those of the call too.
inline constexpr llvm::StringLiteral kGrowsAttr = "heddle.grows";
// On a step with a capacity: inputs say where a call writes, so that the capacity limits no positions.
inline constexpr llvm::StringLiteral kCallerPlacesAttr = "heddle.caller_places";
// On an entry: its pairs of inputs and outputs that are states, for people (StateTable.h).
inline constexpr llvm::StringLiteral kStatePairsAttr = "heddle.state_pairs";
// On a step: the number of the symbol that counts the places of rings, and how many tokens one call leaves there at
// most. A ring of n times as many places still holds what n - 1 calls have left when the next one has failed.
inline constexpr llvm::StringLiteral kRingAttr = "heddle.ring";
inline constexpr llvm::StringLiteral kRingTokensAttr = "heddle.ring_tokens";
// On a step: the number of the symbol that counts the new tokens.
inline constexpr llvm::StringLiteral kTokensAttr = "heddle.tokens";
// On a step: how many tokens one of that symbol stands for, where it is not one.
inline constexpr llvm::StringLiteral kBlockAttr = "heddle.block";
// On a step: how many tokens a row may see in all, where the entry takes a limited number.
inline constexpr llvm::StringLiteral kPositionsAttr = "heddle.positions";
// On a step: how many tokens, in whole blocks, have passed when the latest of its outputs comes; on a result with
// tokens how many elements late it comes, on any other how many tokens; on a state that is appended to how many places
// in front of a row's position a call begins.
inline constexpr llvm::StringLiteral kLatencyAttr = "heddle.latency";
// On the state of a step that says how many tokens the sequence of each row has.
inline constexpr llvm::StringLiteral kEndAttr = "heddle.end";
// On an entry: the positions of a block of its long convolutions, a power of two; where it is absent, their number
// follows from the length. Kernels of more taps are long.
inline constexpr llvm::StringLiteral kConvolutionBlockAttr = "heddle.convolution_block";
// On a step: the entry that it was derived from.
inline constexpr llvm::StringLiteral kStreamOfAttr = "heddle.stream_of";

} // namespace heddle

#endif
