// What a step gives for several sequences, in the order of the sequences, whichever ends first.
//
// The first sequence that has not ended is written as it comes; what comes of those behind it waits in memory.
#ifndef HEDDLE_RUNTIME_TOOLS_STREAM_SEQUENCESINK_H
#define HEDDLE_RUNTIME_TOOLS_STREAM_SEQUENCESINK_H

#include "runtime/tools/stream/Endpoint.h"
#include "runtime/tools/stream/StepEntry.h"

#include <map>

namespace heddle {

class SequenceSink {
public:
  /// Formats: npy of sequences of one length, [sequences, tokens, ..]; raw; a line of numbers for each.
  static io::Result<SequenceSink> open(const std::string &spec, StepTensor tensor);

  /// The next tokens of sequence `number`, one after the other; where the output has no tokens, what the last call
  /// left.
  io::Status append(int64_t number, const std::byte *tokens, int64_t count);
  /// No more tokens of it.
  io::Status end(int64_t number);
  io::Status close();

private:
  struct Waiting {
    std::vector<std::byte> bytes;
    bool hasEnded = false;
  };
  io::Status write(const std::byte *tokens, size_t size);
  io::Status endCurrent();
  std::vector<int64_t> shapeOf(int64_t sequences, int64_t tokens) const;

  StepTensor tensor;
  TokenFormat format = TokenFormat::Raw;
  ByteSink bytes;
  int64_t current = 0;                // the sequence that is being written
  std::map<int64_t, Waiting> waiting; // those behind it
  int64_t written = 0, length = -1;   // tokens: of the current sequence, of those in front of it
  size_t headerBytes = 0;
};

} // namespace heddle

#endif
