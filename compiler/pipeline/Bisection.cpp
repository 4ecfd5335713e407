#include "compiler/pipeline/Bisection.h"

#include "dialects/mixer/reference/Interpreter.h"

#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassInstrumentation.h"

using namespace mlir;

namespace heddle {

class BisectionInstrumentation : public PassInstrumentation {
public:
  BisectionInstrumentation(Bisection &bisection, std::string phase) : bisection(bisection), phase(std::move(phase)) {}

  void runAfterPass(Pass *pass, Operation *op) override {
    // Adaptors run the passes nested in them and change nothing themselves.
    if (!pass->getArgument().empty())
      bisection.evaluate(op, phase, pass->getArgument());
  }

private:
  Bisection &bisection;
  std::string phase;
};

void Bisection::observe(PassManager &pm, const std::string &phase) {
  pm.addInstrumentation(std::make_unique<BisectionInstrumentation>(*this, phase));
}

static bool worksOnTensors(func::FuncOp function) {
  return llvm::none_of(function.getArgumentTypes(), llvm::IsaPred<BaseMemRefType>) &&
         llvm::none_of(function.getResultTypes(), llvm::IsaPred<BaseMemRefType>);
}

void Bisection::evaluate(Operation *op, StringRef phase, StringRef pass) {
  auto module = isa<ModuleOp>(op) ? cast<ModuleOp>(op) : op->getParentOfType<ModuleOp>();
  auto function = module ? module.lookupSymbol<func::FuncOp>(truth.entry) : nullptr;
  if (!found.empty() || !function || !worksOnTensors(function))
    return;
  // Buffers and kernels inside of a function on tensors have no meaning for the evaluator: not a finding.
  ScopedDiagnosticHandler silent(op->getContext(), [](Diagnostic &) { return success(); });
  SmallVector<ReferenceTensor> outputs;
  if (failed(interpret(function, truth.inputs, outputs, Precision::Double)))
    return;
  ++evaluated;
  for (auto [index, output] : llvm::enumerate(outputs)) {
    Comparison comparison = compare(truth.outputs[index], output, truth.bounds[index]);
    if (comparison.passes)
      continue;
    found = "phase " + phase.str() + ", pass " + pass.str() + ": output " + std::to_string(index) + ", " +
            comparison.describe();
    return;
  }
}

} // namespace heddle
