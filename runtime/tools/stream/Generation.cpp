#include "runtime/tools/stream/Generation.h"

#include <algorithm>

namespace heddle {
namespace {

io::Result<size_t> findIds(const std::vector<StepTensor> &inputs) {
  auto hasTokens = [](const StepTensor &input) { return input.hasTokens() && !input.isOfAll(); };
  auto ids = std::find_if(inputs.begin(), inputs.end(), hasTokens);
  bool isOnly = std::count_if(inputs.begin(), inputs.end(), hasTokens) == 1;
  if (!isOnly || ids->rowElements() != 1 || io::dtypeIsFloat(ids->dtype))
    return io::Error{"", "inputs with tokens, to generate", "one of integers, an id for each token", namesOf(inputs)};
  return static_cast<size_t>(ids - inputs.begin());
}

io::Result<size_t> findLogits(const std::vector<StepTensor> &outputs, const std::string &name) {
  if (!name.empty())
    return findTensor("--logits", outputs, name);
  if (outputs.size() != 1)
    return io::Error{"", "--logits", "one of " + namesOf(outputs), "none"};
  return size_t(0);
}

/// Each id that can be drawn can be read.
io::Status checkVocabulary(const StepTensor &ids, const StepTensor &logits) {
  bool isRow = !logits.shape.empty() && logits.shape.back() == logits.rowElements() && logits.rate == 1;
  if (isRow && io::dtypeIsFloat(logits.dtype) && (!ids.info->has_range || logits.rowElements() <= ids.info->high))
    return {};
  std::string range = ids.info->has_range ? " below " + std::to_string(ids.info->high) : "";
  return io::Error{"", "logits in output '" + logits.name() + "'",
                   "a float for each id of '" + ids.name() + "'" + range,
                   io::describeTensor(logits.dtype, logits.shape) + " for a token"};
}

} // namespace

io::Result<Generation> Generation::make(const StepEntry &step, const StreamOptions &options) {
  if (step.block != 1)
    return io::Error{"", "--generate", "a step that takes single tokens",
                     "one that takes " + std::to_string(step.block) + " at a time"};
  io::Result<size_t> ids = findIds(step.inputs), logits = findLogits(step.outputs, options.logits);
  for (io::Result<size_t> *found : {&ids, &logits})
    if (!*found)
      return found->error();
  if (int64_t late = heddle_entry_latency(step.entry))
    return io::Error{"", "step, to generate", "outputs that do not come late", std::to_string(late) + " tokens late"};
  if (io::Status status = checkVocabulary(step.inputs[*ids], step.outputs[*logits]); !status)
    return status.error();
  Generation generation{*ids, *logits, options.generate, options.stops, options.sampling};
  bool draws = options.sampling.topK > 0 || options.sampling.topP < 1;
  generation.sampling.temperature = options.temperature.value_or(draws ? 1 : 0);
  return generation;
}

} // namespace heddle
