// What the options of the verb `stream` mean for several sequences (--rows).
#ifndef HEDDLE_RUNTIME_TOOLS_STREAM_BATCHPLAN_H
#define HEDDLE_RUNTIME_TOOLS_STREAM_BATCHPLAN_H

#include "runtime/tools/stream/BatchRun.h"
#include "runtime/tools/stream/StepPlan.h"

namespace heddle {

struct BatchPlan : StepPlan {
  static io::Result<BatchPlan> make(const RunTarget &target, const StreamOptions &options, const Runner &runner);

  std::optional<BatchRun> batch; // sequences that wait are not in its memory
};

} // namespace heddle

#endif
