#include "passes/stream/StreamRules.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace heddle {

Span TokenReach::elementsOf(Span span) const {
  return {llvm::divideFloorSigned(span.low * times, over) + low,
          llvm::divideFloorSigned((span.high - 1) * times, over) + 1 + high};
}

int64_t TokenReach::leadOf(int64_t lead) const { return llvm::divideCeilSigned((lead - high) * over, times); }

const StreamRule *findStreamRule(Operation *op) {
  static const StreamRule *const rules[] = {&blankRule(),   &positionwiseRule(), &sliceRule(),       &insertRule(),
                                            &reshapeRule(), &attentionRule(),    &convolutionRule(), &matrixRule(),
                                            &windowRule(),  &recurrenceRule()};
  for (const StreamRule *rule : rules)
    if (rule->handles(op))
      return rule;
  return nullptr;
}

} // namespace heddle
