// What the options of the verb `stream` mean for a package: every input with its tokens, every output with its place,
// a state, and the bytes that it all takes.
#ifndef HEDDLE_RUNTIME_TOOLS_STREAM_STREAMPLAN_H
#define HEDDLE_RUNTIME_TOOLS_STREAM_STREAMPLAN_H

#include "runtime/tools/stream/StepPlan.h"
#include "runtime/tools/stream/StreamRun.h"

namespace heddle {

struct StreamPlan : StepPlan {
  static io::Result<StreamPlan> make(const RunTarget &target, const StreamOptions &options, const Runner &runner);

  std::optional<StreamRun> stream;
  std::optional<Generation> generation;
  std::optional<TokenSink> generated;
};

} // namespace heddle

#endif
