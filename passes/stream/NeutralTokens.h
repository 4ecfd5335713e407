// Tokens that a recurrence passes over: elements that a step computes in front of the first token and behind the last.
//
//   S_t = exp(a_t) S_(t-1) + k_t v_t^T       k = 0 and v = 0: nothing is added, so a state of zeros stays as it is
//                                            and a = 0: any state does
//   S_t = region(S_(t-1), ..)                S_t = S_(t-1), chosen in the region
#ifndef HEDDLE_PASSES_STREAM_NEUTRALTOKENS_H
#define HEDDLE_PASSES_STREAM_NEUTRALTOKENS_H

#include "passes/stream/StreamEmitter.h"

#include "dialects/mixer/Mixer.h"

namespace heddle {

/// Whether a step of the mixer is given tokens to pass over.
bool passesOver(mixer::MixOp mix, const StreamDemand &demand);
/// Why it cannot; empty where it can.
std::string whyNotPassedOver(mixer::MixOp mix, const StreamDemand &demand);

/// What the operand of this number, one with tokens, is at a token to pass over; null: anything.
mlir::TypedAttr neutralValue(mixer::MixOp mix, unsigned operand);
/// The operand of this number, one value for all tokens, as the step needs it: `value`, or one of each token where a
/// decay has to stop.
mlir::Value neutralOperand(StreamEmitter &e, mixer::MixOp mix, unsigned operand, mlir::Value value);
/// Makes the region of a step pass over tokens.
void guardRegion(StreamEmitter &e, mixer::MixOp mix, mixer::MixOp step);

} // namespace heddle

#endif
