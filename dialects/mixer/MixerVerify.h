// The verifier of `mixer.mix`, one function per group of constraints.
//
// Constraint Cn of the op description is checked at the comment `mix_cn` and has a failing test `@mix_cn`; the test
// test/style/constraints.test counts all three. Messages read `<what>, expected X but got Y`.
//
// Order matters: shapes are checked before slots because slots ask for sizes, slots before states because a state
// exists only for some slots.
#ifndef HEDDLE_DIALECTS_MIXER_MIXERVERIFY_H
#define HEDDLE_DIALECTS_MIXER_MIXERVERIFY_H

#include "dialects/mixer/Mixer.h"

namespace heddle::mixer {

llvm::LogicalResult verifyOperands(MixOp mix); // which operands there are, their element types
llvm::LogicalResult verifyShapes(MixOp mix);   // ranks, batch, tokens, heads, features
llvm::LogicalResult verifySlots(MixOp mix);    // which slot values stand together
llvm::LogicalResult verifyStates(MixOp mix);   // initial and final states
llvm::LogicalResult verifyScoreRegion(MixOp mix);
llvm::LogicalResult verifyTransportRegion(MixOp mix);

} // namespace heddle::mixer
#endif
