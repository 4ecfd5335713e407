// What the options of the verb `stream` mean for a package: every input with its tokens, every output with its place,
// a state, and the bytes that it all takes.
#ifndef HEDDLE_RUNTIME_TOOLS_STREAM_STREAMPLAN_H
#define HEDDLE_RUNTIME_TOOLS_STREAM_STREAMPLAN_H

#include "runtime/tools/stream/StreamOptions.h"
#include "runtime/tools/stream/StreamRun.h"

namespace heddle {

struct StreamPlan {
  static io::Result<StreamPlan> make(const RunTarget &target, const StreamOptions &options, const Runner &runner);

  /// The formula of the bytes, its symbols and its value.
  std::string memoryText() const;

  std::unique_ptr<StepEntry> step; // stays where it is: `run` looks at it
  std::optional<StreamRun> run;
  std::optional<Generation> generation;
  std::optional<TokenSink> generated;
  int64_t memoryBytes = 0;
  SymbolValues symbols;
};

} // namespace heddle

#endif
