#include "runtime/tools/stream/StreamPlan.h"

#include "runtime/io/TensorSpec.h"
#include <algorithm>

namespace heddle {
namespace {

/// Gathers what a StreamPlan is made of, one part after the other.
class Planner : StreamPlan {
public:
  Planner(const StreamOptions &options, const Runner &runner) : options(options), runner(runner) {}

  io::Result<StreamPlan> run(const RunTarget &target) {
    if (io::Status status = readStep(target, runner, /*rows=*/1); !status)
      return status.error();
    for (auto part : {&Planner::readInputs, &Planner::readState, &Planner::makeRun, &Planner::planGeneration})
      if (io::Status status = (this->*part)(); !status)
        return status.error();
    if (io::Status status = planMemory(options.chunk, capacity); !status)
      return status.error();
    return std::move(static_cast<StreamPlan &>(*this));
  }

private:
  io::Status readInputs() {
    fixed.resize(step->inputs.size());
    sources.resize(step->inputs.size());
    return readInputSpecs(
        *step, options, [&](size_t i, const std::string &spec) { return readSource(i, spec); },
        [&](size_t i, const std::string &spec) { return readFixed(i, spec); });
  }

  io::Status readSource(size_t i, const std::string &spec) {
    io::Result<std::unique_ptr<TokenSource>> source = openTokenSource(spec, step->inputs[i]);
    if (!source)
      return source.error();
    sources[i] = std::move(*source);
    int64_t tokens = sources[i]->length(), rate = step->inputs[i].rate;
    if (tokens > 0 && tokens % rate)
      return io::Error{"", "tokens of input '" + step->inputs[i].name() + "'", "a multiple of " + std::to_string(rate),
                       std::to_string(tokens)};
    blocks = std::max(blocks, tokens < 0 ? tokens : tokens / rate);
    return {};
  }

  io::Status readFixed(size_t i, const std::string &spec) {
    io::Result<io::HostTensor> tensor = io::parseTensorSpec(spec);
    if (!tensor)
      return tensor.error();
    fixed[i] = std::move(*tensor);
    StepTensor input = step->inputs[i];
    return step->bind(input, fixed[i].shape);
  }

  /// A state that grows holds as many tokens as the saved one, or as there will be.
  io::Status readState() {
    io::Result<std::optional<StateFile>> file = openSavedState(options);
    if (!file)
      return file.error();
    saved = std::move(*file);
    int64_t tokens = options.capacity;
    if (tokens == 0 && saved)
      tokens = saved->capacity();
    if (tokens == 0 && blocks >= 0)
      tokens = blocks * step->block + options.generate + heddle_entry_latency(step->entry);
    io::Result<int64_t> whole = wholeCapacity(*step, tokens);
    if (!whole)
      return whole.error();
    capacity = *whole;
    return {};
  }

  io::Status makeRun() {
    for (const StepTensor &input : step->inputs)
      if (saved && input.isOfAll())
        return io::Error{"", "--state-in", "a step without inputs over all tokens so far", "'" + input.name() + "'"};
    State state(step->entry, /*rows=*/1, capacity);
    if (saved)
      saved->restore(state);
    io::Result<StreamRun> made =
        StreamRun::make(*step, runner.session(), std::move(state), step->wholeBlocks(options.chunk), capacity);
    if (!made)
      return made.error();
    stream.emplace(std::move(*made));
    for (size_t i = 0; i < sources.size(); ++i)
      if (sources[i])
        stream->setSource(i, std::move(sources[i]));
      else
        stream->setInput(i, std::move(fixed[i]));
    return openSinks();
  }

  io::Status openSinks() {
    return openOutputSpecs(*step, options, [&](size_t i, const std::string &spec) -> io::Status {
      const StepTensor &output = step->outputs[i];
      // Of outputs that come late some are an earlier run's, others those of the next one.
      bool isPart = output.info->latency > 0 && !(options.stateIn.empty() && options.stateOut.empty());
      int64_t known = options.generate || isPart || blocks < 0 ? -1 : blocks * output.rate;
      io::Result<TokenSink> sink = TokenSink::open(spec, output, known);
      if (!sink)
        return sink.error();
      stream->setSink(i, std::move(*sink));
      return {};
    });
  }

  io::Status planGeneration() {
    if (options.generate == 0)
      return {};
    io::Result<Generation> made = Generation::make(*step, options);
    if (!made)
      return made.error();
    io::Result<TokenSink> sink = TokenSink::open(options.generatedSpec(), step->inputs[made->input], -1);
    if (!sink)
      return sink.error();
    generation = std::move(*made);
    generated.emplace(std::move(*sink));
    return {};
  }

  const StreamOptions &options;
  const Runner &runner;
  std::vector<io::HostTensor> fixed;
  std::vector<std::unique_ptr<TokenSource>> sources;
  std::optional<StateFile> saved;
  int64_t blocks = -1;  // of the inputs; -1: not known
  int64_t capacity = 0; // tokens
};

} // namespace

io::Result<StreamPlan> StreamPlan::make(const RunTarget &target, const StreamOptions &options, const Runner &runner) {
  return Planner(options, runner).run(target);
}

} // namespace heddle
