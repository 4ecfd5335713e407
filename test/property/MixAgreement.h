// Compiled mixers against the reference: what the random driver and the case table share.
#ifndef HEDDLE_TEST_PROPERTY_MIXAGREEMENT_H
#define HEDDLE_TEST_PROPERTY_MIXAGREEMENT_H

#include "test/property/CompiledModule.h"
#include "test/property/MixRun.h"

namespace heddle::test {

/// What the reference says about one mixer on one set of inputs.
struct Expectation {
  llvm::SmallVector<ReferenceTensor> outputs;
  llvm::SmallVector<double> bounds;
  llvm::SmallVector<std::string> reasons;

  /// Empty outputs when the reference has no answer (a diagnostic says why).
  static Expectation of(mlir::ModuleOp module, llvm::ArrayRef<ReferenceTensor> inputs, double slack);
};

/// Runs the compiled module on the inputs and compares; empty when all outputs agree. `share` receives the largest part
/// of its bound that an output's error takes.
std::string disagreement(CompiledModule &compiled, llvm::ArrayRef<ReferenceTensor> inputs, const Expectation &expected,
                         double &share);

/// Compile options that force a form of every mixer.
CompileOptions forcing(mixer::FormKind form);

} // namespace heddle::test
#endif
