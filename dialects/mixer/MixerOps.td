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
  let description = [{
    Meaning: for every batch element and output head, with positions counted as `layout` says,

        o_i = norm_i^-1 * sum over j in support(i) of  weight(q_i, T(i<-j) k_j) * v_j

    where T(i<-j) is the product of the transports behind j up to i. With a linear score and the whole past as support this is
    the read-out of a state: S_t = transport_t[S_(t-1)] + k_t v_t^T, o_t = q_t^T S_t. `current` moves the read-out in front of
    the update and adds the current token with its own factor u: o_t = q_t^T S_(t-1) + (q_t . (u * k_t)) v_t. No transport of
    token t acts on what is read. Under a delta transport a token's update is b_t k_t v_t^T, so the current token's part is
    b_t (q_t . (u * k_t)) v_t; the gate a_t has no part in it. With log_keys, u is added to k_t: exp(u + k_t).
    `segments` hides tokens of different ids from each other and drops a carried state where the id changes; the initial state
    belongs to segment 0. `positions` says where the queries stand among the keys: query i of row b at positions[b] + i, the key
    of token j at j, so that the tokens of a call see keys that earlier calls have left in a buffer with room for more. `past`
    holds what earlier calls have left of a window in rings of R places: then the queries' own tokens are the keys, token j at
    positions[b] + j, and the token n before the first of them, 1 <= n <= min(R, reach of the support, positions[b]), has its key
    and value at place (places[b] - n) mod R of row b. No other place is read. `score_region` maps (score, batch, head, i, j) to the final score; `transport_region` maps (state,
    transport operands at one token) to the next state, to which k v^T is added when there is a key. Init contents are ignored
    and overwritten: the output, then the final states in the order state, sum, max. Mixer.md has the slot table.

    Sizes: B, T from the output; S key tokens; state heads Hs = max(key, value, transport heads); output heads
    Ho = max(query heads, Hs). An operand with fewer heads H serves output head h with its head h / (Ho / H). `dk`, `dv` key and
    value features. Layouts: query [B, T, Hq, dk], key [B, S, Hk, dk], value [B, S, Hv, dv], output [B, T, Ho, dv], current
    [Hs, dk], segments [B, S], positions and places [B], past key [B, R, Hk, dk], past value [B, R, Hv, dv]; complex transports store 2 dk features (real block, imaginary block). Transport and bias layouts
    stand with their attributes. A batch or token dimension of static size 1 is broadcast.

    Constraints:
      (C1) operands are all tensors or all memrefs
      (C2) every operand has the rank of its layout
      (C3) heads and features are static and positive
      (C4) the batch dimension of every operand is B or 1, of segments B
      (C5) token dimensions are T (query) or S (key side), or 1; of segments S. S may differ from T for a Toeplitz or dense matrix,
           and for the identity transport where nothing is carried from token to token (no segments, no linear score with the
           whole past or bidirectional order, except with positions)
      (C6) query heads divide Ho; key, value and transport heads divide Hs
      (C7) the output has Ho heads, bias Ho or 1, current Hs or 1
      (C8) key features agree
      (C9) value features agree
      (C10) value elements are f16, bf16, f32 or f64
      (C11) query, key and output have the element type of value; transport, bias and current that one or the compute type
      (C12) segments are i32, positions and places i32 or i64
      (C13) query and key are given exactly for transports that use them; with a region each is optional
      (C14) the transport has its number of operands
      (C15) bias is given exactly when the score names a bias kind
      (C16) a complex transport has an even number of stored key features
      (C17) softmax needs the identity transport
      (C18) softmax needs norm row_sum
      (C19) Toeplitz, structured and region transports take the plain linear score
      (C20) Toeplitz and structured transports take the full support or the whole past, a region the whole past
      (C21) log_keys needs an identity, scalar or key_channel transport
      (C22) log_keys needs norm row_sum or running
      (C23) log_keys needs the whole past
      (C24) log_keys needs order forward or reverse
      (C25) norm row_sum and running need an affine transport with one weight per pair (not elementwise)
      (C26) norm running needs the whole past
      (C27) norm running needs order forward or reverse
      (C28) align = end needs the identity transport
      (C29) order bidirectional needs a linear score and an affine transport
      (C30) order bidirectional needs a causal support
      (C31) current needs a linear score without region and an affine transport that is not complex
      (C32) current needs the whole past
      (C33) segments need an affine transport
      (C34) a per_head support lists Ho heads
      (C35) states are given only where one is carried: linear score without region, transport with state, the whole past, one
            order
      (C36) states need norm none or running
      (C37) initial states, and final states, are none or all of state, sum (norm running), max (log_keys)
      (C38) states have the types [B, Hs, dk, dv], [B, Hs, dk], [B, Hs, dk] (complex: 2 dk) in the compute type: f64 for f64
            values, else f32
      (C39) a score region needs an affine transport and no log_keys
      (C40) a score region takes (score: compute type, b, h, i, j: index)
      (C41) a score region yields one score
      (C42) a score region computes with scalars
      (C43) a transport region is given exactly with transport #mixer.region
      (C44) a mixer with a transport region is on tensors
      (C45) a transport region takes the state tensor<B x Hs x dk x dv>, then each transport operand without its token dimension
      (C46) a transport region yields one new state
      (C47) without a query the state of a region has dk = 1, and its only row is the output
      (C48) the form is admitted
      (C49) there is at least one init
      (C50) the score is #mixer.linear or #mixer.softmax
      (C51) an affine transport other than the identity needs a causal support, in either order: T(i<-j) exists for j <= i; what
            looks both ways has order bidirectional
      (C52) positions need the identity transport, order forward and align = start
      (C53) positions stand with no segments, no current and no log_keys
      (C54) past key, past value and places are given together, beside positions
      (C55) a past stands with a causal support of some reach, and with no dense bias
      (C56) past key and past value have the heads and features of key and value, and as many places, or 1 where every token
            has the same

    Example:
    ```mlir
    func.func @gated_linear_attention(%query: tensor<?x?x4x32xf32>, %key: tensor<?x?x4x32xf32>, %value: tensor<?x?x4x64xf32>,
                                      %decay: tensor<?x?x4x32xf32>, %init: tensor<?x?x4x64xf32>) -> tensor<?x?x4x64xf32> {
      %mixed = mixer.mix query(%query : tensor<?x?x4x32xf32>) key(%key : tensor<?x?x4x32xf32>)
          value(%value : tensor<?x?x4x64xf32>) transport(%decay : tensor<?x?x4x32xf32>) outs(%init : tensor<?x?x4x64xf32>)
          {support = #mixer.causal, transport = #mixer.key_channel, score = #mixer.linear, norm = #mixer.norm<none>}
          -> tensor<?x?x4x64xf32>
      return %mixed : tensor<?x?x4x64xf32>
    }
    ```
  }];
  let arguments = (ins
    Optional<Mixer_Shaped>:$query, Optional<Mixer_Shaped>:$key, Mixer_Shaped:$value,
    Variadic<Mixer_Shaped>:$transportOperands, Optional<Mixer_Shaped>:$bias, Optional<Mixer_Shaped>:$current,
    Optional<Mixer_Shaped>:$segments, Optional<Mixer_Shaped>:$positions, Optional<Mixer_Shaped>:$pastKey,
    Optional<Mixer_Shaped>:$pastValue, Optional<Mixer_Shaped>:$places, Variadic<Mixer_Shaped>:$initialState,
    Variadic<Mixer_Shaped>:$inits,
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
    (`positions` `(` $positions^ `:` type($positions) `)`)?
    (`past` `(` $pastKey^ `:` type($pastKey) `,` $pastValue `:` type($pastValue) `at` $places `:` type($places) `)`)? (`state` `(` $initialState^ `:` type($initialState) `)`)? `outs` `(` $inits `:` type($inits) `)` attr-dict
    (`score_region` $scoreRegion^)? (`transport_region` $transportRegion^)? (`->` type($results)^)?
  }];
  let builders = [
    // Queries that stand where the layout says.
    OpBuilder<(ins "::mlir::TypeRange":$results, "::mlir::Value":$query, "::mlir::Value":$key, "::mlir::Value":$value,
                   "::mlir::ValueRange":$transportOperands, "::mlir::Value":$bias, "::mlir::Value":$current,
                   "::mlir::Value":$segments, "::mlir::ValueRange":$initialState, "::mlir::ValueRange":$inits,
                   "::heddle::mixer::LayoutAttr":$layout, "::heddle::mixer::SupportAttrInterface":$support,
                   "::heddle::mixer::TransportAttrInterface":$transport, "::mlir::Attribute":$score,
                   "::heddle::mixer::NormAttr":$norm, "::heddle::mixer::FormAttr":$form), [{
      build($_builder, $_state, results, query, key, value, transportOperands, bias, current, segments,
            /*positions=*/::mlir::Value(), initialState, inits, layout, support, transport, score, norm, form);
    }]>,
    // Keys that all are operands.
    OpBuilder<(ins "::mlir::TypeRange":$results, "::mlir::Value":$query, "::mlir::Value":$key, "::mlir::Value":$value,
                   "::mlir::ValueRange":$transportOperands, "::mlir::Value":$bias, "::mlir::Value":$current,
                   "::mlir::Value":$segments, "::mlir::Value":$positions, "::mlir::ValueRange":$initialState,
                   "::mlir::ValueRange":$inits, "::heddle::mixer::LayoutAttr":$layout,
                   "::heddle::mixer::SupportAttrInterface":$support, "::heddle::mixer::TransportAttrInterface":$transport,
                   "::mlir::Attribute":$score, "::heddle::mixer::NormAttr":$norm, "::heddle::mixer::FormAttr":$form), [{
      ::mlir::Value none;
      build($_builder, $_state, results, query, key, value, transportOperands, bias, current, segments, positions, none,
            none, none, initialState, inits, layout, support, transport, score, norm, form);
    }]>
  ];
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable() { return getInitsMutable(); }

    /// The operands in front of the states.
    ::mlir::OperandRange getTokenOperands() { return getOperands().take_front(getODSOperandIndexAndLength(11).first); }
    /// The init (or buffer) that receives the mixed values.
    ::mlir::Value getOutputInit() { return getInits().front(); }
    /// The inits (or buffers) that receive the final states, in the order of `stateTypes`.
    ::mlir::OperandRange getStateInits() { return getInits().drop_front(); }

    ::heddle::mixer::Order getOrder() { return getLayout().getOrder(); }
    ::heddle::mixer::SoftmaxAttr getSoftmax() { return ::mlir::dyn_cast<::heddle::mixer::SoftmaxAttr>(getScore()); }
    ::heddle::mixer::LinearAttr getLinear() { return ::mlir::dyn_cast<::heddle::mixer::LinearAttr>(getScore()); }
    /// True when query and key tokens are the same tokens, because something is carried or compared along them: T = S, and
    /// dynamic counts are taken to be equal.
    bool hasOneTokenAxis();
    /// How many tokens in front of the queries the past holds, 0 without one.
    int64_t getPastTokens() { return getPastKey() ? *getSupport().getReach() : 0; }
    bool hasScoreRegion() { return !getScoreRegion().empty(); }
    bool hasTransportRegion() { return !getTransportRegion().empty(); }

    /// Type in which weights and states are computed: f64 for f64 inputs, f32 for all others.
    ::mlir::FloatType getComputeType();
  }];
}

