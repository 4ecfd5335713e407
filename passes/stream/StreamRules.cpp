#include "passes/stream/StreamRules.h"

using namespace mlir;

namespace heddle {

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
