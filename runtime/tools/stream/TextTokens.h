// Numbers as lines of text: "17" for an id, "0.25 -1 3e-2" for a token of three features.
#ifndef HEDDLE_RUNTIME_TOOLS_STREAM_TEXTTOKENS_H
#define HEDDLE_RUNTIME_TOOLS_STREAM_TEXTTOKENS_H

#include "runtime/tools/stream/Endpoint.h"
#include "runtime/tools/stream/TokenSource.h"

#include <functional>

namespace heddle {

/// Lines of words between blanks or commas.
class WordLines {
public:
  explicit WordLines(ByteSource source) : source(std::move(source)) {}
  /// Hands each word of the next line to `take`; how many there were, or -1 behind the last line.
  io::Result<int64_t> next(const std::function<io::Status(const char *word)> &take);
  io::Error error(const char *what, const std::string &expected, const std::string &got) const;

private:
  int skipBlanks();
  ByteSource source;
  int64_t line = 0;
};

/// Writes the number that a word is; false where it is none of the type.
bool setNumber(io::HostTensor &tensor, int64_t index, const char *word);
/// Appends a number; floats with as many digits as bring back every bit.
void appendNumber(std::string &text, const io::HostTensor &tensor, int64_t index);

/// Reads lines with as many numbers as a token has elements, between blanks or commas. Empty lines are passed over.
class TextTokens : public TokenSource {
public:
  TextTokens(ByteSource source, const StepTensor &tensor) : lines(std::move(source)), elements(tensor.elements()) {}
  io::Result<int64_t> read(io::HostTensor &into, int64_t count) override;

private:
  io::Result<int64_t> readLine(io::HostTensor &into, int64_t first);

  WordLines lines;
  int64_t elements;
};

/// The lines of `count` tokens from `first` on.
std::string textOfTokens(const io::HostTensor &tensor, int64_t first, int64_t count, int64_t elements);

} // namespace heddle

#endif
