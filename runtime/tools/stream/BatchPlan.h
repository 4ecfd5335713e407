// What the options of the verb `stream` mean for several sequences (--rows).
#ifndef HEDDLE_RUNTIME_TOOLS_STREAM_BATCHPLAN_H
#define HEDDLE_RUNTIME_TOOLS_STREAM_BATCHPLAN_H

#include "runtime/tools/stream/BatchRun.h"
#include "runtime/tools/stream/StreamOptions.h"

namespace heddle {

struct BatchPlan {
  static io::Result<BatchPlan> make(const RunTarget &target, const StreamOptions &options, const Runner &runner);

  std::unique_ptr<StepEntry> step; // stays where it is: `run` looks at it
  std::optional<BatchRun> run;
  SymbolValues symbols;
  int64_t memoryBytes = 0; // of the formula; sequences that wait are not in it
};

} // namespace heddle

#endif
