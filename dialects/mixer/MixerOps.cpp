// Ops of the mixer dialect: generated definitions and memory effects.
#include "dialects/mixer/Mixer.h"
#include "mlir/IR/Builders.h"

using namespace mlir;

#define GET_OP_CLASSES
#include "dialects/mixer/MixerOps.cpp.inc"

namespace heddle::mixer {

void MixerDialect::registerOps() {
  addOperations<
#define GET_OP_LIST
#include "dialects/mixer/MixerOps.cpp.inc"
      >();
}

FloatType MixOp::getComputeType() {
  bool wide = cast<ShapedType>(getValue().getType()).getElementType().isF64();
  return wide ? FloatType(Float64Type::get(getContext())) : FloatType(Float32Type::get(getContext()));
}

/// On buffers the op reads its inputs and overwrites its inits; on tensors it has no effect.
void MixOp::getEffects(SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>> &effects) {
  for (OpOperand &operand : getOperation()->getOpOperands()) {
    if (!isa<MemRefType>(operand.get().getType()))
      continue;
    if (isDpsInit(&operand))
      effects.emplace_back(MemoryEffects::Write::get(), &operand, SideEffects::DefaultResource::get());
    else
      effects.emplace_back(MemoryEffects::Read::get(), &operand, SideEffects::DefaultResource::get());
  }
}

} // namespace heddle::mixer
