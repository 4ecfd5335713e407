// Values or outputs [B, N, H, dv] seen as [B, N, channels], channel = head * dv + feature.
//
// With one value feature per head, heads are what lies side by side: kernels that treat every channel alike then still
// load whole vectors. A buffer that cannot be seen so (strided heads, shared heads) is packed into one that can.
#ifndef HEDDLE_PASSES_KERNELS_FLATTOKENS_H
#define HEDDLE_PASSES_KERNELS_FLATTOKENS_H

#include "passes/kernels/MixView.h"

namespace heddle::kernels {

class FlatTokens {
public:
  /// Packs at once where an input needs it; a packed output is copied to its place by `finish`.
  FlatTokens(MixView &view, const Operand &operand, bool isOutput);

  Expr load(Expr b, Expr token, Expr channel, int64_t width);
  void store(Expr value, Expr b, Expr token, Expr channel);
  void finish();

private:
  void copy(bool toOperand);

  MixView &view;
  const Operand &operand;
  mlir::Value flat;
  bool isPacked = false;
};

} // namespace heddle::kernels

#endif
