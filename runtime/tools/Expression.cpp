#include "runtime/tools/Expression.h"

#include <algorithm>
#include <cctype>

namespace heddle {
namespace {

/// Recursive descent, one function per level of precedence. The first error wins and ends the parse.
class Parser {
public:
  Parser(const std::string &text, const SymbolValues &symbols) : text(text), symbols(symbols) {}

  io::Result<int64_t> run() {
    int64_t value = sum();
    skipSpace();
    if (error.empty() && at != text.size())
      fail("end of formula", text.substr(at));
    if (!error.empty())
      return io::Error{"formula '" + text + "'", error, expected, got};
    return value;
  }

private:
  int64_t sum() {
    int64_t value = product();
    for (;;) {
      if (accept("+"))
        value = checked(__builtin_add_overflow(value, product(), &value), value);
      else if (accept("-"))
        value = checked(__builtin_sub_overflow(value, product(), &value), value);
      else
        return value;
    }
  }

  int64_t product() {
    int64_t value = atom();
    for (;;) {
      if (accept("*"))
        value = checked(__builtin_mul_overflow(value, atom(), &value), value);
      else if (accept("floordiv"))
        value = divide(value, atom(), 0);
      else if (accept("ceildiv"))
        value = divide(value, atom(), 1);
      else if (accept("mod"))
        value = divide(value, atom(), 2);
      else
        return value;
    }
  }

  int64_t atom() {
    skipSpace();
    if (accept("-"))
      return -atom();
    if (accept("max")) {
      require("(");
      int64_t value = sum();
      while (accept(","))
        value = std::max(value, sum());
      require(")");
      return value;
    }
    if (accept("(")) {
      int64_t value = sum();
      require(")");
      return value;
    }
    size_t end = at;
    while (end < text.size() && (isalnum(static_cast<unsigned char>(text[end])) || text[end] == '_'))
      ++end;
    std::string word = text.substr(at, end - at);
    at = end;
    return valueOf(word);
  }

  int64_t valueOf(const std::string &word) {
    if (word.empty())
      return fail("number or symbol", text.substr(at, 8));
    if (isdigit(static_cast<unsigned char>(word[0]))) {
      int64_t value = 0;
      for (char digit : word)
        if (!isdigit(static_cast<unsigned char>(digit)) || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, digit - '0', &value))
          return fail("64-bit integer", word);
      return value;
    }
    auto symbol = symbols.find(word);
    return symbol != symbols.end() ? symbol->second : fail("known symbol", word);
  }

  /// kind: 0 rounds down, 1 rounds up, 2 is the remainder; sizes are never negative.
  int64_t divide(int64_t value, int64_t divisor, int kind) {
    if (divisor <= 0)
      return fail("positive divisor", std::to_string(divisor));
    if (kind == 2)
      return value % divisor;
    return kind == 0 ? value / divisor : (value + divisor - 1) / divisor;
  }

  int64_t checked(bool overflow, int64_t value) { return overflow ? fail("64-bit result", "an overflow") : value; }

  int64_t fail(const std::string &wanted, const std::string &found) {
    if (error.empty())
      error = "value", expected = wanted, got = found.empty() ? "nothing" : found;
    at = text.size();
    return 0;
  }

  void require(const char *token) {
    if (!accept(token))
      fail(token, text.substr(at, 8));
  }

  bool accept(const std::string &token) {
    skipSpace();
    if (text.compare(at, token.size(), token) != 0)
      return false;
    bool isWord = isalpha(static_cast<unsigned char>(token[0]));
    size_t end = at + token.size();
    if (isWord && end < text.size() && (isalnum(static_cast<unsigned char>(text[end])) || text[end] == '_'))
      return false;
    at = end;
    return true;
  }

  void skipSpace() {
    while (at < text.size() && isspace(static_cast<unsigned char>(text[at])))
      ++at;
  }

  const std::string &text;
  const SymbolValues &symbols;
  size_t at = 0;
  std::string error, expected, got;
};

} // namespace

io::Result<int64_t> evaluate(const std::string &formula, const SymbolValues &symbols) {
  return Parser(formula, symbols).run();
}

} // namespace heddle
