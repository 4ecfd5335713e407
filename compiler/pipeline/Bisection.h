// Which pass changed the meaning: after every pass that leaves tensors, the module is evaluated again by the reference
// evaluator and held against what the imported model computes.
//
//   Bisection bisection("forward", inputs, expected, bounds);
//   options.onPassManager = [&](PassManager &pm) { bisection.observe(pm); };
//   compileModule(module, options, compiled);
//   bisection.finding();      // "phase fuse, pass heddle-fuse-elementwise: y, largest difference 0.5 ..", or none
//
// Once functions work on buffers the evaluator has nothing to say: a wrong result without a finding came after that.
#ifndef HEDDLE_COMPILER_PIPELINE_BISECTION_H
#define HEDDLE_COMPILER_PIPELINE_BISECTION_H

#include "dialects/mixer/reference/Tolerance.h"

#include "mlir/Pass/PassManager.h"

namespace heddle {

/// The computation that every pass must keep.
struct BisectionTruth {
  std::string entry;
  llvm::SmallVector<ReferenceTensor> inputs, outputs;
  llvm::SmallVector<double> bounds; // one per output: how far it may be
};

class Bisection {
public:
  explicit Bisection(BisectionTruth truth) : truth(std::move(truth)) {}

  /// Evaluates after each pass that `pm` runs; `phase` names them in the finding.
  void observe(mlir::PassManager &pm, const std::string &phase);

  /// The first pass after which the module differs; empty when none does.
  const std::string &finding() const { return found; }
  unsigned evaluatedPasses() const { return evaluated; }

private:
  friend class BisectionInstrumentation;
  void evaluate(mlir::Operation *op, llvm::StringRef phase, llvm::StringRef pass);

  BisectionTruth truth;
  std::string found;
  unsigned evaluated = 0;
};

} // namespace heddle

#endif
