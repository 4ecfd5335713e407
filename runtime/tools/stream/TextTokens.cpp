#include "runtime/tools/stream/TextTokens.h"

#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <cstring>

namespace heddle {
namespace {

/// Writes the number that a word is; false where it is none of the type.
bool setNumber(io::HostTensor &tensor, int64_t index, const char *word) {
  char *end = nullptr;
  errno = 0;
  if (io::dtypeIsFloat(tensor.dtype)) {
    double value = strtod(word, &end);
    tensor.set(index, value);
    return *end == 0 && (errno == 0 || std::fabs(value) < 1); // too small is rounded, too large refused
  }
  long long value = strtoll(word, &end, 10);
  if (*end != 0 || errno != 0)
    return false;
  if (tensor.dtype == io::DType::I64) { // not by way of a double
    tensor.as<int64_t>()[index] = value;
    return true;
  }
  tensor.set(index, static_cast<double>(value));
  return tensor.at(index) == static_cast<double>(value);
}

} // namespace

io::Error TextTokens::error(const char *what, const std::string &expected, const std::string &got) const {
  return {source.name() + " line " + std::to_string(line), what, expected, got};
}

/// The first character behind blanks and commas, which may be the end of the line (or -1, that of the text).
int TextTokens::skipBlanks() {
  int next = source.next();
  while (next == ' ' || next == '\t' || next == '\r' || next == ',')
    next = source.next();
  return next;
}

io::Result<TextTokens::Line> TextTokens::readLine(io::HostTensor &into, int64_t first) {
  constexpr size_t longest = 63;
  ++line;
  int64_t count = 0;
  int next = skipBlanks();
  for (; next != '\n' && next >= 0; ++count) {
    char word[longest + 1] = {};
    size_t length = 0;
    for (; next >= 0 && !strchr(" \t\r,\n", next) && next != 0; next = source.next()) {
      if (length == longest)
        return error("number", "at most 63 characters", std::string(word) + "..");
      word[length++] = static_cast<char>(next);
    }
    if (count == elements)
      return error("numbers of a token", std::to_string(elements), "more");
    if (length == 0 || !setNumber(into, first + count, word))
      return error("number", std::string("one of type ") + io::dtypeName(into.dtype), "'" + std::string(word) + "'");
    if (next != '\n' && next >= 0)
      next = skipBlanks();
  }
  if (count == 0)
    return next < 0 ? Line::End : Line::Empty;
  if (count != elements)
    return error("numbers of a token", std::to_string(elements), std::to_string(count));
  return Line::Token;
}

io::Result<int64_t> TextTokens::read(io::HostTensor &into, int64_t count) {
  int64_t tokens = 0;
  while (tokens < count) {
    io::Result<Line> found = readLine(into, tokens * elements);
    if (!found)
      return found.error();
    if (*found == Line::End)
      break;
    tokens += *found == Line::Token;
  }
  return tokens;
}

std::string textOfTokens(const io::HostTensor &tensor, int64_t count, int64_t elements) {
  std::string text;
  char number[40];
  bool isFloat = io::dtypeIsFloat(tensor.dtype);
  int digits = tensor.dtype == io::DType::F64 ? 17 : 9;
  for (int64_t i = 0; i < count * elements; ++i) {
    if (isFloat)
      snprintf(number, sizeof number, "%.*g", digits, tensor.at(i));
    else if (tensor.dtype == io::DType::I64)
      snprintf(number, sizeof number, "%lld", (long long)tensor.as<int64_t>()[i]);
    else
      snprintf(number, sizeof number, "%.0f", tensor.at(i));
    text += number;
    text += (i + 1) % elements ? ' ' : '\n';
  }
  return text;
}

} // namespace heddle
