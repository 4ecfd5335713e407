// Tokens as lines of text: "17" for an id, "0.25 -1 3e-2" for a token of three features.
#ifndef HEDDLE_RUNTIME_TOOLS_STREAM_TEXTTOKENS_H
#define HEDDLE_RUNTIME_TOOLS_STREAM_TEXTTOKENS_H

#include "runtime/tools/stream/Endpoint.h"
#include "runtime/tools/stream/TokenSource.h"

namespace heddle {

/// Reads lines with as many numbers as a token has elements, between blanks or commas. Empty lines are passed over.
class TextTokens : public TokenSource {
public:
  TextTokens(ByteSource source, const StepTensor &tensor) : source(std::move(source)), elements(tensor.elements()) {}
  io::Result<int64_t> read(io::HostTensor &into, int64_t count) override;

private:
  enum class Line { Token, Empty, End };
  io::Result<Line> readLine(io::HostTensor &into, int64_t first);
  io::Error error(const char *what, const std::string &expected, const std::string &got) const;
  int skipBlanks();

  ByteSource source;
  int64_t elements, line = 0;
};

/// The lines of `count` tokens; floats with as many digits as bring back every bit.
std::string textOfTokens(const io::HostTensor &tensor, int64_t count, int64_t elements);

} // namespace heddle

#endif