def Mixer_AppendOp : Op<Mixer_Dialect, "append", [
    DestinationStyleOpInterface, DeclareOpInterfaceMethods<MemoryEffectsOpInterface>]> {
  let summary = "write the tokens of a call behind those of earlier calls";
  let description = [{
    Meaning: the init, of which row b has tokens[b, c, ..] at place positions[b] + c. A place outside of the init is left out. Unlike
    the init of a mixer this one is read: what is not written stays. With `ring` = n the init is a ring, of which the last
    min(C, n) of the C tokens take the places from positions[b] on, modulo the places that there are.

    Constraints:
      (C1) operands are all tensors or all memrefs
      (C2) tokens have the rank and element type of the init, at least 2
      (C3) tokens have the sizes of the init, except for dimension 1
      (C4) positions are one i32 or i64 for each row, or one for all
      (C5) `ring` is positive, and at most the places of the init

    Example:
    ```mlir
    func.func @keep(%keys: tensor<?x?x2x64xf32>, %seen: tensor<?xi64>, %cache: tensor<?x?x2x64xf32>) -> tensor<?x?x2x64xf32> {
      %kept = mixer.append %keys at(%seen : tensor<?xi64>) outs(%cache : tensor<?x?x2x64xf32>) : tensor<?x?x2x64xf32> -> tensor<?x?x2x64xf32>
      return %kept : tensor<?x?x2x64xf32>
    }
    ```
  }];
  let arguments = (ins Mixer_Shaped:$tokens, Mixer_Shaped:$positions, Mixer_Shaped:$init, OptionalAttr<I64Attr>:$ring);
  let results = (outs Optional<AnyRankedTensor>:$result);
  let assemblyFormat = [{
    $tokens `at` `(` $positions `:` type($positions) `)` `outs` `(` $init `:` type($init) `)` attr-dict `:` type($tokens)
    (`->` type($result)^)?
  }];
  let builders = [
    // Places that are positions.
    OpBuilder<(ins "::mlir::Type":$result, "::mlir::Value":$tokens, "::mlir::Value":$positions, "::mlir::Value":$init), [{
      build($_builder, $_state, ::mlir::TypeRange(result), tokens, positions, init, ::mlir::IntegerAttr());
    }]>
  ];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable() { return getInitMutable(); }
  }];
}

