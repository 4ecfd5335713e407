#include "test/property/MixAgreement.h"
#include "dialects/mixer/reference/Tolerance.h"

using namespace mlir;

namespace heddle::test {

Expectation Expectation::of(ModuleOp module, ArrayRef<ReferenceTensor> inputs, double slack) {
  Expectation expected;
  expected.outputs = evaluate(module, inputs, Precision::Double);
  SmallVector<ReferenceTensor> single = evaluate(module, inputs, Precision::Single);
  if (single.size() != expected.outputs.size())
    expected.outputs.clear();
  for (auto [reference, plain] : llvm::zip(expected.outputs, single)) {
    Tolerance tolerance = Tolerance::of(reference, plain, slack);
    expected.bounds.push_back(tolerance.bound);
    expected.reasons.push_back(tolerance.reason);
  }
  return expected;
}

std::string disagreement(CompiledModule &compiled, ArrayRef<ReferenceTensor> inputs, const Expectation &expected,
                         double &share) {
  SmallVector<ReferenceTensor> outputs;
  for (const ReferenceTensor &output : expected.outputs)
    outputs.push_back(ReferenceTensor::zeros(output.elementType, output.shape));
  if (std::string error = compiled.run(inputs, outputs); !error.empty())
    return "run failed: " + error;
  share = 0;
  for (auto [index, output] : llvm::enumerate(outputs)) {
    Comparison comparison = compare(expected.outputs[index], output, expected.bounds[index]);
    if (!comparison.passes)
      return "output " + std::to_string(index) + ": " + comparison.describe() + "; tolerance " +
             expected.reasons[index];
    if (expected.bounds[index] > 0)
      share = std::max(share, comparison.error / expected.bounds[index]);
  }
  return "";
}

CompileOptions forcing(mixer::FormKind form) {
  CompileOptions options;
  options.form = mixer::stringifyFormKind(form).str();
  return options;
}

} // namespace heddle::test
