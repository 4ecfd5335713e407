// Ops of the mixer dialect.
#ifndef HEDDLE_MIXER_OPS_TD
#define HEDDLE_MIXER_OPS_TD

include "mlir/Interfaces/DestinationStyleOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "dialects/mixer/MixerAttrs.td"

def Mixer_MixOp : Op<Mixer_Dialect, "mix", [
    AttrSizedOperandSegments, DestinationStyleOpInterface,
    DeclareOpInterfaceMethods<MemoryEffectsOpInterface>]> {
  let summary = "mix tokens: every attention, scan, delta rule, long convolution and structured mix";
  let arguments = (ins
    Optional<AnyShaped>:$query, Optional<AnyShaped>:$key, AnyShaped:$value,
    Variadic<AnyShaped>:$transportOperands, Optional<AnyShaped>:$bias, Optional<AnyShaped>:$current,
    Optional<AnyShaped>:$segments, Variadic<AnyShaped>:$initialState, Variadic<AnyShaped>:$inits,
    DefaultValuedAttr<Mixer_LayoutAttr, "LayoutAttr::get($_builder.getContext(), Order::Forward, Align::Start)">:$layout,
    SupportAttrInterface:$support,
    TransportAttrInterface:$transport,
    AnyAttr:$score,
    Mixer_NormAttr:$norm,
    OptionalAttr<Mixer_FormAttr>:$form);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let regions = (region AnyRegion:$scoreRegion, AnyRegion:$transportRegion);
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
}

#endif
