// The tokens of one output of a step, as they come.
#ifndef HEDDLE_RUNTIME_TOOLS_STREAM_TOKENSINK_H
#define HEDDLE_RUNTIME_TOOLS_STREAM_TOKENSINK_H

#include "runtime/tools/stream/Endpoint.h"
#include "runtime/tools/stream/StepEntry.h"

namespace heddle {

class TokenSink {
public:
  /// `length`: the tokens that will come; -1: nobody knows yet, and an npy file gets its shape in the end.
  static io::Result<TokenSink> open(const std::string &spec, StepTensor tensor, int64_t length);

  /// `count` tokens of `from` from `first` on; where the output has no tokens, all of it, which only the last call
  /// gives.
  io::Status write(const io::HostTensor &from, int64_t first, int64_t count);
  io::Status close();

private:
  io::Status writeHeader(int64_t length);

  StepTensor tensor;
  TokenFormat format = TokenFormat::Raw;
  ByteSink bytes;
  int64_t written = 0, promised = -1;
  size_t headerBytes = 0;
};

} // namespace heddle

#endif
