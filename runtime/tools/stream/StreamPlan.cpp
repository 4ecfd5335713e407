#include "runtime/tools/stream/StreamPlan.h"

#include "runtime/io/TensorSpec.h"
#include "runtime/tools/stream/StateFile.h"
#include <algorithm>

namespace heddle {
namespace {

/// Gathers what a StreamPlan is made of, one part after the other.
class Planner {
public:
  Planner(const RunTarget &target, const StreamOptions &options, const Runner &runner)
      : target(target), options(options), runner(runner) {}

  io::Result<StreamPlan> run() {
    for (auto part : {&Planner::readStep, &Planner::readInputs, &Planner::readState, &Planner::makeRun,
                      &Planner::planGeneration, &Planner::planMemory})
      if (io::Status status = (this->*part)(); !status)
        return status.error();
    return std::move(plan);
  }

private:
  io::Status readStep() {
    io::Result<StepEntry> step = StepEntry::of(target, runner);
    if (!step)
      return step.error();
    plan.step = std::make_unique<StepEntry>(std::move(*step));
    return {};
  }

  io::Status readInputs() {
    io::Result<std::vector<std::string>> specs = orderSpecs("--input", options.inputs, plan.step->inputs);
    if (!specs)
      return specs.error();
    size_t count = plan.step->inputs.size();
    fixed.resize(count);
    sources.resize(count);
    for (size_t i = 0; i < count; ++i) {
      const StepTensor input = plan.step->inputs[i];
      if ((*specs)[i].empty())
        return io::Error{"", "input '" + input.name() + "'", "--input " + input.name() + "=SPEC", "none"};
      if (io::Status status = input.hasTokens() ? readSource(i, (*specs)[i]) : readFixed(i, (*specs)[i]); !status)
        return status;
    }
    return {};
  }

  io::Status readSource(size_t i, const std::string &spec) {
    io::Result<std::unique_ptr<TokenSource>> source = openTokenSource(spec, plan.step->inputs[i]);
    if (!source)
      return source.error();
    sources[i] = std::move(*source);
    int64_t tokens = sources[i]->length(), rate = plan.step->inputs[i].rate;
    if (tokens > 0 && tokens % rate)
      return io::Error{"", "tokens of input '" + plan.step->inputs[i].name() + "'",
                       "a multiple of " + std::to_string(rate), std::to_string(tokens)};
    blocks = std::max(blocks, tokens < 0 ? tokens : tokens / rate);
    return {};
  }

  io::Status readFixed(size_t i, const std::string &spec) {
    io::Result<io::HostTensor> tensor = io::parseTensorSpec(spec);
    if (!tensor)
      return tensor.error();
    fixed[i] = std::move(*tensor);
    StepTensor input = plan.step->inputs[i];
    return plan.step->bind(input, fixed[i].shape);
  }

  /// A state that grows holds as many tokens as the saved one, or as there will be.
  io::Status readState() {
    capacity = options.capacity;
    if (!options.stateIn.empty()) {
      io::Result<StateFile> file = StateFile::open(options.stateIn);
      if (!file)
        return file.error();
      saved = std::move(*file);
      capacity = capacity ? capacity : saved->capacity();
    }
    if (capacity == 0 && blocks >= 0)
      capacity = blocks * plan.step->block + options.generate + heddle_entry_latency(plan.step->entry);
    capacity = plan.step->wholeBlocks(capacity) * plan.step->block;
    if (capacity == 0 && plan.step->hasCapacity)
      return io::Error{"", "--capacity", "the most tokens of the sequence, since states of this step grow", "none"};
    return {};
  }

  io::Status makeRun() {
    for (const StepTensor &input : plan.step->inputs)
      if (saved && input.isOfAll())
        return io::Error{"", "--state-in", "a step without inputs over all tokens so far", "'" + input.name() + "'"};
    State state(plan.step->entry, /*rows=*/1, capacity);
    if (saved)
      saved->restore(state);
    io::Result<StreamRun> made = StreamRun::make(*plan.step, runner.session(), std::move(state),
                                                 plan.step->wholeBlocks(options.chunk), capacity);
    if (!made)
      return made.error();
    plan.run.emplace(std::move(*made));
    for (size_t i = 0; i < sources.size(); ++i)
      if (sources[i])
        plan.run->setSource(i, std::move(sources[i]));
      else
        plan.run->setInput(i, std::move(fixed[i]));
    return openSinks();
  }

  io::Status openSinks() {
    io::Result<std::vector<std::string>> specs = orderSpecs("--output", options.outputs, plan.step->outputs);
    if (!specs)
      return specs.error();
    for (size_t i = 0; i < specs->size(); ++i) {
      if ((*specs)[i].empty())
        continue;
      // Of outputs that come late some are an earlier run's, others those of the next one.
      bool isPart = plan.step->outputs[i].info->latency > 0 && !(options.stateIn.empty() && options.stateOut.empty());
      int64_t known = options.generate || isPart || blocks < 0 ? -1 : blocks * plan.step->outputs[i].rate;
      io::Result<TokenSink> sink = TokenSink::open((*specs)[i], plan.step->outputs[i], known);
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
    io::Result<TokenSink> sink = TokenSink::open(options.generatedSpec(), plan.step->inputs[generation->input], -1);
    if (!sink)
      return sink.error();
    plan.generation = std::move(*generation);
    plan.generated.emplace(std::move(*sink));
    return {};
  }

  io::Status planMemory() {
    plan.symbols = plan.step->symbolsAt(plan.step->wholeBlocks(options.chunk), capacity);
    io::Result<int64_t> bytes = evaluate(plan.step->peakFormula, plan.symbols);
    if (!bytes)
      return bytes.error();
    plan.memoryBytes = *bytes;
    return {};
  }

  const RunTarget &target;
  const StreamOptions &options;
  const Runner &runner;
  StreamPlan plan;
  std::vector<io::HostTensor> fixed;
  std::vector<std::unique_ptr<TokenSource>> sources;
  std::optional<StateFile> saved;
  int64_t blocks = -1;  // of the inputs; -1: not known
  int64_t capacity = 0; // tokens
};

} // namespace

io::Result<StreamPlan> StreamPlan::make(const RunTarget &target, const StreamOptions &options, const Runner &runner) {
  return Planner(target, options, runner).run();
}

std::string StreamPlan::memoryText() const { return describeMemory(step->peakFormula, memoryBytes, symbols); }

} // namespace heddle
