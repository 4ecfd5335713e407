// The next token from a row of logits.
//
//   temperature 0:   the largest, the first of equals
//   otherwise:       drawn with weights exp(logit / temperature) among the top_k largest, and of those among the fewest
//                    whose share reaches top_p (nucleus sampling, Holtzman et al. 2019)
//
// The same seed and logits give the same tokens.
#ifndef HEDDLE_RUNTIME_TOOLS_STREAM_SAMPLER_H
#define HEDDLE_RUNTIME_TOOLS_STREAM_SAMPLER_H

#include "runtime/io/HostTensor.h"

namespace heddle {

struct SamplingOptions {
  double temperature = 0;
  int64_t topK = 0; // 0: all
  double topP = 1;
  uint64_t seed = 1;
};

class Sampler {
public:
  explicit Sampler(const SamplingOptions &options) : options(options), random(options.seed) {}
  /// An index into the `count` logits from `first` on. NaN, and logits without a finite maximum, are errors.
  io::Result<int64_t> next(const io::HostTensor &logits, int64_t first, int64_t count);

private:
  struct Candidate {
    int64_t id;
    double weight; // first the logit
  };
  void keepLikely();
  int64_t draw();

  SamplingOptions options;
  uint64_t random; // state of the generator
  std::vector<Candidate> candidates;
};

} // namespace heddle

#endif
