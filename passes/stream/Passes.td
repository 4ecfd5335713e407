// Derive the step on the tokens that come next.
#ifndef HEDDLE_PASSES_STREAM_PASSES_TD
#define HEDDLE_PASSES_STREAM_PASSES_TD

include "mlir/Pass/PassBase.td"

def DeriveStreamPass : Pass<"heddle-derive-stream", "::mlir::ModuleOp"> {
  let summary = "derive the step on the next tokens from an entry on whole sequences";
  let description = [{
    Adds a function that computes what the entry computes of the C tokens that come next, C being any number, from them and
    from states that an earlier call left; docs/streaming.md has the rules. Of an entry that pools tokens C is a multiple of the
    number that stands in `heddle.block`, and the symbol of the tokens counts such blocks. States are arguments with the attribute
    `heddle.state`, their value in front of the first token, and in the same order the last results. The first state is the
    position of each row, the second one its place in rings where there are any. What a mixer carries, the last tokens in front of
    a convolution, keys and values of a window in rings, and those of the whole past up to a capacity are the others.

    Where the length of a trace is in the way, and all that pins it is tables with a row for each token, the step takes as many
    tokens in all as they have rows.

    An entry that brings its states along (past and present, initial and final) is its own step: paired inputs and outputs become
    states, and the positions are added.

    Where tokens depend on some that follow, at most `lookahead` of them, the outputs come that many tokens late; the attribute
    `heddle.latency` says how many for each, in elements of its own. A state `end` says how many tokens the sequence of each row has, as soon as that is
    known: what is fed behind the end brings the last outputs.

    An entry that cannot run token by token is an error at the op that is in the way, with the reason. The step is compared with
    the entry in the reference evaluator, call by call; a difference is an error too.

    Before:
    ```mlir
    func.func @forward(%x: tensor<?x?x8xf32>) -> tensor<?x?x8xf32> attributes {heddle.symbols = ["B", "T"]} {
      %y = mixer.mix ..
    ```
    After: as before, and
    ```mlir
    func.func @step(%x: tensor<?x?x8xf32>, %position: tensor<?xi64> {heddle.state = 0 : i64},
                    %state: tensor<?x1x4x8xf32> {heddle.state = 0.0 : f32})
        -> (tensor<?x?x8xf32>, tensor<?xi64>, tensor<?x1x4x8xf32>) attributes {heddle.stream_of = "forward", heddle.tokens = 1 : i64} {
      %y, %next = mixer.mix .. state(%state : tensor<?x1x4x8xf32>) ..
    ```
  }];
  let options = [
    Option<"entry", "entry", "std::string", /*default=*/"\"forward\"", "the entry on whole sequences">,
    Option<"name", "name", "std::string", /*default=*/"\"step\"", "name of the function that is added">,
    Option<"tokens", "tokens", "std::string", /*default=*/"\"\"",
           "symbol that counts the tokens; empty takes the one along which all mixers mix">,
    ListOption<"states", "states", "std::string", "pairs of an input and the output that is its next value, INPUT=OUTPUT or INPUT=OUTPUT=INITIAL">,
    Option<"lookAhead", "lookahead", "int64_t", /*default=*/"0", "tokens by which outputs may come late, where the entry looks ahead">,
    Option<"keepEntry", "keep-entry", "bool", /*default=*/"true", "leave the entry in the module">,
    Option<"verify", "verify", "std::string", /*default=*/"\"cheap\"", "how the step is proved: off, cheap or always">,
  ];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::math::MathDialect", "::mlir::tensor::TensorDialect"];
}

def PairStatesPass : Pass<"heddle-pair-states", "::mlir::ModuleOp"> {
  let summary = "say which inputs of an entry are states";
  let description = [{
    Writes on an entry which of its inputs hold what an output left in the call before (docs/streaming.md): the table that the tools
    print of a model whose step nobody has asked for. What cannot be paired is left out without a word.

    Before:
    ```mlir
    func.func @forward(%x: tensor<?x?x8xf32>, %past: tensor<?x8xf32> {heddle.name = "past"}) -> (tensor<?x8xf32> {heddle.name = "present"})
    ```
    After: the same with an attribute `heddle.state_pairs`, a list of
    ```mlir
    {bytes = "32*B", evidence = "name", initial = 0.0 : f64, input = "past", output = "present"}
    ```
  }];
  let options = [
    Option<"entry", "entry", "std::string", /*default=*/"\"forward\"", "the entry">,
    Option<"tokens", "tokens", "std::string", /*default=*/"\"\"", "symbol that counts the tokens; empty takes the one along which all mixers mix">,
    ListOption<"states", "states", "std::string", "pairs of an input and the output that is its next value, INPUT=OUTPUT or INPUT=OUTPUT=INITIAL">,
  ];
}

#endif // HEDDLE_PASSES_STREAM_PASSES_TD