def Mixer_YieldOp : Op<Mixer_Dialect, "yield", [Pure, ReturnLike, Terminator, ParentOneOf<["MixOp"]>]> {
  let summary = "ends a score region with the new score, a transport region with the new state";
  let description = [{
    Meaning: hands its operands to the enclosing `mixer.mix`.

    Constraints: those of `mixer.mix` on its regions, C41 and C46; the parent is a `mixer.mix`.

    Example:
    ```mlir
    func.func @distance_penalty(%query: tensor<2x8x4x16xf32>, %key: tensor<2x8x4x16xf32>, %init: tensor<2x8x4x16xf32>)
        -> tensor<2x8x4x16xf32> {
      %mixed = mixer.mix query(%query : tensor<2x8x4x16xf32>) key(%key : tensor<2x8x4x16xf32>)
          value(%key : tensor<2x8x4x16xf32>) outs(%init : tensor<2x8x4x16xf32>)
          {support = #mixer.causal, transport = #mixer.identity, score = #mixer.softmax<scale = 2.500000e-01>,
           norm = #mixer.norm<row_sum>}
          score_region {
          ^bb0(%score: f32, %b: index, %h: index, %i: index, %j: index):
            %distance = arith.subi %i, %j : index
            %integer = arith.index_cast %distance : index to i32
            %penalty = arith.sitofp %integer : i32 to f32
            %result = arith.subf %score, %penalty : f32
            mixer.yield %result : f32
          } -> tensor<2x8x4x16xf32>
      return %mixed : tensor<2x8x4x16xf32>
    }
    ```
  }];
  let arguments = (ins Variadic<AnyType>:$operands);
  let assemblyFormat = "($operands^ `:` type($operands))? attr-dict";
}

def Mixer_UnsupportedOp : Op<Mixer_Dialect, "unsupported"> {
  let summary = "an operator of the source model that no frontend rule covers";
  let description = [{
    Meaning: none. A frontend keeps what it cannot translate, with its name, attributes and operands, so that one report can
    list everything missing in a model; no module with this op is compiled.

    Constraints: none.

    Example:
    ```mlir
    func.func @unknown(%x: tensor<4xf32>) -> tensor<4xf32> {
      %y = mixer.unsupported "onnx.Mystery"(%x) details {depth = 3 : i64} : (tensor<4xf32>) -> tensor<4xf32>
      return %y : tensor<4xf32>
    }
    ```
  }];
  let arguments = (ins StrAttr:$operatorName, OptionalAttr<DictionaryAttr>:$details, Variadic<AnyType>:$arguments);
  let results = (outs Variadic<AnyType>:$results);
  let assemblyFormat = [{
    $operatorName `(` $arguments `)` (`details` $details^)? attr-dict `:` functional-type($arguments, $results)
  }];
}

#endif
