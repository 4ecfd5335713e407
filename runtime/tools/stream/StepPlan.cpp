#include "runtime/tools/stream/StepPlan.h"

namespace heddle {

std::string StepPlan::memoryText() const { return describeMemory(step->peakFormula, memoryBytes, symbols); }

io::Status StepPlan::readStep(const RunTarget &target, const Runner &runner, int64_t rows) {
  io::Result<StepEntry> entry = StepEntry::of(target, runner, rows);
  if (!entry)
    return entry.error();
  step = std::make_unique<StepEntry>(std::move(*entry));
  return {};
}

io::Status StepPlan::planMemory(int64_t chunk, int64_t capacity) {
  symbols = step->symbolsAt(step->wholeBlocks(chunk), capacity);
  io::Result<int64_t> bytes = evaluate(step->peakFormula, symbols);
  if (!bytes)
    return bytes.error();
  memoryBytes = *bytes;
  return {};
}

io::Status readInputSpecs(const StepEntry &step, const StreamOptions &options, const SpecReader &source,
                          const SpecReader &fixed) {
  io::Result<std::vector<std::string>> specs = orderSpecs("--input", options.inputs, step.inputs);
  if (!specs)
    return specs.error();
  for (size_t i = 0; i < specs->size(); ++i) {
    const StepTensor &input = step.inputs[i];
    if ((*specs)[i].empty())
      return io::Error{"", "input '" + input.name() + "'", "--input " + input.name() + "=SPEC", "none"};
    if (io::Status status = (input.hasTokens() ? source : fixed)(i, (*specs)[i]); !status)
      return status;
  }
  return {};
}

io::Status openOutputSpecs(const StepEntry &step, const StreamOptions &options, const SpecReader &open) {
  io::Result<std::vector<std::string>> specs = orderSpecs("--output", options.outputs, step.outputs);
  if (!specs)
    return specs.error();
  for (size_t i = 0; i < specs->size(); ++i)
    if (!(*specs)[i].empty())
      if (io::Status status = open(i, (*specs)[i]); !status)
        return status;
  return {};
}

io::Result<std::optional<StateFile>> openSavedState(const StreamOptions &options) {
  if (options.stateIn.empty())
    return std::optional<StateFile>();
  io::Result<StateFile> file = StateFile::open(options.stateIn);
  if (!file)
    return file.error();
  return std::optional<StateFile>(std::move(*file));
}

io::Result<int64_t> wholeCapacity(const StepEntry &step, int64_t tokens) {
  int64_t capacity = step.wholeBlocks(tokens) * step.block;
  if (capacity == 0 && step.hasCapacity)
    return io::Error{"", "--capacity", "the most tokens of a sequence, since states of this step grow", "none"};
  return capacity;
}

} // namespace heddle
