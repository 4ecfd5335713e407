// How a language model continues by itself: ids in, logits out, and what is drawn from them is the next id.
#ifndef HEDDLE_RUNTIME_TOOLS_STREAM_GENERATION_H
#define HEDDLE_RUNTIME_TOOLS_STREAM_GENERATION_H

#include "runtime/tools/stream/Sampler.h"
#include "runtime/tools/stream/StepEntry.h"
#include "runtime/tools/stream/StreamOptions.h"

namespace heddle {

struct Generation {
  size_t input = 0, output = 0; // of the step: the ids and the logits
  int64_t count = 0;            // tokens at most
  std::vector<int64_t> stops;   // ids that end it, themselves not written
  SamplingOptions sampling;

  /// Finds ids and logits; a step that has none, or several, is refused.
  static io::Result<Generation> make(const StepEntry &step, const StreamOptions &options);
};

} // namespace heddle

#endif
