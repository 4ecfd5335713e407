// The meaning of mixer.mix: plain loops, every slot, no cleverness.
#ifndef HEDDLE_DIALECTS_MIXER_REFERENCE_MIXREFERENCE_H
#define HEDDLE_DIALECTS_MIXER_REFERENCE_MIXREFERENCE_H

#include "dialects/mixer/reference/InterpreterState.h"
#include "dialects/mixer/reference/MixOperands.h"

namespace heddle {

/// Evaluates one mixer on tensors. `interpreter` gives the precision and the values that regions capture. Fails with a
/// diagnostic when a region holds an op without a meaning.
llvm::LogicalResult evaluateMix(mixer::MixOp mix, const MixOperands &operands, Interpreter &interpreter,
                                llvm::SmallVectorImpl<ReferenceTensor> &results);

} // namespace heddle
#endif
