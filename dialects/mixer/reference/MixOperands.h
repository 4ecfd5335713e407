// The tensors of one mixer, by slot.
#ifndef HEDDLE_DIALECTS_MIXER_REFERENCE_MIXOPERANDS_H
#define HEDDLE_DIALECTS_MIXER_REFERENCE_MIXOPERANDS_H

#include "dialects/mixer/Mixer.h"
#include "dialects/mixer/reference/ReferenceTensor.h"
#include <functional>

namespace heddle {

/// Absent optional operands are null. Of the inits only the shapes matter.
struct MixOperands {
  const ReferenceTensor *query = nullptr, *key = nullptr, *value = nullptr;
  llvm::SmallVector<const ReferenceTensor *> transport;
  const ReferenceTensor *bias = nullptr, *current = nullptr, *segments = nullptr, *positions = nullptr;
  const ReferenceTensor *pastKey = nullptr, *pastValue = nullptr, *places = nullptr;
  llvm::SmallVector<const ReferenceTensor *> initialState;
  llvm::SmallVector<llvm::SmallVector<int64_t>> resultShapes;

  using Lookup = std::function<const ReferenceTensor *(mlir::Value)>;
  static MixOperands of(mixer::MixOp mix, const Lookup &lookup);

  /// The sizes of the mixer with the token counts of these tensors.
  mixer::MixSizes sizes(mixer::MixOp mix) const;
};

} // namespace heddle
#endif
