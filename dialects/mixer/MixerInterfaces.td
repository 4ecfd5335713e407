// Questions that passes ask. No pass switches on the name of a support, a transport or an op.
#ifndef HEDDLE_MIXER_INTERFACES_TD
#define HEDDLE_MIXER_INTERFACES_TD

include "mlir/IR/OpBase.td"

def SupportAttrInterface : AttrInterface<"SupportAttrInterface"> {
  let cppNamespace = "::heddle::mixer";
  let description = [{
    Which (query position i, key position j) pairs exist. Positions are counted in the order of the
    layout slot. A support answers two questions, each twice: on numbers (reference evaluation,
    cost) and as code (kernels): does the pair exist, and what is the class of a tile of pairs.
  }];
  let methods = [
    InterfaceMethod<"True when query i of head `head` may see key j.",
      "bool", "contains", (ins "int64_t":$i, "int64_t":$j, "int64_t":$head)>,
    InterfaceMethod<[{Class of the tile [i0,i1) x [j0,j1): exact `Full` and `Empty`; `Partial` otherwise.
      May answer `Partial` for a tile that is full or empty, never the other way round.}],
      "::heddle::mixer::TileClass", "classify",
      (ins "int64_t":$i0, "int64_t":$i1, "int64_t":$j0, "int64_t":$j1, "int64_t":$head)>,
    InterfaceMethod<"Emits the i1 predicate `contains` on index values.",
      "::mlir::Value", "emitContains",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::Location":$loc, "::mlir::Value":$i,
           "::mlir::Value":$j, "::mlir::Value":$head)>,
    InterfaceMethod<[{Emits an i1 that is false only when the tile [i0,i1) x [j0,j1) is empty.}],
      "::mlir::Value", "emitMayContain",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::Location":$loc, "::mlir::Value":$i0,
           "::mlir::Value":$i1, "::mlir::Value":$j0, "::mlir::Value":$j1, "::mlir::Value":$head)>,
    InterfaceMethod<"True when no pair with j > i exists (the past alone matters).",
      "bool", "isCausal", (ins)>,
    InterfaceMethod<"True when every pair with j <= i exists and no other: what a carried state can express.",
      "bool", "isWholePast", (ins)>,
    InterfaceMethod<"True when every pair exists.", "bool", "isFull", (ins)>,
    InterfaceMethod<"True when, for any one head, j - i alone decides whether a pair exists.",
      "bool", "isRelative", (ins)>,
    InterfaceMethod<"A bound of i - j over all pairs with j <= i: how far back a token sees. Empty when there is none.",
      "std::optional<int64_t>", "getReach", (ins)>
  ];
}

def TransportAttrInterface : AttrInterface<"TransportAttrInterface"> {
  let cppNamespace = "::heddle::mixer";
  let description = [{
    How the memory decays, rotates or is rewritten from one token to the next.
  }];
  let methods = [
    InterfaceMethod<"Number of transport operands the slot needs; a region takes any number from here on.", "unsigned", "getNumOperands", (ins)>,
    InterfaceMethod<"True when the state update is affine in the state: S -> M S + N.", "bool", "isAffine", (ins)>,
    InterfaceMethod<"True when the mixer carries a finite state from token to token.", "bool", "hasState", (ins)>,
    InterfaceMethod<"True when q and k are part of the formula (false for position-only and structured).",
      "bool", "usesQueryKey", (ins)>,
    InterfaceMethod<"True when state entries are complex: q, k and S carry re and im blocks.", "bool", "isComplex", (ins)>,
    InterfaceMethod<"What the transports of several tokens multiply to.",
      "::heddle::mixer::TransportProduct", "getProduct", (ins)>
  ];
}

