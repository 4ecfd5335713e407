#include "runtime/tools/stream/BatchPlan.h"

#include "runtime/io/TensorSpec.h"
#include "runtime/tools/stream/StateFile.h"
#include <algorithm>

namespace heddle {
namespace {

/// Gathers what a BatchPlan is made of, one part after the other.
class BatchPlanner {
public:
  BatchPlanner(const RunTarget &target, const StreamOptions &options, const Runner &runner)
      : target(target), options(options), runner(runner) {}

  io::Result<BatchPlan> run() {
    for (auto part : {&BatchPlanner::readStep, &BatchPlanner::readInputs, &BatchPlanner::chooseCapacity,
                      &BatchPlanner::makeRun, &BatchPlanner::openSinks, &BatchPlanner::planGeneration})
      if (io::Status status = (this->*part)(); !status)
        return status.error();
    plan.symbols = plan.step->symbolsAt(plan.step->wholeBlocks(options.chunk), capacity);
    io::Result<int64_t> bytes = evaluate(plan.step->peakFormula, plan.symbols);
    if (!bytes)
      return bytes.error();
    plan.memoryBytes = *bytes;
    return std::move(plan);
  }

private:
  io::Status readStep() {
    io::Result<StepEntry> step = StepEntry::of(target, runner, options.rows);
    if (!step)
      return step.error();
    plan.step = std::make_unique<StepEntry>(std::move(*step));
    return {};
  }

  io::Status readInputs() {
    io::Result<std::vector<std::string>> specs = orderSpecs("--input", options.inputs, plan.step->inputs);
    if (!specs)
      return specs.error();
    sources.resize(specs->size());
    fixed.resize(specs->size());
    for (size_t i = 0; i < specs->size(); ++i) {
      const StepTensor input = plan.step->inputs[i];
      if ((*specs)[i].empty())
        return io::Error{"", "input '" + input.name() + "'", "--input " + input.name() + "=SPEC", "none"};
      if (io::Status status = input.hasTokens() ? readSource(i, (*specs)[i]) : readFixed(i, (*specs)[i]); !status)
        return status;
    }
    return {};
  }

  io::Status readSource(size_t i, const std::string &spec) {
    io::Result<std::unique_ptr<SequenceSource>> source = openSequences(spec, plan.step->inputs[i]);
    if (!source)
      return source.error();
    sources[i] = std::move(*source);
    if (int64_t tokens = sources[i]->longest(); tokens >= 0)
      longest = std::max(longest, tokens / plan.step->inputs[i].rate * plan.step->block);
    return {};
  }

  /// Sizes give symbols their values, but for the rows, which are those of the sequences here.
  io::Status readFixed(size_t i, const std::string &spec) {
    io::Result<io::HostTensor> tensor = io::parseTensorSpec(spec);
    if (!tensor)
      return tensor.error();
    fixed[i] = std::move(*tensor);
    StepTensor input = plan.step->inputs[i];
    std::vector<int64_t> shape = fixed[i].shape;
    if (input.rowsAt >= 0 && shape.size() == input.shape.size())
      shape[static_cast<size_t>(input.rowsAt)] = options.rows;
    return plan.step->bind(input, shape);
  }

  /// A state that grows holds the longest sequence with what is generated.
  io::Status chooseCapacity() {
    capacity = options.capacity;
    if (!options.stateIn.empty()) {
      io::Result<StateFile> file = StateFile::open(options.stateIn);
      if (!file)
        return file.error();
      saved = std::move(*file);
    }
    if (capacity == 0 && longest >= 0 && !saved)
      capacity = longest + options.generate + heddle_entry_latency(plan.step->entry);
    capacity = plan.step->wholeBlocks(capacity) * plan.step->block;
    if (capacity == 0 && plan.step->hasCapacity)
      return io::Error{"", "--capacity", "the most tokens of a sequence, since states of this step grow", "none"};
    return {};
  }

  io::Status makeRun() {
    State state(plan.step->entry, options.rows, capacity);
    io::Result<BatchRun> made =
        BatchRun::make(*plan.step, runner.session(), std::move(state), plan.step->wholeBlocks(options.chunk));
    if (!made)
      return made.error();
    plan.run.emplace(std::move(*made));
    for (size_t i = 0; i < sources.size(); ++i)
      if (sources[i])
        plan.run->setSource(i, std::move(sources[i]));
      else if (io::Status status = plan.run->setFixed(i, std::move(fixed[i])); !status)
        return status;
    if (!saved)
      return {};
    State beginning(plan.step->entry, /*rows=*/1, saved->capacity());
    saved->restore(beginning);
    plan.run->setBeginning(std::move(beginning));
    return {};
  }

  io::Status openSinks() {
    io::Result<std::vector<std::string>> specs = orderSpecs("--output", options.outputs, plan.step->outputs);
    if (!specs)
      return specs.error();
    for (size_t i = 0; i < specs->size(); ++i) {
      if ((*specs)[i].empty())
        continue;
      io::Result<SequenceSink> sink = SequenceSink::open((*specs)[i], plan.step->outputs[i]);
      if (!sink)
        return sink.error();
      plan.run->setSink(i, std::move(*sink));
    }
    return {};
  }

  io::Status planGeneration() {
    if (options.generate == 0)
      return {};
    io::Result<Generation> generation = Generation::make(*plan.step, options);
    if (!generation)
      return generation.error();
    io::Result<SequenceSink> sink = SequenceSink::open(options.generatedSpec(), plan.step->inputs[generation->input]);
    if (!sink)
      return sink.error();
    plan.run->setGeneration(*generation, std::move(*sink));
    return {};
  }

  const RunTarget &target;
  const StreamOptions &options;
  const Runner &runner;
  BatchPlan plan;
  std::vector<io::HostTensor> fixed;
  std::vector<std::unique_ptr<SequenceSource>> sources;
  std::optional<StateFile> saved;
  int64_t longest = -1, capacity = 0; // tokens; -1: not known
};

} // namespace

io::Result<BatchPlan> BatchPlan::make(const RunTarget &target, const StreamOptions &options, const Runner &runner) {
  return BatchPlanner(target, options, runner).run();
}

} // namespace heddle
