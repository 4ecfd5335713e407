// What the plans of one sequence and of several share: a step, its inputs and outputs by their specs, the bytes of a
// call.
#ifndef HEDDLE_RUNTIME_TOOLS_STREAM_STEPPLAN_H
#define HEDDLE_RUNTIME_TOOLS_STREAM_STEPPLAN_H

#include "runtime/tools/stream/StateFile.h"
#include "runtime/tools/stream/StepEntry.h"
#include "runtime/tools/stream/StreamOptions.h"

#include <functional>

namespace heddle {

struct StepPlan {
  /// The formula of the bytes, its symbols and its value.
  std::string memoryText() const;

  std::unique_ptr<StepEntry> step; // stays where it is: runs look at it
  SymbolValues symbols;
  int64_t memoryBytes = 0; // of the formula

protected:
  /// `rows`: of each call.
  io::Status readStep(const RunTarget &target, const Runner &runner, int64_t rows);
  /// Evaluates the formula for calls on `chunk` tokens.
  io::Status planMemory(int64_t chunk, int64_t capacity);
};

/// Does something with the spec of the input or output of this number.
using SpecReader = std::function<io::Status(size_t, const std::string &)>;

/// Reads the specs of all inputs: of those with tokens as sources, of the others as tensors. Each needs one.
io::Status readInputSpecs(const StepEntry &step, const StreamOptions &options, const SpecReader &source,
                          const SpecReader &fixed);
/// Opens a sink for each output that has a spec.
io::Status openOutputSpecs(const StepEntry &step, const StreamOptions &options, const SpecReader &open);
/// The saved state to begin from; none where the options name none.
io::Result<std::optional<StateFile>> openSavedState(const StreamOptions &options);
/// The capacity in whole blocks of tokens; an error where the states grow and nothing says how far.
io::Result<int64_t> wholeCapacity(const StepEntry &step, int64_t tokens);

} // namespace heddle

#endif
