#include "runtime/tools/stream/TextTokens.h"

#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <cstring>

namespace heddle {
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

io::Error WordLines::error(const char *what, const std::string &expected, const std::string &got) const {
  return {source.name() + " line " + std::to_string(line), what, expected, got};
}

/// The first character behind blanks and commas, which may be the end of the line (or -1, that of the text).
int WordLines::skipBlanks() {
  int next = source.next();
  while (next == ' ' || next == '\t' || next == '\r' || next == ',')
    next = source.next();
  return next;
}

io::Result<int64_t> WordLines::next(const std::function<io::Status(const char *word)> &take) {
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
    if (length == 0) // a zero byte
      return error("number", "digits", "other bytes");
    if (io::Status status = take(word); !status)
      return status.error();
    if (next != '\n' && next >= 0)
      next = skipBlanks();
  }
  return count == 0 && next < 0 ? -1 : count;
}

/// The numbers of a token's line; 0: it is empty, -1: there is none.
io::Result<int64_t> TextTokens::readLine(io::HostTensor &into, int64_t first) {
  int64_t count = 0;
  io::Result<int64_t> words = lines.next([&](const char *word) -> io::Status {
    if (count == elements)
      return lines.error("numbers of a token", std::to_string(elements), "more");
    if (!setNumber(into, first + count++, word))
      return lines.error("number", std::string("one of type ") + io::dtypeName(into.dtype),
                         "'" + std::string(word) + "'");
    return {};
  });
  if (words && *words > 0 && count != elements)
    return lines.error("numbers of a token", std::to_string(elements), std::to_string(count));
  return words;
}

io::Result<int64_t> TextTokens::read(io::HostTensor &into, int64_t count) {
  int64_t tokens = 0;
  while (tokens < count) {
    io::Result<int64_t> words = readLine(into, tokens * elements);
    if (!words)
      return words.error();
    if (*words < 0)
      break;
    tokens += *words > 0;
  }
  return tokens;
}

void appendNumber(std::string &text, const io::HostTensor &tensor, int64_t index) {
  char number[40];
  int digits = tensor.dtype == io::DType::F64 ? 17 : 9;
  if (io::dtypeIsFloat(tensor.dtype))
    snprintf(number, sizeof number, "%.*g", digits, tensor.at(index));
  else if (tensor.dtype == io::DType::I64)
    snprintf(number, sizeof number, "%lld", (long long)tensor.as<int64_t>()[index]);
  else
    snprintf(number, sizeof number, "%.0f", tensor.at(index));
  text += number;
}

std::string textOfTokens(const io::HostTensor &tensor, int64_t first, int64_t count, int64_t elements) {
  std::string text;
  for (int64_t i = first * elements; i < (first + count) * elements; ++i) {
    appendNumber(text, tensor, i);
    text += (i + 1) % elements ? ' ' : '\n';
  }
  return text;
}

} // namespace heddle