def MixerOpInterface : OpInterface<"MixerOpInterface"> {
  let cppNamespace = "::heddle::mixer";
  let description = [{
    What a pass may ask of a token mixer without knowing which one it is: the roles of its dimensions, its sizes, the
    execution forms that compute it, what each form costs, and the state it carries from token to token.

    The carried state is also answered as IR, from which streaming, chunked prefill and the splitting of keys are derived. All
    `build` methods write linalg, tensor, arith, math and mixer ops at the builder's insertion point, where the operands of the
    mixer must be visible; the caller loads those dialects. Positions are counted in the order of the layout slot. A norm
    `row_sum` is carried as `running`.
  }];
  let methods = [
    InterfaceMethod<"Sizes of the mixer; dynamic batch and token counts are ShapedType::kDynamic.",
      "::heddle::mixer::MixSizes", "getSizes", (ins)>,
    InterfaceMethod<"Role of every dimension of an operand.",
      "::llvm::SmallVector<::heddle::mixer::DimRole>", "getDimRoles", (ins "::mlir::OpOperand &":$operand)>,
    InterfaceMethod<"Execution forms that compute this mixer exactly, never empty for a legal mixer.",
      "::llvm::SmallVector<::heddle::mixer::FormKind>", "admittedForms", (ins)>,
    InterfaceMethod<"Cost of an admitted form; all sizes given must be static.",
      "::heddle::mixer::FormCost", "formCost",
      (ins "::heddle::mixer::FormAttr":$form, "const ::heddle::mixer::MixSizes &":$sizes)>,
    InterfaceMethod<"Types of the carried state, empty when the mixer has no finite one.",
      "::llvm::SmallVector<::mlir::Type>", "stateTypes", (ins)>,
    InterfaceMethod<"The carried state: its tensors, their initial values and how summaries combine.",
      "::heddle::mixer::CarriedState", "carriedState", (ins)>,
    InterfaceMethod<"Why the mixer cannot run token by token with a state, with the slot in front; empty when it can.",
      "std::string", "whyNotStreamed", (ins)>,
    InterfaceMethod<"Why a range of its tokens has no summary, with the slot in front; empty when it has one.",
      "std::string", "whyNotSummarised", (ins)>,
    InterfaceMethod<[{The operands in front of the states, cut to the positions [begin, begin + count). Needs a streamed mixer.}],
      "::llvm::SmallVector<::mlir::Value>", "sliceTokens",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::Location":$loc, "::mlir::OpFoldResult":$begin,
           "::mlir::OpFoldResult":$count)>,
    InterfaceMethod<"The state in front of the first token, of the types `stateTypes`; `batch` counts when B is dynamic.",
      "::llvm::SmallVector<::mlir::Value>", "buildInitialState",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::Location":$loc, "::mlir::OpFoldResult":$batch)>,
    InterfaceMethod<[{The same mixer on the next `count` tokens: `tokens` are operands like those of `sliceTokens`. Returns the output
      [B, count, Ho, dv] and the states after it. Needs a streamed mixer.}],
      "::llvm::SmallVector<::mlir::Value>", "buildStep",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::Location":$loc, "::mlir::ValueRange":$tokens,
           "::mlir::OpFoldResult":$count, "::mlir::ValueRange":$state)>,
    InterfaceMethod<[{The summary of no tokens, neutral under `buildCombine`; `queries` counts for a softmax alone. This and the
      following need a mixer that is summarised.}],
      "::heddle::mixer::MixSummary", "buildIdentitySummary",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::Location":$loc, "::mlir::OpFoldResult":$batch,
           "::mlir::OpFoldResult":$queries)>,
    InterfaceMethod<[{The summary of the key positions [begin, begin + count) of this mixer. An initial state of the mixer is not part
      of it.}],
      "::heddle::mixer::MixSummary", "buildSummary",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::Location":$loc, "::mlir::OpFoldResult":$begin,
           "::mlir::OpFoldResult":$count)>,
    InterfaceMethod<"The summary of two ranges, `first` in front of `second`: associative; any order for a softmax.",
      "::heddle::mixer::MixSummary", "buildCombine",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::Location":$loc, "const ::heddle::mixer::MixSummary &":$first,
           "const ::heddle::mixer::MixSummary &":$second)>,
    InterfaceMethod<[{Affine: the state behind the summarised tokens, from the one in front of them. Softmax: `state` is empty and the
      result is the output [B, T, Ho, dv] of the mixer on the summarised keys.}],
      "::llvm::SmallVector<::mlir::Value>", "buildApply",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::Location":$loc, "const ::heddle::mixer::MixSummary &":$summary,
           "::mlir::ValueRange":$state)>
  ];
}

#endif
