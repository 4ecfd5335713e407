// The mixer dialect: one op for every token mixer. See Mixer.md for the specification and rationale.
#ifndef HEDDLE_MIXER_DIALECT_TD
#define HEDDLE_MIXER_DIALECT_TD

include "mlir/IR/OpBase.td"

def Mixer_Dialect : Dialect {
  let name = "mixer";
  let cppNamespace = "::heddle::mixer";
  let summary = "token mixers under one template";
  let description = [{
    Attention, linear attention, state-space scans, delta rules, long convolutions and structured
    mixes are one operation, `mixer.mix`, with named slots. Everything around it is upstream MLIR.
  }];
  let useDefaultAttributePrinterParser = 1;
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::scf::SCFDialect"];
  let extraClassDeclaration = [{
    // Registration happens beside the definitions of attributes and ops.
    void registerAttributes();
    void registerOps();
  }];
}

#endif
