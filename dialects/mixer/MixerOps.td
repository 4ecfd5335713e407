// Ops of the mixer dialect.
#ifndef HEDDLE_MIXER_OPS_TD
#define HEDDLE_MIXER_OPS_TD

include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/DestinationStyleOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "dialects/mixer/MixerAttrs.td"

def Mixer_Shaped : AnyTypeOf<[AnyRankedTensor, AnyMemRef], "ranked tensor or memref">;

def Mixer_MixOp : Op<Mixer_Dialect, "mix", [
    AttrSizedOperandSegments, DestinationStyleOpInterface,
    DeclareOpInterfaceMethods<MemoryEffectsOpInterface>,
    DeclareOpInterfaceMethods<MixerOpInterface>]> {
  let summary = "mix tokens: every attention, scan, delta rule, long convolution and structured mix";
  let arguments = (ins
    Optional<Mixer_Shaped>:$query, Optional<Mixer_Shaped>:$key, Mixer_Shaped:$value,
    Variadic<Mixer_Shaped>:$transportOperands, Optional<Mixer_Shaped>:$bias, Optional<Mixer_Shaped>:$current,
    Optional<Mixer_Shaped>:$segments, Variadic<Mixer_Shaped>:$initialState, Variadic<Mixer_Shaped>:$inits,
    DefaultValuedAttr<Mixer_LayoutAttr, "::heddle::mixer::LayoutAttr::get($_builder.getContext(), ::heddle::mixer::Order::Forward, ::heddle::mixer::Align::Start)">:$layout,
    SupportAttrInterface:$support,
    TransportAttrInterface:$transport,
    AnyAttr:$score,
    Mixer_NormAttr:$norm,
    OptionalAttr<Mixer_FormAttr>:$form);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let regions = (region MaxSizedRegion<1>:$scoreRegion, MaxSizedRegion<1>:$transportRegion);
  let assemblyFormat = [{
    (`query` `(` $query^ `:` type($query) `)`)? (`key` `(` $key^ `:` type($key) `)`)? `value` `(` $value `:` type($value) `)`
    (`transport` `(` $transportOperands^ `:` type($transportOperands) `)`)? (`bias` `(` $bias^ `:` type($bias) `)`)?
    (`current` `(` $current^ `:` type($current) `)`)? (`segments` `(` $segments^ `:` type($segments) `)`)?
    (`state` `(` $initialState^ `:` type($initialState) `)`)? `outs` `(` $inits `:` type($inits) `)` attr-dict
    (`score_region` $scoreRegion^)? (`transport_region` $transportRegion^)? (`->` type($results)^)?
  }];
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable() { return getInitsMutable(); }

    /// The init (or buffer) that receives the mixed values.
    ::mlir::Value getOutputInit() { return getInits().front(); }
    /// The inits (or buffers) that receive the final states, in the order of `stateTypes`.
    ::mlir::OperandRange getStateInits() { return getInits().drop_front(); }

    ::heddle::mixer::Order getOrder() { return getLayout().getOrder(); }
    ::heddle::mixer::SoftmaxAttr getSoftmax() { return ::mlir::dyn_cast<::heddle::mixer::SoftmaxAttr>(getScore()); }
    ::heddle::mixer::LinearAttr getLinear() { return ::mlir::dyn_cast<::heddle::mixer::LinearAttr>(getScore()); }
    bool hasScoreRegion() { return !getScoreRegion().empty(); }
    bool hasTransportRegion() { return !getTransportRegion().empty(); }

    /// Type in which weights and states are computed: f64 for f64 inputs, f32 for all others.
    ::mlir::FloatType getComputeType();
  }];
}

def Mixer_YieldOp : Op<Mixer_Dialect, "yield", [Pure, ReturnLike, Terminator, ParentOneOf<["MixOp"]>]> {
  let summary = "ends a score region with the new score, a transport region with the new state";
  let arguments = (ins Variadic<AnyType>:$operands);
  let assemblyFormat = "($operands^ `:` type($operands))? attr-dict";
}

def Mixer_UnsupportedOp : Op<Mixer_Dialect, "unsupported"> {
  let summary = "an operator of the source model that no frontend rule covers";
  let arguments = (ins StrAttr:$operatorName, OptionalAttr<DictionaryAttr>:$details, Variadic<AnyType>:$arguments);
  let results = (outs Variadic<AnyType>:$results);
  let assemblyFormat = [{
    $operatorName ($details^)? `(` $arguments `)` attr-dict `:` functional-type($arguments, $results)
  }];
}

#endif
