#include "runtime/tools/stream/BatchPlan.h"

#include "runtime/io/TensorSpec.h"
#include <algorithm>

namespace heddle {
namespace {

/// Gathers what a BatchPlan is made of, one part after the other.
class BatchPlanner : BatchPlan {
public:
  BatchPlanner(const StreamOptions &options, const Runner &runner) : options(options), runner(runner) {}

  io::Result<BatchPlan> run(const RunTarget &target) {
    if (io::Status status = readStep(target, runner, options.rows); !status)
      return status.error();
    for (auto part : {&BatchPlanner::readInputs, &BatchPlanner::chooseCapacity, &BatchPlanner::makeRun,
                      &BatchPlanner::openSinks, &BatchPlanner::planGeneration})
      if (io::Status status = (this->*part)(); !status)
        return status.error();
    if (io::Status status = planMemory(options.chunk, capacity); !status)
      return status.error();
    return std::move(static_cast<BatchPlan &>(*this));
  }

private:
  io::Status readInputs() {
    sources.resize(step->inputs.size());
    fixed.resize(step->inputs.size());
    return readInputSpecs(
        *step, options, [&](size_t i, const std::string &spec) { return readSource(i, spec); },
        [&](size_t i, const std::string &spec) { return readFixed(i, spec); });
  }

  io::Status readSource(size_t i, const std::string &spec) {
    io::Result<std::unique_ptr<SequenceSource>> source = openSequences(spec, step->inputs[i]);
    if (!source)
      return source.error();
    sources[i] = std::move(*source);
    if (int64_t tokens = sources[i]->longest(); tokens >= 0)
      longest = std::max(longest, tokens / step->inputs[i].rate * step->block);
    return {};
  }

  /// Sizes give symbols their values, but for the rows, which are those of the sequences here.
  io::Status readFixed(size_t i, const std::string &spec) {
    io::Result<io::HostTensor> tensor = io::parseTensorSpec(spec);
    if (!tensor)
      return tensor.error();
    fixed[i] = std::move(*tensor);
    StepTensor input = step->inputs[i];
    std::vector<int64_t> shape = fixed[i].shape;
    if (input.rowsAt >= 0 && shape.size() == input.shape.size())
      shape[static_cast<size_t>(input.rowsAt)] = options.rows;
    return step->bind(input, shape);
  }

  /// A state that grows holds the longest sequence with what is generated.
  io::Status chooseCapacity() {
    io::Result<std::optional<StateFile>> file = openSavedState(options);
    if (!file)
      return file.error();
    saved = std::move(*file);
    int64_t tokens = options.capacity;
    if (tokens == 0 && longest >= 0 && !saved)
      tokens = longest + options.generate + heddle_entry_latency(step->entry);
    io::Result<int64_t> whole = wholeCapacity(*step, tokens);
    if (!whole)
      return whole.error();
    capacity = *whole;
    return {};
  }

  io::Status makeRun() {
    State state(step->entry, options.rows, capacity);
    io::Result<BatchRun> made =
        BatchRun::make(*step, runner.session(), std::move(state), step->wholeBlocks(options.chunk));
    if (!made)
      return made.error();
    batch.emplace(std::move(*made));
    for (size_t i = 0; i < sources.size(); ++i)
      if (sources[i])
        batch->setSource(i, std::move(sources[i]));
      else if (io::Status status = batch->setFixed(i, std::move(fixed[i])); !status)
        return status;
    if (!saved)
      return {};
    State beginning(step->entry, /*rows=*/1, saved->capacity());
    saved->restore(beginning);
    batch->setBeginning(std::move(beginning));
    return {};
  }

  io::Status openSinks() {
    return openOutputSpecs(*step, options, [&](size_t i, const std::string &spec) -> io::Status {
      io::Result<SequenceSink> sink = SequenceSink::open(spec, step->outputs[i]);
      if (!sink)
        return sink.error();
      batch->setSink(i, std::move(*sink));
      return {};
    });
  }

  io::Status planGeneration() {
    if (options.generate == 0)
      return {};
    io::Result<Generation> generation = Generation::make(*step, options);
    if (!generation)
      return generation.error();
    io::Result<SequenceSink> sink = SequenceSink::open(options.generatedSpec(), step->inputs[generation->input]);
    if (!sink)
      return sink.error();
    batch->setGeneration(*generation, std::move(*sink));
    return {};
  }

  const StreamOptions &options;
  const Runner &runner;
  std::vector<io::HostTensor> fixed;
  std::vector<std::unique_ptr<SequenceSource>> sources;
  std::optional<StateFile> saved;
  int64_t longest = -1, capacity = 0; // tokens; -1: not known
};

} // namespace

io::Result<BatchPlan> BatchPlan::make(const RunTarget &target, const StreamOptions &options, const Runner &runner) {
  return BatchPlanner(options, runner).run(target);
}

} // namespace heddle
