// The two summary algebras behind MixerOpInterface, as builders of IR. All work on tensors in the compute type.
//
//   affine    a range of tokens maps a state S to M S + N: `linear` is M, `state` is N, one tensor per part of the
//   state softmax   a range of keys gives every query (max, sum, out): `linear` is empty
//
// M by transport: none (identity); the sum of the logarithms, [B, Hs], [B, Hs, dk] or [B, Hs, dk, dv] (scalar,
// key_channel, elementwise); a matrix [B, Hs, dk, dk] (delta, constant); for every channel of a complex state the 2 x 2
// matrix of its complex factor, [B, Hs, 2 dk, 2].
#ifndef HEDDLE_DIALECTS_MIXER_MIXERSUMMARIES_H
#define HEDDLE_DIALECTS_MIXER_MIXERSUMMARIES_H

#include "dialects/mixer/Mixer.h"
#include "dialects/mixer/TensorMath.h"

namespace heddle::mixer {

//===--- tokens ---------------------------------------------------------------------------===//

/// First token of `count` positions from `begin` on, in a row of `total` tokens visited in the order of the mixer.
mlir::OpFoldResult firstToken(MixOp mix, TensorMath &math, mlir::OpFoldResult total, mlir::OpFoldResult begin,
                              mlir::OpFoldResult count);
/// Rows [first, first + count) of every dimension of `operand` that counts key tokens (query tokens too when
/// `queries`).
mlir::Value sliceOperand(MixOp mix, TensorMath &math, mlir::OpOperand &operand, mlir::OpFoldResult first,
                         mlir::OpFoldResult count, bool queries);

//===--- affine ---------------------------------------------------------------------------===//

MixSummary buildAffineIdentity(MixOp mix, TensorMath &math, mlir::OpFoldResult batch);
MixSummary buildAffineSummary(MixOp mix, TensorMath &math, mlir::OpFoldResult begin, mlir::OpFoldResult count);
MixSummary combineAffine(MixOp mix, TensorMath &math, const MixSummary &first, const MixSummary &second);
llvm::SmallVector<mlir::Value> applyAffine(MixOp mix, TensorMath &math, const MixSummary &summary,
                                           mlir::ValueRange state);

//===--- softmax --------------------------------------------------------------------------===//

MixSummary buildSoftmaxIdentity(MixOp mix, TensorMath &math, mlir::OpFoldResult batch, mlir::OpFoldResult queries);
MixSummary buildSoftmaxSummary(MixOp mix, TensorMath &math, mlir::OpFoldResult begin, mlir::OpFoldResult count);
MixSummary combineSoftmax(TensorMath &math, const MixSummary &first, const MixSummary &second);
mlir::Value applySoftmax(MixOp mix, TensorMath &math, const MixSummary &summary);

} // namespace heddle::mixer
#endif
