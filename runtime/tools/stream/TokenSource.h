// The tokens of one input of a step, some at a time.
#ifndef HEDDLE_RUNTIME_TOOLS_STREAM_TOKENSOURCE_H
#define HEDDLE_RUNTIME_TOOLS_STREAM_TOKENSOURCE_H

#include "runtime/tools/stream/StepEntry.h"

namespace heddle {

class TokenSource {
public:
  virtual ~TokenSource() = default;
  /// Writes the next tokens to the front of `into`, at most `count`; fewer are the last.
  virtual io::Result<int64_t> read(io::HostTensor &into, int64_t count) = 0;
  /// Tokens in all; -1: nobody knows before the last.
  virtual int64_t length() const { return -1; }
};

/// Opens an endpoint (Endpoint.h) or a tensor spec, which must be a row of such tokens.
io::Result<std::unique_ptr<TokenSource>> openTokenSource(const std::string &spec, const StepTensor &tensor);

} // namespace heddle

#endif
