// The mixer dialect in one include.
//
// A token mixer is one op with named slots; Mixer.md is its specification. Causal softmax attention with two query
// heads per key head reads
//
//   %o = mixer.mix query(%q : tensor<?x?x8x64xf32>) key(%k : tensor<?x?x4x64xf32>) value(%v : tensor<?x?x4x64xf32>)
//          outs(%init : tensor<?x?x8x64xf32>)
//          {support = #mixer.causal, transport = #mixer.identity,
//           score = #mixer.softmax<scale = 1.250000e-01>, norm = #mixer.norm<row_sum>} -> tensor<?x?x8x64xf32>
//
// Passes ask SupportAttrInterface, TransportAttrInterface and MixerOpInterface; none switches on the name of a slot
// value unless it writes code for exactly that value.
#ifndef HEDDLE_DIALECTS_MIXER_MIXER_H
#define HEDDLE_DIALECTS_MIXER_MIXER_H

#include "dialects/mixer/MixerTypes.h"
#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/APFloat.h"

#include "dialects/mixer/MixerDialect.h.inc"
#include "dialects/mixer/MixerEnums.h.inc"

#include "dialects/mixer/MixerAttrInterfaces.h.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/mixer/MixerAttrs.h.inc"

#include "dialects/mixer/MixerOpInterfaces.h.inc"

#define GET_OP_CLASSES
#include "dialects/mixer/MixerOps.h.inc"

namespace heddle::mixer {

/// Teaches one-shot bufferization how the ops on tensors become the same ops on memrefs.
void registerBufferizableOpInterfaceExternalModels(mlir::DialectRegistry &registry);

} // namespace heddle::mixer
#endif
