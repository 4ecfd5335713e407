// Pick and expand the execution form of each mixer.
#ifndef HEDDLE_PASSES_FORM_PASSES_TD
#define HEDDLE_PASSES_FORM_PASSES_TD

include "mlir/Pass/PassBase.td"

def PickFormPass : Pass<"heddle-pick-form"> {
  let summary = "choose the execution form of every mixer";
  let description = [{
    Asks the mixer interface which forms are admitted and what each costs, estimates their times, and writes the form with the
    least time into the mixer. A remark of category `mixer-pick-form` names the choice, one more each form not chosen, both
    with estimated time, flops, bytes and exponentials. What the machine can do is in a file of `heddle calibrate`. Dynamic batch and token counts are estimated at the sizes of the options.

    Before:
    ```mlir
    mixer.mix query(..) key(..) value(..) outs(..) {score = #mixer.softmax<scale = 0.125>, ..}
    ```
    After:
    ```mlir
    mixer.mix query(..) key(..) value(..) outs(..) {form = #mixer.form<flash, chunk = 64>, score = .., ..}
    ```
  }];
  let options = [
    Option<"force", "force", "std::string", /*default=*/"", "take this form; an error where it is not admitted">,
    Option<"chunk", "chunk", "int64_t", /*default=*/"0", "tile length of the forms that have one, 0 for their own">,
    Option<"batch", "batch", "int64_t", /*default=*/"1", "batch size at which a dynamic batch is estimated">,
    Option<"tokens", "tokens", "int64_t", /*default=*/"2048", "length at which a dynamic number of tokens is estimated">,
    Option<"machine", "machine", "std::string", /*default=*/"", "file of the machine model; empty takes that of a two-core Zen 4">,
  ];
  let dependentDialects = ["::heddle::mixer::MixerDialect"];
}

def ExpandFactoredPass : Pass<"heddle-expand-factored"> {
  let summary = "write mixers of the form factored as two contractions";
  let description = [{
    A linear score without transport over all tokens gives every query the same state: the sum of all keys' products with their
    values. It is computed once, and each query reads it; no pair of tokens is ever looked at.

    Before:
    ```mlir
    %o = mixer.mix query(%q) key(%k) value(%v) outs(%init) {form = #mixer.form<factored>, support = #mixer.full, ..}
    ```
    After:
    ```mlir
    %state = linalg.generic ins(%k, %v : tensor<?x?x4x16xf32>, tensor<?x?x4x32xf32>) outs(%zeros : tensor<?x4x1x16x32xf32>) ..
    %o = linalg.generic ins(%q, %state : ..) outs(%zeros : tensor<?x?x4x1x32xf32>) ..
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect"];
}

def ExpandRegionTransportPass : Pass<"heddle-expand-region-transport"> {
  let summary = "write mixers with a transport region as loops over tokens";
  let description = [{
    A recurrence that only its region knows has one form: token by token. The region, the update by key and value, and the
    read-out become tensor operations in an `scf.for` that carries the state and the output.

    Before:
    ```mlir
    %o = mixer.mix value(%v) transport(%gates) outs(%init) {transport = #mixer.region, ..} transport_region {..}
    ```
    After:
    ```mlir
    %r:2 = scf.for %t = 0 to %T step 1 iter_args(%state = %zeros, %out = %init) {
      %gates_t = tensor.extract_slice %gates[0, %t, ..] ..
      ..
      %over = bufferization.materialize_in_destination %next in %state
      scf.yield %over, %inserted
    }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::bufferization::BufferizationDialect",
                           "::mlir::linalg::LinalgDialect", "::mlir::scf::SCFDialect", "::mlir::tensor::TensorDialect"];
}

#endif // HEDDLE_PASSES_FORM_PASSES_TD
