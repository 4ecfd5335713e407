// Several sequences of tokens for one input of a step, one after the other.
//
//   x=@x.npy        a tensor [S, T, ..]: S sequences of T tokens
//   x=lines:FILE    a line of numbers for each: sequences of any lengths, read when they are asked for
#ifndef HEDDLE_RUNTIME_TOOLS_STREAM_SEQUENCES_H
#define HEDDLE_RUNTIME_TOOLS_STREAM_SEQUENCES_H

#include "runtime/tools/stream/StepEntry.h"

#include <memory>
#include <optional>

namespace heddle {

/// The tokens of a sequence, [tokens, elements of a token].
struct Sequence {
  std::vector<std::byte> bytes;
  int64_t tokens = 0;
};

class SequenceSource {
public:
  virtual ~SequenceSource() = default;
  /// The next sequence, of at least one token; none behind the last.
  virtual io::Result<std::optional<Sequence>> next() = 0;
  /// The most tokens of a sequence; -1: nobody knows before the last.
  virtual int64_t longest() const { return -1; }
};

io::Result<std::unique_ptr<SequenceSource>> openSequences(const std::string &spec, const StepTensor &tensor);

} // namespace heddle

#endif
